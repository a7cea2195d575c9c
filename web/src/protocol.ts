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
 */

// ---------------------------------------------------------------- settings

/** A hyperparameter: what it is called, what it means, what it may be. */
export interface Setting {
  /** The name in `Config`, or in `Config.model` where `model` is true. */
  name: string;
  model: boolean;
  /** The heading that it belongs under: "Run", "Model", "Generator", … */
  group: string;
  /** One sentence for a person. */
  about: string;
  kind: "integer" | "number" | "boolean" | "choice" | "integers" | "names";
  min?: number;
  max?: number;
  choices?: string[];
}

/** A named configuration. `config` has a value for every setting. */
export interface Preset {
  name: string;
  config: Config;
}

/** Everything that a run depends on besides the device: trainer.Config. */
export interface Config {
  method: "pixelda" | "source-only" | "target-only" | "dann" | "mmd" | "dsn" | "cogan";
  source: string;
  target: string;
  seed: number;
  iterations: number;
  /** Iterations of the source-only baseline, trained before; 0 for none. */
  baseline: number;
  log_every: number;
  eval_every: number;
  sample_every: number;
  checkpoint_every: number;
  model: ModelConfig;
  [setting: string]: unknown;
}

export interface ModelConfig {
  size: number;
  source_channels: number;
  target_channels: number;
  classes: number;
  noise_dim: number;
  batch: number;
  [setting: string]: unknown;
}

/** Settings to change: those left out keep the preset's values. */
export type ConfigChanges = Partial<Omit<Config, "model">> & { model?: Partial<ModelConfig> };

// -------------------------------------------------------------------- data

/** Where the images of a domain come from. */
export type DataSource =
  /** A set that the core generates: a name of `Ready.sets`. */
  | { kind: "builtin"; name: string }
  /**
   * What a person dropped. One ZIP; or idx files of images and labels, gzipped
   * or not; or the images of a folder with their paths, `class/image` and
   * optionally `train/` and `test/` above. `name` is shown and hashed nowhere.
   */
  | { kind: "files"; name: string; files: DroppedFile[] }
  /** A packed set (.pxds) of `pixelda-wgpu datasets pack`, beside the page. */
  | { kind: "packed"; url: string };

export interface DroppedFile {
  path: string;
  file: Blob;
}

/** Images of one size, rows of interleaved 8-bit channels (1 grey, 3 RGB, 4 RGB and depth). */
export interface Images {
  count: number;
  width: number;
  height: number;
  channels: number;
  pixels: Uint8Array;
}

/** What a data set holds, to be looked at before training. */
export interface DataInfo {
  name: string;
  train: number;
  valid: number;
  test: number;
  width: number;
  height: number;
  channels: number;
  /** Empty where the images have no labels. */
  classes: string[];
}

// ---------------------------------------------------------------- requests

/** Builds a run: opens the data, builds and compiles the programs. */
export interface Configure {
  type: "configure";
  preset: string;
  changes?: ConfigChanges;
  source: DataSource;
  target: DataSource;
  /**
   * Choose kernels by timing them on this GPU: some seconds the first time,
   * faster steps afterwards. Choices are remembered for the adapter.
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
  | Configure | Preview | Train | Pause | Step | SamplesRequest | Evaluate | Save | Load
  | Restore | Discard | Export | Verify | Bench | Stop | Metrics;

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

// ------------------------------------------------------------------ results

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
}

export interface DataPreview {
  data: DataInfo;
  images: Images;
  /** Indices into `data.classes`; empty without labels. */
  labels: number[];
}

export interface Stopped {
  step: number;
  /** All iterations are done. */
  finished: boolean;
}

/** Losses and batch accuracies since the last record: trainer.TrainRecord. */
export interface TrainRecord {
  step: number;
  kind: "train";
  /**
   * By name: d, task_source, task_adapted, g_adv, g_task, similarity, task; of orientations
   * pose_source, pose_adapted, g_pose, pose; of labelled target images task_target, pose_target.
   */
  loss: Record<string, number>;
  batch_accuracy: Record<string, number>;
  learning_rate: number;
  iterations_per_second: number;
  /** Of training since the worker began. */
  seconds: number;
}

/** Accuracies on test images: trainer.EvalRecord. */
export interface EvalRecord {
  step: number;
  kind: "eval";
  accuracy: Record<string, number>;
  /** Mean errors of orientation in degrees, where the classifier tells it: as the original measures them, and plain. */
  angle?: Record<string, { coded: number; exact: number }>;
  score: number;
}

export interface Evaluated {
  record: EvalRecord;
  /** By domain (target, source, adapted): rows by label, columns by prediction. */
  confusion: Record<string, number[][]>;
  classes: string[];
}

/** Pixels of one request; image k of each list belongs together. */
export interface Samples {
  step: number;
  /** As asked for, one an image shown. */
  images: number[];
  labels: number[];
  classes: string[];
  source: Images;
  adapted: Images;
  /** The noise of each, `noise_dim` floats one after the other. */
  noise: Float32Array;
  /** Logits of the adapted images: `classes.length` floats each. */
  logits: Float32Array;
  /** `nearest` target images for each, the nearest first; empty if none asked. */
  nearest: Images;
}

export interface SavedFile {
  name: string;
  bytes: Uint8Array;
}

