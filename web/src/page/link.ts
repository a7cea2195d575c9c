import type { Config, ConfigChanges, Preset, Setting } from "../protocol.js";

/** What a link reproduces: a preset, and what differs from it. */
export interface Setup {
  preset: string;
  config: Config;
}

/** The value of a setting. */
export function valueOf(config: Config, s: Setting): unknown {
  return s.model ? config.model[s.name] : config[s.name];
}

/** A copy of a configuration with one setting changed. */
export function withValue(config: Config, s: Setting, value: unknown): Config {
  return s.model ? { ...config, model: { ...config.model, [s.name]: value } } : { ...config, [s.name]: value };
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What of a configuration differs from a preset. */
export function changes(config: Config, preset: Config, settings: Setting[]): ConfigChanges {
  const changed: ConfigChanges = {};
  for (const s of settings) {
    const value = valueOf(config, s);
    if (same(value, valueOf(preset, s))) continue;
    if (s.model) changed.model = { ...changed.model, [s.name]: value };
    else Object.assign(changed, { [s.name]: value });
  }
  return changed;
}

/** The hash of a link: #preset=small&seed=3&batch=8. Sets of a person's own files are left out. */
export function toHash(setup: Setup, presets: Preset[], settings: Setting[]): string {
  const preset = presets.find((p) => p.name === setup.preset);
  const hash = new URLSearchParams({ preset: setup.preset });
  if (!preset) return `#${hash}`;
  for (const domain of ["source", "target"] as const) {
    if (setup.config[domain] !== preset.config[domain]) hash.set(domain, setup.config[domain]);
  }
  for (const s of settings) {
    const value = valueOf(setup.config, s);
    if (!same(value, valueOf(preset.config, s))) hash.set(s.name, show(value));
  }
  return `#${hash}`;
}

/** Reads a hash; what is unknown or impossible is told in `refused`. */
export function fromHash(
  hash: string,
  presets: Preset[],
  suggested: string,
  settings: Setting[],
): { setup: Setup; refused: string[] } {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const refused: string[] = [];
  let preset = presets.find((p) => p.name === (given.get("preset") ?? suggested));
  if (!preset) {
    refused.push(`There is no scenario “${given.get("preset")}”.`);
    preset = presets.find((p) => p.name === suggested) ?? presets[0];
  }
  if (!preset) throw new Error("the trainer knows no presets");
  let config = structuredClone(preset.config);
  for (const [name, text] of given) {
    if (name === "preset") continue;
    if (name === "source" || name === "target") {
      config[name] = text;
      continue;
    }
    const s = settings.find((s) => s.name === name);
    const value = s && parse(s, text);
    if (!s || value === undefined)
      refused.push(
        s ? `“${text}” is no value of ${label(s.name)}, which takes ${wanted(s)}.` : `There is no setting “${name}”.`,
      );
    else config = withValue(config, s, value);
  }
  return { setup: { preset: preset.name, config }, refused };
}

/** A value as a field and a link show it. */
export function show(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The value of a text, or undefined where it is none of the setting's. */
export function parse(s: Setting, text: string): unknown {
  const fits = (v: number) => Number.isFinite(v) && v >= (s.min ?? -Infinity) && v <= (s.max ?? Infinity);
  const number = text.trim() === "" ? NaN : Number(text);
  switch (s.kind) {
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "choice":
      return s.choices?.includes(text) ? text : undefined;
    case "integer":
      return Number.isSafeInteger(number) && fits(number) ? number : undefined;
    case "number":
      return fits(number) ? number : undefined;
    case "integers": {
      const all = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
      return all.every((v) => Number.isInteger(v) && fits(v)) ? all : undefined;
    }
    case "names":
      return text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
  }
}

/** What a setting takes, in words. */
export function wanted(s: Setting): string {
  const range = s.min !== undefined && s.max !== undefined ? ` from ${s.min} to ${s.max}` : "";
  switch (s.kind) {
    case "boolean":
      return "true or false";
    case "choice":
      return (s.choices ?? []).join(" or ");
    case "integer":
      return `a whole number${range}`;
    case "number":
      return `a number${range}`;
    case "integers":
      return `whole numbers${range}, parted by commas`;
    case "names":
      return "names, parted by commas";
  }
}

/** A setting's name for people. */
export function label(name: string): string {
  const words: Record<string, string> = {
    lr: "learning rate",
    lr_decay: "learning rate decay",
    lr_decay_steps: "learning rate decay steps",
    d_steps: "D steps",
    g_steps: "G steps",
    g_blocks: "blocks",
    g_filters: "filters",
    g_residuals: "residuals",
    g_head_kernel: "head kernel",
    d_filters: "filters",
    d_final_size: "final size",
    d_input_noise: "input noise",
    tower_filters: "filters",
    tower_units: "units",
    tower_dropout_keep: "dropout keep",
    task_tower: "network",
    bn_epsilon: "epsilon",
    bn_decay: "decay",
    init_std: "initial deviation",
    noise_std: "noise deviation",
    noise_dim: "noise dimensions",
    clip_norm: "gradient clip",
    adam_beta1: "Adam β₁",
    adam_beta2: "Adam β₂",
    adam_epsilon: "Adam ε",
    task_in_g_weight: "task weight in G",
  };
  const text = words[name] ?? name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
