import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { launch, serve } from "./harness.mjs";
import { Native, tiny } from "./native.mjs";

let native, server, browser;

before(async () => {
  native = new Native();
  server = await serve(native.sets);
  browser = await launch();
});

// A page that stays open keeps others from training.
afterEach(async () => {
  for (const page of browser.context.pages()) if (page.url() !== "about:blank") await page.close();
});

after(async () => {
  await browser?.close();
  server?.close();
  native?.close();
});

/** A link to the tiny run on the packed sets. */
function link(changes = {}) {
  const { model, ...run } = { ...tiny, ...changes };
  const all = { preset: "small", source: "source.pxds", target: "target.pxds", ...run, ...model };
  return `${server.url}/index.html#${new URLSearchParams(all)}`;
}

// A run of few kernels, for what does not depend on the method: SwiftShader compiles those of PixelDA for 12 s a page.
const short = { method: "source-only" };

// A software driver on a busy machine compiles for minutes.
const timeout = 300_000;

// A software adapter deserves the warning it gets; a driver's remarks about the gallery's WebGL do not concern the
// page.
const harmless = /GL Driver Message|gallery:/;

/** Opens the page with a new run, unless told otherwise, and keeps what the console complains about. */
async function open(url, { context = browser.context, width = 1280, until = "ready", routes = {} } = {}) {
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  page.setDefaultNavigationTimeout(timeout);
  const complaints = [];
  page.on("console", (m) => {
    if (["error", "warning"].includes(m.type()) && !harmless.test(m.text())) complaints.push(m.text());
  });
  page.on("pageerror", (e) => complaints.push(String(e)));
  for (const [path, status] of Object.entries(routes)) await page.route(path, (r) => r.fulfill({ status }));
  await page.setViewportSize({ width, height: 800 });
  await page.goto(url);
  if (until === "ready") {
    await page.waitForFunction(() => ["ready", "offering"].includes(document.body.dataset.phase), null, { timeout });
    const anew = page.locator("#notices").getByRole("button", { name: "Start a new run" });
    if ((await anew.count()) > 0) await anew.click(); // an earlier test left a run to resume
  }
  await phase(page, until);
  return { page, complaints };
}

const phase = (page, name) => page.waitForFunction((name) => document.body.dataset.phase === name, name, { timeout });
const text = (page, selector) => page.locator(selector).innerText();

/** How many colours a part of the page shows. */
async function colours(page, selector) {
  const png = await page.locator(selector).screenshot({ timeout });
  const blank = await page.context().newPage();
  const n = await blank.evaluate(async (text) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  }, png.toString("base64"));
  await blank.close();
  return n;
}

/** idx files of n images of 8 × 8 in two classes. */
function idx(n) {
  const head = (magic, ...dims) => {
    const b = Buffer.alloc(4 + 4 * dims.length);
    b.writeUInt32BE(magic, 0);
    dims.forEach((d, i) => b.writeUInt32BE(d, 4 + 4 * i));
    return b;
  };
  const pixels = Buffer.from(Array.from({ length: n * 64 }, (_, i) => (i * 37) % 256));
  const labels = Buffer.from(Array.from({ length: n }, (_, i) => i % 2));
  return [
    { name: "t-images-idx3-ubyte", mimeType: "", buffer: Buffer.concat([head(0x803, n, 8, 8), pixels]) },
    { name: "t-labels-idx1-ubyte", mimeType: "", buffer: Buffer.concat([head(0x801, n), labels]) },
  ];
}

