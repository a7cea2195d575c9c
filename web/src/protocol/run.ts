// What a run tells when it begins, when it stops, and as a file.
import type { DataInfo } from "./data.js";
import type { EvalRecord, TrainRecord } from "./records.js";
import type { Config } from "./settings.js";

/** A run is ready to train. */
export interface Configured {
  config: Config;
  source: DataInfo;
  target: DataInfo;
  /** Iterations done: 0, or those of the checkpoint. */
  step: number;
  /** Records so far, where the run is continued from a snapshot. */
  history: (TrainRecord | EvalRecord)[];
  /** Target accuracy of the source-only baseline, once trained. */
  baseline: number | null;
  parameters: Record<"generator" | "discriminator" | "task", number>;
  /** Device memory in bytes. */
  memory: number;
  /** Multiplies and adds of one iteration, direct algorithms. */
  flops: number;
  /** Why it will not train to the bits of an unbroken run, in one line; empty where it will, and for a new run. */
  inexact: string;
}

export interface Stopped {
  step: number;
  /** All iterations are done. */
  finished: boolean;
}

export interface SavedFile {
  name: string;
  bytes: Uint8Array;
}
