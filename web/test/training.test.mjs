import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openTrainer, serveClient, strays } from "./harness.mjs";
import { Native, tiny } from "./native.mjs";

let native, server, browser;

before(async () => {
  native = new Native();
  server = await serveClient(native.sets);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
  native?.close();
});

/** Opens a page and configures the tiny run on the packed sets. */
async function configured(changes = {}, more = {}) {
  const opened = await openTrainer(browser.context, server.url);
  await opened.page.evaluate(() => window.until("ready"));
  const run = await opened.page.evaluate((request) => window.trainer.request(request), {
    type: "configure",
    preset: "small",
    changes: { ...tiny, ...changes },
    source: { kind: "packed", url: "source.pxds" },
    target: { kind: "packed", url: "target.pxds" },
    ...more,
  });
  return { ...opened, run };
}

/** Training until an iteration, and the records of it. */
const train = (page, until) =>
  page.evaluate(async (until) => {
    const from = window.events.length;
    await window.trainer.request({ type: "train", until });
    return window.events
      .slice(from)
      .filter((e) => e.type === "trained")
      .map((e) => e.record);
  }, until);

const save = async (page) =>
  Buffer.from(
    await page.evaluate(async () => window.base64((await window.trainer.request({ type: "save" })).bytes)),
    "base64",
  );

const load = (page, checkpoint) =>
  page.evaluate(
    async (text) => window.trainer.request({ type: "load", checkpoint: window.bytes(text) }),
    checkpoint.toString("base64"),
  );

/** What a checkpoint says of itself. */
const metadata = (checkpoint) =>
  JSON.parse(checkpoint.subarray(8, 8 + Number(checkpoint.readBigUInt64LE()))).__metadata__;

/** A checkpoint that says something else of itself. */
function withMetadata(checkpoint, change) {
  const length = Number(checkpoint.readBigUInt64LE());
  const header = JSON.parse(checkpoint.subarray(8, 8 + length));
  header.__metadata__ = { ...header.__metadata__, ...change };
  const text = Buffer.from(JSON.stringify(header));
  const spaces = Buffer.alloc(-text.length & 7, " "); // the tensors begin at a multiple of 8
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length + spaces.length));
  return Buffer.concat([head, text, spaces, checkpoint.subarray(8 + length)]);
}

/** Fails where losses differ by more than 1e-3. */
function sameLosses(got, want) {
  assert.deepEqual(
    got.map((r) => r.step),
    want.map((r) => r.step),
  );
  for (const [i, record] of want.entries()) {
    for (const [name, loss] of Object.entries(record.loss)) {
      const error = Math.abs(got[i].loss[name] - loss);
      assert.ok(
        error <= 1e-3 * Math.max(1, Math.abs(loss)),
        `step ${record.step}, ${name}: ${got[i].loss[name]}, natively ${loss}`,
      );
    }
  }
}

const trained = (native) => native.records.filter((r) => r.kind === "train");

