// What the page asks the worker.
import type { DataSource } from "./data.js";
import type { ConfigChanges } from "./settings.js";

/** Builds a run: opens the data, builds and compiles the programs. */
export interface Configure {
  type: "configure";
  preset: string;
  changes?: ConfigChanges;
  source: DataSource;
  target: DataSource;
  /**
   * Choose kernels by timing them on this GPU: some seconds the first time,
   * faster steps afterwards. Choices are remembered for the adapter. Unless told,
   * GPUs are timed and processors are not, as on the command line.
   */
  tune?: boolean;
}

/** Opens a data set and shows the first images of its training split. */
export interface Preview {
  type: "preview";
  data: DataSource;
  /** How many images; 32 unless told. */
  count?: number;
}

/** Trains until `config.iterations`, or `until` iterations, are done or `pause`. */
export interface Train {
  type: "train";
  until?: number;
}

/** Stops after the iteration under way, and keeps a snapshot. */
export interface Pause {
  type: "pause";
}

/** One iteration (a D and a G update), then a `trained` event about it. */
export interface Step {
  type: "step";
}

/** Asks for adapted images, of the networks as they are now. */
export interface SamplesRequest {
  type: "samples";
  /** Indices into the source's test images; the run's usual 16 unless told. */
  images?: number[];
  /**
   * The noise. By seed: image i gets the vector that the seed and i give, so
   * that an image keeps its noise over the run (`seed` unless told: the
   * config's). By vectors: `noise_dim` floats in [−1, 1] each, one after the
   * other; one image and many vectors sweep that image's noise, many images and
   * one vector share it, otherwise there are as many of both.
   */
  noise?: { seed: number } | { vectors: Float32Array };
  /** How many nearest target images to look up for each; 0 unless told. */
  nearest?: number;
}

/** Measures the networks on the test images now; an `evaluated` event follows. */
export interface Evaluate {
  type: "evaluate";
}

/** Asks for a checkpoint: the .safetensors file of the command line. */
export interface Save {
  type: "save";
}

/**
 * Continues from a checkpoint of the page or of the command line. Its config
 * replaces the present one. Built-in sets are opened as it names them; for other
 * images `configure` with them first: they must be those it was trained on.
 */
export interface Load {
  type: "load";
  /** Transferred. */
  checkpoint: Uint8Array;
}

/** Continues from the snapshot that `Ready.snapshot` offers. */
export interface Restore {
  type: "restore";
}

/** Forgets the snapshot. */
export interface Discard {
  type: "discard";
}

/** Asks for the trained generator in a form for elsewhere. */
export interface Export {
  type: "export";
  format: ExportFormat;
  /** Halves the weights' size; "bundle" only. */
  half?: boolean;
}

export type ExportFormat = "bundle" | "onnx" | "safetensors";

/** Replays the reference traces, on a software adapter the smallest: does this GPU compute correctly? */
export interface Verify {
  type: "verify";
}

/**
 * Measures a training step of the run's model, kernel by kernel, and what the GPU
 * does at most: `pixelda-wgpu bench`. It takes seconds to minutes, in which
 * training rests; the run stays as it is.
 */
export interface Bench {
  type: "bench";
}

/** Ends a `bench` under way, which then answers null. It is served at once, not in order. */
export interface Stop {
  type: "stop";
}

/** Asks for all records so far, as `metrics.jsonl` has them. */
export interface Metrics {
  type: "metrics";
}

export type Request =
  | Configure
  | Preview
  | Train
  | Pause
  | Step
  | SamplesRequest
  | Evaluate
  | Save
  | Load
  | Restore
  | Discard
  | Export
  | Verify
  | Bench
  | Stop
  | Metrics;
