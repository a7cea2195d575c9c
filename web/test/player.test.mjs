// The player by itself, on programs that are written here.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { join } from "node:path";
import { build } from "esbuild";
import { launch, serve, web } from "./harness.mjs";

let server, browser, tab;

// y[i] += scale[0] · x[i], on the second quarter of a buffer: offsets count.
const code = `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> scale: array<vec4<f32>, 1>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] += scale[0].x * x[id.x]; }`;

const program = (change = {}) => ({
  name: "scale",
  modules: [{ label: "scale", code }],
  buffers: [
    { name: "x", size: 256 },
    { name: "y", size: 1024 },
    { name: "scale", size: 16 },
  ],
  dispatches: [1, 2].map((i) => ({
    label: `dispatch ${i}`,
    module: 0,
    workgroups: [1, 1, 1],
    flops: 128,
    bytes: 768,
    bindings: [
      { index: 0, access: "read", buffer: 0, offset: 0, size: 256 },
      { index: 1, access: "read_write", buffer: 1, offset: 256, size: 256 },
      { index: 3, access: "uniform", buffer: 2, offset: 0, size: 16 },
    ],
  })),
  ...change,
});

before(async () => {
  const bundle = async (name) =>
    (
      await build({
        entryPoints: [join(web, `src/player/${name}.ts`)],
        bundle: true,
        format: "esm",
        target: "es2022",
        write: false,
      })
    ).outputFiles[0].text;
  server = await serve({
    "/blank.html": '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">',
    "/player.js": await bundle("index"),
    "/profile.js": await bundle("profile"),
  });
  browser = await launch();
  tab = await browser.context.newPage();
  await tab.goto(`${server.url}/blank.html`);
  await tab.evaluate(async () => {
    window.player = await import("/player.js");
    window.device = await player.Device.open();
    window.failure = async (work) => {
      try {
        await work();
        return "nothing";
      } catch ({ name, code, message, remedy }) {
        return { name, code, message, remedy };
      }
    };
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

describe("the player", () => {
  it("replays dispatches in order, on the ranges that they bind", async () => {
    const got = await tab.evaluate(async (program) => {
      const told = [];
      const session = await device.load([program], (done, total) => told.push(`${done}/${total}`));
      session.write("x", 0, new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => i).buffer));
      session.write("scale", 0, new Uint8Array(new Float32Array([0.5, 0, 0, 0]).buffer));
      for (let i = 0; i < 3; i++) await session.run("scale");
      const reads = await Promise.all([session.read("y", 0, 1024), session.read("y", 256, 8), session.read("x", 4, 4)]);
      const held = session.bytesHeld;
      session.dispose();
      return {
        told,
        held,
        left: session.bytesHeld,
        y: [...new Float32Array(reads[0].buffer)],
        part: [...new Float32Array(reads[1].buffer)],
        x: [...new Float32Array(reads[2].buffer)],
      };
    }, program());
    assert.deepEqual(got.told, ["1/1"]); // both dispatches share a pipeline
    // Three runs of two dispatches, each adding a half: 3 x.
    assert.deepEqual(
      got.y,
      Array.from({ length: 256 }, (_, i) => (i >= 64 && i < 128 ? 3 * (i - 64) : 0)),
    );
    assert.deepEqual([got.part, got.x], [[0, 3], [1]]);
    assert.ok(got.held >= 256 + 1024 + 16, `${got.held} bytes held`);
    assert.equal(got.left, 0);
  });

  it("names the shader and the line that do not compile", async () => {
    const broken = program({ modules: [{ label: "broken", code: code.replace("scale[0].x", "scal[0].x") }] });
    const got = await tab.evaluate((program) => failure(() => device.load([program])), broken);
    assert.equal(got.code, "shader");
    assert.match(got.message, /broken does not compile: line 6: .*scal/);
  });

  it("refuses what is not there, or too large", async () => {
    const got = await tab.evaluate(async (program) => {
      const session = await device.load([program]);
      const huge = { ...program, buffers: program.buffers.map((b) => ({ ...b, size: 2 ** 45 })) };
      const out = {
        program: await failure(() => session.run("nothing")),
        buffer: await failure(() => session.read("z", 0, 4)),
        huge: await failure(() => device.load([huge])),
      };
      session.dispose();
      return out;
    }, program());
    assert.match(got.program.message, /no program "nothing"/);
    assert.match(got.buffer.message, /no buffer "z"/);
    assert.ok(["limit", "memory"].includes(got.huge.code), JSON.stringify(got.huge));
  });

  it("cuts a long program into submissions, and is busy meanwhile", async () => {
    const long = program();
    long.dispatches = Array.from({ length: 200 }, () => ({ ...long.dispatches[0], flops: 1e9 })); // so it is told
    const got = await tab.evaluate(async (program) => {
      const session = await device.load([program]);
      session.write("x", 0, new Uint8Array(new Float32Array(64).fill(1).buffer));
      session.write("scale", 0, new Uint8Array(new Float32Array([1, 0, 0, 0]).buffer));
      const { submit } = GPUQueue.prototype;
      let submissions = 0;
      GPUQueue.prototype.submit = function (...args) {
        submissions++;
        return submit.apply(this, args);
      };
      const running = session.run("scale");
      const busy = await failure(() => session.run("scale"));
      await running;
      GPUQueue.prototype.submit = submit;
      const y = new Float32Array((await session.read("y", 256, 256)).buffer);
      session.dispose();
      return { submissions, busy, least: Math.min(...y), most: Math.max(...y) };
    }, long);
    assert.ok(got.submissions > 1, `${got.submissions} submissions`);
    assert.match(got.busy.message, /await run\(\) first/);
    assert.deepEqual([got.least, got.most], [200, 200]);
  });

  it("tells that the device is lost, however late the news of it come", async () => {
    const got = await tab.evaluate(async (program) => {
      const gpu = await (await navigator.gpu.requestAdapter()).requestDevice();
      const late = gpu.lost.then((info) => new Promise((resolve) => setTimeout(() => resolve(info), 500)));
      Object.defineProperty(gpu, "lost", { value: late });
      const session = await player.Device.wrap(gpu).load([program]);
      const reading = failure(() => session.read("y", 0, 4));
      gpu.destroy();
      return reading;
    }, program());
    assert.equal(got.code, "lost", JSON.stringify(got));
  });

  it("profiles by the GPU's clock and by the page's", async () => {
    // y of one thread each: additions that depend on each other, so none is saved.
    const spin = (rounds) => `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = y[id.x];
  for (var i = 0; i < ${rounds}; i++) { sum = sum * 0.5 + 1.0; }
  y[id.x] = sum;
}`;
    const rounds = [2e3, 2e6];
    const got = await tab.evaluate(
      async (program) => {
        const { profile } = await import("/profile.js");
        // Asks for no clock.
        const blind = player.Device.wrap(await (await navigator.gpu.requestAdapter()).requestDevice());
        const out = [];
        for (const d of [device, blind]) {
          const session = await d.load([program]);
          out.push({ clock: d.gpu.features.has("timestamp-query"), times: [...(await profile(session, "spin", 3))] });
          session.dispose();
        }
        blind.close();
        return out;
      },
      {
        name: "spin",
        modules: rounds.map((n) => ({ label: `spin ${n}`, code: spin(n) })),
        buffers: [{ name: "y", size: 256 }],
        dispatches: rounds.map((_, module) => ({
          label: "spin",
          module,
          workgroups: [1, 1, 1],
          bindings: [{ index: 0, access: "read_write", buffer: 0, offset: 0, size: 256 }],
        })),
      },
    );
    assert.deepEqual(
      got.map((g) => g.clock),
      [true, false],
    );
    const [byGPU, byPage] = got.map((g) => g.times);
    for (const times of [byGPU, byPage]) {
      // A thousand times the work; launching costs the shorter one some more.
      assert.ok(times[0] > 0 && times[1] > 50 * times[0] && times[1] < 5000 * times[0], `${times} ns`);
    }
    const ratio = byPage[1] / byGPU[1];
    // Other programs share the processor.
    assert.ok(ratio > 0.5 && ratio < 2, `the clocks differ: ${byGPU} and ${byPage} ns`);
  });
});
