import { RequestError, Trainer } from "../client.js";
import type { Config, Configured, DataSource, EvalRecord, Evaluated, Progress, Ready, Samples, Stopped, TrainRecord } from "../protocol.js";
import { Benchmark } from "./bench.js";
import { Chart, accuracyLines, lossLines } from "./chart.js";
import { Confusion } from "./confusion.js";
import { ask } from "./confirm.js";
import { DataChooser, type Domain } from "./data.js";
import { byId, download } from "./dom.js";
import { namedSource, sourceName } from "./drop.js";
import { Figures, showAdapter } from "./figures.js";
import { ago, bytes, count, duration, percent, significant } from "./format.js";
import { Gallery } from "./gallery.js";
import { Keep, reason } from "./keep.js";
import { changes, fromHash, same, toHash, type Setup } from "./link.js";
import { Notices } from "./notices.js";
import { SettingsForm } from "./settings.js";
import { SelfTest } from "./verify.js";

/** What the page is about; buttons follow from it. */
type Phase = "loading" | "offering" | "configuring" | "ready" | "training" | "pausing" | "busy" | "failed";

const stages: Record<Progress["stage"], string> = {
  loading: "Loading", data: "Reading images", tuning: "Choosing the fastest kernels for this GPU", compiling: "Compiling shaders",
  baseline: "Training the source-only baseline", evaluating: "Measuring", verifying: "Checking", benchmarking: "Measuring this GPU", training: "Training",
};

/** The page: it passes on what a person wants, and shows what the trainer tells. */
export class App {
  private readonly notices = new Notices();
  private readonly figures = new Figures();
  private readonly confusion = new Confusion();
  private readonly accuracy = new Chart(byId("accuracy", HTMLDivElement), byId("accuracy-numbers", HTMLDetailsElement),
    accuracyLines, (v) => `${Math.round(100 * v)} %`, [0, 1], "Appears with the first measurement.");
  private readonly losses = new Chart(byId("losses", HTMLDivElement), byId("losses-numbers", HTMLDetailsElement),
    lossLines, (v) => significant(v), [0, null], "Appears with the first steps.");
  private readonly gallery = new Gallery({
    ask: (image, n, noise, neighbours) => this.redraw(image, n, noise, neighbours),
    picture: (png) => download("gallery.png", png, "image/png"),
  });
  private readonly trainer: Trainer;
  private readonly keep: Keep;
  private readonly selfTest: SelfTest;
  private readonly benchmark: Benchmark;
  private readonly train = byId("train", HTMLButtonElement);
  private readonly stepButton = byId("step", HTMLButtonElement);
  private readonly measure = byId("evaluate", HTMLButtonElement);
  private readonly bar = byId("bar", HTMLProgressElement);

  private phase: Phase = "loading";
  private ready: Ready | null = null;
  private form: SettingsForm | null = null;
  private data: DataChooser | null = null;
  private setup: Setup | null = null; // as edited
  private asked: Setup | null = null; // as configured last
  private sources: Record<Domain, DataSource> | null = null;
  private run: Configured | null = null;
  private step = 0;
  private eager = false; // train as soon as that is possible
  private refreshed = 0; // when samples were drawn last
  private going: Promise<void> = Promise.resolve(); // the training under way
  private hidden: { at: number; step: number } | null = null;

  constructor(workerURL: URL) {
    this.trainer = new Trainer(workerURL);
    this.selfTest = new SelfTest(this.trainer);
    this.benchmark = new Benchmark(this.trainer);
    this.keep = new Keep(this.trainer, {
      say: (text) => this.say(text), failed: (e) => this.fail(e), open: (file) => void this.open(file), samples: () => this.gallery.samples,
    });
    this.train.onclick = () => void this.toggle();
    this.stepButton.onclick = () => void this.once();
    this.measure.onclick = () => void this.request("Measuring", () => this.trainer.request({ type: "evaluate" }));
    byId("verify", HTMLButtonElement).onclick = () => void this.selfTest.run();
    byId("bench", HTMLButtonElement).onclick = () => void this.bench();
    byId("link", HTMLButtonElement).onclick = () => void this.copyLink();
    document.addEventListener("visibilitychange", () => this.visibility());
    addEventListener("hashchange", () => this.readLink());
    this.listen();
    this.enter("loading", "Loading");
  }

