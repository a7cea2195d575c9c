import type { Configured, EvalRecord, Evaluated, TrainRecord } from "../protocol.js";
import { Chart, accuracyLines, lossLines } from "./chart.js";
import { Confusion } from "./confusion.js";
import { byId } from "./dom.js";
import { Figures } from "./figures.js";
import { significant } from "./format.js";

/** What a run's records show: figures, charts and confusion matrices. */
export class Board {
  private readonly figures = new Figures();
  private readonly confusion = new Confusion();
  private readonly accuracy = new Chart(
    byId("accuracy", HTMLDivElement),
    byId("accuracy-numbers", HTMLDetailsElement),
    accuracyLines,
    (v) => `${Math.round(100 * v)} %`,
    [0, 1],
    "Appears with the first measurement.",
  );
  private readonly losses = new Chart(
    byId("losses", HTMLDivElement),
    byId("losses-numbers", HTMLDetailsElement),
    lossLines,
    (v) => significant(v),
    [0, null],
    "Appears with the first steps.",
  );
  private sourceOnly: number | null = null; // the baseline's accuracy

  /** Shows a run, with the records that it brings, in place of another. */
  begin(run: Configured): void {
    this.sourceOnly = run.baseline;
    this.losses.clear();
    this.accuracy.clear();
    this.confusion.show(null);
    this.figures.begin(run);
    for (const record of run.history) {
      if (record.kind === "train") this.losses.add(record.step, record.loss);
      else this.plot(record);
    }
  }

  step(step: number): void {
    this.figures.step(step);
  }

  trained(r: TrainRecord): void {
    this.figures.trained(r);
    this.losses.add(r.step, r.loss);
  }

  evaluated(e: Evaluated): void {
    this.plot(e.record);
    this.confusion.show(e);
  }

  baseline(accuracy: number, step: number): void {
    this.sourceOnly = accuracy;
    this.figures.baseline(accuracy);
    this.accuracy.add(step, { baseline: accuracy });
  }

  /** Forgets the records after a step. */
  cut(step: number): void {
    this.losses.cut(step);
    this.accuracy.cut(step);
  }

  private plot(r: EvalRecord): void {
    this.figures.evaluated(r);
    this.accuracy.add(r.step, { ...r.accuracy, baseline: this.sourceOnly });
  }
}
