// The embeddable generator in Chromium on real WebGPU, as pages use it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, root, serve, web } from "./harness.mjs";

const page = (body = "") =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>test</title>${body}`;
const bundle = readFileSync(join(web, "demo/digits.pxda"));

// What pages share: the module, and a picture that depends on its seed alone.
const helpers = `
import * as pixelda from "/embed/pixelda.js";
window.pixelda = pixelda;
window.picture = (width, height, seed = 1) => {
  const data = new ImageData(width, height);
  let state = seed;
  for (let i = 0; i < data.data.length; i++) {
    state = (state * 48271) % 2147483647;
    data.data[i] = i % 4 === 3 ? 255 : (127 + 60 * Math.sin(i / 40 + seed) + state % 60) | 0;
  }
  return data;
};
const told = ({ name, code, message, remedy }) => ({ name, code, message, remedy });
  window.failure = (promise) => promise.then(() => "nothing", told);
`;
const script = '<script type="module" src="/helpers.js"></script>';

let folder, server, browser, native;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "pixelda-embed-"));
  native = join(folder, "pixelda-wgpu");
  execFileSync("go", ["build", "-buildvcs=false", "-o", native, "./native/pixelda-wgpu"], {
    cwd: root,
    stdio: "inherit",
  });
  execFileSync(native, ["export", join(web, "demo/digits.pxda"), "-o", join(folder, "full.pxda")]); // float32
  const element =
    '<pixelda-generator id="g" src="/full.pxda"><img id="in" src="/seven.png" alt="a seven"><p slot="fallback">No ' +
    "WebGPU here.</p></pixelda-generator>";
  server = await serve({
    "/blank.html": page(script),
    "/helpers.js": helpers,
    "/full.pxda": readFileSync(join(folder, "full.pxda")),
    "/element.html": page(element + script),
    "/seven.png": Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAHUlEQVR4nGP4DwUMMMZ/BhjjPwOM8Z8BxkBigAEA" +
        "cCkf4Y6m0eYAAAAASUVORK5CYII=",
      "base64",
    ),
    "/cut.pxda": bundle.subarray(0, bundle.length - 1),
    "/text.pxda": "plain text",
    "/future.pxda": Buffer.from(bundle.toString("latin1").replace('"version":"1"', '"version":"2"'), "latin1"),
    "/worker.js": `import { Generator } from "/embed/pixelda.js";
      const g = await Generator.load("/full.pxda");
      const out = await g.adapt(g.examples[0]);
      postMessage({ width: out.width, pixels: [...out.data.subarray(0, 400)] });`,
  });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Opens a page and runs a test on it; the page must not complain but as allowed. */
async function on(path, test, { context } = browser, allowed = /^$/) {
  const tab = await context.newPage();
  const complaints = [];
  tab.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  tab.on("pageerror", (e) => complaints.push(String(e)));
  try {
    await tab.goto(server.url + path);
    await test(tab);
    assert.deepEqual(
      complaints.filter((c) => !allowed.test(c)),
      [],
    );
  } finally {
    await tab.close();
  }
}

/** What the command makes of one PNG. */
function adaptNatively(png, seed, name) {
  const images = join(folder, name),
    out = `${images}-adapted`;
  mkdirSync(images);
  writeFileSync(join(images, "image.png"), png);
  execFileSync(native, ["adapt", "-seed", seed, "-out", out, join(folder, "full.pxda"), images]);
  return readFileSync(join(out, "000000.png"));
}

describe("Generator", () => {
  it("draws the pixels of the command, to a level of 255", () =>
    on("/blank.html", async (tab) => {
      for (const [width, height, seed] of [
        [28, 28, "1"],
        [32, 32, "7"],
        [57, 90, "18446744073709551615"],
        [20, 45, "3"],
      ]) {
        const png = await tab.evaluate(
          async ([w, h]) => {
            const canvas = new OffscreenCanvas(w, h);
            canvas.getContext("2d").putImageData(window.picture(w, h), 0, 0);
            return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
          },
          [width, height],
        );
        const want = adaptNatively(Buffer.from(png), seed, `${width}x${height}`);
        const apart = await tab.evaluate(
          async ([w, h, seed, png]) => {
            window.g ??= await pixelda.Generator.load("/full.pxda");
            const out = await window.g.adapt(window.picture(w, h), { seed: BigInt(seed) });
            const image = await createImageBitmap(new Blob([new Uint8Array(png)]));
            const context = new OffscreenCanvas(32, 32).getContext("2d");
            context.drawImage(image, 0, 0);
            const want = context.getImageData(0, 0, 32, 32).data;
            return {
              worst: Math.max(...out.data.map((v, i) => Math.abs(v - want[i]))),
              spread: Math.max(...want.filter((_, i) => i % 4 < 3)) - Math.min(...want),
            };
          },
          [width, height, seed, [...want]],
        );
        assert.ok(apart.worst <= 1 && apart.spread > 50, `${width}×${height}: ${JSON.stringify(apart)}`);
      }
    }));

  it("redraws the examples of a generator that reads depth, and says that other images have none", () => {
    const [run, images, out, file] = ["deep", "deep-images", "deep-adapted", "deep.pxda"].map((name) =>
      join(folder, name),
    );
    const set = [
      "size=8",
      "noise_dim=0",
      "g_blocks=1",
      "g_filters=4",
      "d_filters=4",
      "tower_filters=[4,8]",
      "tower_units=16",
      "batch=4",
      "eval_images=8",
      "init_std=0.5",
    ];
    const packed = ["objects", "objects-m"].map((name) => join(folder, `${name}.pxds`)); // a few images of each
    for (const file of packed) {
      execFileSync(
        native,
        ["datasets", "pack", basename(file, ".pxds"), "-train", "66", "-valid", "11", "-test", "33", "-o", file],
        { stdio: "ignore" },
      );
    }
    execFileSync(
      native,
      [
        "train",
        "-preset",
        "linemod-small",
        "-source",
        packed[0],
        "-target",
        packed[1],
        "-iterations",
        "1",
        "-baseline",
        "0",
        "-out",
        run,
        ...set.flatMap((s) => ["-set", s]),
      ],
      { stdio: "ignore" },
    );
    // Some images of RGB-D, in the folders that adapt writes: the bundle's examples are among them.
    execFileSync(native, ["adapt", "-limit", "33", "-out", images, run, packed[0]]);
    execFileSync(native, ["export", run, "-example", images, "-o", file]);
    execFileSync(native, ["adapt", "-out", out, file, images]);
    const pngs = readdirSync(out).flatMap((name) =>
      readdirSync(join(out, name, "rgb")).map((png) => [...readFileSync(join(out, name, "rgb", png))]),
    );
    assert.equal(pngs.length, 33);
    return on("/blank.html", async (tab) => {
      const got = await tab.evaluate(
        async ([file, pngs]) => {
          const pixels = async (png) => {
            const context = new OffscreenCanvas(8, 8).getContext("2d");
            context.drawImage(await createImageBitmap(new Blob([new Uint8Array(png)])), 0, 0);
            return context.getImageData(0, 0, 8, 8).data;
          };
          const native = await Promise.all(pngs.map(pixels));
          const g = await pixelda.Generator.load(URL.createObjectURL(new Blob([new Uint8Array(file)])));
          const near = [];
          for (const { data } of await g.adapt(g.examples)) {
            near.push(native.filter((want) => data.every((v, i) => Math.abs(v - want[i]) <= 1)).length);
          }
          const first = g.examples[0];
          return {
            near,
            other: await window.failure(g.adapt(window.picture(8, 8))),
            copy: await window.failure(g.adapt(new ImageData(first.data.slice(), 8))),
          };
        },
        [[...readFileSync(file)], pngs],
      );
      assert.ok(
        got.near.length > 0 && got.near.every((n) => n === 1),
        `examples equal ${got.near} of the command's pictures`,
      );
      for (const { code, message } of [got.other, got.copy])
        assert.ok(code === "usage" && /colour and depth/.test(message), message);
    });
  });

  it("takes what a canvas can draw, one or many, with its noise", () =>
    on("/blank.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        const phases = new Set();
        const g = await pixelda.Generator.load("/demo/digits.pxda", { onProgress: (p) => phases.add(p.phase) });
        const data = window.picture(40, 40);
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 40;
        canvas.getContext("2d").putImageData(data, 0, 0);
        const image = new Image();
        image.src = canvas.toDataURL();
        await image.decode();
        const same = (a, b) => a.data.every((v, i) => v === b.data[i]);
        const first = await g.adapt(data);
        const kinds = await Promise.all(
          [canvas, image, createImageBitmap(data)].map(async (s) => same(first, await g.adapt(await s))),
        );
        const z = pixelda.drawNoise(1, 0, g.noiseDim);
        // More than a batch, of several sizes: every image by itself is the same.
        const many = Array.from({ length: 18 }, (_, i) => window.picture(20 + i, 30, i + 1));
        const noise = many.map((_, i) => pixelda.drawNoise(9, i, g.noiseDim));
        const together = await g.adapt(many, { seed: 9 });
        const alone = await Promise.all(
          [0, 15, 17].map(async (i) => {
            const one = await g.adapt(many[i], { noise: noise[i] });
            return Math.max(...one.data.map((v, k) => Math.abs(v - together[i].data[k])));
          }),
        );
        const out = {
          phases: [...phases],
          kinds,
          alone,
          count: together.length,
          noise: same(first, await g.adapt(data, { noise: z })),
          other: same(first, await g.adapt(data, { seed: 2 })),
          small: same(together[3], (await g.adapt(many, { seed: 9, batch: 1 }))[3]) || "close",
          empty: (await g.adapt([])).length,
          size: g.size,
          classes: g.classes.length,
          examples: g.examples.length,
          short: await window.failure(g.adapt(data, { noise: [1, 2] })),
          blank: await window.failure(g.adapt(new Image())),
        };
        g.dispose();
        out.disposed = await window.failure(g.adapt(data));
        return out;
      });
      assert.deepEqual(got.phases, ["download", "compile"]);
      assert.deepEqual(got.kinds, [true, true, true]);
      assert.ok(Math.max(...got.alone) <= 1, `alone and together are ${got.alone} levels apart`);
      assert.equal(got.count, 18);
      assert.equal(got.noise, true);
      assert.equal(got.other, false);
      assert.deepEqual([got.empty, got.size, got.classes, got.examples], [0, 32, 10, 10]);
      assert.match(got.short.message, /noise of image 0 has 2 numbers; this generator takes 10/);
      assert.match(got.blank.remedy, /decode/);
      assert.match(got.disposed.message, /disposed/);
    }));

  it("shares one device, and frees what it made", () =>
    on("/blank.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        let devices = 0,
          buffers = 0;
        const { requestDevice } = GPUAdapter.prototype,
          { createBuffer } = GPUDevice.prototype,
          { destroy } = GPUBuffer.prototype;
        GPUAdapter.prototype.requestDevice = function (...args) {
          devices++;
          return requestDevice.apply(this, args);
        };
        GPUDevice.prototype.createBuffer = function (...args) {
          buffers++;
          return createBuffer.apply(this, args);
        };
        GPUBuffer.prototype.destroy = function () {
          buffers--;
          return destroy.apply(this);
        };
        const two = await Promise.all([1, 2].map(() => pixelda.Generator.load("/demo/digits.pxda")));
        await Promise.all(two.map((g) => g.adapt(g.examples[0])));
        const held = buffers,
          bytes = await two[0].bytesHeld();
        for (const g of two) g.dispose();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { devices, held, bytes, left: buffers };
      });
      assert.equal(got.devices, 1);
      assert.ok(got.held > 10 && got.bytes > 1e5, JSON.stringify(got));
      assert.equal(got.left, 0);
    }));

  it("goes on with another device after the first was lost", () =>
    on("/blank.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        const devices = [];
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (...args) {
          const device = await requestDevice.apply(this, args);
          devices.push(device);
          return device;
        };
        const two = await Promise.all([1, 2].map(() => pixelda.Generator.load("/demo/digits.pxda")));
        const draw = () => Promise.all(two.map(async (g) => (await g.adapt(g.examples[0])).data.join()));
        const before = await draw();
        devices[0].destroy();
        const after = await draw();
        const device = await (await navigator.gpu.requestAdapter()).requestDevice();
        const lent = await pixelda.Generator.load("/demo/digits.pxda", { device });
        device.destroy();
        return {
          same: before.join() === after.join(),
          devices: devices.length,
          lent: await window.failure(lent.adapt(lent.examples[0])),
        };
      });
      assert.equal(got.same, true);
      assert.equal(got.devices, 3); // one for both, one after it, and the one of the page itself
      assert.match(got.lent.message, /device was lost/);
    }));

  it("draws the same with the kernels for GPUs", () =>
    on("/blank.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        const draw = async () => {
          const device = await (await navigator.gpu.requestAdapter()).requestDevice();
          const g = await pixelda.Generator.load("/full.pxda", { device });
          const out = await g.adapt(g.examples.slice(0, 3), { batch: 1 }); // SwiftShader is slow at these
          g.dispose();
          return { software: g.software, out };
        };
        const cpu = await draw();
        // A device that does not say that it is software gets the other kernels.
        for (const [name, value] of [
          ["description", "Some GPU"],
          ["architecture", "some"],
          ["isFallbackAdapter", false],
        ]) {
          Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => value });
        }
        const gpu = await draw();
        const apart = cpu.out.map((picture, i) =>
          Math.max(...picture.data.map((v, k) => Math.abs(v - gpu.out[i].data[k]))),
        );
        return { software: [cpu.software, gpu.software], worst: Math.max(...apart), count: apart.length };
      });
      assert.deepEqual(got.software, [true, false]);
      assert.equal(got.count, 3);
      assert.ok(got.worst <= 1, `${got.worst} levels apart`);
    }));

  it("works in a worker", () =>
    on("/blank.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        const worker = new Worker("/worker.js", { type: "module" });
        const out = await new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (e) => reject(new Error(e.message));
        });
        const g = await pixelda.Generator.load("/full.pxda");
        const here = await g.adapt(g.examples[0]);
        return out.width === 32 && out.pixels.every((v, i) => v === here.data[i]);
      });
      assert.equal(got, true);
    }));

  it("says what is wrong with a file", () =>
    on(
      "/blank.html",
      async (tab) => {
        for (const [path, code, message] of [
          ["/cut.pxda", "bundle", /only a part/],
          ["/text.pxda", "bundle", /no generator bundle/],
          ["/future.pxda", "bundle", /version 2; this player reads version 1/],
        ]) {
          const got = await tab.evaluate((path) => window.failure(pixelda.Generator.load(path)), path);
          assert.equal(got.code, code);
          assert.match(got.message, message);
          assert.notEqual(got.remedy, "");
        }
        const missing = await tab.evaluate(() => window.failure(pixelda.Generator.load("/nowhere.pxda")));
        assert.equal(missing.code, "network");
        assert.match(missing.message, /nowhere.pxda could not be loaded: the server answers 404/);
      },
      browser,
      /404/,
    ));
});

