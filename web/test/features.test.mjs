import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { launch, openTrainer, serveClient, strays } from "./harness.mjs";
import { Native, tiny } from "./native.mjs";

let native, server, browser, page, complaints;

before(async () => {
  native = new Native();
  server = await serveClient(native.sets);
  browser = await launch();
  ({ page, complaints } = await openTrainer(browser.context, server.url));
});

after(async () => {
  await browser?.close();
  server?.close();
  native?.close();
});

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const b of bytes) c = crcTable[(c ^ b) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** A grey PNG of size × size, all of one level. */
function png(size, level) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head[8] = 8; // bits; grey, no interlacing
  const rows = Buffer.alloc(size * (size + 1), level);
  for (let y = 0; y < size; y++) rows[y * (size + 1)] = 0; // no filter
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A ZIP of stored files. */
function zip(files) {
  const parts = [],
    directory = [];
  let at = 0;
  for (const [name, data] of files) {
    const entry = Buffer.alloc(26); // from "version needed" on, the same in both headers
    entry.writeUInt16LE(20, 0);
    entry.writeUInt32LE(crc32(data), 10);
    entry.writeUInt32LE(data.length, 14);
    entry.writeUInt32LE(data.length, 18);
    entry.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), entry, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), entry, tail, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, end]);
}

describe("the worker", () => {
  test("tells what there is", async () => {
    const ready = await page.evaluate(() => window.until("ready"));
    assert.equal(ready.adapter.backend, "WebGPU");
    assert.ok(ready.limits.maxBufferSize >= 256 << 20);
    assert.ok(ready.presets.some((p) => p.name === "small" && p.config.model.batch > 0));
    assert.ok(ready.settings.every((s) => s.about && s.group));
    assert.equal(ready.snapshot, null);
  });

  test("previews and trains on a dropped ZIP and exports the generator", async () => {
    const files = [];
    for (const name of ["cats", "dogs"]) {
      for (let i = 0; i < 20; i++) files.push([`pets/${name}/${i}.png`, png(8, (name === "cats" ? 40 : 200) + i)]);
    }
    const shown = await page.evaluate(async (text) => {
      window.pets = {
        kind: "files",
        name: "pets.zip",
        files: [{ path: "pets.zip", file: new Blob([window.bytes(text)]) }],
      };
      const preview = await window.trainer.request({ type: "preview", data: window.pets, count: 5 });
      return { ...preview, images: { ...preview.images, pixels: [...preview.images.pixels] } };
    }, zip(files).toString("base64"));
    assert.deepEqual(shown.data.classes, ["cats", "dogs"]);
    assert.equal(shown.data.train + shown.data.valid + shown.data.test, 40);
    assert.equal(shown.images.count, 5);
    assert.equal(shown.labels.length, 5);
    shown.labels.forEach((label, i) => assert.equal(shown.images.pixels[i * 64] >= 200, label === 1));

    const exported = await page.evaluate(async (changes) => {
      const run = await window.trainer.request({
        type: "configure",
        preset: "small",
        changes,
        source: window.pets,
        target: window.pets,
      });
      await window.trainer.request({ type: "train", until: 4 });
      const file = async (format) => {
        const { name, bytes } = await window.trainer.request({ type: "export", format });
        return { name, size: bytes.length };
      };
      const metrics = new TextDecoder().decode((await window.trainer.request({ type: "metrics" })).bytes);
      return {
        classes: run.config.model.classes,
        files: [await file("bundle"), await file("onnx"), await file("safetensors")],
        metrics,
      };
    }, tiny);
    assert.equal(exported.classes, 2);
    assert.deepEqual(
      exported.files.map((f) => f.name),
      ["generator.pxda", "generator.onnx", "generator.safetensors"],
    );
    for (const f of exported.files) assert.ok(f.size > 1000, `${f.name} has ${f.size} bytes`);
    assert.deepEqual(
      exported.metrics
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
      ["train", "eval"],
    );
  });

  test("keeps dropped images with the snapshot", async () => {
    await page.close();
    ({ page } = await openTrainer(browser.context, server.url));
    const ready = await page.evaluate(() => window.until("ready"));
    assert.equal(ready.snapshot.step, 4);
    assert.equal(ready.snapshot.source, "pets.zip");
    const restored = await page.evaluate(() => window.trainer.request({ type: "restore" }));
    assert.equal(restored.step, 4);
    assert.deepEqual(restored.source.classes, ["cats", "dogs"]);
    await page.evaluate(() => window.trainer.request({ type: "discard" }));
  });

  test("reproduces the reference traces", async () => {
    const verified = await page.evaluate(() => window.trainer.request({ type: "verify" }));
    // SwiftShader is a software adapter: the smallest alone, in both forms that its kernels have.
    assert.deepEqual(
      verified.traces.map((t) => t.name),
      ["grey-to-rgb-16", "grey-to-rgb-16 by subgroup operations"],
    );
    for (const trace of verified.traces) {
      assert.ok(trace.checks.length > 4);
      for (const c of trace.checks)
        assert.ok(c.error <= c.tolerance, `${trace.name}, ${c.name}: ${c.error} of ${c.tolerance}`);
    }
    assert.equal(verified.ok, true);
  });

  test("complains about nothing in the console", () => assert.deepEqual(complaints, []));
});

test("the worker says only what the protocol has", () => assert.deepEqual([...strays], []));
