// Times an iteration of training here and of the same model in TensorFlow.js, in one
// browser on one adapter. After `make web`; the first time it fetches TensorFlow.js from npm:
//
//   node bench/tfjs.mjs [-batch 8] [-steps 1] [-backends webgpu,webgl] [-driver swiftshader|lavapipe]
//       [-size 32] [-blocks 6] [-width 64] [-noise 0.2] [-keep 0.9] [-json FILE]
//
// -noise 0 -keep 1 leave out the discriminator's noise and dropout, whose random
// numbers TensorFlow.js draws in JavaScript. -driver lavapipe takes a Chromium, named by
// CHROMIUM, that accepts that driver.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { driverArgs, launch, openTrainer, serveClient, web } from "../test/harness.mjs";
import { Native } from "../test/native.mjs";

const ourName = "pixelda-wgpu";
const preset = "mnist-mnistm";
const fullSize = { generator: 456_963, discriminator: 1_559_169, task: 361_722 };
const trace = "grey-to-rgb-16"; // one step, all of whose settings are the preset's
const flags = {
  batch: 8,
  steps: 1,
  backends: "webgpu,webgl",
  driver: "",
  size: 32,
  blocks: 6,
  width: 64,
  noise: 0.2,
  keep: 0.9,
  json: "",
};

function refuse(why) {
  console.error(`tfjs.mjs: ${why}`);
  process.exit(2);
}

function readFlags(args) {
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i].replace(/^--?/, "");
    const value = args[i + 1];
    const number = typeof flags[name] === "number";
    if (
      !args[i].startsWith("-") ||
      !(name in flags) ||
      value === undefined ||
      (number && !Number.isFinite(Number(value)))
    ) {
      refuse(
        `${args[i]} ${value ?? ""}: the flags are ${Object.keys(flags)
          .map((f) => `-${f}`)
          .join(" ")}, each with a value`,
      );
    }
    flags[name] = number ? Number(value) : value;
  }
}