/** How far the GPU strays from recorded reference steps. */
export interface Verified {
  ok: boolean;
  traces: { name: string; ok: boolean; checks: Check[] }[];
}

export interface Check {
  name: string;
  error: number;
  tolerance: number;
}

/** What a training step takes. Times are seconds, rates are of one second. */
export interface Benched {
  /** D step, G step, and the iteration that both make. */
  steps: StepCost[];
  /** The most that the GPU was seen to do: multiplies and adds; bytes read and written. */
  peak: Record<"arithmetic" | "copy", { wall: number }>;
  /** Device memory of the steps in bytes. */
  memory: number;
  /** What timed the kernels: the GPU's clock, or the page's where the browser does not give that. */
  clock: "gpu" | "wall";
  /** Sums of kernels by kind, the small ones as "others", and "all" at the end. */
  kinds: KernelLine[];
  /** The kernels that take longest. */
  slowest: KernelLine[];
  /** What `pixelda-wgpu bench -json` writes and `bench -compare` reads. */
  file: SavedFile;
}

/** A replay of a program: trainer.ProgramBench. */
export interface StepCost {
  name: string;
  time: { wall: number };
  /** Seconds to encode and submit it. */
  host: number;
  dispatches: number;
  /** By the direct algorithms. */
  flops: number;
  bytes: number;
}

/** A kernel, or several together, beside what the GPU can do: trainer.KernelLine. */
export interface KernelLine {
  name: string;
  dispatches: number;
  seconds: number;
  /** Of the time of all kernels. */
  share: number;
  flop_rate: number;
  /** That rate, to the peak of arithmetic. */
  of_peak: number;
  byte_rate: number;
  /** That rate, to the peak of copies. */
  of_copy: number;
  /** Which of the two would take longer at its peak; empty where neither is counted. */
  bound: "arithmetic" | "memory" | "";
}

// ------------------------------------------------------------------- events

/** The worker can serve requests. Comes once, after `loading` progress. */
export interface Ready {
  type: "ready";
  adapter: AdapterInfo;
  limits: Record<string, number>;
  presets: Preset[];
  /** The preset that suits the adapter. */
  suggested: string;
  settings: Setting[];
  /** Built-in data sets. */
  sets: { name: string; about: string }[];
  snapshot: SnapshotInfo | null;
}

export interface AdapterInfo {
  name: string;
  vendor: string;
  driver: string;
  backend: string;
  /** "cpu" is a software adapter, which deserves a warning. */
  type: "discrete" | "integrated" | "other" | "cpu";
}

/** A run that an earlier visit left, for `restore` or `discard`. */
export interface SnapshotInfo {
  step: number;
  config: Config;
  source: string;
  target: string;
  /** Milliseconds since 1970. */
  saved: number;
}

/** Something takes a while. `total` is 0 where it is unknown. */
export interface Progress {
  type: "progress";
  stage: "loading" | "data" | "tuning" | "compiling" | "baseline" | "evaluating" | "verifying" | "benchmarking" | "training";
  /** What is under way, for a person; may be empty. */
  what: string;
  done: number;
  total: number;
}

export interface TrainedEvent {
  type: "trained";
  record: TrainRecord;
}

export interface EvaluatedEvent extends Evaluated {
  type: "evaluated";
}

/** The run's usual samples, at the beginning and every `sample_every` iterations. */
export interface SamplesEvent extends Samples {
  type: "samples";
}

/** The source-only baseline has been trained. */
export interface BaselineEvent {
  type: "baseline";
  accuracy: number;
}

/** A snapshot has been kept. */
export interface SnapshotEvent {
  type: "snapshot";
  step: number;
  bytes: number;
}

/**
 * The device is gone (driver reset, GPU process killed). The worker tries again
 * after `retry` seconds by itself, then `recovered` follows, or an `error` with
 * code "lost".
 */
export interface Lost {
  type: "lost";
  why: string;
  attempt: number;
  retry: number;
}

/**
 * The run is back at the snapshot of `step`, after a lost device or after losses
 * that were not finite: records after it are void.
 */
export interface Recovered {
  type: "recovered";
  step: number;
}

/** Something went wrong: to be shown as it is. */
export interface ErrorEvent {
  type: "error";
  /** Of the request that failed; 0 for what no request asked for. */
  id: number;
  code: ErrorCode;
  /** What happened, in one sentence. */
  what: string;
  /** Where: a part of the program or a file; may be empty. */
  where: string;
  /** What the person can do; may be empty. */
  remedy: string;
  /** Nothing works any more without a reload. */
  fatal: boolean;
}

export type ErrorCode =
  | "no-webgpu" | "no-adapter" | "limit" | "memory" | "shader" | "lost" | "second-tab" | "data"
  | "config" | "checkpoint" | "storage" | "diverged" | "state" | "network" | "internal";

/** The answer to the request of that id. */
export type Reply = { [T in keyof Results]: { type: "reply"; id: number; to: T; result: Results[T] } }[keyof Results];

export type Event =
  | Ready | Progress | TrainedEvent | EvaluatedEvent | SamplesEvent | BaselineEvent | SnapshotEvent
  | Lost | Recovered | ErrorEvent;

/** What the worker posts. */
export type FromWorker = Event | Reply;
