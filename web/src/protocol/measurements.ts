// What is measured of the GPU: whether it computes correctly, and how fast.
import type { SavedFile } from "./run.js";

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
  peak: Record<"arithmetic" | "copy", Clocks>;
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

/** By the clock, and of the processors; a page is not told the latter, which is 0. */
export interface Clocks {
  wall: number;
  cpu: number;
}

/** A replay of a program: bench.Program. */
export interface StepCost {
  name: string;
  time: Clocks;
  /** Seconds to encode and submit it. */
  host: number;
  dispatches: number;
  /** By the direct algorithms. */
  flops: number;
  bytes: number;
}

/** A kernel, or several together, beside what the GPU can do: bench.Line. */
export interface KernelLine {
  name: string;
  /** What it is dispatched for: program and label. Null of several together. */
  operations: string[] | null;
  dispatches: number;
  seconds: number;
  flops: number;
  bytes: number;
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
