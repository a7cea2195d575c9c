import { RequestError, Trainer } from "../client.js";
import type { Configured, Evaluated, Ready, Samples, Stopped, TrainRecord } from "../protocol.js";
import { Benchmark } from "./bench.js";
import { Board } from "./board.js";
import { ask } from "./confirm.js";
import { Controls, stages, type Phase, type State } from "./controls.js";
import { byId, download } from "./dom.js";
import { Draft } from "./draft.js";
import { showAdapter } from "./figures.js";
import { ago, bytes, count, duration, percent } from "./format.js";
import { Gallery } from "./gallery.js";
import { Keep, reason } from "./keep.js";
import { Notices } from "./notices.js";
import { SelfTest } from "./verify.js";

/** The page: it passes on what a person wants, and shows what the trainer tells. */
export class App {
  private readonly notices = new Notices();
  private readonly board = new Board();
  private readonly gallery = new Gallery({
    ask: (image, n, noise, neighbours) => this.redraw(image, n, noise, neighbours),
    picture: (png) => download("gallery.png", png, "image/png"),
  });
  private readonly trainer: Trainer;
  private readonly keep: Keep;
  private readonly selfTest: SelfTest;
  private readonly benchmark: Benchmark;
  private readonly controls: Controls;

  private phase: Phase = "loading";
  private draft: Draft | null = null; // once the trainer is ready
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
      say: (text) => this.controls.say(text),
      failed: (e) => this.fail(e),
      open: (file) => void this.open(file),
      samples: () => this.gallery.samples,
    });
    this.controls = new Controls({
      train: () => this.toggle(),
      step: () => this.once(),
      verify: () => this.selfTest.run(),
      bench: () => this.bench(),
      link: () => this.copyLink(),
      measure: () => this.request("Measuring", () => this.trainer.request({ type: "evaluate" })),
    });
    document.addEventListener("visibilitychange", () => this.visibility());
    addEventListener("hashchange", () => this.draft?.readLink());
    this.listen();
    this.enter("loading", "Loading");
  }

  private listen(): void {
    const t = this.trainer;
    t.on("ready", (r) => void this.begin(r));
    t.on("progress", (p) => this.controls.progress(p, this.phase));
    t.on("trained", (e) => this.trained(e.record));
    t.on("evaluated", (e) => this.evaluated(e));
    t.on("samples", (e) => this.show(e));
    t.on("baseline", (e) => this.board.baseline(e.accuracy, this.step));
    t.on("snapshot", (e) => {
      byId("kept", HTMLParagraphElement).textContent =
        `Kept in this browser at step ${count(e.step)} (${bytes(e.bytes)}); a reload offers to resume from there.`;
    });
    t.on("lost", (e) =>
      this.notices.show(
        "lost",
        "warning",
        `The GPU was lost: ${e.why}`,
        `Trying again in ${e.retry} s (attempt ${e.attempt}); training continues from the last snapshot.`,
      ),
    );
    t.on("recovered", (e) => this.recovered(e.step));
    t.on("error", (e) => {
      if (e.code === "lost") this.notices.hide("lost");
      this.notices.error(e);
      if (e.fatal) this.enter("failed", e.what);
    });
  }

  // ------------------------------------------------------------- beginning

  private async begin(r: Ready): Promise<void> {
    showAdapter(r.adapter);
    if (r.adapter.type === "cpu") {
      this.notices.show(
        "cpu",
        "warning",
        "This browser computes on the processor, not on a GPU.",
        "Training works but is slow: stay with the scenario “small”. Turning on hardware acceleration in the " +
          "browser’s settings helps where there is a GPU.",
      );
    }
    this.draft = new Draft(this.trainer, r, {
      start: () => void this.anew(),
      edited: () => this.offer(),
      failed: (e) => this.fail(e),
      refused: (why) => this.notices.show("link", "warning", "The link to this page asks for something unknown.", why),
    });
    if (r.snapshot) {
      const s = r.snapshot;
      this.enter("offering", "There is a run to resume");
      const actions = [
        { label: `Resume at step ${count(s.step)}`, primary: true, act: () => void this.restore() },
        { label: "Start a new run", act: () => void this.discard() },
      ];
      this.notices.show(
        "snapshot",
        "info",
        `${s.source} → ${s.target} stopped at step ${count(s.step)} of ${count(s.config.iterations)}, ${ago(s.saved)}.`,
        "It continues exactly as if it had never stopped.",
        actions,
        false,
      );
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

  /** Starts a new run with the set-up as edited. */
  private async anew(): Promise<void> {
    if (!(await this.mayReplace("Start a new run?", "one", "Start a new run"))) return;
    if (this.phase === "training") await this.pause();
    await this.configure();
  }

  /** Asks before another run takes the place of this one, called "one" or "run", if it has begun. */
  private async mayReplace(question: string, it: string, answer: string): Promise<boolean> {
    const warning = `The present ${it}, at step ${count(this.step)}, is lost unless you save its checkpoint first.`;
    return this.step === 0 || (await ask(question, warning, answer));
  }

  private async configure(): Promise<void> {
    const request = this.draft?.ask();
    if (request) await this.adopt("Preparing the network", () => this.trainer.request(request));
  }

  /** Offers a new run where there is none, or the set-up is no longer that of the run. */
  private offer(): void {
    this.draft?.offer(this.run ? this.step > 0 && this.draft.differs : this.phase === "failed");
  }

  /** Takes over the run that a request makes. */
  private async adopt(what: string, make: () => Promise<Configured>): Promise<void> {
    this.enter("configuring", what);
    try {
      const run = await make();
      this.run = run;
      this.step = run.step;
      for (const solved of ["config", "data", "checkpoint", "memory", "limit"]) this.notices.hide(solved);
      if (run.inexact)
        this.notices.show(
          "inexact",
          "info",
          "The run goes on, but not exactly as if it had never stopped.",
          run.inexact,
        );
      else this.notices.hide("inexact");
      this.draft?.adopt(run);
      this.board.begin(run);
      this.enter("ready", run.step === 0 ? "Ready to train" : `Ready to continue at step ${count(run.step)}`);
    } catch (e) {
      this.fail(e);
      this.enter(
        this.run ? "ready" : "failed",
        this.run ? `Still at step ${count(this.step)}` : "There is no run: change the set-up",
      );
      this.offer();
      return;
    }
    if (this.eager) {
      this.eager = false;
      void this.go();
    }
  }

  private async open(file: File): Promise<void> {
    if (!(await this.mayReplace("Open a checkpoint?", "run", "Open"))) return;
    if (this.phase === "training") await this.pause();
    const checkpoint = new Uint8Array(await file.arrayBuffer());
    await this.adopt(`Opening ${file.name}`, () =>
      this.trainer.request({ type: "load", checkpoint }, [checkpoint.buffer]),
    );
  }

  // -------------------------------------------------------------- training

  private async toggle(): Promise<void> {
    if (this.phase === "training") await this.pause();
    else if (this.phase === "configuring" || this.phase === "loading") {
      this.eager = !this.eager;
      this.controls.paint(this.state);
    } else {
      if (this.step === 0 && this.draft?.differs) await this.configure();
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
    this.board.step(s.step);
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
    this.board.cut(step);
    this.step = step;
    this.notices.show("lost", "info", "The GPU is back.", `Training continues from step ${count(step)}.`);
  }

  // --------------------------------------------------------------- showing

  private trained(r: TrainRecord): void {
    this.step = Math.max(this.step, r.step); // a record may come after the step that follows it
    this.board.step(this.step);
    this.board.trained(r);
    if (this.phase === "training") {
      this.controls.fill(this.state);
      this.controls.title(this.state);
      this.gallery.status(`Training: step ${count(r.step)}`);
      if (performance.now() > this.refreshed && !document.hidden) void this.refresh();
    }
    this.offer();
  }

  private evaluated(e: Evaluated): void {
    this.board.evaluated(e);
    const target = e.record.accuracy["target"];
    if (target !== undefined)
      this.controls.announce(`Step ${count(e.record.step)}: target accuracy ${percent(target)}`);
  }

  private show(samples: Samples): void {
    const run = this.run;
    this.gallery.show(samples, run ? `${run.config.source} → ${run.config.target}` : "");
  }

  /** Draws the samples anew; while training, for at most a twentieth of the time. */
  private async refresh(): Promise<void> {
    if (this.run?.config.method !== "pixelda") return; // others make no images
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
        type: "samples",
        images: [shown],
        nearest: neighbours,
        ...(n > 0 && noise.length > 0 ? { noise: { vectors: noise } } : {}),
      });
    } catch (e) {
      this.fail(e);
      return null;
    }
  }

  /** A new phase, with its words. */
  private enter(phase: Phase, text: string): void {
    this.phase = phase;
    this.controls.say(text);
    this.controls.paint(this.state);
    this.keep.enable(this.run !== null && phase !== "configuring" && phase !== "failed");
    this.gallery.status(text);
  }

  private get state(): State {
    return { phase: this.phase, eager: this.eager, step: this.step, iterations: this.run?.config.iterations ?? 0 };
  }

  private fail(e: unknown): void {
    if (e instanceof RequestError) this.notices.error(e.event);
    else
      this.notices.show(
        "internal",
        "error",
        "Something in this page failed.",
        `${reason(e)}. Reload it; what was kept is offered again.`,
      );
  }

  private async copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      this.controls.say(this.draft?.own ? "Link copied; your own images are not part of it" : "Link copied");
    } catch {
      this.notices.show(
        "link",
        "info",
        "The browser does not let this page copy.",
        "Take the address from the address bar: it holds the set-up.",
      );
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
    const seconds = (Date.now() - away.at) / 1000,
      steps = this.step - away.step;
    this.notices.show(
      "hidden",
      "info",
      `While this tab was hidden for ${duration(seconds)}, training went on for ${count(steps)} steps.`,
      "Some browsers slow hidden tabs down; a window of its own keeps full speed.",
    );
    void this.refresh();
  }
}
