import { GPUClock, median, WallClock } from "./clock.js";
import type { Session } from "./session.js";

/** Bounds how often a short dispatch is repeated, and so how long a profile takes. */
const most = 256;

/** What the shortest dispatch takes, in ns: a clock may not see it move. */
const shortest = 1e4;

/**
 * Runs each dispatch of a program by itself, in a row as often as the clock needs
 * to tell, all that `repeats` times, and returns the median nanoseconds of each.
 * The clock is the GPU's where the device gives it (timestamp-query). The buffers
 * end up as if some dispatches had run more often. A signal ends it early.
 */
export async function profile(
  session: Session,
  name: string,
  repeats: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { device } = session;
  const clock = device.gpu.features.has("timestamp-query") ? new GPUClock(device) : new WallClock(device);
  try {
    const steps = session.steps(name);
    const once = await clock.time(
      steps.map((step) => ({ step, times: 1 })),
      signal,
    );
    const trials = steps.map((step, i) => ({
      step,
      times: Math.min(most, Math.ceil(clock.enough / Math.max(shortest, once[i]!))),
    }));
    const samples = steps.map((): number[] => []);
    for (let repeat = 0; repeat < repeats; repeat++) {
      (await clock.time(trials, signal)).forEach((duration, i) => samples[i]!.push(duration / trials[i]!.times));
    }
    device.check();
    return Float64Array.from(samples, median);
  } catch (error) {
    signal?.throwIfAborted();
    return await device.explain(error);
  } finally {
    clock.close();
  }
}