  private listen(): void {
    const t = this.trainer;
    t.on("ready", (r) => void this.begin(r));
    t.on("progress", (p) => this.progress(p));
    t.on("trained", (e) => this.trained(e.record));
    t.on("evaluated", (e) => this.evaluated(e));
    t.on("samples", (e) => this.show(e));
    t.on("baseline", (e) => this.baseline(e.accuracy));
    t.on("snapshot", (e) => {
      byId("kept", HTMLParagraphElement).textContent = `Kept in this browser at step ${count(e.step)} (${bytes(e.bytes)}); a reload offers to resume from there.`;
    });
    t.on("lost", (e) => this.notices.show("lost", "warning", `The GPU was lost: ${e.why}`,
      `Trying again in ${e.retry} s (attempt ${e.attempt}); training continues from the last snapshot.`));
    t.on("recovered", (e) => this.recovered(e.step));
    t.on("error", (e) => {
      if (e.code === "lost") this.notices.hide("lost");
      this.notices.error(e);
      if (e.fatal) this.enter("failed", e.what);
    });
  }

  // ------------------------------------------------------------- beginning

  private async begin(r: Ready): Promise<void> {
    this.ready = r;
    showAdapter(r.adapter);
    if (r.adapter.type === "cpu") {
      this.notices.show("cpu", "warning", "This browser computes on the processor, not on a GPU.",
        "Training works but is slow: stay with the scenario “small”. Turning on hardware acceleration in the browser’s settings helps where there is a GPU.");
    }
    this.form = new SettingsForm(r.presets, r.settings, {
      choose: (preset) => this.choose(preset),
      edit: (config) => this.edit(config),
      start: () => void this.anew(),
    });
    this.data = new DataChooser(this.trainer, r.sets, { choose: (domain, source, info) => this.chooseData(domain, source, info.classes.length) });
    this.readLink();
    if (r.snapshot) {
      const s = r.snapshot;
      this.enter("offering", "There is a run to resume");
      const actions = [
        { label: `Resume at step ${count(s.step)}`, primary: true, act: () => void this.restore() },
        { label: "Start a new run", act: () => void this.discard() },
      ];
      this.notices.show("snapshot", "info", `${s.source} → ${s.target} stopped at step ${count(s.step)} of ${count(s.config.iterations)}, ${ago(s.saved)}.`,
        "It continues exactly as if it had never stopped.", actions, false);
      return;
    }
    await this.configure();
  }

  private async restore(): Promise<void> {
    this.notices.hide("snapshot");
    await this.adopt("Resuming", () => this.trainer.request({ type: "restore" }));
    if (!this.run) await this.configure();
  }

  private async discard(): Promise<void> {
    this.notices.hide("snapshot");
    await this.request("Starting", () => this.trainer.request({ type: "discard" }));
    await this.configure();
  }

  /** Takes the set-up from the address. */
  private readLink(): void {
    const r = this.ready;
    if (!r) return;
    const { setup, refused } = fromHash(location.hash, r.presets, r.suggested, r.settings);
    if (refused.length > 0) this.notices.show("link", "warning", "The link to this page asks for something unknown.", refused.join(" "));
    this.sources = { source: this.named(setup.config.source, 0), target: this.named(setup.config.target, 1) };
    this.take(setup);
  }

  /** The source of a name; images that this page lacks are replaced by built-in ones. */
  private named(name: string, fallback: number): DataSource {
    const sets = this.ready?.sets ?? [];
    const source = namedSource(name);
    if (source.kind === "packed" || sets.some((s) => s.name === name)) return source;
    return { kind: "builtin", name: sets[Math.min(fallback, sets.length - 1)]?.name ?? name };
  }

  // --------------------------------------------------------------- set-up

  private take(setup: Setup): void {
    this.setup = setup;
    this.form?.show(setup.preset, setup.config);
    this.edited();
  }

  private choose(preset: string): void {
    const p = this.ready?.presets.find((p) => p.name === preset);
    if (!p || !this.sources) return;
    const config = structuredClone(p.config);
    if (this.run) config.model.classes = this.run.config.model.classes; // the images stay
    this.take({ preset, config: this.withSources(config) });
  }

