import type { AdapterInfo, Configured, EvalRecord, TrainRecord } from "../protocol.js";
import { byId, h } from "./dom.js";
import { bytes, count, degrees, duration, flops, percent, rate } from "./format.js";

/** The numbers beside the buttons, and what is known of run and GPU. */
export class Figures {
  private readonly place = byId("figures", HTMLDListElement);
  private readonly cells = new Map<string, HTMLElement>();
  private run: Configured | null = null;

  constructor() {
    for (const [key, name] of [
      ["target", "Target accuracy"],
      ["baseline", "Source only"],
      ["step", "Step"],
      ["rate", "Speed"],
      ["flops", "Arithmetic"],
      ["left", "Time left"],
    ] as const) {
      const value = h("dd", { textContent: "–" });
      this.cells.set(key, value);
      this.place.append(h("div", {}, h("dt", { textContent: name }), value));
    }
  }

  private set(key: string, text: string): void {
    const cell = this.cells.get(key);
    if (cell && cell.textContent !== text) cell.textContent = text;
  }

  begin(run: Configured): void {
    this.run = run;
    this.set("target", "–");
    this.set("rate", "–");
    this.set("flops", "–");
    this.set("left", "–");
    this.baseline(run.baseline);
    this.step(run.step);
    const facts: [string, string][] = [
      ["Generator", `${count(run.parameters.generator)} parameters`],
      ["Discriminator", `${count(run.parameters.discriminator)} parameters`],
      ["Classifier", `${count(run.parameters.task)} parameters`],
      ["Device memory", bytes(run.memory)],
      ["A step takes", `${(run.flops / 1e9).toFixed(1)} GFLOP`],
    ];
    for (const [name, value] of facts) fact(name, value);
  }

  step(step: number): void {
    this.set("step", this.run ? `${count(step)} of ${count(this.run.config.iterations)}` : count(step));
  }

  trained(r: TrainRecord): void {
    if (!this.run) return;
    this.set("rate", rate(r.iterations_per_second));
    this.set("flops", flops(r.iterations_per_second * this.run.flops));
    this.set(
      "left",
      r.iterations_per_second > 0 ? duration((this.run.config.iterations - r.step) / r.iterations_per_second) : "–",
    );
  }

  evaluated(r: EvalRecord): void {
    const angle = r.angle?.["target"];
    this.set("target", percent(r.accuracy["target"]) + (angle ? `, ${degrees(angle.coded)}` : ""));
  }

  baseline(accuracy: number | null): void {
    this.set("baseline", percent(accuracy));
  }
}

/** Shows the adapter: its name in the head, the rest among the facts. */
export function showAdapter(a: AdapterInfo): void {
  byId("gpu", HTMLParagraphElement).textContent = a.name;
  fact("GPU", a.name);
  if (a.driver) fact("Driver", a.driver);
}

/** Sets a fact about GPU and run. */
function fact(name: string, value: string): void {
  const list = byId("facts", HTMLDListElement);
  const known = [...list.querySelectorAll("dt")].find((dt) => dt.textContent === name);
  if (known?.nextElementSibling) known.nextElementSibling.textContent = value;
  else list.append(factLine(name, value));
}

/** A line of a list of facts. */
export function factLine(name: string, value: string): HTMLDivElement {
  return h("div", {}, h("dt", { textContent: name }), h("dd", { textContent: value }));
}
