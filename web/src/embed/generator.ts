import { Device, PlayerError, type Session } from "../player/index.js";
import { type BatchProgram, type Bundle, download, type Manifest, readBundle } from "./bundle.js";
import { drawNoise } from "./noise.js";
import { flatten, imageData, type ImageSource, type Picture, prepare, shrink } from "./pixels.js";

/** How far loading is: bytes of the bundle, then shaders. */
export interface Progress {
  phase: "download" | "compile";
  done: number;
  /** Unknown where the server compresses and does not say. */
  total: number | undefined;
}

export interface LoadOptions {
  /** Hears how far loading is. */
  onProgress?: (progress: Progress) => void;
  /** A device to use; otherwise all generators of a page or worker share one. */
  device?: GPUDevice;
  /** Calls loading off. */
  signal?: AbortSignal;
  /** Gets ready for so many images at once (1); larger batches compile when first used. */
  batch?: number;
}

export interface AdaptOptions {
  /** `noiseDim` numbers from −1 to 1 for all images, or a list of such for each. */
  noise?: ArrayLike<number> | readonly ArrayLike<number>[];
  /** Draws the noise instead, as `pixelda-wgpu adapt -seed` does (1). */
  seed?: number | bigint;
  /** Hands at most so many images to the GPU at once; otherwise as many as fit a program. */
  batch?: number;
}

let shared: Promise<Device> | undefined;

/** The device of this page or worker; a new one after it was lost. */
async function sharedDevice(): Promise<Device> {
  const opening = (shared ??= Device.open());
  try {
    const device = await opening;
    if (device.lost === undefined) return device;
  } catch (error) {
    if (shared === opening) shared = undefined;
    throw error;
  }
  if (shared === opening) shared = undefined;
  return sharedDevice();
}

/** A trained generator: redraws images in the style of the domain it was trained for. */
export class Generator {
  /** Height and width of what it draws. */
  readonly size: number;
  /** How many numbers its noise has; 0 if it takes none. */
  readonly noiseDim: number;
  /** The batches that it has programs for, smallest first. */
  readonly batches: readonly number[];
  /** The names of its classes, where its examples have some. */
  readonly classes: readonly string[];
  /** Images to try it with, and the class of each. Where the generator reads depth they have it, unseen. */
  readonly examples: readonly ImageData[];
  readonly exampleLabels: readonly number[];
  /** Where it was trained. */
  readonly trained: Readonly<Manifest["trained"]>;

  private readonly programs: BatchProgram[];
  private readonly sessions = new Map<number, Promise<Session>>();
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;

  private constructor(
    private readonly bundle: Bundle,
    private device: Device,
    private readonly borrowed: boolean,
    private readonly onProgress: (p: Progress) => void,
  ) {
    const { generator, classes, example_labels, trained } = bundle.manifest;
    this.size = generator.size;
    this.noiseDim = generator.noise_dim;
    this.classes = classes ?? [];
    this.exampleLabels = example_labels ?? [];
    this.trained = trained;
    this.examples = bundle.examples.map(toImageData);
    const fitting = bundle.programs.filter((p) => p.device === (this.software ? "cpu" : "gpu"));
    this.programs = (fitting.length ? fitting : bundle.programs).sort((a, b) => a.batch - b.batch);
    this.batches = this.programs.map((p) => p.batch);
  }

  /** Loads a bundle, opens the GPU and compiles the shaders. */
  static async load(url: string | URL, options: LoadOptions = {}): Promise<Generator> {
    const tell = (p: Progress): void => options.onProgress?.(p);
    const [file, device] = await Promise.all([
      download(url, (done, total) => tell({ phase: "download", done, total }), options.signal),
      options.device ? Device.wrap(options.device) : sharedDevice(),
    ]);
    const g = new Generator(await readBundle(file, String(url)), device, options.device !== undefined, tell);
    try {
      await g.session(g.pick(options.batch ?? 1));
      options.signal?.throwIfAborted();
      return g;
    } catch (error) {
      g.dispose();
      throw error;
    }
  }

  /** Whether a CPU does the work of the GPU, some hundred times slower. */
  get software(): boolean {
    return this.device.info.type === "cpu";
  }