/** TensorFlow.js with one backend, as a page would ship it: without what of its core nothing calls. */
async function bundle(backend) {
  const { outputFiles } = await build({
    stdin: { contents: `import "@tensorflow/tfjs-backend-${backend}"; export * from "./page.mjs";`, resolveDir: tfjs },
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

const zipped = (...files) => files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const since = (began) => (performance.now() - began) / 1000;

function checkFinite(losses) {
  if (!losses.every(Number.isFinite)) throw new Error(`losses of ${losses}`);
}

/** Trains in the page's own worker. */
async function measureOurs(browser, url) {
  const began = performance.now();
  const { page, complaints } = await openTrainer(browser.context, url);
  const { adapter } = await page.evaluate(() => window.until("ready"));
  const never = 1e9;
  const run = await page.evaluate(
    ([preset, changes]) =>
      window.trainer.request({
        type: "configure",
        preset,
        changes,
        source: { kind: "packed", url: "source.pxds" },
        target: { kind: "packed", url: "target.pxds" },
      }),
    [
      preset,
      {
        baseline: 0,
        iterations: never,
        log_every: never,
        eval_every: never,
        sample_every: never,
        model: {
          size: flags.size,
          batch: flags.batch,
          g_blocks: flags.blocks,
          g_filters: flags.width,
          d_filters: flags.width,
          noise_std: flags.noise,
          dropout_keep: flags.keep,
        },
      },
    ],
  );
  const iterate = () =>
    page.evaluate(async () => {
      const began = performance.now();
      const { loss } = await window.trainer.request({ type: "step" });
      return { losses: Object.values(loss), milliseconds: performance.now() - began };
    });
  const first = await iterate();
  const warmUp = since(began);
  const iterations = [];
  for (let i = 0; i < flags.steps; i++) iterations.push(await iterate());
  for (const { losses } of [first, ...iterations]) checkFinite(losses);
  if (complaints.length > 0) console.log(`${ourName}: ${complaints.join("\n")}`);
  await page.close();
  return {
    run,
    name: ourName,
    adapter: adapter.name,
    warmUp,
    seconds: median(iterations.map((i) => i.milliseconds / 1000)),
    gpuBytes: run.memory,
    download: zipped(readFileSync(join(web, "dist/trainer.wasm")), readFileSync(join(web, "dist/worker.js"))),
  };
}

/** Trains in TensorFlow.js, which then has to prove that it took the same steps. */
async function measureTheirs(browser, url, backend, code, run) {
  const visit = async (use) => {
    const page = await browser.context.newPage();
    try {
      page.on("pageerror", (e) => console.log(`tf.js ${backend}: ${e}`));
      await page.goto(`${url}/blank.html`);
      const adapter = await page.evaluate(async (backend) => {
        window.bench = await import(`/tfjs-${backend}.js`);
        return window.bench.open(backend);
      }, backend);
      return await use(page, adapter);
    } finally {
      await page.close();
    }
  };
  const config = run.config.model;
  const began = performance.now();
  const measured = await visit(async (page, adapter) => {
    const parameters = await page.evaluate((config) => window.bench.build(config), config);
    for (const [network, want] of Object.entries(run.parameters)) {
      if (parameters[network] !== want)
        throw new Error(`the ${network} has ${parameters[network]} parameters, ours ${want}`);
    }
    const iterate = () => page.evaluate(() => window.bench.iterate());
    const first = await iterate();
    const warmUp = since(began);
    const iterations = [];
    for (let i = 0; i < flags.steps; i++) iterations.push(await iterate());
    for (const { losses } of [first, ...iterations]) checkFinite(losses);
    const middle = (of) => median(iterations.map((i) => i[of] / 1000));
    return {
      adapter,
      warmUp,
      seconds: middle("milliseconds"),
      script: middle("script"),
      ...(await page.evaluate(() => window.bench.memory())),
    };
  });
  // Afterwards and in a page of its own, lest it fill caches of shaders.
  const strayed = await visit((page) =>
    page.evaluate(([url, config]) => window.bench.check(url, config), [`/traces/${trace}.safetensors`, config]),
  );
  return { name: `tf.js ${backend}`, ...measured, strayed, download: zipped(code) };
}

function print(rows, ours) {
  const mega = (bytes, digits = 1) => (bytes === undefined ? "" : (bytes / 1e6).toFixed(digits));
  const ratio = (of) => (row) => (row[of] / ours[of]).toFixed(2);
  const columns = [
    ["", (r) => r.name],
    ["s/iteration", (r) => r.seconds.toFixed(3)],
    ["x ours", ratio("seconds")],
    ["warm-up s", (r) => r.warmUp.toFixed(1)],
    ["GPU MB", (r) => mega(r.gpuBytes)],
    ["x ours", ratio("gpuBytes")],
    ["tensors MB", (r) => mega(r.tensorBytes)],
    ["code MB gzip", (r) => mega(r.download, 2)],
    ["adapter", (r) => r.adapter],
  ];
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const left = (i) => i === 0 || i === columns.length - 1;
  for (const line of lines)
    console.log(
      line
        .map((cell, i) => (left(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    );
}

readFlags(process.argv.slice(2));
const tfjs = join(web, "bench/tfjs");
if (!existsSync(join(tfjs, "node_modules")))
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: tfjs, stdio: "inherit" });
const backends = flags.backends.split(",").filter(Boolean);
const code = {};
for (const backend of backends) {
  if (!["webgpu", "webgl"].includes(backend)) refuse(`no backend ${backend}: webgpu, webgl`);
  code[backend] = await bundle(backend);
}
const args = driverArgs(flags.driver);
const native = new Native();
const server = await serveClient({
  ...native.sets,
  ...Object.fromEntries(backends.map((backend) => [`/tfjs-${backend}.js`, code[backend]])),
});
const browser = await launch({ args });
try {
  const { run, ...ours } = await measureOurs(browser, server.url);
  const full = run.config.model.size === 32 && flags.blocks === 6 && flags.width === 64;
  for (const [network, want] of Object.entries(full ? fullSize : {})) {
    if (run.parameters[network] !== want)
      throw new Error(`our ${network} has ${run.parameters[network]} parameters; the paper's has ${want}`);
  }
  console.log(
    `an iteration at batch ${flags.batch}: ${flags.size}x${flags.size}, ${flags.blocks} blocks, ${flags.width} ` +
      `filters, ${(run.flops / 1e9).toFixed(1)} GFLOP; the median of ${flags.steps}`,
  );
  const rows = [ours];
  const failed = [];
  for (const backend of backends) {
    try {
      rows.push(await measureTheirs(browser, server.url, backend, code[backend], run));
    } catch (e) {
      failed.push({ name: `tf.js ${backend}`, error: e.message.split("\n")[0].replace(/^page\.\w+: (Error: )?/, "") });
    }
  }
  print(rows, ours);
  for (const { name, error } of failed) console.log(`${name}: no result: ${error}`);
  if (failed.length > 0) process.exitCode = 1;
  if (flags.json) {
    const {
      config: { model },
      flops,
      parameters,
    } = run;
    const all = { driver: flags.driver, steps: flags.steps, model, flops, parameters, rows, failed };
    writeFileSync(flags.json, `${JSON.stringify(all, null, 2)}\n`);
  }
} finally {
  await browser.close();
  server.close();
  native.close();
}
