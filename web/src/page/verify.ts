import { advice, type Trainer } from "../client.js";
import type { Progress, Verified } from "../protocol.js";
import { byId, h } from "./dom.js";
import { significant } from "./format.js";

/** The self-test: recorded training steps, replayed on this GPU. */
export class SelfTest {
  private readonly dialog = byId("verify-dialog", HTMLDialogElement);
  private readonly status = byId("verify-status", HTMLParagraphElement);
  private readonly bar = byId("verify-bar", HTMLProgressElement);
  private readonly table = byId("verify-table", HTMLDivElement);

  constructor(private readonly trainer: Trainer) {
    trainer.on("progress", (p) => this.progress(p));
  }

  async run(): Promise<void> {
    this.status.textContent = "Replaying recorded steps …";
    this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.table.replaceChildren();
    this.dialog.showModal();
    try {
      this.show(await this.trainer.request({ type: "verify" }));
    } catch (e) {
      this.status.textContent = advice(e);
    }
    this.bar.hidden = true;
  }

  private progress(p: Progress): void {
    if (p.stage !== "verifying" || !this.dialog.open) return;
    this.status.textContent = p.what || "Replaying recorded steps …";
    if (p.total > 0) this.bar.value = p.done / p.total;
  }

  private show(v: Verified): void {
    const failed = v.traces.filter((t) => !t.ok).length;
    this.status.textContent = v.ok
      ? "Yes: every error is within what rounding explains."
      : `No: ${failed} of ${v.traces.length} traces stray further than rounding explains. Update the GPU’s driver or ` +
        `the browser; results from this GPU are not to be trusted.`;
    this.table.replaceChildren(
      ...v.traces.map((t) =>
        h(
          "table",
          {},
          h("caption", { textContent: `${t.name}: ${t.ok ? "passed" : "failed"}` }),
          h(
            "thead",
            {},
            h("tr", {}, ...["Quantity", "Error", "Allowed", ""].map((c) => h("th", { scope: "col", textContent: c }))),
          ),
          h(
            "tbody",
            {},
            ...t.checks.map((c) => {
              const ok = c.error <= c.tolerance; // false for NaN
              return h(
                "tr",
                { className: ok ? "" : "problem" },
                h("th", { scope: "row", textContent: c.name }),
                h("td", { textContent: significant(c.error) }),
                h("td", { textContent: significant(c.tolerance) }),
                h("td", { textContent: ok ? "✓ within" : "✗ beyond" }),
              );
            }),
          ),
        ),
      ),
    );
  }
}
