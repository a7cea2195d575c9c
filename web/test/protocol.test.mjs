// What Go and TypeScript say of the messages between page, worker and gallery is the same.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { root, web } from "./harness.mjs";
import { Contract, differences, lines } from "./message-lines.mjs";

let go, typescript;

before(() => {
  go = execFileSync("go", ["run", "./wasm/reference", "messages"], { cwd: root, encoding: "utf8" }).trim().split("\n");
  typescript = lines();
});

describe("the types of messages", () => {
  test("are the same in Go and in TypeScript", () => {
    assert.ok(go.length > 500 && typescript.length > 500, "the lines of some messages are missing");
    assert.deepEqual(differences(go, typescript), [], "types in wasm (-) and in web/src (+) differ");
  });

  // Each changes one field of a type in TypeScript.
  for (const [name, file, from, to, want] of [
    [
      "a field is added",
      "protocol/run.ts",
      "  finished: boolean;",
      "  finished: boolean;\n  more: string;",
      ["+ FromWorker<pause,reply>.result.more string", "+ FromWorker<train,reply>.result.more string"],
    ],
    ["a field is removed", "protocol/events.ts", "  attempt: number;", "", ["- FromWorker<lost>.attempt number"]],
    [
      "a field is renamed",
      "protocol/requests.ts",
      "  format: ExportFormat;",
      "  form: ExportFormat;",
      [
        '- ToWorker<export>.format "bundle"',
        '- ToWorker<export>.format "onnx"',
        '- ToWorker<export>.format "safetensors"',
        '+ ToWorker<export>.form "bundle"',
        '+ ToWorker<export>.form "onnx"',
        '+ ToWorker<export>.form "safetensors"',
      ],
    ],
    [
      "a field has another type",
      "protocol/events.ts",
      "  accuracy: number;",
      "  accuracy: string;",
      ["- FromWorker<baseline>.accuracy number", "+ FromWorker<baseline>.accuracy string"],
    ],
    [
      "a field becomes a list",
      "protocol/events.ts",
      "  suggested: string;",
      "  suggested: string[];",
      [
        "- FromWorker<ready>.suggested string",
        "+ FromWorker<ready>.suggested array",
        "+ FromWorker<ready>.suggested[] string",
      ],
    ],
    [
      "the items of a list have another type",
      "protocol/data.ts",
      "  labels: number[];",
      "  labels: string[];",
      ["- FromWorker<preview,reply>.result.labels[] number", "+ FromWorker<preview,reply>.result.labels[] string"],
    ],
    [
      "a field becomes optional",
      "protocol/events.ts",
      "  what: string;\n  done",
      "  what?: string;\n  done",
      ["- FromWorker<progress>.what string", "+ FromWorker<progress>.what? string"],
    ],
    [
      "a field is no longer optional",
      "protocol/requests.ts",
      "  until?: number;",
      "  until: number;",
      ["- ToWorker<train>.until? number", "+ ToWorker<train>.until number"],
    ],
    [
      "a field may be null",
      "protocol/run.ts",
      "  memory: number;",
      "  memory: number | null;",
      [
        "+ FromWorker<configure,reply>.result.memory null",
        "+ FromWorker<load,reply>.result.memory null",
        "+ FromWorker<restore,reply>.result.memory null",
      ],
    ],
    [
      "a result may no longer be null",
      "protocol.ts",
      "  bench: Benched | null;",
      "  bench: Benched;",
      ["- FromWorker<bench,reply>.result null"],
    ],
    [
      "a word is added",
      "protocol/events.ts",
      '    "loading" | "data" |',
      '    "idle" | "loading" | "data" |',
      ['+ FromWorker<progress>.stage "idle"'],
    ],
    [
      "a word is removed",
      "protocol/measurements.ts",
      '  clock: "gpu" | "wall";',
      '  clock: "gpu";',
      ['- FromWorker<bench,reply>.result.clock "wall"'],
    ],
    [
      "an array has other numbers",
      "protocol/samples.ts",
      "  logits: Float32Array;",
      "  logits: Uint8Array;",
      [
        "- FromWorker<samples,reply>.result.logits floats",
        "- FromWorker<samples>.logits floats",
        "- ToGallery<answer>.samples.logits floats",
        "- ToGallery<samples>.samples.logits floats",
        "+ FromWorker<samples,reply>.result.logits bytes",
        "+ FromWorker<samples>.logits bytes",
        "+ ToGallery<answer>.samples.logits bytes",
        "+ ToGallery<samples>.samples.logits bytes",
      ],
    ],
    [
      "one of several objects has a field more",
      "protocol/data.ts",
      '{ kind: "packed"; url: string }',
      '{ kind: "packed"; name: string; url: string }',
      [
        "+ ToWorker<configure>.source<packed>.name string",
        "+ ToWorker<configure>.target<packed>.name string",
        "+ ToWorker<preview>.data<packed>.name string",
      ],
    ],
    [
      "a setting that the page uses has another type",
      "protocol/settings.ts",
      "  noise_dim: number;",
      "  noise_dim: string;",
      null,
    ],
    [
      "a setting that the page uses is unknown to Go",
      "protocol/settings.ts",
      "  log_every: number;",
      "  log_often: number;",
      null,
    ],
    [
      "another field may be any",
      "protocol/run.ts",
      "  step: number;\n  /** All",
      "  step: number;\n  [more: string]: unknown;\n  /** All",
      ["+ FromWorker<pause,reply>.result open", "+ FromWorker<train,reply>.result open"],
    ],
    [
      "an event is unknown to Go",
      "protocol.ts",
      "= Event | Reply;",
      '= Event | Reply | { type: "rested" };',
      ["+ FromWorker<rested> object", '+ FromWorker<rested>.type "rested"'],
    ],
    [
      "a message of the gallery has another field",
      "page/gallery-messages.ts",
      "neighbours: number",
      "neighbors: number",
      ["- FromGallery<ask>.neighbours number", "+ FromGallery<ask>.neighbors number"],
    ],
  ]) {
    test(`differ where ${name}`, () => {
      const path = join(web, "src", file),
        text = readFileSync(path, "utf8");
      assert.equal(text.split(from).length, 2, `${file} should have "${from}" once`);
      const found = differences(go, lines(new Map([[path, text.replace(from, to)]])));
      if (want) assert.deepEqual(found, want);
      else assert.notDeepEqual(found, []);
    });
  }

  test("differ where Go has something else", () => {
    for (const line of [
      "FromWorker<lost>.why string",
      'ToWorker<train>.type "train"',
      "FromWorker<ready>.presets[].config.seed number",
    ]) {
      assert.ok(go.includes(line), line);
      assert.deepEqual(
        differences(
          go.filter((l) => l !== line),
          typescript,
        ),
        [`+ ${line}`],
      );
    }
    assert.deepEqual(differences([...go, "FromWorker<lost>.how string"], typescript), [
      "- FromWorker<lost>.how string",
    ]);
    assert.deepEqual(differences([...go, 'FromWorker<ready>.presets[].config.method "new"'], typescript), [
      '- FromWorker<ready>.presets[].config.method "new"',
    ]);
  });
});