describe("training in the page", () => {
  test("gives the losses of the native core, and checkpoints go both ways", async () => {
    const { page, complaints, run } = await configured();
    const here = await train(page, 12);
    const there = native.train(run.config, 12);
    assert.equal(here.length, 3);
    sameLosses(here, trained(there));

    const evaluated = await page.evaluate(() => window.events.find((e) => e.type === "evaluated"));
    const total = evaluated.confusion.target.flat().reduce((a, b) => a + b, 0);
    assert.equal(total, run.target.test);

    const on = native.train(run.config, 20, await save(page));
    sameLosses(await train(page, 20), trained(on));

    const loaded = await load(page, there.checkpoint);
    assert.equal(loaded.step, 12);
    sameLosses(await train(page, 20), trained(native.train(run.config, 20, there.checkpoint)));
    assert.deepEqual(complaints, []);
    await page.close();
  });

  // Roundings to halves tell the two sides apart sooner than those of f32 do: a sum that is
  // off by its last bit may be rounded the other way. So after one iteration.
  test("rounds to halves as the native core does", async () => {
    const model = { ...tiny.model, size: 32, g_filters: 32, precision: "f16" }; // enough work for Winograd's algorithm
    const { page, complaints, run } = await configured({ log_every: 1, model });
    const losses = ([record]) => Object.values(record.loss);
    const off = (a, b) => a.reduce((sum, x, i) => sum + Math.abs(x - b[i]), 0);
    const natively = (precision) =>
      losses(trained(native.train({ ...run.config, model: { ...run.config.model, precision } }, 1)));
    const here = losses(await train(page, 1)),
      halves = natively("f16"),
      floats = natively("f32");
    assert.ok(off(here, halves) < off(halves, floats) / 2, `${here} in the page, ${halves} natively, ${floats} in f32`);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test("refuses seeds that it would round", async () => {
    const { page } = await configured();
    await train(page, 1);
    const checkpoint = await save(page);
    const config = JSON.parse(metadata(checkpoint).config);
    const rounded = withMetadata(checkpoint, {
      config: JSON.stringify({ ...config, seed: "@" }).replace('"@"', "9007199254740993"),
    });
    await assert.rejects(load(page, rounded), /seed 9007199254740993 is larger than 9007199254740991/);
    await assert.rejects(
      page.evaluate(
        (changes) =>
          window.trainer.request({
            type: "configure",
            preset: "small",
            changes,
            source: { kind: "packed", url: "source.pxds" },
            target: { kind: "packed", url: "target.pxds" },
          }),
        { ...tiny, seed: 2 ** 53 },
      ),
      /larger than 9007199254740991/,
    );
    await page.close();
  });

  test("draws the built-in images as the native core does", async () => {
    const { page } = await openTrainer(browser.context, server.url);
    await page.evaluate(() => window.until("ready"));
    const digits = { kind: "builtin", name: "digits" };
    const run = await page.evaluate((request) => window.trainer.request(request), {
      type: "configure",
      preset: "small",
      changes: tiny,
      source: digits,
      target: digits,
    });
    await train(page, 1);
    const here = metadata(await save(page)).dataset;
    assert.match(here, /^[0-9a-f]{64}/);
    assert.equal(here, metadata(native.train(run.config, 1, undefined, "").checkpoint).dataset);
    await page.close();
  });

  test("is served while it trains, pauses at once and steps", async () => {
    const { page, complaints, run } = await configured({ iterations: 100000 });
    const asked = await page.evaluate(async () => {
      const training = window.trainer.request({ type: "train" });
      await window.until("trained");
      const vectors = new Float32Array(3 * 10);
      vectors.fill(0.5, 10, 20);
      const sweep = await window.trainer.request({ type: "samples", images: [5], noise: { vectors }, nearest: 2 });
      const began = performance.now();
      const paused = await window.trainer.request({ type: "pause" });
      const waited = performance.now() - began;
      const stopped = await training;
      const record = await window.trainer.request({ type: "step" });
      return {
        sweep: {
          ...sweep,
          adapted: [...sweep.adapted.pixels],
          nearest: sweep.nearest.count,
          logits: sweep.logits.length,
        },
        paused,
        stopped,
        record,
        waited,
      };
    });
    assert.deepEqual(asked.paused, asked.stopped);
    assert.equal(asked.stopped.finished, false);
    assert.equal(asked.record.step, asked.stopped.step + 1);
    assert.deepEqual(asked.sweep.images, [5, 5, 5]);
    assert.equal(asked.sweep.nearest, 6);
    assert.equal(asked.sweep.logits, 30);
    const size = run.config.model.size ** 2 * 3;
    const image = (i) => asked.sweep.adapted.slice(i * size, (i + 1) * size);
    assert.deepEqual(image(0), image(2), "the same noise draws the same image");
    assert.notDeepEqual(image(0), image(1), "other noise draws another");
    assert.ok(asked.waited < 2000, `a pause took ${asked.waited} ms`);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test("continues after a reload, to the bit", async () => {
    const whole = await configured();
    await train(whole.page, 16);
    const want = await save(whole.page);
    await whole.page.close();

    const first = await configured();
    await train(first.page, 8);
    await first.page.evaluate(() => window.until("snapshot", (e) => e.step === 8));
    await first.page.close();

    const { page, complaints } = await openTrainer(browser.context, server.url);
    const ready = await page.evaluate(() => window.until("ready"));
    assert.equal(ready.snapshot.step, 8);
    const restored = await page.evaluate(() => window.trainer.request({ type: "restore" }));
    assert.equal(restored.step, 8);
    assert.ok(restored.history.some((r) => r.kind === "train" && r.step === 8));
    await train(page, 16);
    assert.ok((await save(page)).equals(want), "the checkpoint differs from that of an unbroken run");
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test("times kernels where it is told to, and takes those that a checkpoint names", async () => {
    const reductions = "reductions over a workgroup";
    // Few kernels to time.
    const { page, complaints, run } = await configured({ method: "source-only" }, { tune: true });
    await train(page, 4);
    const checkpoint = await save(page);
    const kernels = JSON.parse(metadata(checkpoint).kernels);
    assert.ok(Object.keys(kernels).length > 5, `${Object.keys(kernels)}`);
    assert.match(kernels[reductions], /^(barriers|subgroups)$/);

    // Both forms of reductions train as the native core does, each to its own bits.
    const there = trained(native.train(run.config, 12, checkpoint));
    const ends = [];
    for (const form of ["barriers", "subgroups", "subgroups"]) {
      const loaded = await load(
        page,
        withMetadata(checkpoint, { kernels: JSON.stringify({ ...kernels, [reductions]: form }) }),
      );
      assert.equal(loaded.inexact, "");
      sameLosses(await train(page, 12), there);
      const end = await save(page);
      assert.equal(JSON.parse(metadata(end).kernels)[reductions], form);
      ends.push(end);
    }
    assert.ok(ends[1].equals(ends[2]), "the same kernels made other bits");

    const gone = await load(
      page,
      withMetadata(checkpoint, { kernels: JSON.stringify({ ...kernels, [reductions]: "gone" }) }),
    );
    assert.match(
      gone.inexact,
      /^not bit-exact: .* 1 of its operations, such as "reductions over a workgroup", .* names "gone"$/,
    );
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test("is not changed by a measurement of the GPU, which can be stopped", async () => {
    const whole = await configured();
    await train(whole.page, 12);
    const want = await save(whole.page);
    await whole.page.close();

    const { page, complaints } = await configured();
    await train(page, 6);
    const measured = await page.evaluate(() => window.trainer.request({ type: "bench" }));
    assert.deepEqual(
      measured.steps.map((s) => s.name),
      ["d_step", "g_step", "iteration"],
    );
    const stopped = await page.evaluate(async () => {
      const from = window.events.length;
      const bench = window.trainer.request({ type: "bench" });
      const stop = window.trainer.request({ type: "stop" });
      const answers = await Promise.all([bench, stop, window.trainer.request({ type: "stop" })]);
      return { answers, phases: window.events.slice(from).filter((e) => e.stage === "benchmarking").length };
    });
    assert.deepEqual(stopped.answers, [null, null, null]);
    assert.ok(stopped.phases < 5, `it went on for ${stopped.phases} phases`);
    const within = await page.evaluate(async () => {
      // a phase: it need not end first
      const bench = window.trainer.request({ type: "bench" });
      const from = window.events.length;
      const phases = () =>
        window.events
          .slice(from)
          .filter((e) => e.stage === "benchmarking")
          .map((e) => e.what);
      while (!phases().includes("profiling d_step")) await new Promise((resolve) => setTimeout(resolve, 1));
      await window.trainer.request({ type: "stop" });
      return { answer: await bench, last: phases().at(-1) };
    });
    assert.deepEqual(within, { answer: null, last: "profiling d_step" });
    await train(page, 12);
    assert.ok((await save(page)).equals(want), "the checkpoint differs from that of a run that was not measured");
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test("goes on by itself after the device was lost", async () => {
    const again = await configured();
    const worker = again.page.workers()[0];
    await worker.evaluate(() => {
      const submit = GPUQueue.prototype.submit;
      let left = 40; // submissions until the device is destroyed
      const encoders = GPUDevice.prototype.createCommandEncoder;
      GPUDevice.prototype.createCommandEncoder = function (...args) {
        self.lastDevice = this;
        return encoders.apply(this, args);
      };
      GPUQueue.prototype.submit = function (...args) {
        if (left-- === 0) self.lastDevice.destroy();
        return submit.apply(this, args);
      };
    });
    const records = await train(again.page, 24);
    const events = await again.page.evaluate(() =>
      window.events.filter((e) => e.type === "lost" || e.type === "recovered" || e.type === "error"),
    );
    assert.deepEqual([...new Set(events.map((e) => e.type))], ["lost", "recovered"]);
    assert.equal(records.at(-1).step, 24);
    const { checkpoint, records: wanted } = native.train(again.run.config, 24);
    assert.ok(checkpoint.length > 0);
    sameLosses(records.slice(-1), wanted.filter((r) => r.kind === "train").slice(-1));
    await again.page.close();
  });

  test("goes on by itself after the GPU process was killed", async () => {
    const again = await configured();
    const killed = browser.gpuProcess();
    assert.ok(killed, "Chromium has no GPU process");
    const training = train(again.page, 24);
    await again.page.evaluate(() => window.until("trained"));
    process.kill(killed, "SIGKILL");
    const records = await training;
    assert.equal(records.at(-1).step, 24);
    assert.notEqual(browser.gpuProcess(), killed);
    assert.ok(
      await again.page.evaluate(
        () => window.events.some((e) => e.type === "lost") && window.events.some((e) => e.type === "recovered"),
      ),
    );
    await again.page.close();
  });
});

test("the worker says only what the protocol has", () => assert.deepEqual([...strays], []));
