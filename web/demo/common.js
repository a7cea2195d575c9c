import { Generator } from "../embed/pixelda.js";

const status = document.getElementById("status");
const trouble = document.getElementById("trouble");

export function tell(text) {
  status.textContent = text;
}

/** Shows what went wrong and what one can do about it. */
export function fail(error) {
  trouble.hidden = false;
  trouble.querySelector("p").textContent = `${error.message} ${error.remedy ?? ""}`;
  tell("");
}

/** Loads the demos' generator, the address's ?src= or the one beside them. */
export async function load(options) {
  const src = new URLSearchParams(location.search).get("src") ?? "digits.pxda";
  const generator = await Generator.load(src, {
    ...options,
    onProgress({ phase, done, total }) {
      if (phase === "compile") tell(`Preparing the GPU: ${done} of ${total} shaders`);
      else tell(`Loading ${Math.round(done / 1000)} KB${total ? ` of ${Math.round(total / 1000)}` : ""}`);
    },
  });
  addEventListener("pagehide", (event) => event.persisted || generator.dispose());
  return generator;
}

/** Random noise for a generator. */
export const noiseOf = (generator) => Float32Array.from({ length: generator.noiseDim }, () => 2 * Math.random() - 1);

/** Draws a picture on a canvas of its size. */
export function show(canvas, picture) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** What a page is about, from the bundle. */
export function describe(generator, milliseconds) {
  const per = milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds);
  return `${per} ms an image${generator.software ? ", on the CPU: this browser found no GPU" : ""}`;
}
