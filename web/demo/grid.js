// A grid: a column each example, a row each noise, all of them walking between two
// places as the slider moves.
import { describe, fail, load, noiseOf, show, tell } from "./common.js";

const slider = document.getElementById("noise");
const play = document.getElementById("play");
const again = document.getElementById("again");
const grid = document.getElementById("grid");

let generator,
  rows,
  cells,
  from,
  to,
  dirty = false,
  busy = false;

const mix = (a, b, t) => a.map((v, i) => v * (1 - t) + b[i] * t);

async function redraw() {
  dirty = true;
  if (busy) return;
  busy = true;
  try {
    while (dirty) {
      dirty = false;
      const noises = from.map((z, r) => mix(z, to[r], slider.valueAsNumber / 1000));
      const begin = performance.now();
      const pictures = await generator.adapt(
        noises.flatMap(() => generator.examples),
        { noise: noises.flatMap((z) => generator.examples.map(() => z)) },
      );
      pictures.forEach((picture, i) => show(cells[i], picture));
      tell(describe(generator, (performance.now() - begin) / pictures.length));
      await new Promise(requestAnimationFrame);
      if (play.ariaPressed === "true") step();
    }
  } catch (error) {
    fail(error);
  } finally {
    busy = false;
  }
}

/** Goes on with the walk; at its end, to a new place. */
function step() {
  const next = slider.valueAsNumber + 12;
  if (next > 1000) ((from = to), (to = from.map(() => noiseOf(generator))));
  slider.value = next > 1000 ? 0 : next;
  dirty = true;
}

function others() {
  from = Array.from({ length: rows }, () => noiseOf(generator));
  to = from.map(() => noiseOf(generator));
  void redraw();
}

slider.addEventListener("input", () => {
  play.ariaPressed = "false";
  void redraw();
});
play.addEventListener("click", () => {
  play.ariaPressed = String(play.ariaPressed !== "true");
  play.textContent = play.ariaPressed === "true" ? "Rest" : "Walk";
  if (play.ariaPressed === "true") void redraw();
});
again.addEventListener("click", others);

try {
  generator = await load({ batch: 16 });
  document.getElementById("domain").textContent = `${generator.trained.source} → ${generator.trained.target}`;
  rows = generator.software ? 3 : 5;
  grid.style.setProperty("--columns", generator.examples.length);
  const canvases = Array.from({ length: (rows + 1) * generator.examples.length }, () =>
    document.createElement("canvas"),
  );
  grid.append(...canvases);
  generator.examples.forEach((example, i) => show(canvases[i], example));
  cells = canvases.slice(generator.examples.length);
  for (const control of [slider, play, again]) control.disabled = false;
  others();
} catch (error) {
  fail(error);
}
