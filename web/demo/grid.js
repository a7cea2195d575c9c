// A grid: a row each example, a column each noise, all of them walking between
// two places as the slider moves.
import { describe, fail, load, noiseOf, show, tell } from "./common.js";

const slider = document.getElementById("noise");
const play = document.getElementById("play");
const again = document.getElementById("again");
const grid = document.getElementById("grid");

let generator, columns, cells, from, to, dirty = false, busy = false;

const mix = (a, b, t) => a.map((v, i) => v * (1 - t) + b[i] * t);

async function redraw() {
  dirty = true;
  if (busy) return;
  busy = true;
  try {
    while (dirty) {
      dirty = false;
      const noises = from.map((z, c) => mix(z, to[c], slider.valueAsNumber / 1000));
      const begin = performance.now();
      const pictures = await generator.adapt(
        generator.examples.flatMap((example) => noises.map(() => example)),
        { noise: generator.examples.flatMap(() => noises) },
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
  if (next > 1000) from = to, to = from.map(() => noiseOf(generator));
  slider.value = next > 1000 ? 0 : next;
  dirty = true;
}

function others() {
  from = Array.from({ length: columns }, () => noiseOf(generator));
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
  columns = generator.software ? 3 : 7;
  document.querySelector("main").style.setProperty("--columns", columns + 1);
  cells = [];
  for (const example of generator.examples) {
    for (let c = 0; c <= columns; c++) {
      const canvas = document.createElement("canvas");
      grid.append(canvas);
      if (c > 0) cells.push(canvas);
      else show(canvas, example), canvas.className = "source";
    }
  }
  for (const control of [slider, play, again]) control.disabled = false;
  others();
} catch (error) {
  fail(error);
}
