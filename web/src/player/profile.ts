import { PlayerError } from "./errors.js";
import { BufferUsage, MapMode } from "./flags.js";
import type { Session } from "./session.js";

/** WebGPU's bound on the size of a query set is 4096; this many passes fit. */
const passesPerSubmit = 2048;

/**
 * Replays a program `repeats` times with a timestamp before and after every
 * dispatch and returns the median nanoseconds of each. Browsers may round the
 * GPU's clock to 0.1 ms.
 */
export async function profile(session: Session, name: string, repeats: number): Promise<Float64Array> {
  const { gpu } = session.device;
  if (!gpu.features.has("timestamp-query")) {
    throw new PlayerError("limit", "This adapter does not give its clock (timestamp-query).", "Measure with the native program.");
  }
  const steps = session.steps(name);
  const samples = steps.map((): number[] => []);
  const bytes = 16 * Math.min(steps.length, passesPerSubmit);
  const querySet = gpu.createQuerySet({ type: "timestamp", count: bytes / 8 });
  const resolved = gpu.createBuffer({ size: bytes, usage: 0x200 /* QUERY_RESOLVE */ | BufferUsage.COPY_SRC });
  const staging = gpu.createBuffer({ size: bytes, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (let from = 0; from < steps.length; from += passesPerSubmit) {
        const part = steps.slice(from, from + passesPerSubmit);
        const encoder = gpu.createCommandEncoder();
        part.forEach((step, i) => {
          const pass = encoder.beginComputePass({
            timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
          });
          pass.setPipeline(step.pipeline);
          pass.setBindGroup(0, step.group);
          pass.dispatchWorkgroups(...step.workgroups);
          pass.end();
        });
        encoder.resolveQuerySet(querySet, 0, 2 * part.length, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16 * part.length);
        gpu.queue.submit([encoder.finish()]);
        await staging.mapAsync(MapMode.READ);
        const ticks = new BigUint64Array(staging.getMappedRange());
        part.forEach((_, i) => samples[from + i]!.push(Number(ticks[2 * i + 1]! - ticks[2 * i]!)));
        staging.unmap();
      }
    }
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
  return Float64Array.from(samples, (s) => s.sort((a, b) => a - b)[s.length >> 1]!);
}
