import { RequestError, type Trainer } from "../client.js";
import type { DataInfo, DataPreview, DataSource } from "../protocol.js";
import { byId, h } from "./dom.js";
import { fromDrop, fromInput, sourceName } from "./drop.js";
import { count } from "./format.js";
import { paintImages } from "./pixels.js";

export type Domain = "source" | "target";

const roles: Record<Domain, { title: string; about: string }> = {
  source: { title: "Source", about: "labelled" },
  target: { title: "Target", about: "its labels only measure" },
};

/** The images of both domains: a card each, and a dialog to choose others and look at them first. */
export class DataChooser {
  private readonly dialog = byId("data-dialog", HTMLDialogElement);
  private readonly preview = byId("preview", HTMLDivElement);
  private readonly use = byId("use", HTMLButtonElement);
  private readonly packed = byId("packed", HTMLInputElement);
  private readonly drop = byId("drop", HTMLDivElement);
  private domain: Domain = "source";
  private candidate: { source: DataSource; info: DataInfo } | null = null;
  private asked = 0;

  constructor(
    private readonly trainer: Trainer,
    sets: { name: string; about: string }[],
    on: { choose(domain: Domain, source: DataSource, info: DataInfo): void },
  ) {
    byId("builtin", HTMLFieldSetElement).append(
      ...sets.map((s) => {
        const radio = h("input", {
          type: "radio",
          name: "set",
          value: s.name,
          onchange: () => void this.look({ kind: "builtin", name: s.name }),
        });
        return h(
          "label",
          { className: "check" },
          radio,
          h(
            "span",
            {},
            h("strong", { textContent: s.name }),
            " ",
            h("span", { className: "about", textContent: s.about }),
          ),
        );
      }),
    );
    for (const domain of ["source", "target"] as const) {
      const card = byId(domain, HTMLButtonElement);
      card.onclick = () => this.open(domain);
      this.takeDrops(card, (source) => {
        this.open(domain);
        void this.look(source);
      });
    }
    this.takeDrops(this.drop, (source) => void this.look(source));
    for (const [button, input] of [
      ["pick-files", "files"],
      ["pick-folder", "folder"],
    ] as const) {
      const chooser = byId(input, HTMLInputElement);
      byId(button, HTMLButtonElement).onclick = () => chooser.click();
      chooser.onchange = () => {
        if (chooser.files?.length) void this.look(fromInput(chooser.files));
        chooser.value = "";
      };
    }
    const openPacked = () =>
      this.packed.value.trim() && void this.look({ kind: "packed", url: this.packed.value.trim() });
    byId("open-packed", HTMLButtonElement).onclick = openPacked;
    this.packed.onkeydown = (e) => {
      if (e.key !== "Enter") return;
      e.preventDefault();
      openPacked();
    };
    this.use.onclick = () => {
      if (!this.candidate) return;
      this.dialog.close();
      on.choose(this.domain, this.candidate.source, this.candidate.info);
    };
    // A file dropped beside the places for it must not replace the page.
    addEventListener("dragover", (e) => e.preventDefault());
    addEventListener("drop", (e) => e.preventDefault());
  }

