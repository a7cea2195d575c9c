import type { Device } from "./device.js";
import { bytesText, PlayerError } from "./errors.js";
import { BufferUsage, ShaderStage } from "./flags.js";
import { type Binding, cost, type Dispatch, type Program } from "./program.js";
import { Readback } from "./readback.js";

/** A dispatch, ready to be encoded. */
export interface Step {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  workgroups: [number, number, number];
  cost: number;
}

interface Loaded {
  steps: Step[];
  cost: number;
}

/**
 * Programs ready to run, and their buffers. A call to `run` encodes what was
 * made ready and submits it; it creates nothing but what WebGPU itself wants.
 */
export class Session {
  private readonly buffers = new Map<string, GPUBuffer>();
  private readonly programs = new Map<string, Loaded>();
  private readonly readback: Readback;
  private held = 0;
  private running = false;

  private constructor(readonly device: Device) {
    this.readback = new Readback(device.gpu);
  }

  static async load(
    device: Device,
    programs: Program[],
    onPipeline?: (done: number, total: number) => void,
  ): Promise<Session> {
    device.check();
    const session = new Session(device);
    try {
      await session.createBuffers(programs);
      await session.createSteps(programs, onPipeline);
      device.check();
    } catch (error) {
      session.dispose();
      if (!(error instanceof PlayerError)) await device.explain(error);
      if (device.lost !== undefined) device.check(); // the cause, where it caused the error
      throw error;
    }
    return session;
  }

  /** Bytes of device memory: buffers and staging. */
  get bytesHeld(): number {
    return this.held + this.readback.bytesHeld;
  }

  private async createBuffers(programs: Program[]): Promise<void> {
    const sizes = new Map<string, number>();
    const uniform = new Set<string>();
    for (const p of programs) {
      for (const b of p.buffers) sizes.set(b.name, Math.max(b.size, sizes.get(b.name) ?? 0));
      for (const d of p.dispatches) {
        for (const b of d.bindings) if (b.access === "uniform") uniform.add(p.buffers[b.buffer]!.name);
      }
    }
    await this.scoped(() => {
      for (const [label, size] of sizes) {
        const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
        this.held += size;
        this.buffers.set(
          label,
          this.device.gpu.createBuffer({
            label,
            size,
            usage: usage | (uniform.has(label) ? BufferUsage.UNIFORM : 0),
          }),
        );
      }
    });
  }

  private async createSteps(programs: Program[], onPipeline?: (done: number, total: number) => void): Promise<void> {
    const { gpu } = this.device;
    const layouts = new Map<string, GPUBindGroupLayout>();
    const pipelines = new Map<string, Promise<GPUComputePipeline>>();
    const groups = new Map<string, GPUBindGroup>();
    let done = 0;
    const layoutOf = (d: Dispatch): GPUBindGroupLayout =>
      remember(layouts, layoutKey(d.bindings), () =>
        gpu.createBindGroupLayout({
          entries: d.bindings.map((b) => ({
            binding: b.index,
            visibility: ShaderStage.COMPUTE,
            buffer: { type: bufferTypes[b.access] },
          })),
        }),
      );
    const pipelineOf = (p: Program, d: Dispatch): Promise<GPUComputePipeline> => {
      const module = p.modules[d.module]!;
      return remember(pipelines, layoutKey(d.bindings) + module.code, async () => {
        const shader = gpu.createShaderModule({ label: module.label, code: module.code });
        try {
          const pipeline = await gpu.createComputePipelineAsync({
            label: module.label,
            layout: gpu.createPipelineLayout({ bindGroupLayouts: [layoutOf(d)] }),
            compute: { module: shader, entryPoint: "main" },
          });
          onPipeline?.(++done, pipelines.size);
          return pipeline;
        } catch (error) {
          const failure = new PlayerError(
            "shader",
            `Program ${p.name}: module ${module.label} does not compile: ${await diagnosis(shader, error)}`,
            "Update the browser and the graphics driver.",
          );
          if (error instanceof GPUPipelineError && error.reason === "validation") throw failure;
          return await this.device.explain(failure); // a lost device fails it too
        }
      });
    };
    const groupOf = (p: Program, d: Dispatch): GPUBindGroup => {
      const ranges = d.bindings.map((b) => `${b.index}=${p.buffers[b.buffer]!.name}+${b.offset}:${b.size}`);
      return remember(groups, `${layoutKey(d.bindings)} ${ranges.join(" ")}`, () =>
        gpu.createBindGroup({
          label: d.label,
          layout: layoutOf(d),
          entries: d.bindings.map((b) => ({
            binding: b.index,
            resource: { buffer: this.buffers.get(p.buffers[b.buffer]!.name)!, offset: b.offset, size: b.size },
          })),
        }),
      );
    };
    await this.scoped(() => {
      // Seen below.
      for (const p of programs) for (const d of p.dispatches) void pipelineOf(p, d).catch(() => undefined);
      for (const p of programs) for (const d of p.dispatches) groupOf(p, d);
    }).catch(async (error: unknown) => {
      await Promise.all(pipelines.values()); // a shader that does not compile is told as that
      throw error;
    });
    for (const p of programs) {
      const steps: Step[] = [];
      for (const d of p.dispatches) {
        steps.push({ pipeline: await pipelineOf(p, d), group: groupOf(p, d), workgroups: d.workgroups, cost: cost(d) });
      }
      this.programs.set(p.name, { steps, cost: steps.reduce((sum, s) => sum + s.cost, 0) });
    }
  }

