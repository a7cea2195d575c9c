import type { Evaluated } from "../protocol.js";
import { byId, h } from "./dom.js";
import { count, degrees, percent } from "./format.js";

/** What the classifier takes the test images of a domain for. */
export class Confusion {
  private readonly place = byId("confusion", HTMLDivElement);
  private readonly domain = byId("confusion-domain", HTMLSelectElement);
  private latest: Evaluated | null = null;

  constructor() {
    this.domain.onchange = () => this.draw();
    this.show(null);
  }

  show(evaluated: Evaluated | null): void {
    this.latest = evaluated;
    const domains = Object.keys(evaluated?.confusion ?? {});
    const order = ["target", "adapted", "source"];
    domains.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    const chosen = domains.includes(this.domain.value) ? this.domain.value : domains[0];
    this.domain.replaceChildren(
      ...domains.map((d) => h("option", { value: d, textContent: d, selected: d === chosen })),
    );
    if (this.domain.parentElement) this.domain.parentElement.hidden = domains.length === 0;
    this.draw();
  }

  private draw(): void {
    const rows = this.latest?.confusion[this.domain.value];
    const classes = this.latest?.classes ?? [];
    const all = rows?.flat().reduce((a, b) => a + b, 0) ?? 0;
    if (!rows || !this.latest || all === 0) {
      this.place.replaceChildren(
        h("p", {
          className: "about",
          textContent: rows
            ? "These images have no labels to compare with."
            : "Appears with the first measurement; Measure takes one now.",
        }),
      );
      return;
    }
    const accuracy = this.latest.record.accuracy[this.domain.value];
    const angle = this.latest.record.angle?.[this.domain.value];
    const turned = angle
      ? ` Their orientation is ${degrees(angle.exact)} off on average, ${degrees(angle.coded)} as the paper measures ` +
        `it.`
      : "";
    this.place.replaceChildren(
      h("p", {
        className: "about",
        id: "confusion-about",
        textContent:
          `${count(all)} images at step ${count(this.latest.record.step)}, ${percent(accuracy)} ` +
          `right.${turned} A row for each label; columns say what they were taken for.`,
      }),
    );
    const named = classes.some((c) => c.length > 3); // upright, or the columns would be as wide as the names
    const table = h(
      "table",
      { className: named ? "matrix named" : "matrix" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col", textContent: "label" }),
          ...classes.map((c) => h("th", { scope: "col", textContent: c })),
        ),
      ),
      h(
        "tbody",
        {},
        ...rows.map((row, i) => {
          const total = row.reduce((a, b) => a + b, 0);
          return h(
            "tr",
            {},
            h("th", { scope: "row", textContent: classes[i] ?? String(i) }),
            ...row.map((n, k) => {
              const cell = h("td", { textContent: n === 0 ? "" : count(n), className: k === i ? "right" : "wrong" });
              cell.style.setProperty("--share", String(total === 0 ? 0 : n / total));
              if (total > 0) cell.title = `${classes[i]} taken for ${classes[k]}: ${percent(n / total)}`;
              return cell;
            }),
          );
        }),
      ),
    );
    table.setAttribute("aria-describedby", "confusion-about");
    this.place.append(h("div", { className: "scroll" }, table));
  }
}