  private takeDrops(place: HTMLElement, take: (source: DataSource) => void): void {
    place.addEventListener("dragover", (e) => {
      e.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (e) => {
      e.preventDefault();
      place.classList.remove("over");
      if (e.dataTransfer) void fromDrop(e.dataTransfer).then(take);
    });
  }

  private open(domain: Domain): void {
    this.domain = domain;
    const { title } = roles[domain];
    byId("data-dialog-title", HTMLHeadingElement).textContent = `${title} images`;
    byId("drop-about", HTMLParagraphElement).textContent =
      domain === "source"
        ? "Each class in a folder of its own. A tenth is kept for tests, unless there are folders train and test."
        : "Folders of classes are optional: with them the page can measure. Images may also lie side by side.";
    for (const radio of this.dialog.querySelectorAll<HTMLInputElement>("input[name=set]")) radio.checked = false;
    this.offer(null);
    this.preview.replaceChildren();
    if (!this.dialog.open) this.dialog.showModal();
  }

  private offer(candidate: { source: DataSource; info: DataInfo } | null): void {
    this.candidate = candidate;
    this.use.disabled = candidate === null;
  }

  /** Opens a data set and shows what is in it. */
  private async look(source: DataSource): Promise<void> {
    const asked = ++this.asked;
    this.offer(null);
    if (source.kind === "files" && source.files.length === 0) {
      this.preview.replaceChildren(h("p", { className: "problem", textContent: "There are no files in it." }));
      return;
    }
    this.preview.replaceChildren(h("p", { className: "about", textContent: `Reading ${sourceName(source)} …` }));
    try {
      const found = await this.trainer.request({ type: "preview", data: source, count: 24 });
      if (asked !== this.asked) return;
      this.show(found);
      const problem = this.problem(found.data);
      if (problem) this.preview.append(h("p", { className: "problem", textContent: problem }));
      else this.offer({ source, info: found.data });
    } catch (e) {
      if (asked !== this.asked) return;
      const { where, what, remedy } = e instanceof RequestError ? e.event : { where: "", what: String(e), remedy: "" };
      this.preview.replaceChildren(
        h("p", { className: "problem", role: "alert", textContent: `${where && `${where}: `}${what} ${remedy}` }),
      );
    }
  }

  /** What makes images unfit for their role. */
  private problem(data: DataInfo): string {
    if (this.domain === "source" && data.classes.length < 2) {
      return "The source needs labels: put the images of each class into a folder of its own.";
    }
    return "";
  }

  private show(p: DataPreview): void {
    const canvas = h("canvas", { className: "pixels" });
    const columns = 8;
    paintImages(canvas, p.images, columns, Math.max(1, Math.round(56 / p.images.width)), 3);
    canvas.setAttribute("role", "img");
    canvas.setAttribute(
      "aria-label",
      p.labels.length > 0
        ? `${p.images.count} images of the classes ${p.labels.map((l) => p.data.classes[l]).join(", ")}`
        : `${p.images.count} images`,
    );
    this.preview.replaceChildren(
      canvas,
      h("p", { textContent: facts(p.data) }),
      h("p", {
        className: "about",
        textContent:
          p.data.classes.length > 0
            ? `${p.data.classes.length} classes: ` +
              `${p.data.classes.slice(0, 24).join(", ")}${p.data.classes.length > 24 ? " …" : ""}`
            : "No labels.",
      }),
    );
  }

  /** Shows on its card what a domain holds, with a few images of it. */
  async card(domain: Domain, source: DataSource, info: DataInfo): Promise<void> {
    const { title, about } = roles[domain];
    const card = byId(domain, HTMLButtonElement);
    const canvas = h("canvas", { className: "pixels", width: 62, height: 62 });
    canvas.setAttribute("aria-hidden", "true");
    card.replaceChildren(
      canvas,
      h(
        "span",
        { className: "words" },
        h("span", { className: "role", textContent: `${title}, ${about}` }),
        h("strong", { textContent: sourceName(source) }),
        h("span", {
          className: "about",
          textContent: `${count(info.train)} images, ${info.width} × ${info.height}, ${colours(info)}`,
        }),
      ),
    );
    const { images } = await this.trainer.request({ type: "preview", data: source, count: 4 });
    paintImages(canvas, images, 2, Math.max(1, Math.floor(30 / images.width)), 2);
  }
}

function facts(d: DataInfo): string {
  return (
    `${count(d.train)} to train, ${count(d.valid)} to validate and ${count(d.test)} to test, ${d.width} × ` +
    `${d.height}, ${colours(d)}.`
  );
}

const colours = ({ channels }: DataInfo): string =>
  ({ 1: "grey", 3: "colour", 4: "colour and depth" })[channels] ?? `${channels} channels`;
