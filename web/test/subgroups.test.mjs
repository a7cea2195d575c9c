// Reductions over the lanes of a workgroup, by barriers and by subgroup operations, against
// float64. The native library cannot compile the second form, so this is where it is tested.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "esbuild";
import { launch, root, serve, web } from "./harness.mjs";

// N, C, H, W: fewer numbers than lanes, lanes with none, one part and several, vec4 and not.
const shapes = ["1,1,1,2", "2,3,3,1", "1,2,8,8", "3,5,7,9", "4,2,16,20", "33,7,12,12", "5,1,65,67"];
const halfULP = 2 ** -24;

let server, browser, tab, reductions;

before(async () => {
  reductions = JSON.parse(
    execFileSync("go", ["run", "./wasm/reference", "reductions", ...shapes], { cwd: root, encoding: "utf8" }),
  );
  const bundle = await build({
    entryPoints: [join(web, "src/player/index.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  server = await serve({
    "/blank.html": '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">',
    "/player.js": bundle.outputFiles[0].text,
  });
  browser = await launch();
  tab = await browser.context.newPage();
  await tab.goto(`${server.url}/blank.html`);
  const features = await tab.evaluate(async () => {
    const { Device } = await import("/player.js");
    window.device = await Device.open();
    return device.info.features;
  });
  assert.ok(features.includes("subgroups"), "this browser's adapter has no subgroups, so nothing would be tested");
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Runs a program once on the given buffers; the others begin with what must be overwritten. */
async function run(program, inputs) {
  const out = await tab.evaluate(
    async ({ program, inputs }) => {
      const session = await device.load([program]);
      const out = {};
      try {
        for (const { name, size } of program.buffers) {
          const data = new Float32Array(size / 4).fill(NaN);
          if (inputs[name]) data.set(inputs[name]);
          session.write(name, 0, new Uint8Array(data.buffer));
        }
        await session.run(program.name);
        for (const { name, size } of program.buffers)
          out[name] = [...new Float32Array((await session.read(name, 0, size)).buffer)];
      } finally {
        session.dispose();
      }
      return out;
    },
    { program, inputs },
  );
  return out;
}

/** Numbers of a standard normal distribution, the same every time. */
function normals(seed, n) {
  let state = seed;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
  return Float32Array.from(
    { length: n },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

function near(what, got, want, tolerance) {
  for (const [i, w] of want.entries()) {
    const error = Math.abs(got[i] - w);
    assert.ok(error <= tolerance(w), `${what}: [${i}] = ${got[i]}, want ${w} within ${tolerance(w)}`);
  }
}

/** Each reduction: its inputs, and what must come of them. */
const checks = {
  sum([N, C, H, W]) {
    const x = normals(1, N * C * H * W);
    const want = new Float64Array(C);
    x.forEach((v, i) => {
      want[Math.floor(i / (H * W)) % C] += v;
    });
    // A sum of n numbers of size 1 is of size √n and rounded at random on the way.
    return { inputs: { x }, want: { out: want }, tolerance: { out: () => 8 * Math.sqrt(N * H * W) * halfULP } };
  },
  moments([N, C, H, W]) {
    // Means of up to 1,000 deviations: Σx² − (Σx)²/n would lose all of the variance's bits.
    const x = normals(2, N * C * H * W).map((v, i) => v + (1000 * (Math.floor(i / (H * W)) % C)) / C);
    const n = N * H * W,
      mean = new Float64Array(C),
      variance = new Float64Array(C);
    const channel = (i) => Math.floor(i / (H * W)) % C;
    x.forEach((v, i) => {
      mean[channel(i)] += v / n;
    });
    x.forEach((v, i) => {
      variance[channel(i)] += (v - mean[channel(i)]) ** 2 / n;
    });
    return {
      inputs: { x },
      want: { mean, inv_std: variance.map((v) => 1 / Math.sqrt(v + 1e-3)) },
      // A mean of 1,000 is a multiple of 6e-5, and so are the distances of parts' means.
      tolerance: { mean: (w) => 8 * halfULP * (Math.abs(w) + 1), inv_std: (w) => 1e-4 * w },
    };
  },
  pairs([N, C, H, W]) {
    const x = normals(3, N * C * H * W),
      dy = normals(4, N * C * H * W),
      mean = normals(5, C),
      inv_std = normals(6, C);
    const want = new Float64Array(2 * C);
    x.forEach((v, i) => {
      const c = Math.floor(i / (H * W)) % C;
      want[2 * c] += dy[i];
      want[2 * c + 1] += dy[i] * (v - mean[c]) * inv_std[c];
    });
    // As for sums, of factors that reach 5 deviations.
    return {
      inputs: { x, dy, mean, inv_std },
      want: { sums: want },
      tolerance: { sums: () => 64 * Math.sqrt(N * H * W) * halfULP },
    };
  },
  normalize([N, C, H, W]) {
    const x = normals(7, N * C * H * W),
      row = C * H * W;
    const want = new Float64Array(x.length);
    for (let n = 0; n < N; n++) {
      const length = Math.sqrt(x.subarray(n * row, (n + 1) * row).reduce((sum, v) => sum + v * v, 0));
      for (let i = n * row; i < (n + 1) * row; i++) want[i] = x[i] / length;
    }
    // Squares do not cancel; the quotient and the root are rounded once, WebGPU grants them 2.5 ULP.
    return { inputs: { x }, want: { y: want }, tolerance: { y: (w) => 16 * halfULP * Math.abs(w) } };
  },
};

describe("reductions over a workgroup", () => {
  for (const form of ["barriers", "subgroups"]) {
    for (const name of Object.keys(checks)) {
      it(`${name} by ${form}`, async () => {
        for (const r of reductions.filter((r) => r.name === name)) {
          const { inputs, want, tolerance } = checks[name](r.shape);
          assert.equal(/^enable subgroups;/.test(r[form].modules[0].code), form === "subgroups");
          const got = await run(r[form], Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, [...v]])));
          for (const [buffer, values] of Object.entries(want))
            near(`${r[form].name}: ${buffer}`, got[buffer], [...values], tolerance[buffer]);
          const again = await run(r[form], Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, [...v]])));
          assert.deepEqual(again, got, `${r[form].name}: other bits the second time`);
        }
      });
    }
  }
});
