import type { Config, Preset, Setting } from "../protocol.js";
import { byId, h } from "./dom.js";
import { label, parse, same, show, valueOf, wanted, withValue } from "./link.js";

/** Settings that are worth changing first; the others are in a fold. */
const basic = ["method", "seed", "iterations", "batch", "lr"];

const scenarios: Record<string, string> = {
  small: "Built-in digits and a narrow model: minutes on any GPU.",
  "mnist-mnistm": "The paper’s model for MNIST to MNIST-M: hours on a good GPU.",
  "mnist-usps": "The paper’s model for MNIST to USPS, in grey.",
  linemod: "The paper’s model for LineMod: class and orientation of objects, colour and depth. Days on a good GPU.",
  "linemod-masked": "The same, with the content of the object kept.",
  "linemod-small": "Built-in objects with orientation, colour and depth, and a narrow model: tens of minutes.",
};

/** The form of all hyperparameters. It edits a draft; the run keeps its own. */
export class SettingsForm {
  private readonly form = byId("settings", HTMLFormElement);
  private readonly preset = byId("preset", HTMLSelectElement);
  private readonly reset = byId("reset", HTMLButtonElement);
  private readonly apply = byId("apply", HTMLDivElement);
  private fields: {
    setting: Setting;
    input: HTMLInputElement | HTMLSelectElement;
    row: HTMLElement;
    undo: HTMLButtonElement;
  }[] = [];
  private base: Config | null = null;
  private draft: Config | null = null;

  constructor(
    private readonly presets: Preset[],
    private readonly settings: Setting[],
    private readonly on: { choose(preset: string): void; edit(config: Config): void; start(): void },
  ) {
    this.preset.replaceChildren(...presets.map((p) => h("option", { value: p.name, textContent: p.name })));
    this.preset.onchange = () => on.choose(this.preset.value);
    this.reset.onclick = () => on.choose(this.preset.value);
    this.form.onsubmit = (e) => {
      e.preventDefault();
      on.start();
    };
    this.build();
  }

  private build(): void {
    const groups = new Map<string, HTMLElement>();
    for (const setting of this.settings) {
      const row = this.field(setting);
      if (basic.includes(setting.name)) continue;
      let group = groups.get(setting.group);
      if (!group) {
        group = h("fieldset", {}, h("legend", { textContent: setting.group }));
        groups.set(setting.group, group);
      }
      group.append(row);
    }
    byId("basic", HTMLDivElement).replaceChildren(
      ...basic.flatMap((name) => this.fields.filter((f) => f.setting.name === name).map((f) => f.row)),
    );
    byId("groups", HTMLDivElement).replaceChildren(...groups.values());
  }

  private field(setting: Setting): HTMLElement {
    const id = `set-${setting.name}`;
    const about = h("p", { className: "about", id: `${id}-about`, textContent: setting.about });
    const input =
      setting.kind === "choice"
        ? h("select", {}, ...(setting.choices ?? []).map((c) => h("option", { value: c, textContent: c })))
        : h(
            "input",
            setting.kind === "boolean"
              ? { type: "checkbox" }
              : {
                  type: "text",
                  inputMode: setting.kind === "integers" || setting.kind === "names" ? "text" : "decimal",
                  spellcheck: false,
                },
          );
    input.id = id;
    input.setAttribute("aria-describedby", about.id);
    const undo = h("button", { type: "button", className: "quiet undo", textContent: "↺", hidden: true });
    undo.setAttribute("aria-label", `Reset ${label(setting.name)}`);
    undo.onclick = () => {
      if (this.base) this.change(setting, valueOf(this.base, setting));
      input.focus();
    };
    const name = h("label", { htmlFor: id, textContent: label(setting.name) });
    const row = h(
      "div",
      { className: `field ${setting.kind}` },
      h("div", { className: "row" }, name, undo, input),
      about,
    );
    input.oninput = () => this.read(setting, input);
    this.fields.push({ setting, input, row, undo });
    return row;
  }

  /** Takes a field's value into the draft, if it is one. */
  private read(setting: Setting, input: HTMLInputElement | HTMLSelectElement): void {
    const text = input instanceof HTMLInputElement && input.type === "checkbox" ? String(input.checked) : input.value;
    const value = parse(setting, text);
    input.setCustomValidity(value === undefined ? `Please give ${wanted(setting)}.` : "");
    input.setAttribute("aria-invalid", String(value === undefined));
    if (value === undefined) {
      input.reportValidity();
      return;
    }
    this.change(setting, value, input);
  }

  private change(setting: Setting, value: unknown, typing?: HTMLElement): void {
    if (!this.draft) return;
    this.draft = withValue(this.draft, setting, value);
    this.paint(typing);
    this.on.edit(this.draft);
  }

  /** Shows a draft, beside the preset that it came from. */
  show(preset: string, draft: Config): void {
    this.preset.value = preset;
    byId("preset-about", HTMLParagraphElement).textContent = scenarios[preset] ?? "";
    this.base = this.presets.find((p) => p.name === preset)?.config ?? draft;
    this.draft = draft;
    this.paint();
  }

  /** Offers to start anew, where the draft differs from the run. */
  offer(differs: boolean): void {
    this.apply.hidden = !differs;
  }

  private paint(typing?: HTMLElement): void {
    if (!this.draft || !this.base) return;
    let changed = false;
    for (const { setting, input, row, undo } of this.fields) {
      const value = valueOf(this.draft, setting);
      const differs = !same(value, valueOf(this.base, setting));
      changed ||= differs;
      row.classList.toggle("changed", differs);
      undo.hidden = !differs;
      if (input === typing) continue;
      if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = value === true;
      else input.value = show(value);
      input.setCustomValidity("");
      input.setAttribute("aria-invalid", "false");
    }
    this.reset.hidden = !changed;
  }
}