  /** Creates objects and reports what the device says about them. */
  private async scoped(create: () => void): Promise<void> {
    const { gpu } = this.device;
    gpu.pushErrorScope("out-of-memory");
    gpu.pushErrorScope("validation");
    create();
    const [invalid, memory] = await Promise.all([gpu.popErrorScope(), gpu.popErrorScope()]);
    if (memory) {
      throw new PlayerError(
        "memory",
        `The GPU has no ${bytesText(this.held)} of memory for this model.`,
        "Choose a smaller batch, size or model, or close other tabs.",
      );
    }
    if (invalid) throw new PlayerError("limit", invalid.message, "Choose a smaller batch, size or model.");
  }

  /** Copies bytes to a buffer, in order with runs. */
  write(name: string, offset: number, bytes: Uint8Array<ArrayBuffer>, length = bytes.byteLength): void {
    this.device.gpu.queue.writeBuffer(this.ready(name), offset, bytes, 0, length);
  }

  /**
   * Replays a program. It returns nothing where all of it could be handed to the
   * device at once, and otherwise a promise to be awaited before the next call.
   */
  run(name: string): Promise<void> | undefined {
    const program = this.programs.get(name);
    if (!program) throw new PlayerError("usage", `There is no program "${name}".`);
    this.enter();
    return this.play(program, 0);
  }

  private play(program: Loaded, from: number): Promise<void> | undefined {
    const { pacer } = this.device;
    while (from < program.steps.length) {
      const room = pacer.room();
      if (room) {
        this.running = true;
        return room.then(() => {
          this.running = false;
          this.device.check();
          return this.play(program, from);
        });
      }
      from = this.submit(program, from);
    }
    return undefined;
  }

  /** Submits steps from `from` on that make an even share of the program; returns the next. */
  private submit({ steps, cost }: Loaded, from: number): number {
    const { gpu, pacer } = this.device;
    const share = cost / Math.max(1, Math.ceil(cost / pacer.budget));
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let sum = 0;
    let last: GPUComputePipeline | undefined;
    for (; from < steps.length; from++) {
      const step = steps[from]!;
      if (sum > 0 && sum + step.cost / 2 > share) break;
      sum += step.cost;
      if (step.pipeline !== last) pass.setPipeline((last = step.pipeline));
      pass.setBindGroup(0, step.group);
      pass.dispatchWorkgroups(step.workgroups[0], step.workgroups[1], step.workgroups[2]);
    }
    pass.end();
    pacer.submit(encoder.finish(), sum);
    return from;
  }

  /** Copies bytes of a buffer, as they are after all that was asked for before. */
  async read(name: string, offset: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const buffer = this.ready(name);
    try {
      return await this.readback.read(buffer, offset, size);
    } catch (error) {
      return await this.device.explain(error);
    }
  }

  /** The steps of a program, for what measures them. */
  steps(name: string): readonly Readonly<Step>[] {
    return this.programs.get(name)?.steps ?? [];
  }

  /** Frees all device memory of the session. */
  dispose(): void {
    for (const b of this.buffers.values()) b.destroy();
    this.buffers.clear();
    this.programs.clear();
    this.readback.dispose();
    this.held = 0;
  }

  private ready(name: string): GPUBuffer {
    this.enter();
    const buffer = this.buffers.get(name);
    if (!buffer) throw new PlayerError("usage", `There is no buffer "${name}".`);
    return buffer;
  }

  private enter(): void {
    if (this.running) throw new PlayerError("usage", "A program is being handed to the device: await run() first.");
    this.device.check();
  }
}

const bufferTypes = { read: "read-only-storage", read_write: "storage", uniform: "uniform" } as const;

function layoutKey(bindings: Binding[]): string {
  return bindings.map((b) => `${b.index}:${b.access}`).join(" ") + "\n";
}

function remember<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** The compiler's first finding with its place, or else what the error says. */
async function diagnosis(shader: GPUShaderModule, error: unknown): Promise<string> {
  const { messages } = await shader.getCompilationInfo().catch(() => ({ messages: [] })); // a lost device has none
  const first = messages.find((m) => m.type === "error");
  return first ? `line ${first.lineNum}: ${first.message}` : String((error as Error).message ?? error);
}