describe("the page", () => {
  test("trains, pauses, steps, keeps and resumes", async () => {
    const { page, complaints } = await open(link());
    assert.match(await text(page, "#status"), /Ready to train/);
    assert.match(await text(page, "#figures"), /0 of 24/);
    await page.click("#step");
    await page.waitForFunction(() => /1 of 24/.test(document.getElementById("figures").innerText));
    await phase(page, "ready");
    await page.click("#train");
    await page.waitForFunction(() => document.querySelector("#losses canvas"), null, { timeout });
    await page.click("#train").catch(() => {}); // it may have finished by now
    await phase(page, "ready");
    const step = Number(/(\d+) of 24/.exec(await text(page, "#figures"))[1]);
    assert.ok(step > 1, `paused at step ${step}`);
    await page.click("#evaluate");
    await page.waitForSelector("#confusion table", { timeout });
    assert.match(await text(page, "#figures"), /TARGET ACCURACY\s+[\d.]+ %/i);
    await page.click("#losses-numbers summary");
    await page.waitForSelector("#losses-numbers tbody tr"); // the table is filled when it is opened
    assert.ok((await page.locator("#losses-numbers tbody tr").count()) > 0, "the table behind the chart is empty");
    assert.deepEqual(complaints, []);

    await page.reload();
    await phase(page, "offering");
    await page.getByRole("button", { name: /^Resume at step/ }).click();
    await phase(page, "ready");
    assert.match(await text(page, "#figures"), new RegExp(`${step} of 24`));
    assert.ok((await page.locator("#losses canvas").count()) > 0, "the curves are lost with a reload");
    assert.deepEqual(complaints, []);
  });

  test("measures the GPU in a dialog, and saves what the command reads", async () => {
    const { page, complaints } = await open(link({ seed: 8 }), { width: 360 });
    await page.click("#step");
    await page.waitForFunction(() => /1 of 24/.test(document.getElementById("figures").innerText));
    await phase(page, "ready");
    await page.locator("#bench").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#bench-dialog[open]");
    await page.waitForFunction(() => /sample 1 of/.test(document.getElementById("bench-status").textContent), null, {
      timeout,
    });
    await page.waitForSelector("#bench-save:visible", { timeout });
    assert.match(await text(page, "#bench-status"), /One iteration takes [\d.]+ m?s: [\d.]+ GFLOP\/s, [\d.]+ %/);
    assert.match(
      await text(page, "#bench-result"),
      /Multiply-adds, at most\s+[\d.]+ GFLOP\/s\s+Copies, at most\s+[\d.]+ GB\/s/,
    );

    const tables = await page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll("#bench-result table")].map((t) => [
          t.caption.textContent,
          [...t.tBodies[0].rows].map((r) => [...r.cells].map((c) => c.textContent)),
        ]),
      ),
    );
    const number = (cell) => Number(cell.replace(/[^\d.]/g, ""));
    const dispatches = tables["Steps"].map((row) => number(row[5]));
    assert.deepEqual(
      tables["Steps"].map((row) => row[0]),
      ["D step", "G step", "Iteration"],
    );
    assert.ok(dispatches[0] > 0 && dispatches[1] > 0, `dispatches: ${dispatches}`);
    assert.equal(dispatches[2], dispatches[0] + dispatches[1]);
    const kinds = tables["Kernels by kind"],
      all = kinds.pop();
    assert.deepEqual([all[0], number(all[1]), all[3]], ["all", dispatches[2], "100.0 %"]);
    const shares = kinds.map((row) => number(row[3]));
    // Each share is rounded to a tenth.
    assert.ok(
      Math.abs(shares.reduce((a, b) => a + b, 0) - 100) <= 0.05 * shares.length + 1e-9,
      `the shares are ${shares}`,
    );
    assert.equal(
      kinds.reduce((sum, row) => sum + number(row[1]), 0),
      dispatches[2],
    );
    assert.equal(tables["Slowest kernels"].length, 12);
    for (const row of [...kinds, ...tables["Slowest kernels"]])
      assert.match(row.at(-1), /^(arithmetic|memory)$/, row.join(" "));

    const over = await page.evaluate(() => {
      const dialog = document.getElementById("bench-dialog");
      return {
        dialog: dialog.scrollWidth - dialog.clientWidth,
        tables: [...dialog.querySelectorAll(".scroll")].map((s) => s.tabIndex),
      };
    });
    assert.ok(over.dialog <= 0, `the dialog is ${over.dialog} px too wide`);
    assert.deepEqual(over.tables, [0, 0, 0], "the keyboard does not reach what scrolls");

    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#bench-save")]);
    assert.equal(file.suggestedFilename(), "bench.json");
    const saved = join(native.dir, "bench.json");
    await file.saveAs(saved);
    const bench = JSON.parse(readFileSync(saved, "utf8"));
    assert.deepEqual([bench.config.batch, bench.adapter.backend], [4, "WebGPU"]);
    assert.equal(
      bench.kernels.reduce((sum, k) => sum + k.dispatches, 0),
      dispatches[2],
    );
    assert.match(
      native.command("bench", "-compare", saved, saved),
      new RegExp(`iteration .*1\\.00 × as fast[^]*dispatches +${dispatches[2]} +${dispatches[2]}`),
    );

    await page.keyboard.press("Escape");
    assert.ok(await page.locator("#bench-dialog").isHidden());
    assert.equal(await page.evaluate(() => document.activeElement.id), "bench");
    assert.match(await text(page, "#figures"), /1 of 24/);
    assert.deepEqual(complaints, []);
  });

  test("lets training rest while it measures the GPU", async () => {
    const { page } = await open(link({ seed: 9, iterations: 100000, ...short }));
    const step = async () => Number(/([\d,]+) of/.exec(await text(page, "#figures"))[1].replace(",", ""));
    await page.click("#train");
    await page.waitForFunction(() => !/^\s*0 of|\s0 of/.test(document.getElementById("figures").innerText), null, {
      timeout,
    });
    await page.click("#bench");
    await page.waitForFunction(() => /sample/.test(document.getElementById("bench-status").textContent), null, {
      timeout,
    });
    assert.equal(await page.evaluate(() => document.body.dataset.phase), "busy");
    const rested = await step();
    await page.keyboard.press("Escape"); // ends it early
    await phase(page, "training");
    await page.waitForFunction(
      (rested) => Number(/([\d,]+) of/.exec(document.getElementById("figures").innerText)[1].replace(",", "")) > rested,
      rested,
      { timeout },
    );
    assert.equal(await text(page, "#bench-result"), "");
  });

  test("shows samples in the gallery, and without it", async () => {
    for (const routes of [{}, { "**/gallery.wasm": 404 }]) {
      const { page } = await open(link({ seed: 4 }), { routes });
      const shown = Object.keys(routes).length > 0 ? "#gallery canvas" : "#gallery iframe:not(.loading)";
      await page.waitForSelector(shown, { timeout });
      await page.waitForTimeout(1500); // Ebiten's first frames
      const n = await colours(page, "#gallery");
      assert.ok(n > 60, `the gallery shows ${n} colours: are there images?`);
      if (shown.includes("iframe")) {
        await page.locator("#gallery iframe").focus();
        await page.keyboard.press("Tab");
        // The gallery sees the key with its next frame.
        await page.waitForFunction(() => document.activeElement.tagName !== "IFRAME").catch(() => {});
        assert.notEqual(
          await page.evaluate(() => document.activeElement.tagName),
          "IFRAME",
          "the keyboard is caught in the gallery",
        );
      }
      await page.click("#train");
      await page.waitForFunction(() => /Finished/.test(document.getElementById("status").textContent), null, {
        timeout,
      });
      await page.close();
    }
  });

  test("takes images from files, after a look at them", async () => {
    const { page } = await open(link({ seed: 5, ...short }));
    await page.click("#source");
    await page.setInputFiles("#files", [{ name: "notes.zip", mimeType: "", buffer: Buffer.from("no archive") }]);
    await page.waitForSelector("#preview .problem");
    assert.match(await text(page, "#preview"), /notes\.zip/);
    assert.ok(await page.locator("#use").isDisabled(), "a broken file can be used");
    await page.setInputFiles("#files", idx(60));
    await page.waitForSelector("#preview canvas");
    assert.match(await text(page, "#preview"), /48 to train, 6 to validate and 6 to test, 8 × 8, grey/);
    await page.keyboard.press("Escape");
  });

  test("says what is wrong, and what helps", async () => {
    const { page } = await open(link({ seed: 6, nonsense: 1, ...short }));
    assert.match(await text(page, "#notices"), /There is no setting “nonsense”/);
    const without = await launch({ webgpu: false });
    try {
      const { page } = await open(link(), { context: without.context, until: "failed" });
      const notice = await text(page, ".notice.error");
      assert.match(notice, /GPU/);
      assert.ok(notice.split("\n").length > 2, `no remedy in: ${notice}`);
      assert.ok(await page.locator("#train").isDisabled());
    } finally {
      await without.close();
    }
  });

  test("fits narrow and wide screens, and the keyboard reaches everything", async () => {
    const { page } = await open(link({ seed: 7 }), { width: 360 });
    for (const width of [360, 800, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${width} px: ${over} px too wide`);
      if (width === 1440) {
        const reached = new Set();
        await page.evaluate(() => document.body.focus());
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press("Tab");
          reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.tagName));
        }
        for (const id of [
          "train",
          "step",
          "evaluate",
          "save",
          "load",
          "onnx",
          "source",
          "target",
          "preset",
          "set-seed",
          "verify",
          "bench",
          "IFRAME",
        ]) {
          assert.ok(reached.has(id), `Tab does not reach ${id}: ${[...reached].join(" ")}`);
        }
      }
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll("button, input:not([hidden]), select")]
          .filter(
            (e) => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length || e.id === "packed"),
          )
          .map((e) => e.outerHTML),
      );
      assert.deepEqual(unnamed, []);
    }
  });

  test("asks no other host for anything", () => {
    for (const file of ["index.html", "gallery.html", "page.css"]) {
      const source = readFileSync(new URL(`../dist/${file}`, import.meta.url), "utf8");
      assert.doesNotMatch(source, /(src|href)="https?:|url\(["']?https?:/, file);
    }
  });
});
