import { PlayerError, type Program } from "../player/index.js";
import type { Picture } from "./pixels.js";

/** What a bundle states about its generator; docs/bundle.md describes it. */
export interface Manifest {
  generator: { size: number; source_channels: number; target_channels: number; noise_dim: number };
  input: { size: number; channels: number; range: [number, number]; resize: string };
  classes: string[] | null;
  example_labels: number[] | null;
  trained: { source: string; target: string; step: number; seed: number };
  layout: Record<string, { buffer: string; offset: number }>;
}

/** A program for one kind of device and batch. */
export interface BatchProgram {
  device: "gpu" | "cpu";
  batch: number;
  program: Program;
}

/** A bundle's content: weights as float32, by name. */
export interface Bundle {
  manifest: Manifest;
  programs: BatchProgram[];
  weights: Map<string, Float32Array<ArrayBuffer>>;
  examples: Picture[];
}

interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const version = "1";
const resizing = "mean, corner-bilinear";

/** Reads a bundle: a safetensors file. */
export async function readBundle(file: Uint8Array<ArrayBuffer>, name: string): Promise<Bundle> {
  const fail = (what: string, remedy = "Export it again: pixelda-wgpu export RUN -o FILE.pxda."): never => {
    throw new PlayerError("bundle", `${name} ${what}`, remedy);
  };
  const length = file.length < 8 ? NaN : Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (!(8 + length <= file.length)) fail("is no generator bundle, or only a part of one.");
  let header: Record<string, Tensor> & { __metadata__?: Record<string, string> };
  let manifest: Manifest;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    const meta = header.__metadata__ ?? {};
    if (meta["format"] !== "pixelda-generator") fail("is no generator bundle.");
    if (meta["version"] !== version)
      fail(
        `is a bundle of version ${meta["version"]}; this player reads version ${version}.`,
        "Export it again, or use a newer player.",
      );
    manifest = JSON.parse(meta["manifest"]!);
    if (manifest.input.resize !== resizing)
      fail(`prepares images by "${manifest.input.resize}", which this player does not know.`, "Use a newer player.");
  } catch (error) {
    if (error instanceof PlayerError) throw error;
    return fail("is no generator bundle: its header is damaged.");
  }
  const bytes = (tensor: string): Uint8Array<ArrayBuffer> => {
    const [begin, end] = header[tensor]?.data_offsets ?? fail(`lacks ${tensor}.`);
    if (!(begin <= end && 8 + length + end <= file.length)) fail("is only a part of a bundle.");
    return file.slice(8 + length + begin, 8 + length + end);
  };
  const weights = new Map<string, Float32Array<ArrayBuffer>>();
  for (const tensor of Object.keys(manifest.layout)) {
    const raw = bytes(tensor).buffer;
    weights.set(tensor, header[tensor]!.dtype === "F16" ? widen(new Uint16Array(raw)) : new Float32Array(raw));
  }
  const pixels = bytes("example"),
    packed = bytes("programs");
  const [n = 0, height = 0, width = 0, channels = 0] = header["example"]!.shape,
    size = height * width * channels;
  const examples = Array.from({ length: n }, (_, i) => ({
    width,
    height,
    channels,
    pixels: pixels.subarray(i * size, (i + 1) * size),
  }));
  try {
    return { manifest, weights, examples, programs: JSON.parse(await gunzip(packed)) };
  } catch {
    return fail("has damaged programs.");
  }
}

function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** Turns IEEE 754 binary16 into float32, exactly. */
function widen(halves: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(halves, (h) => {
    const exponent = (h >> 10) & 31,
      fraction = h & 1023;
    const value = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return h >> 15 ? -value : value;
  });
}

/** Loads a file and tells how much has come. */
export async function download(
  url: string | URL,
  onProgress: (done: number, total: number | undefined) => void,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const fail = (why: string): never => {
    throw new PlayerError(
      "network",
      `${url} could not be loaded: ${why}`,
      "Check the address, and that its server lets this page read it (CORS).",
    );
  };
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) return fail(`the server answers ${response.status} ${response.statusText}.`);
    const total = response.headers.has("content-encoding")
      ? undefined
      : Number(response.headers.get("content-length")) || undefined;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let done = 0;
    for (const reader = response.body!.getReader(); ;) {
      const part = await reader.read();
      if (part.done) break;
      parts.push(part.value);
      onProgress((done += part.value.length), total);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (error) {
    if (error instanceof PlayerError || signal?.aborted) throw error;
    return fail(`${(error as Error).message}.`);
  }
}
