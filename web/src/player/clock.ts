import type { Device } from "./device.js";
import { BufferUsage, MapMode } from "./flags.js";
import type { Step } from "./session.js";

/** A dispatch to be timed, so many times in a row. */
export interface Trial {
  step: Readonly<Step>;
  times: number;
}

/** Measures how long a device takes. */
export interface Clock {
  /** Nanoseconds that a trial should take: long beside what the clock cannot tell. */
  readonly enough: number;
  /** Nanoseconds of each trial. A signal ends it between two submissions. */
  time(trials: Trial[], signal?: AbortSignal): Promise<number[]>;
  close(): void;
}

/** WebGPU's bound on the size of a query set is 4096: a beginning and an end for each pass. */
const passesPerSubmit = 2048;

/** The GPU's own clock, which browsers may round to 0.1 ms. */
export class GPUClock implements Clock {
  readonly enough = 2e6;
  private readonly querySet: GPUQuerySet;
  private readonly resolved: GPUBuffer;
  private readonly staging: GPUBuffer;

  constructor(private readonly device: Device) {
    const { gpu } = device,
      size = 16 * passesPerSubmit;
    this.querySet = gpu.createQuerySet({ type: "timestamp", count: 2 * passesPerSubmit });
    this.resolved = gpu.createBuffer({ size, usage: 0x200 /* QUERY_RESOLVE */ | BufferUsage.COPY_SRC });
    this.staging = gpu.createBuffer({ size, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  }

  async time(trials: Trial[], signal?: AbortSignal): Promise<number[]> {
    const durations: number[] = [];
    while (durations.length < trials.length) {
      signal?.throwIfAborted();
      durations.push(...(await this.submission(trials, durations.length)));
    }
    return durations;
  }

  /** Times trials from `from` on, as many as make a submission of bearable length. */
  private async submission(trials: Trial[], from: number): Promise<number[]> {
    const { gpu, pacer } = this.device;
    const encoder = gpu.createCommandEncoder();
    let n = 0;
    for (let cost = 0; from + n < trials.length && n < passesPerSubmit && cost <= 2 * pacer.budget; n++) {
      const trial = trials[from + n]!;
      cost += trial.times * trial.step.cost;
      encode(encoder, trial, {
        timestampWrites: { querySet: this.querySet, beginningOfPassWriteIndex: 2 * n, endOfPassWriteIndex: 2 * n + 1 },
      });
    }
    encoder.resolveQuerySet(this.querySet, 0, 2 * n, this.resolved, 0);
    encoder.copyBufferToBuffer(this.resolved, 0, this.staging, 0, 16 * n);
    gpu.queue.submit([encoder.finish()]);
    await this.staging.mapAsync(MapMode.READ, 0, 16 * n);
    const ticks = new BigInt64Array(this.staging.getMappedRange(0, 16 * n));
    const durations = Array.from({ length: n }, (_, i) => Math.max(0, Number(ticks[2 * i + 1]! - ticks[2 * i]!)));
    this.staging.unmap();
    return durations;
  }

  close(): void {
    this.querySet.destroy();
    this.resolved.destroy();
    this.staging.destroy();
  }
}

/** The page's clock: a submission for each trial, less what one without work takes. */
export class WallClock implements Clock {
  readonly enough = 10e6;

  constructor(private readonly device: Device) {}

  async time(trials: Trial[], signal?: AbortSignal): Promise<number[]> {
    const empty: number[] = [];
    for (let i = 0; i < 9; i++) empty.push(await this.submission());
    const overhead = median(empty);
    const durations: number[] = [];
    for (const trial of trials) {
      signal?.throwIfAborted();
      durations.push(Math.max(0, (await this.submission(trial)) - overhead));
    }
    return durations;
  }

  private async submission(trial?: Trial): Promise<number> {
    const { gpu } = this.device;
    const encoder = gpu.createCommandEncoder();
    if (trial) encode(encoder, trial);
    const commands = encoder.finish();
    const began = performance.now();
    gpu.queue.submit([commands]);
    await gpu.queue.onSubmittedWorkDone();
    return 1e6 * (performance.now() - began);
  }

  close(): void {}
}

function encode(encoder: GPUCommandEncoder, { step, times }: Trial, descriptor: GPUComputePassDescriptor = {}): void {
  const pass = encoder.beginComputePass(descriptor);
  pass.setPipeline(step.pipeline);
  pass.setBindGroup(0, step.group);
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...step.workgroups);
  pass.end();
}

/** The middle value, or the upper one of two; sorts what it is given. */
export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
