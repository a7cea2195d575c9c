import uPlot from "uplot";
import { h } from "./dom.js";
import { count } from "./format.js";

/** A line of a chart. Lines differ by colour and by dashes. */
export interface Line {
  key: string;
  label: string;
  /** The custom property of its colour. */
  colour: string;
  dash?: number[];
}

/** Lines over training steps, with the same numbers as a table. */
export class Chart {
  private plot: uPlot | null = null;
  private steps: number[] = [];
  private readonly values = new Map<string, (number | null)[]>();
  private used: Line[] = [];
  private waiting = 0;

  constructor(
    private readonly container: HTMLElement,
    private readonly table: HTMLDetailsElement,
    private readonly lines: Line[],
    private readonly format: (v: number) => string,
    private readonly range: [number, number | null],
    empty: string,
  ) {
    container.dataset["empty"] = empty;
    for (const line of lines) this.values.set(line.key, []);
    new ResizeObserver(() => this.resize()).observe(container);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    table.addEventListener("toggle", () => this.tabulate());
    this.rebuild();
  }

  /** Adds values at a step, which is not before the last one. */
  add(step: number, values: Record<string, number | null | undefined>): void {
    const last = this.steps.length - 1;
    if (last >= 0 && this.steps[last] === step) {
      for (const [key, column] of this.values) column[last] = values[key] ?? column[last] ?? null;
    } else {
      this.steps.push(step);
      for (const [key, column] of this.values) column.push(values[key] ?? null);
    }
    this.refresh();
  }

  /** Forgets the values after a step. */
  cut(step: number): void {
    const keep = this.steps.filter((s) => s <= step).length;
    this.steps.length = keep;
    for (const column of this.values.values()) column.length = keep;
    this.refresh();
  }

  clear(): void {
    this.cut(-1);
  }

  private refresh(): void {
    // One drawing a frame at most; none while the tab is hidden.
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      const used = this.lines.filter((l) => this.values.get(l.key)?.some((v) => v !== null));
      if (used.map((l) => l.key).join() !== this.used.map((l) => l.key).join()) this.rebuild();
      else this.plot?.setData(this.data());
      this.tellLast();
      this.tabulate();
    });
  }

  /** Puts the last values into the legend, unless someone points at others. */
  private tellLast(): void {
    if (this.plot && typeof this.plot.cursor.idx !== "number")
      this.plot.setLegend({ idx: this.steps.length - 1 }, false);
  }

  private data(): uPlot.AlignedData {
    return [this.steps, ...this.used.map((l) => this.values.get(l.key) ?? [])];
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(200, this.container.clientWidth), height: this.container.clientWidth < 480 ? 200 : 240 };
  }

  private resize(): void {
    const { width, height } = this.size();
    if (this.plot && (this.plot.width !== width || this.plot.height !== height)) this.plot.setSize({ width, height });
  }

  private rebuild(): void {
    this.plot?.destroy();
    this.plot = null;
    this.used = this.lines.filter((l) => this.values.get(l.key)?.some((v) => v !== null));
    this.container.classList.toggle("empty", this.used.length === 0);
    if (this.used.length === 0) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour("--muted"),
      font: "12px system-ui, sans-serif",
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1, size: 4 },
    };
    const [low, high] = this.range;
    this.plot = new uPlot(
      {
        ...this.size(),
        padding: [12, 22, 0, 0],
        scales: {
          x: { time: false },
          y: { range: (_, min, max) => [Math.min(low, min), high ?? Math.max(max * 1.05, low + 1e-3)] },
        },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((v) => (Number.isInteger(v) ? count(v) : "")) },
          { ...axis, size: 52, values: (_, ticks) => ticks.map((v) => this.format(v)) },
        ],
        cursor: { points: { size: 6 }, drag: { x: false, y: false } },
        hooks: { setCursor: [() => this.tellLast()] },
        series: [
          { label: "step", value: (_, v) => (v === null ? "–" : count(v)) },
          ...this.used.map((l): uPlot.Series => ({
            label: l.label,
            stroke: colour(l.colour),
            width: 2,
            spanGaps: true,
            ...(l.dash ? { dash: l.dash } : {}),
            points: { show: (u) => u.data[0].length < 3 }, // a line takes two
            value: (_, v) => (v === null ? "–" : this.format(v)),
          })),
        ],
      },
      this.data(),
      this.container,
    );
    this.tellLast();
  }

  /** Writes the last values as a table, where someone looks at it. */
  private tabulate(): void {
    const most = 50;
    const place = this.table.querySelector(".scroll");
    if (!this.table.open || !place) return;
    const rows: HTMLTableRowElement[] = [];
    for (let i = this.steps.length - 1; i >= Math.max(0, this.steps.length - most); i--) {
      rows.push(
        h(
          "tr",
          {},
          h("th", { scope: "row", textContent: count(this.steps[i] ?? 0) }),
          ...this.used.map((l) => {
            const v = this.values.get(l.key)?.[i];
            return h("td", { textContent: v === null || v === undefined ? "–" : this.format(v) });
          }),
        ),
      );
    }
    place.replaceChildren(
      rows.length === 0
        ? h("p", { className: "about", textContent: "No values yet." })
        : h(
            "table",
            {},
            h("caption", {
              textContent:
                this.steps.length > most
                  ? `The last ${most} of ${count(this.steps.length)} records, latest first`
                  : "Latest first",
            }),
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("th", { scope: "col", textContent: "Step" }),
                ...this.used.map((l) => h("th", { scope: "col", textContent: l.label })),
              ),
            ),
            h("tbody", {}, ...rows),
          ),
    );
  }
}

/** The lines of the accuracy chart: keys of EvalRecord.accuracy, and the baseline. */
export const accuracyLines: Line[] = [
  { key: "target", label: "target", colour: "--series-1" },
  { key: "adapted", label: "adapted", colour: "--series-2", dash: [8, 4] },
  { key: "source", label: "source", colour: "--series-3", dash: [3, 3] },
  { key: "baseline", label: "source only, on target", colour: "--muted", dash: [12, 4, 3, 4] },
];

/** The lines of the loss chart: keys of TrainRecord.loss. */
export const lossLines: Line[] = [
  { key: "d", label: "discriminator", colour: "--series-2" },
  { key: "g_adv", label: "generator, deceiving", colour: "--series-1" },
  { key: "g_task", label: "generator, task", colour: "--series-4", dash: [8, 4] },
  { key: "task_source", label: "task, source", colour: "--series-3", dash: [3, 3] },
  { key: "task_adapted", label: "task, adapted", colour: "--series-5", dash: [12, 4, 3, 4] },
  { key: "similarity", label: "similarity", colour: "--muted", dash: [2, 4] },
  { key: "task", label: "task", colour: "--series-1" },
  { key: "pose_source", label: "orientation, source", colour: "--series-3" },
  { key: "pose_adapted", label: "orientation, adapted", colour: "--series-5", dash: [8, 4] },
  { key: "g_pose", label: "generator, orientation", colour: "--series-4", dash: [2, 4] },
  { key: "pose", label: "orientation", colour: "--series-3", dash: [8, 4] },
  { key: "task_target", label: "task, labelled target", colour: "--series-2", dash: [3, 3] },
  { key: "pose_target", label: "orientation, labelled target", colour: "--series-2", dash: [2, 4] },
];
