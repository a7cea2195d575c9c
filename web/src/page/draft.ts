import type { Trainer } from "../client.js";
import type { Config, Configure, Configured, DataSource, Ready } from "../protocol.js";
import { DataChooser, type Domain } from "./data.js";
import { namedSource, sourceName } from "./drop.js";
import { changes, fromHash, same, toHash, type Setup } from "./link.js";
import { SettingsForm } from "./settings.js";

export interface DraftHost {
  /** Starts a new run with the set-up as edited. */
  start(): void;
  edited(): void;
  /** Tells what in a link is unknown or impossible. */
  refused(why: string): void;
  failed(e: unknown): void;
}

/** The set-up as it is edited: the form, the images and the address, which say the same. */
export class Draft {
  private readonly form: SettingsForm;
  private readonly data: DataChooser;
  private setup: Setup;
  private asked: Setup | null = null; // as configured last
  private sources: Record<Domain, DataSource>;
  private classes: number | null = null; // of the run's images

  constructor(
    trainer: Trainer,
    private readonly ready: Ready,
    private readonly host: DraftHost,
  ) {
    this.form = new SettingsForm(ready.presets, ready.settings, {
      choose: (preset) => this.choose(preset),
      edit: (config) => this.edit(config),
      start: () => host.start(),
    });
    this.data = new DataChooser(trainer, ready.sets, {
      choose: (domain, source, info) => this.chooseData(domain, source, info.classes.length),
    });
    ({ setup: this.setup, sources: this.sources } = this.linked());
    this.take(this.setup);
  }

  /** Takes the set-up from the address. */
  readLink(): void {
    const { setup, sources } = this.linked();
    this.sources = sources;
    this.take(setup);
  }

  /** Whether it is another set-up than was asked for. */
  get differs(): boolean {
    return !same(this.setup, this.asked);
  }

  /** Images that only this visit has are part of it. */
  get own(): boolean {
    return this.sources.source.kind === "files" || this.sources.target.kind === "files";
  }

  /** Offers to start anew, or does not. */
  offer(anew: boolean): void {
    this.form.offer(anew);
  }

  /** The request for a run with it. */
  ask(): Configure | null {
    const { setup, sources, ready } = this;
    const preset = ready.presets.find((p) => p.name === setup.preset);
    if (!preset) return null;
    this.asked = structuredClone(setup);
    return {
      type: "configure",
      preset: setup.preset,
      changes: changes(setup.config, preset.config, ready.settings),
      ...sources,
    };
  }

  /** Shows what a run is of. */
  adopt(run: Configured): void {
    const sources = { source: namedSource(run.config.source), target: namedSource(run.config.target) };
    for (const domain of ["source", "target"] as const) {
      if (sourceName(this.sources[domain]) === run.config[domain]) sources[domain] = this.sources[domain];
      this.data.card(domain, sources[domain], run[domain]).catch((e: unknown) => this.host.failed(e));
    }
    this.sources = sources;
    this.classes = run.config.model.classes;
    const setup = { ...this.setup, config: structuredClone(run.config) };
    this.asked = structuredClone(setup);
    this.take(setup);
  }

  private linked(): { setup: Setup; sources: Record<Domain, DataSource> } {
    const { setup, refused } = fromHash(location.hash, this.ready.presets, this.ready.suggested, this.ready.settings);
    if (refused.length > 0) this.host.refused(refused.join(" "));
    return {
      setup,
      sources: { source: this.named(setup.config.source, 0), target: this.named(setup.config.target, 1) },
    };
  }

  /** The source of a name; images that this page lacks are replaced by built-in ones. */
  private named(name: string, fallback: number): DataSource {
    const { sets } = this.ready;
    const source = namedSource(name);
    if (source.kind === "packed" || sets.some((s) => s.name === name)) return source;
    return { kind: "builtin", name: sets[Math.min(fallback, sets.length - 1)]?.name ?? name };
  }

  private take(setup: Setup): void {
    this.setup = setup;
    this.form.show(setup.preset, setup.config);
    this.edited();
  }

  private choose(preset: string): void {
    const p = this.ready.presets.find((p) => p.name === preset);
    if (!p) return;
    const config = structuredClone(p.config);
    if (this.classes !== null) config.model.classes = this.classes; // the images stay
    this.take({ preset, config: this.withSources(config) });
  }

  private edit(config: Config): void {
    this.setup = { ...this.setup, config };
    this.edited();
  }

  private edited(): void {
    // A set that only this visit has is no part of a link.
    const linkable = structuredClone(this.setup);
    const preset = this.ready.presets.find((p) => p.name === linkable.preset);
    for (const domain of ["source", "target"] as const) {
      if (this.sources[domain].kind === "files" && preset) linkable.config[domain] = preset.config[domain];
    }
    history.replaceState(null, "", toHash(linkable, this.ready.presets, this.ready.settings));
    this.host.edited();
  }

  private withSources(config: Config): Config {
    return { ...config, source: sourceName(this.sources.source), target: sourceName(this.sources.target) };
  }

  private chooseData(domain: Domain, source: DataSource, classes: number): void {
    this.sources = { ...this.sources, [domain]: source };
    const config = this.withSources(this.setup.config);
    if (domain === "source") config.model = { ...config.model, classes };
    this.take({ ...this.setup, config });
    this.host.start();
  }
}
