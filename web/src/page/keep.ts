import { RequestError, type Trainer } from "../client.js";
import type { ExportFormat, Samples, SavedFile } from "../protocol.js";
import { byId, download } from "./dom.js";
import { samplesPicture } from "./pixels.js";

export interface KeepHost {
  /** Tells what was done. */
  say(text: string): void;
  failed(e: unknown): void;
  /** Continues from a checkpoint file. */
  open(file: File): void;
  samples(): Samples | null;
}

/** What leaves the page as a file, and what comes back. */
export class Keep {
  private readonly buttons: HTMLButtonElement[] = [];

  constructor(
    private readonly trainer: Trainer,
    private readonly host: KeepHost,
  ) {
    const file = byId("load-file", HTMLInputElement);
    byId("load", HTMLButtonElement).onclick = () => file.click();
    file.onchange = () => {
      if (file.files?.[0]) host.open(file.files[0]);
      file.value = "";
    };
    this.button("save", () => trainer.request({ type: "save" }));
    this.button("metrics", () => trainer.request({ type: "metrics" }));
    for (const format of ["bundle", "onnx", "safetensors"] as const) this.button(format, () => this.export(format));
    const picture = byId("picture", HTMLButtonElement);
    this.buttons.push(picture);
    picture.onclick = () => void this.picture();
  }

  /** Whether there is a run to keep. */
  enable(possible: boolean): void {
    for (const button of this.buttons) button.disabled = !possible;
  }

  private export(format: ExportFormat): Promise<SavedFile> {
    const half = byId("half", HTMLInputElement).checked;
    return this.trainer.request({ type: "export", format, ...(format === "bundle" ? { half } : {}) });
  }

  private button(id: string, make: () => Promise<SavedFile>): void {
    const button = byId(id, HTMLButtonElement);
    this.buttons.push(button);
    button.onclick = async () => {
      button.setAttribute("aria-busy", "true");
      try {
        const { name, bytes } = await make();
        download(name, bytes);
        this.host.say(`Saved ${name}`);
      } catch (e) {
        this.host.failed(e);
      }
      button.removeAttribute("aria-busy");
    };
  }

  private async picture(): Promise<void> {
    const samples = this.host.samples();
    const png = samples && (await samplesPicture(samples));
    if (!png) return;
    const name = `samples-${String(samples.step).padStart(8, "0")}.png`;
    download(name, png);
    this.host.say(`Saved ${name}`);
  }
}

/** Why a request failed, in one line. */
export const reason = (e: unknown): string =>
  e instanceof RequestError ? e.event.what : e instanceof Error ? e.message : String(e);