describe("<pixelda-generator>", () => {
  it("shows its image redrawn, and again when the seed changes", () =>
    on("/element.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        const g = document.getElementById("g");
        const next = () =>
          new Promise((resolve, reject) => {
            g.addEventListener("adapt", (e) => resolve(e.detail), { once: true });
            g.addEventListener("error", (e) => reject(e.detail), { once: true });
          });
        const first = await next();
        const direct = await g.generator.adapt(document.getElementById("in"), { seed: 1 });
        g.seed = 2;
        const second = await next();
        const canvas = g.shadowRoot.querySelector("canvas");
        const same = (a, b) => a.data.every((v, i) => v === b.data[i]);
        const shown = {
          label: canvas.getAttribute("aria-label"),
          canvas: canvas.checkVisibility(),
          image: document.getElementById("in").checkVisibility(),
        };
        const generator = g.generator;
        document.body.append(g); // a move keeps the generator
        await Promise.resolve();
        const moved = g.generator === generator;
        g.remove();
        await Promise.resolve();
        return {
          same: same(first, direct),
          other: same(first, second),
          attribute: g.getAttribute("seed"),
          moved,
          ...shown,
          released: g.generator === undefined,
          after: await window.failure(generator.adapt(direct)),
        };
      });
      assert.deepEqual(
        { ...got, after: got.after.code },
        {
          same: true,
          other: false,
          attribute: "2",
          moved: true,
          label: "a seven, redrawn",
          canvas: true,
          image: false,
          released: true,
          after: "usage",
        },
      );
    }));

  it("takes properties set before it was defined, and live canvases", () =>
    on("/blank.html", async (tab) => {
      const got = await tab.evaluate(async () => {
        const g = document.createElement("pixelda-generator");
        const canvas = document.createElement("canvas");
        canvas.getContext("2d");
        g.live = true;
        g.input = canvas;
        g.src = "/full.pxda";
        document.body.append(g);
        let count = 0;
        await new Promise((resolve) => g.addEventListener("adapt", () => ++count === 3 && resolve()));
        g.live = false;
        return { src: g.getAttribute("src"), live: g.hasAttribute("live") };
      });
      assert.deepEqual(got, { src: "/full.pxda", live: false });
    }));

  it("shows what is inside, and its fallback, where there is no WebGPU", async () => {
    const bare = await launch({ webgpu: false });
    try {
      await on(
        "/element.html",
        async (tab) => {
          const got = await tab.evaluate(() => {
            const g = document.getElementById("g");
            return new Promise((resolve) =>
              g.addEventListener("error", ({ detail }) =>
                resolve({
                  code: detail.code,
                  remedy: detail.remedy,
                  image: document.getElementById("in").checkVisibility(),
                  fallback: g.querySelector("[slot]").checkVisibility(),
                  canvas: g.shadowRoot.querySelector("canvas").checkVisibility(),
                }),
              ),
            );
          });
          assert.match(got.code, /^no-(webgpu|adapter)$/);
          assert.notEqual(got.remedy, "");
          assert.deepEqual([got.image, got.fallback, got.canvas], [true, true, false]);
        },
        bare,
      );
      await on(
        "/demo/draw.html",
        async (tab) => {
          await tab.locator("#trouble").waitFor();
          assert.match(await tab.textContent("#trouble"), /WebGPU/);
        },
        bare,
      );
    } finally {
      await bare.close();
    }
  });
});

