/**
 * Trained PixelDA generators in any page or worker: `Generator`, and where there
 * is a document the element `<pixelda-generator>`.
 */
import { GeneratorElement } from "./element.js";

export { PlayerError, type ErrorCode } from "../player/index.js";
export { Generator, type AdaptOptions, type LoadOptions, type Progress } from "./generator.js";
export { GeneratorElement, type GeneratorEventMap } from "./element.js";
export { drawNoise } from "./noise.js";
export type { ImageSource } from "./pixels.js";

if (globalThis.customElements && !customElements.get("pixelda-generator")) {
  customElements.define("pixelda-generator", GeneratorElement);
}

declare global {
  interface HTMLElementTagNameMap {
    "pixelda-generator": GeneratorElement;
  }
}
