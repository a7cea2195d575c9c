import { PlayerError } from "../player/index.js";

/** What a generator takes: anything that a canvas can draw, or pixels. */
export type ImageSource = ImageData | CanvasImageSource;

/** Bytes of an image, channels interleaved: 1 (grey), 3 (RGB) or 4 (RGB and depth). */
export interface Picture {
  width: number;
  height: number;
  channels: number;
  pixels: Uint8Array | Uint8ClampedArray;
}

/** The pixels of an image at its own size. */
export function imageData(source: ImageSource): ImageData {
  if (source instanceof ImageData) return source;
  const { width, height } = sizeOf(source);
  if (!(width > 0 && height > 0)) {
    throw new PlayerError("usage", "The image has no pixels (yet).", "Wait until it is loaded: await image.decode().");
  }
  // Drawn anew: asking a canvas for a context would decide which one it has.
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, width, height);
  try {
    return context.getImageData(0, 0, width, height);
  } catch {
    throw new PlayerError(
      "usage",
      "The browser does not let this page read the image, which is another site's.",
      'Load it with crossorigin="anonymous" from a server that allows that.',
    );
  }
}

function sizeOf(source: CanvasImageSource): { width: number; height: number } {
  const s = source as {
    naturalWidth?: number;
    naturalHeight?: number;
    videoWidth?: number;
    videoHeight?: number;
    displayWidth?: number;
    displayHeight?: number;
    width: number;
    height: number;
  };
  return {
    width: s.naturalWidth ?? s.videoWidth ?? s.displayWidth ?? s.width,
    height: s.naturalHeight ?? s.videoHeight ?? s.displayHeight ?? s.height,
  };
}

/** Takes RGB, or the luma of Rec. 601; transparency lies over black. */
export function flatten({ width, height, data }: ImageData, channels: number): Picture {
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0, p = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    const over = (c: number): number => (alpha === 255 ? c : Math.floor((c * alpha + 127) / 255));
    const r = over(data[i]!),
      g = over(data[i + 1]!),
      b = over(data[i + 2]!);
    if (channels === 1) pixels[p++] = (19595 * r + 38470 * g + 7471 * b + (1 << 15)) >> 16;
    else ((pixels[p++] = r), (pixels[p++] = g), (pixels[p++] = b));
  }
  return { width, height, channels, pixels };
}

/** Shrinks an image that is larger than size × size in any direction to that. */
export function shrink(p: Picture, size: number): Picture {
  if (p.width <= size && p.height <= size) return p;
  const across = axis(p.width, size),
    down = axis(p.height, size);
  const row = size * p.channels;
  const rows = new Float64Array(p.height * row); // exact: whole numbers below 2^53
  for (let y = 0; y < p.height; y++) {
    for (let x = 0; x < size; x++) {
      const { from, weights } = across.taps[x]!;
      for (let c = 0; c < p.channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += weights[k]! * p.pixels[(y * p.width + from + k) * p.channels + c]!;
        rows[y * row + x * p.channels + c] = sum;
      }
    }
  }
  const pixels = new Uint8Array(size * row),
    all = across.total * down.total;
  for (let y = 0; y < size; y++) {
    const { from, weights } = down.taps[y]!;
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * rows[(from + k) * row + i]!;
      pixels[y * row + i] = Math.floor((sum + Math.floor(all / 2)) / all);
    }
  }
  return { width: size, height: size, channels: p.channels, pixels };
}

interface Axis {
  taps: { from: number; weights: number[] }[];
  total: number;
}

/** Maps n samples to m: the mean where it shrinks, linear between centres where it grows. */
function axis(n: number, m: number): Axis {
  const taps = Array.from({ length: m }, (_, o) => {
    if (m <= n) {
      const begin = o * n,
        end = begin + n,
        from = Math.floor(begin / m); // in units of 1/m sample
      const weights = [];
      for (let i = from; i * m < end; i++) weights.push(Math.min(end, (i + 1) * m) - Math.max(begin, i * m));
      return { from, weights };
    }
    const at = Math.min(Math.max((2 * o + 1) * n - m, 0), 2 * m * (n - 1));
    const rest = at % (2 * m);
    return { from: Math.floor(at / (2 * m)), weights: rest ? [2 * m - rest, rest] : [2 * m] };
  });
  return { taps, total: m <= n ? n : 2 * m };
}

/**
 * Writes what a program reads, float32 [channels, size, size] in [−1, 1], at
 * `offset`: smaller images are enlarged bilinearly from the corner, as in training.
 */
export function prepare(p: Picture, size: number, channels: number, into: Float32Array, offset: number): void {
  for (let y = 0; y < size; y++) {
    const top = Math.floor((y * p.height) / size),
      bottom = Math.min(top + 1, p.height - 1),
      down = ((y * p.height) % size) / size;
    for (let x = 0; x < size; x++) {
      const left = Math.floor((x * p.width) / size),
        right = Math.min(left + 1, p.width - 1),
        across = ((x * p.width) % size) / size;
      for (let c = 0; c < channels; c++) {
        const at = (r: number, s: number): number =>
          p.pixels[(r * p.width + s) * p.channels + Math.min(c, p.channels - 1)]!;
        const upper = mix(at(top, left), at(top, right), across),
          lower = mix(at(bottom, left), at(bottom, right), across);
        into[offset + (c * size + y) * size + x] = (mix(upper, lower, down) * 2) / 255 - 1;
      }
    }
  }
}

function mix(a: number, b: number, t: number): number {
  return a * (1 - t) + b * t;
}
