// What the worker tells by itself.
import type { Evaluated, TrainRecord } from "./records.js";
import type { Samples } from "./samples.js";
import type { Config, Preset, Setting } from "./settings.js";

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
  /** Of the adapters that there are; a page knows one. */
  index: number;
  name: string;
  vendor: string;
  driver: string;
  backend: string;
  /** "cpu" is a software adapter, which deserves a warning. */
  type: "discrete" | "integrated" | "other" | "cpu";
  limits: Limits;
  /** What WebGPU calls the features that programs can use. */
  features: string[];
}

/** What compute programs may use at most, by the names of WebGPU. */
export type Limits = Record<
  | "maxBufferSize"
  | "maxStorageBufferBindingSize"
  | "maxUniformBufferBindingSize"
  | "maxStorageBuffersPerShaderStage"
  | "maxUniformBuffersPerShaderStage"
  | "minStorageBufferOffsetAlignment"
  | "minUniformBufferOffsetAlignment"
  | "maxComputeWorkgroupStorageSize"
  | "maxComputeInvocationsPerWorkgroup"
  | "maxComputeWorkgroupSizeX"
  | "maxComputeWorkgroupSizeY"
  | "maxComputeWorkgroupSizeZ"
  | "maxComputeWorkgroupsPerDimension",
  number
>;

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
  stage:
    "loading" | "data" | "tuning" | "compiling" | "baseline" | "evaluating" | "verifying" | "benchmarking" | "training";
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
  | "no-webgpu"
  | "no-adapter"
  | "limit"
  | "memory"
  | "shader"
  | "lost"
  | "second-tab"
  | "data"
  | "config"
  | "checkpoint"
  | "storage"
  | "diverged"
  | "state"
  | "network"
  | "internal";

export type Event =
  | Ready
  | Progress
  | TrainedEvent
  | EvaluatedEvent
  | SamplesEvent
  | BaselineEvent
  | SnapshotEvent
  | Lost
  | Recovered
  | ErrorEvent;
