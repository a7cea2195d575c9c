import { advice, type Trainer } from "../client.js";
import type { Benched, KernelLine, Progress, StepCost } from "../protocol.js";
import { byId, download, h } from "./dom.js";
import { factLine } from "./figures.js";
import { bytes, count, giga, moment, percent } from "./format.js";

const stepNames: Record<string, string> = { d_step: "D step", g_step: "G step", iteration: "Iteration" };

/** How fast the GPU does a training step, and what bounds each kernel. */
export class Benchmark {
  private readonly dialog = byId("bench-dialog", HTMLDialogElement);
  private readonly status = byId("bench-status", HTMLParagraphElement);
  private readonly bar = byId("bench-bar", HTMLProgressElement);
  private readonly result = byId("bench-result", HTMLDivElement);
  private readonly save = byId("bench-save", HTMLButtonElement);
  private running = false;

  constructor(private readonly trainer: Trainer) {
    trainer.on("progress", (p) => this.progress(p));
    this.dialog.onclose = () => {
      // What ails the worker is told otherwise.
      if (this.running) this.trainer.request({ type: "stop" }).catch(() => undefined);
    };
  }

  /** Shows the dialog, before there is anything to show in it. */
  open(text: string): void {
    this.status.textContent = text;
    this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.result.replaceChildren();
    this.save.hidden = true;
    this.dialog.showModal();
  }

  /** Measures, unless the dialog has been closed; closing it ends that early. */
  async run(): Promise<void> {
    if (!this.dialog.open) return;
    this.running = true;
    this.status.textContent = "Measuring …";
    try {
      const measured = await this.trainer.request({ type: "bench" });
      if (measured) this.show(measured);
    } catch (e) {
      this.status.textContent = advice(e);
    }
    this.running = false;
    this.bar.hidden = true;
  }

  private progress(p: Progress): void {
    if (!this.running) return;
    if (p.stage === "compiling") {
      this.bar.value = p.done / p.total;
      return; // a screen reader would read out every one
    }
    this.bar.removeAttribute("value");
    const what = p.what.replace(/\w+_step/, (name) => stepNames[name] ?? name);
    this.status.textContent =
      p.stage === "tuning" ? `Choosing kernels: ${what} …` : `${what.charAt(0).toUpperCase()}${what.slice(1)} …`;
  }

  private show(b: Benched): void {
    const all = b.steps.at(-1);
    if (all) {
      this.status.textContent =
        `One iteration takes ${moment(all.time.wall)}: ${giga(rate(all))} GFLOP/s, ` +
        `${percent(rate(all) / b.peak.arithmetic.wall)} of what this GPU was seen to do at most.`;
    }
    this.result.replaceChildren(
      table(
        "Steps",
        ["Step", "Time", "GFLOP", "GFLOP/s", "of peak", "Dispatches", "Host time"],
        b.steps.map((s) => stepRow(s, b)),
      ),
      h(
        "dl",
        { className: "facts" },
        factLine("Multiply-adds, at most", `${giga(b.peak.arithmetic.wall)} GFLOP/s`),
        factLine("Copies, at most", `${giga(b.peak.copy.wall)} GB/s`),
        factLine("Held on the GPU for these steps", bytes(b.memory)),
      ),
      table("Kernels by kind", kernelTitles, b.kinds.map(kernelRow)),
      table("Slowest kernels", kernelTitles, b.slowest.map(kernelRow)),
      h("p", {
        className: "about",
        textContent:
          "GFLOP/s count the multiplies and adds of the direct algorithms, GB/s the least traffic. A kernel is bound " +
          "by arithmetic or by memory, whichever would take it longer at the GPU’s peak.",
      }),
      h("p", {
        className: "about",
        textContent:
          b.clock === "gpu"
            ? "Kernels were timed by the GPU’s clock, short ones many times in a row, since browsers may round it to " +
              "0.1 ms."
            : "This browser does not give the GPU’s clock (timestamp-query), so kernels were timed by the page’s, " +
              "each alone and many times in a row: times of short ones are rough.",
      }),
    );
    this.save.hidden = false;
    this.save.onclick = () => download(b.file.name, b.file.bytes, "application/json");
  }
}

const rate = (s: StepCost): number => s.flops / s.time.wall;

function stepRow(s: StepCost, { peak }: Benched): string[] {
  return [
    stepNames[s.name] ?? s.name,
    moment(s.time.wall),
    giga(s.flops),
    giga(rate(s)),
    percent(rate(s) / peak.arithmetic.wall),
    count(s.dispatches),
    moment(s.host),
  ];
}

const kernelTitles = ["Kernel", "Dispatches", "Time", "Share", "GFLOP/s", "of peak", "GB/s", "of copies", "Bound by"];

function kernelRow(k: KernelLine): string[] {
  return [
    k.name,
    count(k.dispatches),
    moment(k.seconds),
    percent(k.share),
    giga(k.flop_rate),
    percent(k.of_peak),
    giga(k.byte_rate),
    percent(k.of_copy),
    k.bound || "–",
  ];
}

/** A table that scrolls by itself where it is too wide, also by the keyboard. */
function table(title: string, columns: string[], rows: string[][]): HTMLElement {
  return h(
    "div",
    { className: "scroll", tabIndex: 0, role: "region", ariaLabel: title },
    h(
      "table",
      {},
      h("caption", { textContent: title }),
      h("thead", {}, h("tr", {}, ...columns.map((c) => h("th", { scope: "col", textContent: c })))),
      h(
        "tbody",
        {},
        ...rows.map(([name, ...cells]) =>
          h(
            "tr",
            {},
            h("th", { scope: "row", textContent: name ?? "" }),
            ...cells.map((c) => h("td", { textContent: c })),
          ),
        ),
      ),
    ),
  );
}
