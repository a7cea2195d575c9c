import type { Samples } from "../protocol.js";

/** What the page tells the gallery's frame (package wasm/frame in Go). */
export type ToGallery =
  | { type: "samples"; samples: Samples; title: string }
  /** The answer to an `ask`. */
  | { type: "answer"; query: number; samples: Samples }
  | { type: "status"; text: string };

/** What the frame tells the page. */
export type FromGallery =
  /** It listens from now on. */
  | { type: "ready" }
  /** Draw sample `image` with `count` noise vectors, one after the other in `noise`. */
  | { type: "ask"; query: number; image: number; count: number; noise: Float32Array; neighbours: number }
  /** The keyboard's focus goes back to the page: on, or back. */
  | { type: "leave"; back?: boolean }
  /** A picture of the gallery, to be saved. */
  | { type: "picture"; png: Uint8Array }
  | { type: "failed"; why: string };
