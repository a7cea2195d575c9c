import type { Samples } from "../protocol.js";
import { byId, h } from "./dom.js";
import type { FromGallery, ToGallery } from "./gallery-messages.js";
import { paintSamples } from "./pixels.js";

export interface GalleryHost {
  /** Redraws a sample; null where that is impossible now. */
  ask(image: number, count: number, noise: Float32Array, neighbours: number): Promise<Samples | null>;
  picture(png: Uint8Array): void;
}

/**
 * The samples: the Go core's gallery in a frame, loaded when there is something
 * to show. Until it is there, and where it cannot be, a plain canvas shows them.
 */
export class Gallery {
  private readonly place = byId("gallery", HTMLDivElement);
  private readonly canvas = h("canvas", { className: "plain" });
  private frame: HTMLIFrameElement | null = null;
  private ready = false;
  private latest: { samples: Samples; title: string } | null = null;
  private statusText = "";
  private patience = 0;

  constructor(private readonly host: GalleryHost) {
    this.canvas.setAttribute("role", "img");
    this.place.append(h("p", { className: "about", textContent: "Samples appear as soon as the network is ready." }));
    addEventListener("message", (e: MessageEvent<FromGallery>) => {
      if (this.frame && e.source === this.frame.contentWindow && e.origin === location.origin) void this.hear(e.data);
    });
    new ResizeObserver(() => this.paint()).observe(this.place);
  }

  show(samples: Samples, title: string): void {
    this.latest = { samples, title };
    if (!this.frame) this.load();
    if (this.ready) this.post({ type: "samples", samples, title });
    else this.paint();
  }

  status(text: string): void {
    this.statusText = text;
    if (this.ready) this.post({ type: "status", text });
  }

  /** The samples shown, for a picture. */
  get samples(): Samples | null {
    return this.latest?.samples ?? null;
  }

  private load(): void {
    this.place.replaceChildren(this.canvas);
    this.frame = h("iframe", {
      src: "gallery.html",
      title: "Samples: arrow keys choose, Enter enlarges, H lists the keys, Tab leaves",
    });
    this.frame.className = "loading";
    this.place.append(this.frame);
    this.patience = window.setTimeout(() => this.fail("it takes longer than a minute"), 60_000);
  }

  /** Stays with the plain canvas. */
  private fail(why: string): void {
    clearTimeout(this.patience);
    console.warn(`gallery: ${why}; samples are drawn without it`);
    this.ready = false;
    this.frame?.classList.add("loading");
    this.canvas.hidden = false;
    this.paint();
  }

  private async hear(m: FromGallery): Promise<void> {
    switch (m.type) {
      case "ready":
        clearTimeout(this.patience);
        this.ready = true;
        this.frame?.classList.remove("loading");
        this.canvas.hidden = true;
        if (this.latest) this.post({ type: "samples", ...this.latest });
        this.post({ type: "status", text: this.statusText });
        break;
      case "ask": {
        const samples = await this.host.ask(m.image, m.count, m.noise, m.neighbours);
        if (samples) this.post({ type: "answer", query: m.query, samples });
        break;
      }
      case "picture":
        this.host.picture(m.png);
        break;
      case "leave":
        this.leave(m.back ?? false);
        break;
      case "failed":
        this.fail(m.why);
        break;
    }
  }

  private post(message: ToGallery): void {
    this.frame?.contentWindow?.postMessage(message, location.origin);
  }

  /** Moves the focus to what precedes or follows the frame. */
  private leave(back: boolean): void {
    const all = [
      ...document.querySelectorAll<HTMLElement>("a[href], button, input, select, summary, iframe, [tabindex='0']"),
    ].filter((e) => e.checkVisibility() && !(e as HTMLButtonElement).disabled);
    const at = this.frame ? all.indexOf(this.frame) : -1;
    all[at + (back ? -1 : 1)]?.focus();
  }

  private paint(): void {
    if (this.ready || !this.latest) return;
    const { samples } = this.latest;
    paintSamples(this.canvas, samples, this.place.clientWidth, devicePixelRatio);
    this.canvas.setAttribute("aria-label", describe(samples));
  }
}

/** Samples in words. */
function describe(s: Samples): string {
  const n = s.images.length;
  const right = s.labels.filter((label, i) => best(s, i) === label).length;
  return (
    `${n} source images, the images that the generator makes of them, and the nearest target images, at step ` +
    `${s.step}. The classifier recognises ${right} of the adapted ones.`
  );
}

/** The class that the classifier takes adapted image i for. */
export function best(s: Samples, i: number): number {
  const classes = s.classes.length;
  const row = s.logits.subarray(i * classes, (i + 1) * classes);
  return row.indexOf(Math.max(...row));
}
