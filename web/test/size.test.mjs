// What a visitor downloads has a budget, compressed as servers compress it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { web } from "./harness.mjs";

for (const [file, budget] of [
  ["trainer.wasm", 4e6],
  ["gallery.wasm", 4e6],
  ["page.js", 60e3],
  ["worker.js", 30e3],
  ["embed/pixelda.js", 10e3],
]) {
  test(`${file} takes at most ${budget / 1000} kB`, () => {
    const bytes = gzipSync(readFileSync(join(web, "dist", file))).length;
    assert.ok(bytes <= budget, `${bytes} bytes`);
  });
}
