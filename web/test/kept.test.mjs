// What users keep stays readable: files written by commit 1a0b63a (testdata/kept), for good.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { launch, openTrainer, root, serveClient, strays, web } from "./harness.mjs";

const kept = (...path) => readFileSync(join(root, "testdata/kept", ...path));
const images = { source: { kind: "packed", url: "source.pxds" }, target: { kind: "packed", url: "target.pxds" } };

let server, browser;

before(async () => {
  server = await serveClient({ "/source.pxds": kept("source.pxds"), "/target.pxds": kept("target.pxds") });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Puts a file where the page keeps its snapshots. */
async function store(name, bytes) {
  const page = await browser.context.newPage();
  await page.goto(`${server.url}/blank.html`);
  await page.evaluate(
    async ([name, text]) => {
      const folder = await (
        await navigator.storage.getDirectory()
      ).getDirectoryHandle("pixelda-wgpu", { create: true });
      const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await file.write(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
      await file.close();
    },
    [name, bytes.toString("base64")],
  );
  await page.close();
}

/** A page with a trainer; closed at the end of the test, since only one page at a time may train. */
async function opened(t) {
  const { page } = await openTrainer(browser.context, server.url);
  t.after(() => page.close());
  return page;
}

const request = (page, ask) => page.evaluate((ask) => window.trainer.request(ask), ask);

const save = async (page) =>
  Buffer.from(
    await page.evaluate(async () => window.base64((await window.trainer.request({ type: "save" })).bytes)),
    "base64",
  );

/** The tensors of a checkpoint, in base64 by name, and its metadata. */
function parts(checkpoint) {
  const length = Number(checkpoint.readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = JSON.parse(checkpoint.subarray(8, 8 + length));
  const tensors = Object.fromEntries(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, `${dtype} ${shape} ${checkpoint.subarray(8 + length + from, 8 + length + to).toString("base64")}`],
    ),
  );
  return { metadata, tensors };
}

/** The manifest of a snapshot and its checkpoint. */
function snapshot(bytes) {
  const length = bytes.readUInt32LE(4);
  return { manifest: JSON.parse(bytes.subarray(8, 8 + length)), checkpoint: bytes.subarray(8 + length, -4) };
}

test("a snapshot is restored and trained on", async (t) => {
  const bytes = kept("snapshot.pxsn");
  const { manifest, checkpoint } = snapshot(bytes);
  await store("snapshot-0", bytes);
  const page = await opened(t);
  const ready = await page.evaluate(() => window.until("ready"));
  assert.equal(ready.snapshot.step, 4);
  assert.equal(ready.snapshot.saved, manifest.saved);
  const restored = await request(page, { type: "restore" });
  assert.equal(restored.step, 4);
  assert.deepEqual(restored.config, manifest.config);
  assert.deepEqual(restored.history, manifest.history);
  assert.equal(restored.baseline, 1);
  assert.equal(restored.inexact, "");
  assert.deepEqual(parts(await save(page)).tensors, parts(checkpoint).tensors);
  assert.deepEqual(await request(page, { type: "train", until: 5 }), { step: 5, finished: false });
});

test("a checkpoint of the command is loaded and trained on", async (t) => {
  const page = await opened(t);
  await page.evaluate(() => window.until("ready"));
  const checkpoint = kept("run/checkpoints/step-00000004.safetensors");
  const { metadata, tensors } = parts(checkpoint);
  const config = JSON.parse(metadata.config);
  await request(page, { type: "configure", preset: "small", changes: { seed: 7, model: config.model }, ...images });
  const loaded = await page.evaluate(
    (text) => window.trainer.request({ type: "load", checkpoint: window.bytes(text) }),
    checkpoint.toString("base64"),
  );
  assert.equal(loaded.step, 4);
  assert.deepEqual(loaded.config, config);
  assert.deepEqual(parts(await save(page)).tensors, tensors);
  assert.deepEqual(await request(page, { type: "train", until: 5 }), { step: 5, finished: true });
});

test("a link opens the same setup", async (t) => {
  const { outputFiles } = await build({
    entryPoints: [join(web, "src/page/link.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  const { fromHash, toHash } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  const page = await opened(t);
  const { presets, settings } = await page.evaluate(() => window.until("ready"));
  const { link, preset, config } = JSON.parse(kept("link.json"));
  const { setup, refused } = fromHash(link, presets, "small", settings);
  assert.deepEqual(refused, []);
  assert.deepEqual(setup, { preset, config });
  assert.equal(toHash(setup, presets, settings), link);
});

test("the worker says only what the protocol has", () => assert.deepEqual([...strays], []));