  private edit(config: Config): void {
    if (!this.setup) return;
    this.setup = { ...this.setup, config };
    this.edited();
  }

  private edited(): void {
    if (!this.setup || !this.ready) return;
    // A set that only this visit has is no part of a link.
    const linkable = structuredClone(this.setup);
    const preset = this.ready.presets.find((p) => p.name === linkable.preset);
    for (const domain of ["source", "target"] as const) {
      if (this.sources?.[domain].kind === "files" && preset) linkable.config[domain] = preset.config[domain];
    }
    history.replaceState(null, "", toHash(linkable, this.ready.presets, this.ready.settings));
    this.form?.offer(this.run ? this.step > 0 && !same(this.setup, this.asked) : this.phase === "failed");
  }

  private withSources(config: Config): Config {
    if (!this.sources) return config;
    return { ...config, source: sourceName(this.sources.source), target: sourceName(this.sources.target) };
  }

  private chooseData(domain: Domain, source: DataSource, classes: number): void {
    if (!this.setup || !this.sources) return;
    this.sources = { ...this.sources, [domain]: source };
    const config = this.withSources(this.setup.config);
    if (domain === "source") config.model = { ...config.model, classes };
    this.take({ ...this.setup, config });
    void this.anew();
  }

  /** Starts a new run with the set-up as edited. */
  private async anew(): Promise<void> {
    if (this.step > 0 && !await ask("Start a new run?", `The present one, at step ${count(this.step)}, is lost unless you save its checkpoint first.`, "Start a new run")) return;
    if (this.phase === "training") await this.pause();
    await this.configure();
  }

  private async configure(): Promise<void> {
    const { ready: r, setup, sources } = this;
    const preset = r?.presets.find((p) => p.name === setup?.preset);
    if (!r || !setup || !sources || !preset) return;
    this.asked = structuredClone(setup);
    await this.adopt("Preparing the network", () => this.trainer.request({
      type: "configure", preset: setup.preset, changes: changes(setup.config, preset.config, r.settings), ...sources,
    }));
  }

  /** Takes over the run that a request makes. */
  private async adopt(what: string, make: () => Promise<Configured>): Promise<void> {
    this.enter("configuring", what);
    try {
      const run = await make();
      this.run = run;
      this.step = run.step;
      for (const solved of ["config", "data", "checkpoint", "memory", "limit"]) this.notices.hide(solved);
      this.begun(run);
    } catch (e) {
      this.fail(e);
      this.enter(this.run ? "ready" : "failed", this.run ? `Still at step ${count(this.step)}` : "There is no run: change the set-up");
      this.edited();
      return;
    }
    if (this.eager) {
      this.eager = false;
      void this.go();
    }
  }

  private begun(run: Configured): void {
    const sources = { source: namedSource(run.config.source), target: namedSource(run.config.target) };
    for (const domain of ["source", "target"] as const) {
      if (this.sources && sourceName(this.sources[domain]) === run.config[domain]) sources[domain] = this.sources[domain];
      this.data?.card(domain, sources[domain], run[domain]).catch((e: unknown) => this.fail(e));
    }
    this.sources = sources;
    if (this.setup) {
      this.setup = { ...this.setup, config: structuredClone(run.config) };
      this.asked = structuredClone(this.setup);
      this.form?.show(this.setup.preset, this.setup.config);
    }
    this.losses.clear();
    this.accuracy.clear();
    this.confusion.show(null);
    this.figures.begin(run);
    for (const record of run.history) {
      if (record.kind === "train") this.losses.add(record.step, record.loss);
      else this.plot(record);
    }
    this.edited();
    this.enter("ready", run.step === 0 ? "Ready to train" : `Ready to continue at step ${count(run.step)}`);
  }

  private async open(file: File): Promise<void> {
    if (this.step > 0 && !await ask("Open a checkpoint?", `The present run, at step ${count(this.step)}, is lost unless you save its checkpoint first.`, "Open")) return;
    if (this.phase === "training") await this.pause();
    const checkpoint = new Uint8Array(await file.arrayBuffer());
    await this.adopt(`Opening ${file.name}`, () => this.trainer.request({ type: "load", checkpoint }, [checkpoint.buffer]));
  }

  // -------------------------------------------------------------- training