describe("demo pages", () => {
  it("draw: a stroke, by pointer and by keys, changes the picture", () =>
    on("/demo/draw.html", async (tab) => {
      const result = () => tab.evaluate(() => document.getElementById("result").toDataURL());
      const settled = () =>
        tab.waitForFunction(() => /ms an image/.test(document.getElementById("status").textContent), undefined, {
          timeout: 120_000,
        });
      await settled();
      const first = await result();
      const box = await tab.locator("#drawing").boundingBox();
      await tab.mouse.move(box.x + 20, box.y + 20);
      await tab.mouse.down();
      await tab.mouse.move(box.x + box.width - 20, box.y + box.height - 20, { steps: 4 });
      await tab.mouse.up();
      await tab.waitForFunction((before) => document.getElementById("result").toDataURL() !== before, first, {
        timeout: 60_000,
      });
      await tab.click("#clear");
      await settled();
      const cleared = await result();
      await tab.focus("#drawing");
      for (const key of [" ", "ArrowDown", "ArrowDown", "ArrowRight"]) await tab.keyboard.press(key);
      await tab.waitForFunction((before) => document.getElementById("result").toDataURL() !== before, cleared, {
        timeout: 60_000,
      });
    }));

  it("grid: the slider changes the pictures, sources stay", () =>
    on("/demo/grid.html", async (tab) => {
      const cell = (i) => tab.evaluate((i) => document.querySelectorAll("#grid canvas")[i].toDataURL(), i);
      await tab.waitForFunction(() => /ms an image/.test(document.getElementById("status").textContent), undefined, {
        timeout: 120_000,
      });
      const [source, adapted] = [await cell(0), await cell(10)];
      await tab.focus("#noise");
      await tab.keyboard.press("End");
      await tab.waitForFunction(
        (before) => document.querySelectorAll("#grid canvas")[10].toDataURL() !== before,
        adapted,
        { timeout: 60_000 },
      );
      assert.equal(await cell(0), source);
    }));
});
