import type { ErrorEvent } from "../protocol.js";
import { byId, h } from "./dom.js";

interface Action {
  label: string;
  primary?: boolean;
  act(): void;
}

/** Messages that stay until they are dealt with, one a key. */
export class Notices {
  private readonly list = byId("notices", HTMLDivElement);
  private readonly shown = new Map<string, HTMLElement>();

  /** Shows a message in place of an earlier one of its key. */
  show(
    key: string,
    kind: "error" | "warning" | "info",
    title: string,
    text = "",
    actions: Action[] = [],
    closes = true,
  ): void {
    const notice = h(
      "div",
      { className: `notice ${kind}` },
      h("div", { className: "words" }, h("strong", { textContent: title }), text && h("p", { textContent: text })),
      h(
        "div",
        { className: "buttons" },
        ...actions.map((a) =>
          h("button", {
            type: "button",
            className: a.primary ? "primary" : "",
            textContent: a.label,
            onclick: () => a.act(),
          }),
        ),
      ),
    );
    notice.setAttribute("role", kind === "info" ? "status" : "alert");
    if (closes) {
      const close = h("button", {
        type: "button",
        className: "quiet close",
        textContent: "×",
        onclick: () => this.hide(key),
      });
      close.setAttribute("aria-label", "Dismiss");
      notice.append(close);
    }
    const old = this.shown.get(key);
    if (old) old.replaceWith(notice);
    else this.list.append(notice);
    this.shown.set(key, notice);
  }

  hide(key: string): void {
    this.shown.get(key)?.remove();
    this.shown.delete(key);
  }

  /** Shows an error of the trainer as it words it. */
  error(e: ErrorEvent): void {
    const actions: Action[] = e.fatal ? [{ label: "Reload", primary: true, act: () => location.reload() }] : [];
    const where = e.where ? ` (${e.where})` : "";
    this.show(e.code, "error", e.what, e.remedy + (e.code === "internal" ? where : ""), actions, !e.fatal);
  }
}