  /** Redraws an image, or each of a list. */
  adapt(images: ImageSource, options?: AdaptOptions): Promise<ImageData>;
  adapt(images: readonly ImageSource[], options?: AdaptOptions): Promise<ImageData[]>;
  adapt(images: ImageSource | readonly ImageSource[], options: AdaptOptions = {}): Promise<ImageData | ImageData[]> {
    const many = Array.isArray(images);
    // Inputs are read now: a canvas may have changed when its turn comes.
    const work = async (): Promise<() => Promise<ImageData | ImageData[]>> => {
      const list: readonly ImageSource[] = many ? images : [images];
      const inputs = list.map((image) => this.read(image)),
        noise = this.noise(list.length, options);
      return async () => {
        const out = await this.run(inputs, noise, options.batch);
        return many ? out : out[0]!;
      };
    };
    const ready = work();
    const result = this.last.then(async () => (await ready)());
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Frees the GPU memory. The generator is of no use afterwards. */
  dispose(): void {
    this.disposed = true;
    for (const s of this.sessions.values())
      void s.then(
        (session) => session.dispose(),
        () => undefined,
      );
    this.sessions.clear();
    this.bundle.weights.clear();
  }

  /** Bytes of GPU memory that the generator holds. */
  async bytesHeld(): Promise<number> {
    const sessions = await Promise.all(this.sessions.values());
    return sessions.reduce((sum, s) => sum + s.bytesHeld, 0);
  }

  private check(): void {
    if (this.disposed) throw new PlayerError("usage", "The generator was disposed of.", "Load it again.");
  }

  /** An image as its programs read it. */
  private read(image: ImageSource): Picture {
    const { size, channels } = this.bundle.manifest.input;
    if (channels === 4) {
      const example = this.bundle.examples[this.examples.indexOf(image as ImageData)];
      if (example) return shrink(example, size);
      throw new PlayerError(
        "usage",
        "This generator reads colour and depth, and an image of a page holds colour alone.",
        "Redraw its examples.",
      );
    }
    return shrink(flatten(imageData(image), channels), size);
  }

  /** The noise of each image. */
  private noise(count: number, { noise, seed = 1 }: AdaptOptions): ArrayLike<number>[] {
    const perImage = noise && typeof noise[0] === "object" ? (noise as readonly ArrayLike<number>[]) : undefined;
    return Array.from({ length: count }, (_, i) => {
      const z = !noise ? drawNoise(seed, i, this.noiseDim) : perImage ? perImage[i] : (noise as ArrayLike<number>);
      if (z?.length !== this.noiseDim) {
        throw new PlayerError(
          "usage",
          `The noise of image ${i} has ${z?.length ?? 0} numbers; this generator takes ${this.noiseDim}.`,
        );
      }
      return z;
    });
  }

  /** The smallest program for so many images, or the largest of all. */
  private pick(images: number): BatchProgram {
    return this.programs.find((p) => p.batch >= images) ?? this.programs.at(-1)!;
  }

  private session(p: BatchProgram): Promise<Session> {
    let session = this.sessions.get(p.batch);
    if (!session) {
      session = this.open(p);
      this.sessions.set(p.batch, session);
      session.catch(() => this.sessions.delete(p.batch)); // so that another try may succeed
    }
    return session;
  }

  private async open({ program }: BatchProgram): Promise<Session> {
    const session = await this.device.load([program], (done, total) =>
      this.onProgress({ phase: "compile", done, total }),
    );
    for (const [name, values] of this.bundle.weights) {
      const { buffer, offset } = this.bundle.manifest.layout[name]!;
      session.write(buffer, offset, new Uint8Array(values.buffer));
    }
    return session;
  }

  private async run(inputs: Picture[], noise: ArrayLike<number>[], most = Infinity): Promise<ImageData[]> {
    const out: ImageData[] = [];
    while (out.length < inputs.length) {
      const rest = inputs.length - out.length;
      const p = this.pick(Math.min(rest, Math.max(1, most)));
      const n = Math.min(rest, p.batch);
      const batch = [p, inputs.slice(out.length, out.length + n), noise.slice(out.length, out.length + n)] as const;
      out.push(
        ...(await this.runBatch(...batch).catch(async (error: unknown) => {
          await this.recover(error);
          return this.runBatch(...batch);
        })),
      );
    }
    return out;
  }

  /** Goes over to the page's next device if this one was lost, or else throws the error. */
  private async recover(error: unknown): Promise<void> {
    if (this.disposed || this.borrowed || !(error instanceof PlayerError) || error.code !== "lost") throw error;
    this.device = await sharedDevice();
    this.sessions.clear();
  }

  private async runBatch(p: BatchProgram, inputs: Picture[], noise: ArrayLike<number>[]): Promise<ImageData[]> {
    this.check();
    const session = await this.session(p);
    const { size, channels } = this.bundle.manifest.input;
    const source = new Float32Array(inputs.length * channels * size * size);
    inputs.forEach((image, i) => prepare(image, size, channels, source, i * channels * size * size));
    session.write("generate.source", 0, new Uint8Array(source.buffer));
    if (this.noiseDim)
      session.write("generate.z", 0, new Uint8Array(Float32Array.from(noise.flatMap((z) => Array.from(z))).buffer));
    const bytes = 4 * this.size * this.size;
    let rgba: Uint8Array<ArrayBuffer>;
    try {
      await session.run(p.program.name);
      rgba = await session.read("generate.pixels", 0, inputs.length * bytes);
    } catch (error) {
      this.check(); // the cause, where it is the cause
      throw error;
    }
    return inputs.map(
      (_, i) => new ImageData(new Uint8ClampedArray(rgba.buffer, i * bytes, bytes).slice(), this.size, this.size),
    );
  }
}

function toImageData({ width, height, channels, pixels }: Picture): ImageData {
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data.data[4 * i + c] = pixels[i * channels + Math.min(c, channels - 1)]!;
    data.data[4 * i + 3] = 255;
  }
  return data;
}
