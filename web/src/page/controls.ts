import type { Progress } from "../protocol.js";
import { byId } from "./dom.js";
import { count } from "./format.js";

/** What the page is about; buttons follow from it. */
export type Phase = "loading" | "offering" | "configuring" | "ready" | "training" | "pausing" | "busy" | "failed";

/** What the controls show. */
export interface State {
  phase: Phase;
  /** Training begins as soon as that is possible. */
  eager: boolean;
  step: number;
  /** Of the run; 0 without one. */
  iterations: number;
}

export const stages: Record<Progress["stage"], string> = {
  loading: "Loading",
  data: "Reading images",
  tuning: "Choosing the fastest kernels for this GPU",
  compiling: "Compiling shaders",
  baseline: "Training the source-only baseline",
  evaluating: "Measuring",
  verifying: "Checking",
  benchmarking: "Measuring this GPU",
  training: "Training",
};

/** The buttons that drive a run, the bar and the line that tell how it goes. */
export class Controls {
  private readonly train = byId("train", HTMLButtonElement);
  private readonly step = byId("step", HTMLButtonElement);
  private readonly measure = byId("evaluate", HTMLButtonElement);
  private readonly verify = byId("verify", HTMLButtonElement);
  private readonly bench = byId("bench", HTMLButtonElement);
  private readonly bar = byId("bar", HTMLProgressElement);

  constructor(on: Record<"train" | "step" | "measure" | "verify" | "bench" | "link", () => Promise<void>>) {
    this.train.onclick = () => void on.train();
    this.step.onclick = () => void on.step();
    this.measure.onclick = () => void on.measure();
    this.verify.onclick = () => void on.verify();
    this.bench.onclick = () => void on.bench();
    byId("link", HTMLButtonElement).onclick = () => void on.link();
  }

  paint(s: State): void {
    const { phase } = s;
    const finished = s.iterations > 0 && s.step >= s.iterations;
    const label =
      phase === "training"
        ? "Pause"
        : phase === "pausing"
          ? "Pausing"
          : s.eager
            ? "Starting"
            : s.step > 0 && !finished
              ? "Continue"
              : "Train";
    byId("train-label", HTMLSpanElement).textContent = label;
    this.train.classList.toggle("pause", phase === "training" || phase === "pausing");
    this.train.disabled = ["offering", "pausing", "busy", "failed"].includes(phase) || (phase === "ready" && finished);
    this.step.disabled = phase !== "ready" || finished;
    this.measure.disabled = !(phase === "ready" || phase === "training");
    this.verify.disabled = !["ready", "offering"].includes(phase);
    this.bench.disabled = !["ready", "training"].includes(phase);
    document.body.dataset["phase"] = phase;
    this.title(s);
    if (["loading", "configuring", "busy"].includes(phase)) this.bar.removeAttribute("value");
    else this.fill(s);
  }

  /** How much of a run is done. */
  fill(s: State): void {
    this.bar.value = s.iterations > 0 ? s.step / s.iterations : 0;
  }

  title(s: State): void {
    document.title =
      s.phase === "training"
        ? `${Math.floor((100 * s.step) / Math.max(1, s.iterations))} % PixelDA`
        : "PixelDA in your browser";
  }

  /** How far something else is that takes a while. */
  progress(p: Progress, phase: Phase): void {
    if (
      p.stage === "verifying" ||
      p.stage === "training" ||
      !["loading", "configuring", "busy", "training"].includes(phase)
    )
      return;
    const far = p.total > 0 ? ` ${count(p.done)} of ${count(p.total)}` : "";
    byId("status", HTMLParagraphElement).textContent = `${stages[p.stage]}${p.what ? `: ${p.what}` : ""}${far}`;
    if (phase === "training" && p.stage !== "baseline") return;
    if (p.total > 0) this.bar.value = p.done / p.total;
    else this.bar.removeAttribute("value");
  }

  /** Tells something in the status line and to screen readers. */
  say(text: string): void {
    byId("status", HTMLParagraphElement).textContent = text;
    this.announce(text);
  }

  announce(text: string): void {
    byId("live", HTMLParagraphElement).textContent = text;
  }
}
