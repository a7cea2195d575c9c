// What may be set, and what is.

/** A hyperparameter: what it is called, what it means, what it may be. */
export interface Setting {
  /** The name in `Config`, or in `Config.model` where `model` is true. */
  name: string;
  model: boolean;
  /** The heading that it belongs under: "Run", "Model", "Generator", … */
  group: string;
  /** One sentence for a person. */
  about: string;
  kind: "integer" | "number" | "boolean" | "choice" | "integers" | "names";
  /** The bounds of numbers; 0 for what is none. */
  min: number;
  max: number;
  choices?: string[];
}

/** A named configuration. `config` has a value for every setting. */
export interface Preset {
  name: string;
  config: Config;
}

/** Everything that a run depends on besides the device: recipe.Config. */
export interface Config {
  method: "pixelda" | "source-only" | "target-only" | "dann" | "mmd" | "dsn" | "cogan";
  source: string;
  target: string;
  seed: number;
  iterations: number;
  /** Iterations of the source-only baseline, trained before; 0 for none. */
  baseline: number;
  log_every: number;
  eval_every: number;
  sample_every: number;
  checkpoint_every: number;
  model: ModelConfig;
  [setting: string]: unknown;
}

export interface ModelConfig {
  size: number;
  source_channels: number;
  target_channels: number;
  classes: number;
  noise_dim: number;
  batch: number;
  [setting: string]: unknown;
}

/** Settings to change: those left out keep the preset's values. */
export type ConfigChanges = Partial<Omit<Config, "model">> & { model?: Partial<ModelConfig> };
