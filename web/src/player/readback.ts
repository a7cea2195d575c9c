import { BufferUsage, MapMode } from "./flags.js";

interface Staging {
  buffer: GPUBuffer;
  capacity: number;
}

/**
 * Brings bytes back from the device: each read copies into a mappable buffer of
 * a ring, which grows to as many as are in use at once.
 */
export class Readback {
  bytesHeld = 0;
  private readonly free: Staging[] = [];

  constructor(private readonly gpu: GPUDevice) {}

  async read(buffer: GPUBuffer, offset: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const staging = this.take(size);
    const encoder = this.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging.buffer, 0, size);
    this.gpu.queue.submit([encoder.finish()]);
    await staging.buffer.mapAsync(MapMode.READ, 0, size);
    const bytes = new Uint8Array(staging.buffer.getMappedRange(0, size).slice(0));
    staging.buffer.unmap();
    this.free.push(staging);
    return bytes;
  }

  /** The smallest free staging buffer that fits, or a new one of a power of two. */
  private take(size: number): Staging {
    let best = -1;
    this.free.forEach((s, i) => {
      if (s.capacity >= size && (best < 0 || s.capacity < this.free[best]!.capacity)) best = i;
    });
    if (best >= 0) return this.free.splice(best, 1)[0]!;
    const capacity = Math.max(4096, Math.min(2 ** Math.ceil(Math.log2(size)), this.gpu.limits.maxBufferSize));
    this.bytesHeld += capacity;
    return {
      buffer: this.gpu.createBuffer({
        label: "staging",
        size: capacity,
        usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
      }),
      capacity,
    };
  }

  dispose(): void {
    for (const s of this.free) s.buffer.destroy();
    this.free.length = 0;
    this.bytesHeld = 0;
  }
}
