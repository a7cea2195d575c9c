import type { Images, Samples } from "../protocol.js";

/** Image k of some, as canvases take it. */
export function imageData(images: Images, k: number): ImageData {
  const { width, height, channels, pixels } = images;
  const data = new ImageData(width, height);
  const from = k * width * height * channels;
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) {
      data.data[4 * p + c] = pixels[from + p * channels + (channels >= 3 ? c : 0)] ?? 0;
    }
    data.data[4 * p + 3] = 255;
  }
  return data;
}

/** Draws images side by side in rows of `columns`, enlarged by a whole number, `gap` pixels apart. */
export function paintImages(
  canvas: HTMLCanvasElement,
  images: Images,
  columns: number,
  zoom: number,
  gap: number,
): void {
  const w = images.width * zoom + gap,
    h = images.height * zoom + gap;
  canvas.width = Math.max(1, Math.min(columns, images.count) * w - gap);
  canvas.height = Math.max(1, Math.ceil(images.count / columns) * h - gap);
  const context = canvas.getContext("2d");
  if (!context) return;
  for (let k = 0; k < images.count; k++) put(context, images, k, (k % columns) * w, Math.floor(k / columns) * h, zoom);
}

/** Draws samples as rows source, adapted, nearest target, in a width of CSS pixels. */
export function paintSamples(canvas: HTMLCanvasElement, s: Samples, room: number, density: number): void {
  const n = s.images.length;
  const rows: [string, Images, number][] = [
    ["source", s.source, 1],
    ["adapted", s.adapted, 1],
  ];
  if (s.nearest.count > 0) rows.push(["nearest target", s.nearest, s.nearest.count / n]);
  const line = Math.round(18 * density),
    gap = Math.round(2 * density),
    pad = Math.round(12 * density);
  const side = s.adapted.width;
  const width = Math.max(side, Math.floor(room * density) - 2 * pad);
  // As many columns as fit at about a finger's width, and the largest whole enlargement for them.
  const least = Math.max(1, Math.ceil((38 * density) / side));
  const bands = Math.ceil(n / Math.max(1, Math.min(n, Math.floor((width + gap) / (side * least + gap)))));
  const columns = Math.ceil(n / bands);
  const zoom = Math.max(1, Math.floor(((width + gap) / columns - gap) / side));
  const cell = side * zoom + gap,
    high = s.adapted.height * zoom + gap;
  const band = rows.length * (high + line) + pad;
  canvas.width = width + 2 * pad;
  canvas.height = pad + bands * band;
  canvas.style.width = `${canvas.width / density}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = "#0f1115";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `${Math.round(12 * density)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const left = pad + Math.max(0, Math.floor((width - columns * cell + gap) / 2));
  for (let b = 0; b < bands; b++) {
    rows.forEach(([caption, images, each], r) => {
      const y = pad + b * band + r * (high + line);
      context.fillStyle = "#98a0b0";
      context.fillText(caption, left, y + line / 2);
      for (let k = b * columns; k < Math.min(n, (b + 1) * columns); k++) {
        put(context, images, k * each, left + (k - b * columns) * cell, y + line, zoom);
      }
    });
  }
}

/** The samples as a PNG, each pixel drawn 4 × 4. */
export function samplesPicture(s: Samples): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  paintSamples(canvas, s, Math.ceil(s.images.length / 2) * (s.adapted.width * 4 + 2) + 24, 1);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function put(context: CanvasRenderingContext2D, images: Images, k: number, x: number, y: number, zoom: number): void {
  const { width, height } = images;
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d")?.putImageData(imageData(images, k), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, x, y, width * zoom, height * zoom);
}
