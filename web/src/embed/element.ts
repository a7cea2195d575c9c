import { PlayerError } from "../player/index.js";
import { type AdaptOptions, Generator, type Progress } from "./generator.js";
import type { ImageSource } from "./pixels.js";

/** The element's own events. None of them bubbles, as those of <img>. */
export interface GeneratorEventMap {
  /** The generator is ready. */
  load: CustomEvent<Generator>;
  progress: CustomEvent<Progress>;
  /** Loading or redrawing failed; the element shows its fallback. */
  error: CustomEvent<Error>;
  /** A new picture is shown. */
  adapt: CustomEvent<ImageData>;
}

const template = `<style>
:host { display: inline-block; position: relative }
:host([hidden]) { display: none }
canvas { display: block; width: 100%; image-rendering: pixelated }
[hidden] { display: none !important }
</style><canvas part="canvas" role="img" hidden></canvas><slot></slot><slot name="fallback" hidden></slot>`;

/** Where there is no document, the class can be named but not used. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * `<pixelda-generator src="digits.pxda"><img src="seven.png" alt="a seven"></pixelda-generator>`
 * shows its image redrawn. The image is the element whose id `for` names, or else
 * the first one inside, or else the bundle's first example. Until the picture is
 * ready, and where there is no WebGPU, what is inside shows as it is; what is in
 * the slot "fallback" shows after an error.
 */
export class GeneratorElement extends Base {
  static readonly observedAttributes = ["src", "for", "seed", "live"];

  /** The generator, once it is loaded. */
  generator: Generator | undefined;

  private readonly canvas: HTMLCanvasElement;
  private readonly fallback: HTMLSlotElement;
  private readonly content: HTMLSlotElement;
  private loading: AbortController | undefined;
  private given: ArrayLike<number> | undefined;
  private image: ImageSource | undefined;
  private stale = false;
  private busy = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = template;
    this.canvas = root.querySelector("canvas")!;
    [this.content, this.fallback] = root.querySelectorAll("slot") as unknown as [HTMLSlotElement, HTMLSlotElement];
    this.content.addEventListener("slotchange", () => this.update());
    // What is inside may come later than the generator, or change. These events do not bubble, but can be caught.
    for (const type of ["load", "loadeddata"])
      this.addEventListener(type, ({ target }) => target !== this && this.update(), true);
  }

  get src(): string {
    return this.getAttribute("src") ?? "";
  }
  set src(value: string) {
    this.setAttribute("src", value);
  }

  /** The id of the image, canvas or video to redraw. */
  get htmlFor(): string {
    return this.getAttribute("for") ?? "";
  }
  set htmlFor(value: string) {
    this.setAttribute("for", value);
  }

  /** Draws the noise; another seed, another version of the picture. */
  get seed(): number {
    return Number(this.getAttribute("seed") ?? 1) || 0;
  }
  set seed(value: number) {
    this.setAttribute("seed", String(value));
  }

  /** Redraws whenever the page is drawn, for canvases and videos. */
  get live(): boolean {
    return this.hasAttribute("live");
  }
  set live(value: boolean) {
    this.toggleAttribute("live", value);
  }

  /** The noise itself, in place of a seed. */
  get noise(): ArrayLike<number> | undefined {
    return this.given;
  }
  set noise(value: ArrayLike<number> | undefined) {
    this.given = value;
    this.update();
  }

  /** What is redrawn; setting it overrides `for` and what is inside. */
  get input(): ImageSource | undefined {
    return this.image ?? this.findInput();
  }
  set input(value: ImageSource | undefined) {
    this.image = value;
    this.update();
  }

  connectedCallback(): void {
    // Properties that were set before the element was defined hide its accessors.
    for (const name of ["src", "htmlFor", "seed", "live", "noise", "input"] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      Object.assign(this, { [name]: value });
    }
    if (!this.generator && !this.loading) void this.load();
  }

  disconnectedCallback(): void {
    // Moving an element disconnects it for a moment only.
    queueMicrotask(() => !this.isConnected && this.release());
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    if (name === "src") void this.load();
    else this.update();
  }

  /** Redraws the input now, or another image; the element shows the result. */
  async adapt(image?: ImageSource, options?: AdaptOptions): Promise<ImageData> {
    const { generator } = this;
    if (!generator)
      throw new PlayerError("usage", "The element's generator is not loaded.", "Wait for the event load.");
    const out = await generator.adapt(image ?? this.input ?? generator.examples[0]!, {
      ...(this.given ? { noise: this.given } : { seed: this.seed }),
      ...options,
    });
    this.show(out);
    return out;
  }

  private async load(): Promise<void> {
    this.release();
    if (!this.src) return;
    const loading = (this.loading = new AbortController());
    try {
      const generator = await Generator.load(new URL(this.src, this.baseURI), {
        signal: loading.signal,
        onProgress: (progress) => !loading.signal.aborted && this.emit("progress", progress),
      });
      if (loading.signal.aborted) return generator.dispose();
      this.loading = undefined;
      this.generator = generator;
      this.emit("load", generator);
      this.update();
    } catch (error) {
      if (loading.signal.aborted) return;
      this.loading = undefined;
      this.fail(error as Error);
    }
  }

  /** Frees the generator and shows what is inside. */
  private release(): void {
    this.loading?.abort();
    this.generator?.dispose();
    this.loading = this.generator = undefined;
    this.canvas.hidden = this.fallback.hidden = true;
    this.content.hidden = false;
  }

  private findInput(): CanvasImageSource | undefined {
    const named = this.htmlFor && (this.getRootNode() as Document | ShadowRoot).getElementById(this.htmlFor);
    const inside = this.querySelector<HTMLImageElement | HTMLCanvasElement | HTMLVideoElement>("img, canvas, video");
    return (named as HTMLCanvasElement | null) || inside || undefined;
  }

  /** Redraws soon, once for all that changed meanwhile. */
  private update(): void {
    this.stale = true;
    if (!this.busy && this.generator) void this.redraw();
  }

  private async redraw(): Promise<void> {
    this.busy = true;
    try {
      while (this.generator && (this.stale || this.live)) {
        await nextFrame();
        this.stale = false;
        const input = this.input;
        if (input instanceof HTMLImageElement) await input.decode();
        if (input instanceof HTMLVideoElement && input.readyState < 2) continue;
        if (this.generator) await this.adapt(input);
      }
    } catch (error) {
      if (this.generator) this.fail(error as Error);
    } finally {
      this.busy = false;
    }
  }

  private show(picture: ImageData): void {
    if (this.canvas.width !== picture.width) this.canvas.width = this.canvas.height = picture.width;
    this.canvas.getContext("2d")!.putImageData(picture, 0, 0);
    const alt = (this.input as HTMLImageElement | undefined)?.alt;
    this.canvas.setAttribute(
      "aria-label",
      this.getAttribute("aria-label") ?? (alt ? `${alt}, redrawn` : "redrawn image"),
    );
    this.canvas.hidden = false;
    this.content.hidden = this.fallback.hidden = true;
    this.emit("adapt", picture);
  }

  private fail(error: Error): void {
    this.canvas.hidden = true;
    this.content.hidden = this.fallback.hidden = false;
    this.emit("error", error);
  }

  private emit<K extends keyof GeneratorEventMap>(name: K, detail: GeneratorEventMap[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  declare addEventListener: HTMLElement["addEventListener"] &
    (<K extends keyof GeneratorEventMap>(
      type: K,
      listener: (this: GeneratorElement, event: GeneratorEventMap[K]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ) => void);
}

function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
