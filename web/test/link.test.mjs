import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { web } from "./harness.mjs";

/** A module of the page, as Node.js takes it. */
async function load(file) {
  const { outputFiles } = await build({
    entryPoints: [join(web, "src/page", file)],
    bundle: true,
    format: "esm",
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

const { changes, fromHash, parse, toHash, withValue } = await load("link.ts");
const format = await load("format.ts");

const setting = (name, kind, more = {}) => ({ name, kind, model: false, group: "Run", about: "", ...more });
const settings = [
  setting("seed", "integer", { min: 0, max: 1e9 }),
  setting("lr", "number", { model: true, min: 0, max: 100 }),
  setting("tower_filters", "integers", { model: true, min: 1, max: 1024 }),
  setting("g_residuals", "boolean", { model: true }),
  setting("similarity", "choice", { model: true, choices: ["mpse", "mse"] }),
  setting("train_classes", "names"),
];
const config = {
  source: "digits",
  target: "digits-m",
  seed: 1,
  train_classes: [],
  model: { lr: 0.001, tower_filters: [16, 32], g_residuals: true, similarity: "mpse" },
};
const presets = [
  { name: "small", config },
  { name: "large", config: { ...config, seed: 2 } },
];
const read = (hash) => fromHash(hash, presets, "small", settings);

test("a link reproduces every kind of setting", () => {
  const values = {
    seed: 7,
    lr: 3e-4,
    tower_filters: [8, 24],
    g_residuals: false,
    similarity: "mse",
    train_classes: ["ape", "cat"],
  };
  let changed = { ...config, target: "mnist-m.pxds" };
  for (const s of settings) changed = withValue(changed, s, values[s.name]);
  const hash = toHash({ preset: "large", config: changed }, presets, settings);
  const { setup, refused } = read(hash);
  assert.deepEqual(refused, []);
  assert.deepEqual(setup, { preset: "large", config: changed });
});

test("a link holds what differs, and nothing else", () => {
  assert.equal(toHash({ preset: "small", config }, presets, settings), "#preset=small");
  assert.equal(toHash({ preset: "small", config: { ...config, seed: 3 } }, presets, settings), "#preset=small&seed=3");
  assert.deepEqual(changes({ ...config, seed: 3 }, config, settings), { seed: 3 });
  assert.deepEqual(changes(withValue(config, settings[1], 1), config, settings), { model: { lr: 1 } });
  assert.deepEqual(read("").setup, { preset: "small", config });
});

test("a link with nonsense keeps the rest and says what is wrong", () => {
  const { setup, refused } = read("#preset=huge&seed=-1&lr=x&depth=3&tower_filters=8,,9&similarity=mse");
  assert.equal(setup.preset, "small");
  assert.deepEqual(setup.config, { ...config, model: { ...config.model, similarity: "mse" } });
  assert.equal(refused.length, 5);
  for (const name of ["huge", "Seed", "Learning rate", "depth", "Filters"]) {
    assert.ok(
      refused.some((r) => r.includes(name)),
      `${name} is not named in ${refused}`,
    );
  }
});

test("a seed that JavaScript would round is refused, with those that it would not", () => {
  const wide = [setting("seed", "integer", { min: 0, max: 2 ** 53 - 1 })];
  for (const text of ["9007199254740992", "9007199254740993", "18446744073709551615"]) {
    assert.equal(parse(wide[0], text), undefined);
    const { setup, refused } = fromHash(`#preset=small&seed=${text}`, presets, "small", wide);
    assert.equal(setup.config.seed, 1);
    assert.deepEqual(refused, [
      `“${text}” is no value of Seed, which takes a whole number from 0 to 9007199254740991.`,
    ]);
  }
  assert.equal(parse(wide[0], "9007199254740991"), 9007199254740991);
});

test("fields take numbers in their bounds alone", () => {
  const [seed, lr, filters] = settings;
  assert.equal(parse(seed, "1.5"), undefined);
  assert.equal(parse(seed, ""), undefined);
  assert.equal(parse(seed, "12"), 12);
  assert.equal(parse(lr, "1e-3"), 0.001);
  assert.equal(parse(lr, "101"), undefined);
  assert.deepEqual(parse(filters, "8, 16"), [8, 16]);
  assert.equal(parse(filters, "8, 0"), undefined);
});

test("numbers read well", () => {
  assert.equal(format.count(12000), "12,000");
  assert.equal(format.percent(0.9314), "93.1 %");
  assert.equal(format.percent(null), "–");
  assert.deepEqual([5, 65, 3599, 3600, 90000, 1e6].map(format.duration), [
    "5 s",
    "1 min 5 s",
    "60 min",
    "1 h 0 min",
    "25 h 0 min",
    "12 days",
  ]);
  assert.deepEqual(
    [0, 1.23456, 0.00001234, 25.66, NaN].map((v) => format.significant(v)),
    ["0", "1.23", "1.23e-5", "25.7", "–"],
  );
  assert.deepEqual([0, 4, 0.25].map(format.rate), ["–", "4 steps/s", "4 s/step"]);
  assert.deepEqual([500, 3 << 20, 183e6].map(format.bytes), ["500 B", "3.0 MiB", "175 MiB"]);
  assert.deepEqual([25.7e9, 1.5e12].map(format.flops), ["25.7 GFLOP/s", "1.5 TFLOP/s"]);
});
