/**
 * What the page and the training worker say to each other.
 *
 * The worker owns everything that matters: the GPU device, the images, the
 * networks, the snapshot. The page draws what it is told and never waits for
 * the GPU. `client.ts` wraps both directions; this file is the contract.
 *
 * A request carries an `id`; it is answered by exactly one `reply` or one
 * `error` with that id. Requests are served in order, between two iterations of
 * training, so `pause` takes effect within one iteration. Events without an id
 * come by themselves. Pixels and files travel as transferables: who posts them
 * loses them.
 *
 * Names and units are the Go core's: `snake_case` fields are the JSON of its
 * types, the same as in `metrics.jsonl` and `config.json` of the command line.
 * The package wasm/protocol declares the same messages in Go; a test compares both.
 */
import type { DataPreview } from "./protocol/data.js";
import type { Event } from "./protocol/events.js";
import type { Benched, Verified } from "./protocol/measurements.js";
import type { Evaluated, TrainRecord } from "./protocol/records.js";
import type { Request } from "./protocol/requests.js";
import type { Configured, SavedFile, Stopped } from "./protocol/run.js";
import type { Samples } from "./protocol/samples.js";

export type * from "./protocol/settings.js";
export type * from "./protocol/data.js";
export type * from "./protocol/requests.js";
export type * from "./protocol/records.js";
export type * from "./protocol/samples.js";
export type * from "./protocol/measurements.js";
export type * from "./protocol/run.js";
export type * from "./protocol/events.js";

/** What the page posts. */
export type ToWorker = Request & { id: number };

/** The result of each request, by its type. */
export interface Results {
  configure: Configured;
  preview: DataPreview;
  /** When training ended: done, or paused. */
  train: Stopped;
  pause: Stopped;
  step: TrainRecord;
  samples: Samples;
  evaluate: Evaluated;
  save: SavedFile;
  load: Configured;
  restore: Configured;
  discard: null;
  export: SavedFile;
  verify: Verified;
  bench: Benched | null;
  stop: null;
  metrics: SavedFile;
}

/** The answer to the request of that id. */
export type Reply = { [T in keyof Results]: { type: "reply"; id: number; to: T; result: Results[T] } }[keyof Results];

/** What the worker posts. */
export type FromWorker = Event | Reply;