  private async toggle(): Promise<void> {
    if (this.phase === "training") await this.pause();
    else if (this.phase === "configuring" || this.phase === "loading") {
      this.eager = !this.eager;
      this.paint();
    } else {
      if (this.step === 0 && !same(this.setup, this.asked)) await this.configure();
      await this.go();
    }
  }

  private go(): Promise<void> {
    if (this.phase === "ready") this.going = this.trainOn();
    return this.going;
  }

  private async trainOn(): Promise<void> {
    this.enter("training", "Training");
    try {
      this.stopped(await this.trainer.request({ type: "train" }));
    } catch (e) {
      this.fail(e);
      this.enter("ready", `Stopped at step ${count(this.step)}`);
    }
  }

  private async pause(): Promise<void> {
    this.enter("pausing", "Pausing after this step");
    try {
      await this.trainer.request({ type: "pause" });
    } catch (e) {
      this.fail(e);
    }
    await this.going;
  }

  private stopped(s: Stopped): void {
    this.step = s.step;
    this.figures.step(s.step);
    this.enter("ready", s.finished ? `Finished: ${count(s.step)} steps` : `Paused at step ${count(s.step)}`);
    void this.refresh();
  }

  private async once(): Promise<void> {
    await this.request("One step", () => this.trainer.request({ type: "step" }));
    await this.refresh();
  }

  /** Measures the GPU; training pauses for it. */
  private async bench(): Promise<void> {
    const training = this.phase === "training";
    this.benchmark.open(training ? "Pausing training …" : "Measuring …");
    if (training) await this.pause();
    if (this.phase !== "ready") return;
    this.enter("busy", stages.benchmarking);
    await this.benchmark.run();
    this.enter("ready", `At step ${count(this.step)}`);
    if (training && this.run && this.step < this.run.config.iterations) await this.go();
  }

  /** Serves a request that does not change the phase for good. */
  private async request<T>(what: string, make: () => Promise<T>): Promise<void> {
    const training = this.phase === "training";
    if (!training) this.enter("busy", what);
    try {
      await make();
      if (!training) this.enter("ready", `At step ${count(this.step)}`);
    } catch (e) {
      this.fail(e);
      if (!training) this.enter("ready", `${what}: did not work`);
    }
  }

  private recovered(step: number): void {
    this.losses.cut(step);
    this.accuracy.cut(step);
    this.step = step;
    this.notices.show("lost", "info", "The GPU is back.", `Training continues from step ${count(step)}.`);
  }

  // --------------------------------------------------------------- showing

  private trained(r: TrainRecord): void {
    this.step = Math.max(this.step, r.step); // a record may come after the step that follows it
    this.figures.step(this.step);
    this.figures.trained(r);
    this.losses.add(r.step, r.loss);
    if (this.phase === "training") {
      this.fill();
      document.title = `${this.done()} % PixelDA`;
      this.gallery.status(`Training: step ${count(r.step)}`);
      if (performance.now() > this.refreshed && !document.hidden) void this.refresh();
    }
    this.edited();
  }

  private evaluated(e: Evaluated): void {
    this.plot(e.record);
    this.confusion.show(e);
    const target = e.record.accuracy["target"];
    if (target !== undefined) this.announce(`Step ${count(e.record.step)}: target accuracy ${percent(target)}`);
  }

  private plot(r: EvalRecord): void {
    this.figures.evaluated(r);
    this.accuracy.add(r.step, { ...r.accuracy, baseline: this.run?.baseline ?? null });
  }

  private baseline(accuracy: number): void {
    if (this.run) this.run.baseline = accuracy;
    this.figures.baseline(accuracy);
    this.accuracy.add(this.step, { baseline: accuracy });
  }

  private show(samples: Samples): void {
    const run = this.run;
    this.gallery.show(samples, run ? `${run.config.source} → ${run.config.target}` : "");
  }

  /** Draws the samples anew; while training, for at most a twentieth of the time. */
  private async refresh(): Promise<void> {
    const began = performance.now();
    this.refreshed = Infinity;
    try {
      this.show(await this.trainer.request({ type: "samples", nearest: 1 }));
    } catch (e) {
      this.fail(e);
    }
    const took = performance.now() - began;
    this.refreshed = performance.now() + Math.max(5000, 20 * took);
  }

