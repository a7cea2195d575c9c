// Images that the networks make.
import type { Images } from "./data.js";

/** Pixels of one request; image k of each list belongs together. */
export interface Samples {
  step: number;
  /** As asked for, one an image shown. */
  images: number[];
  labels: number[];
  classes: string[];
  source: Images;
  adapted: Images;
  /** The noise of each, `noise_dim` floats one after the other. */
  noise: Float32Array;
  /** Logits of the adapted images: `classes.length` floats each. */
  logits: Float32Array;
  /** `nearest` target images for each, the nearest first; empty if none asked. */
  nearest: Images;
}
