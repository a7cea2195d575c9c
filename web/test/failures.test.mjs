import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openTrainer, serveClient, strays } from "./harness.mjs";

/** What a person is told: all three parts must be there and be sentences. */
function told(error, code) {
  assert.equal(error.code, code);
  for (const part of [error.what, error.remedy]) assert.match(part, /^[A-Z].+[.?]$/s);
}

describe("failures are told with their remedy", () => {
  let server;
  before(async () => {
    server = await serveClient();
  });
  after(() => server?.close());

  test("without an adapter", async () => {
    const browser = await launch({ webgpu: false });
    try {
      const { page } = await openTrainer(browser.context, server.url);
      const error = await page.evaluate(() => window.until("error"));
      told(error, "no-adapter");
      assert.equal(error.fatal, true);
    } finally {
      await browser.close();
    }
  });

  test("on a page without WebGPU", async () => {
    const browser = await launch({ args: ["--disable-blink-features=WebGPU", "--disable-features=WebGPU"] });
    try {
      await browser.context.route("**/worker.js", async (route) => {
        const response = await route.fetch();
        const hide = "Object.defineProperty(WorkerNavigator.prototype,'gpu',{value:undefined});";
        await route.fulfill({ response, body: hide + (await response.text()) });
      });
      const { page } = await openTrainer(browser.context, server.url);
      told(await page.evaluate(() => window.until("error")), "no-webgpu");
    } finally {
      await browser.close();
    }
  });

  test("in a second tab, which starts once the first is closed; and what a person may do wrong", async () => {
    const browser = await launch();
    try {
      const first = await openTrainer(browser.context, server.url);
      await first.page.evaluate(() => window.until("ready"));
      const second = await openTrainer(browser.context, server.url);
      told(await second.page.evaluate(() => window.until("error")), "second-tab");
      await first.page.close();
      await second.page.evaluate(() => window.until("ready"));

      const ask = (request) =>
        second.page.evaluate(async (request) => {
          const file = (path, bytes) => ({ path, file: new Blob([new Uint8Array(bytes)]) });
          const bad = { kind: "files", name: "holiday", files: [file("a/1.png", [1, 2, 3])] };
          const none = { kind: "files", name: "notes", files: [file("notes.txt", [65])] };
          const digits = { kind: "builtin", name: "digits" };
          const requests = {
            early: { type: "train" },
            image: { type: "preview", data: bad },
            nothing: { type: "preview", data: none },
            missing: { type: "preview", data: { kind: "packed", url: "no-such.pxds" } },
            config: {
              type: "configure",
              preset: "small",
              changes: { model: { batch: -1 } },
              source: digits,
              target: digits,
            },
            setting: {
              type: "configure",
              preset: "small",
              changes: { model: { colour: 1 } },
              source: digits,
              target: digits,
            },
            checkpoint: { type: "load", checkpoint: new Uint8Array([1, 2, 3]) },
          };
          return window.trainer.request(requests[request]).then(
            () => "served",
            (error) => error.event,
          );
        }, request);
      for (const [request, code, what] of [
        ["early", "state", /no run/],
        ["image", "data", /1\.png/],
        ["nothing", "data", /notes/],
        ["missing", "network", /404/],
        ["config", "config", /batch is -1/i],
        ["setting", "config", /colour/],
        ["checkpoint", "checkpoint", /the file|safetensors/],
      ]) {
        const error = await ask(request);
        assert.equal(error.code, code, `${request}: ${JSON.stringify(error)}`);
        assert.match(`${error.where} ${error.what}`, what);
        assert.equal(error.fatal, false);
      }
    } finally {
      await browser.close();
    }
  });
});

test("the worker says only what the protocol has", () => assert.deepEqual([...strays], []));