  private async redraw(image: number, n: number, noise: Float32Array, neighbours: number): Promise<Samples | null> {
    const shown = this.gallery.samples?.images[image];
    if (shown === undefined || !this.run) return null;
    try {
      return await this.trainer.request({
        type: "samples", images: [shown], nearest: neighbours,
        ...(n > 0 && noise.length > 0 ? { noise: { vectors: noise } } : {}),
      });
    } catch (e) {
      this.fail(e);
      return null;
    }
  }

  private progress(p: Progress): void {
    if (p.stage === "verifying" || p.stage === "training") return;
    if (this.phase === "loading" || this.phase === "configuring" || this.phase === "busy" || this.phase === "training") {
      const far = p.total > 0 ? ` ${count(p.done)} of ${count(p.total)}` : "";
      byId("status", HTMLParagraphElement).textContent = `${stages[p.stage]}${p.what ? `: ${p.what}` : ""}${far}`;
      if (this.phase === "training" && p.stage !== "baseline") return;
      if (p.total > 0) this.bar.value = p.done / p.total;
      else this.bar.removeAttribute("value");
    }
  }

  /** A new phase, with its words. */
  private enter(phase: Phase, text: string): void {
    this.phase = phase;
    this.say(text);
    this.gallery.status(text);
    document.title = phase === "training" ? `${this.done()} % PixelDA` : "PixelDA in your browser";
    this.paint();
  }

  private done(): number {
    return Math.floor((100 * this.step) / (this.run?.config.iterations ?? 1));
  }

  private paint(): void {
    const { phase } = this;
    const finished = this.run !== null && this.step >= this.run.config.iterations;
    const label = phase === "training" ? "Pause" : phase === "pausing" ? "Pausing" : this.eager ? "Starting" : this.step > 0 && !finished ? "Continue" : "Train";
    byId("train-label", HTMLSpanElement).textContent = label;
    this.train.classList.toggle("pause", phase === "training" || phase === "pausing");
    this.train.disabled = ["offering", "pausing", "busy", "failed"].includes(phase) || (phase === "ready" && finished);
    this.stepButton.disabled = phase !== "ready" || finished;
    this.measure.disabled = !(phase === "ready" || phase === "training");
    this.keep.enable(this.run !== null && phase !== "configuring" && phase !== "failed");
    byId("verify", HTMLButtonElement).disabled = !["ready", "offering"].includes(phase);
    byId("bench", HTMLButtonElement).disabled = !["ready", "training"].includes(phase);
    document.body.dataset["phase"] = phase;
    if (["loading", "configuring", "busy"].includes(phase)) this.bar.removeAttribute("value");
    else this.fill();
  }

  private fill(): void {
    this.bar.value = this.run ? this.step / this.run.config.iterations : 0;
  }

  /** Tells something in the status line and to screen readers. */
  private say(text: string): void {
    byId("status", HTMLParagraphElement).textContent = text;
    this.announce(text);
  }

  private announce(text: string): void {
    byId("live", HTMLParagraphElement).textContent = text;
  }

  private fail(e: unknown): void {
    if (e instanceof RequestError) this.notices.error(e.event);
    else this.notices.show("internal", "error", "Something in this page failed.", `${reason(e)}. Reload it; what was kept is offered again.`);
  }

  private async copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      this.say(this.sources?.source.kind === "files" || this.sources?.target.kind === "files"
        ? "Link copied; your own images are not part of it" : "Link copied");
    } catch {
      this.notices.show("link", "info", "The browser does not let this page copy.", "Take the address from the address bar: it holds the set-up.");
    }
  }

  /** After a while in the background, tells what happened in it. */
  private visibility(): void {
    if (document.hidden) {
      this.hidden = { at: Date.now(), step: this.step };
      return;
    }
    const away = this.hidden;
    this.hidden = null;
    if (!away || this.phase !== "training" || Date.now() - away.at < 30_000) return;
    const seconds = (Date.now() - away.at) / 1000, steps = this.step - away.step;
    this.notices.show("hidden", "info", `While this tab was hidden for ${duration(seconds)}, training went on for ${count(steps)} steps.`,
      "Some browsers slow hidden tabs down; a window of its own keeps full speed.");
    void this.refresh();
  }
}
