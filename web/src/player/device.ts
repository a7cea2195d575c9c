import { PlayerError } from "./errors.js";
import { Pacer } from "./pacer.js";
import type { Program } from "./program.js";
import { Session } from "./session.js";

/** What an adapter is, as far as a browser tells. */
export interface AdapterInfo {
  name: string;
  vendor: string;
  /** The browser and its version, whose WebGPU it is. */
  driver: string;
  backend: "WebGPU";
  type: "other" | "cpu";
  limits: Record<string, number>;
  features: string[];
}

const limitNames = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxUniformBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxUniformBuffersPerShaderStage",
  "minStorageBufferOffsetAlignment",
  "minUniformBufferOffsetAlignment",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies (keyof GPUSupportedLimits)[];

/** Features that are asked for where the adapter has them. */
const wanted: GPUFeatureName[] = ["shader-f16", "subgroups", "timestamp-query"];

/**
 * How long a failed call waits for the news that the device is lost, in ms. Both come
 * at about the same time, in any order and on a busy machine far apart; a call that fails
 * for another reason is rare, and may be told late.
 */
const newsOfLoss = 5000;

/** An open GPU device. Several sessions may share it. */
export class Device {
  readonly pacer: Pacer;
  /** Why the device is gone, once it is. */
  lost: string | undefined;
  private failure: PlayerError | undefined;
  private closed = false;

  constructor(
    readonly gpu: GPUDevice,
    readonly info: AdapterInfo,
  ) {
    this.pacer = new Pacer(gpu.queue, info.type === "cpu");
    gpu.onuncapturederror = ({ error }) => {
      this.failure ??= new PlayerError(error instanceof GPUOutOfMemoryError ? "memory" : "usage", error.message);
    };
    void gpu.lost.then(({ reason, message }) => {
      if (!this.closed) this.lost = message || reason;
      this.pacer.release();
    });
  }

  /** Opens the page's best adapter with all that it offers. */
  static async open(): Promise<Device> {
    const adapter = await requestAdapter();
    const requiredLimits = Object.fromEntries(limitNames.map((name) => [name, adapter.limits[name]]));
    const features = wanted.filter((name) => adapter.features.has(name));
    const gpu = await adapter.requestDevice({ requiredLimits, requiredFeatures: features });
    return new Device(gpu, describe(adapter.info, requiredLimits, features));
  }

  /** Wraps a device that a page opened itself; closing it stays the page's business. */
  static wrap(gpu: GPUDevice): Device {
    const limits = Object.fromEntries(limitNames.map((name) => [name, gpu.limits[name]]));
    return new Device(gpu, describe(gpu.adapterInfo, limits, [...gpu.features] as GPUFeatureName[]));
  }

  /**
   * Makes programs ready to run together: creates the buffers that they name,
   * filled with zeros, and compiles all shaders at once. `onPipeline` hears how
   * many of them are done.
   */
  load(programs: Program[], onPipeline?: (done: number, total: number) => void): Promise<Session> {
    return Session.load(this, programs, onPipeline);
  }

  /** Throws if the device is gone, or the first error since the last call. */
  check(): void {
    if (this.lost !== undefined) {
      throw new PlayerError(
        "lost",
        `The GPU device was lost: ${this.lost}`,
        "Reload the page; if that does not help, restart the browser.",
      );
    }
    const failure = this.failure;
    this.failure = undefined;
    if (failure) throw failure;
  }

  /** Throws why a call failed: the device's loss, where that caused it and is known soon, or else the error itself. */
  async explain(error: unknown): Promise<never> {
    this.check();
    await Promise.race([this.gpu.lost, new Promise((resolve) => setTimeout(resolve, newsOfLoss))]);
    this.check();
    throw error;
  }

  /** Resolves when all work is done. */
  async idle(): Promise<void> {
    try {
      await this.gpu.queue.onSubmittedWorkDone();
    } catch (error) {
      await this.explain(error);
    }
    this.check();
  }

  close(): void {
    this.closed = true;
    this.gpu.destroy();
  }
}

async function requestAdapter(): Promise<GPUAdapter> {
  if (!globalThis.navigator?.gpu) {
    throw globalThis.isSecureContext
      ? new PlayerError("no-webgpu", "This browser has no WebGPU.", "Use a current Chrome, Edge, Safari or Firefox.")
      : new PlayerError(
          "no-webgpu",
          "This page may not use WebGPU, since it did not come over a secure connection.",
          "Open it by https:// or from localhost.",
        );
  }
  // Right after a browser or its GPU process started, there may be none for a moment.
  for (const pause of [0, 200, 500, 1000]) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter) return adapter;
  }
  throw new PlayerError(
    "no-adapter",
    "WebGPU finds no graphics adapter.",
    "Turn on hardware acceleration in the browser's settings, update the graphics driver, and restart the browser.",
  );
}

function describe(info: GPUAdapterInfo, limits: Record<string, number>, features: GPUFeatureName[]): AdapterInfo {
  const name =
    info.description || info.device || [info.vendor, info.architecture].filter(Boolean).join(" ") || "unknown";
  const software = info.isFallbackAdapter || /swiftshader|llvmpipe|basic render/i.test(`${name} ${info.architecture}`);
  const browser = /(Edg|Firefox|Chrome|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? "";
  return {
    name,
    vendor: info.vendor,
    driver: browser,
    backend: "WebGPU",
    type: software ? "cpu" : "other",
    limits,
    features,
  };
}
