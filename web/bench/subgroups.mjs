// Times reductions over a workgroup by barriers and by subgroup operations, in turns, in one
// Chromium: `node bench/subgroups.mjs [-driver lavapipe] [N,C,H,W ...]`. -driver lavapipe
// takes a Chromium, named by CHROMIUM, that accepts that driver.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { driverArgs, launch, root, serve, web } from "../test/harness.mjs";

const rounds = 7;
const args = process.argv.slice(2);
const driver = args[0] === "-driver" ? args.splice(0, 2)[1] : "";
// The models' layers.
const shapes = args.length > 0 ? args : ["32,64,32,32", "32,128,16,16", "32,512,4,4", "8,16,32,32"];

// How many lanes a subgroup has.
const size = `enable subgroups;
@group(0) @binding(0) var<storage, read_write> y: array<vec4<u32>>;
@compute @workgroup_size(64) fn main(@builtin(subgroup_size) n: u32) { y[0].x = n; }`;

const reductions = JSON.parse(
  execFileSync("go", ["run", "./wasm/reference", "reductions", ...shapes], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  }),
);
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
const server = await serve({
  "/blank.html": '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">',
  "/player.js": await bundle("index"),
  "/profile.js": await bundle("profile"),
});
const browser = await launch({ args: driverArgs(driver) });
try {
  const tab = await browser.context.newPage();
  await tab.goto(`${server.url}/blank.html`);
  const lanes = await tab.evaluate(async (code) => {
    window.player = await import("/player.js");
    window.profile = (await import("/profile.js")).profile;
    window.device = await player.Device.open();
    const session = await device.load([
      {
        name: "size",
        modules: [{ label: "size", code }],
        buffers: [{ name: "y", size: 16 }],
        dispatches: [
          {
            label: "size",
            module: 0,
            workgroups: [1, 1, 1],
            bindings: [{ index: 0, access: "read_write", buffer: 0, offset: 0, size: 16 }],
          },
        ],
      },
    ]);
    await session.run("size");
    return new Uint32Array((await session.read("y", 0, 16)).buffer)[0];
  }, size);
  console.log(`subgroups of ${lanes} lanes; the fastest of ${rounds} rounds, by barriers and by subgroups`);
  for (const r of reductions) {
    const times = await tab.evaluate(
      async ({ r, rounds }) => {
        const session = await device.load([r.barriers, r.subgroups]);
        const times = { barriers: [], subgroups: [] };
        for (let i = 0; i < rounds; i++) {
          for (const form of i % 2 ? ["barriers", "subgroups"] : ["subgroups", "barriers"])
            times[form].push((await profile(session, r[form].name, 3))[0]);
        }
        session.dispose();
        return times;
      },
      { r, rounds },
    );
    const [barriers, subgroups] = [Math.min(...times.barriers), Math.min(...times.subgroups)];
    console.log(
      `${r.name.padEnd(10)} ${r.shape.join("×").padEnd(14)} ${(barriers / 1e3).toFixed(1).padStart(9)} µs ` +
        `${(subgroups / 1e3).toFixed(1).padStart(9)} µs  ${(barriers / subgroups).toFixed(2)} ×`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
