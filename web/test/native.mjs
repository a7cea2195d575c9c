// The native side of the tests: the same Go core on the machine's own adapter.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./harness.mjs";

/** Every part of the model, and little to do. */
export const tiny = {
  seed: 3,
  iterations: 24,
  baseline: 0,
  log_every: 4,
  eval_every: 100,
  sample_every: 100,
  eval_images: 0,
  model: { size: 8, batch: 4, g_blocks: 1, g_filters: 4, d_filters: 4, tower_filters: [4, 8], tower_units: 16 },
};

export class Native {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "pixelda-native-"));
    this.binary = join(this.dir, "reference");
    execFileSync("go", ["build", "-o", this.binary, "./wasm/reference"], { cwd: root, stdio: "inherit" });
    execFileSync(this.binary, ["data", this.dir], { stdio: "inherit" });
  }

  /** The files that the page fetches as its data sets. */
  get sets() {
    return {
      "/source.pxds": readFileSync(join(this.dir, "source.pxds")),
      "/target.pxds": readFileSync(join(this.dir, "target.pxds")),
    };
  }

  /** Trains on the packed sets, or those of the configuration; returns the records and the checkpoint at the end. */
  train(config, until, from, data = this.dir) {
    const path = (name) => join(this.dir, name);
    writeFileSync(path("config.json"), JSON.stringify(config));
    const args = [
      "train",
      "-config",
      path("config.json"),
      "-data",
      data,
      "-until",
      String(until),
      "-to",
      path("to.safetensors"),
    ];
    if (from) {
      writeFileSync(path("from.safetensors"), from);
      args.push("-from", path("from.safetensors"));
    }
    const lines = execFileSync(this.binary, args, { encoding: "utf8" }).trim().split("\n");
    return { records: lines.map((line) => JSON.parse(line)), checkpoint: readFileSync(path("to.safetensors")) };
  }

  /** What the command pixelda-wgpu prints; it fails as the command does. */
  command(...args) {
    if (!this.program) {
      this.program = join(this.dir, "pixelda-wgpu");
      execFileSync("go", ["build", "-o", this.program, "./native/pixelda-wgpu"], { cwd: root, stdio: "inherit" });
    }
    return execFileSync(this.program, args, { encoding: "utf8" });
  }

  close() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