describe("a message", () => {
  const strays = (message) => new Contract(typescript).strays("FromWorker", message);

  test("is held to its type", () => {
    const lost = { type: "lost", why: "reset", attempt: 1, retry: 0 };
    assert.deepEqual(strays(lost), []);
    assert.deepEqual(strays({ ...lost, why: null }), ["FromWorker<lost>.why is null"]);
    assert.deepEqual(strays({ ...lost, retry: "0" }), ['FromWorker<lost>.retry is "0"']);
    assert.deepEqual(strays({ ...lost, how: 1 }), ["FromWorker<lost>.how is not known"]);
    assert.deepEqual(strays({ type: "lost", why: "reset", attempt: 1 }), ["FromWorker<lost>.retry is missing"]);
    assert.deepEqual(strays({ type: "progress", stage: "idle", what: "", done: 0, total: 0 }), [
      'FromWorker<progress>.stage is "idle"',
    ]);
    assert.deepEqual(strays({ type: "reply", id: 1, to: "discard", result: null }), []);
    assert.deepEqual(strays({ type: "reply", id: 1, to: "pause", result: null }), [
      "FromWorker<pause,reply>.result is null",
    ]);
    assert.deepEqual(
      strays({ type: "reply", id: 1, to: "save", result: { name: "a", bytes: { $array: "Uint8Array" } } }),
      [],
    );
    assert.equal(
      strays({ type: "reply", id: 1, to: "save", result: { name: "a", bytes: { $array: "Float32Array" } } }).length,
      1,
    );
    const record = { step: 1, kind: "eval", accuracy: { target: 0.5 }, score: 1 };
    const evaluated = { type: "evaluated", record, confusion: { target: [[1]] }, classes: ["a"] };
    assert.deepEqual(strays(evaluated), []);
    assert.deepEqual(strays({ ...evaluated, confusion: { target: [["1"]] } }), [
      'FromWorker<evaluated>.confusion{}[][] is "1"',
    ]);
    assert.deepEqual(strays({ ...evaluated, record: { ...record, angle: { target: { coded: 1, exact: 2 } } } }), []);
  });
});
