// A drawing, redrawn live: what the generator makes of the canvas is shown as
// soon as it is ready, and other versions once the hand rests.
import { describe, fail, load, noiseOf, show, tell } from "./common.js";

const drawing = document.getElementById("drawing");
const brush = document.getElementById("brush");
const context = drawing.getContext("2d", { willReadFrequently: true });
const side = drawing.width;
const versions = 8;

let generator,
  noises = [],
  chosen = 0,
  dirty = true,
  busy = false,
  at,
  down = false;

function stroke(x, y) {
  const from = at ?? { x, y };
  context.strokeStyle = "#fff";
  context.lineWidth = brush.valueAsNumber;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(x, y);
  context.stroke();
  at = { x, y };
  changed();
}

function clear() {
  context.fillStyle = "#000";
  context.fillRect(0, 0, side, side);
  at = undefined;
  changed();
}

function changed() {
  dirty = true;
  if (generator && !busy) void redraw();
}

async function redraw() {
  busy = true;
  try {
    while (dirty) {
      dirty = false;
      const begin = performance.now();
      show(document.getElementById("result"), await generator.adapt(drawing, { noise: noises[chosen] }));
      const took = performance.now() - begin;
      await new Promise(requestAnimationFrame);
      if (dirty) continue; // the hand goes on
      const pictures = await generator.adapt(
        noises.map(() => drawing),
        { noise: noises },
      );
      pictures.forEach((picture, i) => show(variants[i].firstChild, picture));
      tell(describe(generator, took));
    }
  } catch (error) {
    fail(error);
  } finally {
    busy = false;
  }
}

const variants = Array.from({ length: versions }, (_, i) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(document.createElement("canvas"));
  button.setAttribute("aria-label", `Version ${i + 1}`);
  button.addEventListener("click", () => choose(i));
  return button;
});
document.getElementById("variants").append(...variants);

function choose(i) {
  chosen = i;
  variants.forEach((button, k) => button.setAttribute("aria-pressed", String(k === i)));
  changed();
}

function others() {
  noises = variants.map(() => noiseOf(generator));
  choose(0);
}

const place = (event) => {
  const box = drawing.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
};
drawing.addEventListener("pointerdown", (event) => {
  drawing.setPointerCapture(event.pointerId);
  at = undefined;
  down = true;
  stroke(...place(event));
});
drawing.addEventListener("pointermove", (event) => {
  if (event.buttons) for (const e of event.getCoalescedEvents?.() ?? [event]) stroke(...place(e));
});
drawing.addEventListener("pointerup", () => ((at = undefined), (down = false)));

const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
drawing.addEventListener("keydown", (event) => {
  const move = moves[event.key];
  if (!move && event.key !== " ") return;
  event.preventDefault();
  at ??= { x: side / 2, y: side / 2 };
  if (!move) {
    down = !down;
    tell(down ? "The brush is down." : "The brush is up.");
    if (down) stroke(at.x, at.y);
    return;
  }
  const [x, y] = [at.x, at.y].map((v, i) => Math.min(side, Math.max(0, v + move[i] * (side / 20))));
  if (down) stroke(x, y);
  else at = { x, y };
});

document.getElementById("clear").addEventListener("click", clear);
document.getElementById("again").addEventListener("click", others);

/** Buttons that put the bundle's examples on the canvas. */
function offerExamples() {
  const small = document.createElement("canvas");
  document.getElementById("examples").append(
    ...generator.examples.map((example, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = generator.classes[generator.exampleLabels[i]] ?? String(i + 1);
      button.setAttribute("aria-label", `Example ${button.textContent}`);
      button.addEventListener("click", () => {
        show(small, example);
        context.imageSmoothingQuality = "high";
        context.drawImage(small, 0, 0, side, side);
        at = undefined;
        changed();
      });
      return button;
    }),
  );
}

clear();
try {
  generator = await load();
  document.getElementById("domain").textContent = `${generator.trained.source} → ${generator.trained.target}`;
  document.getElementById("again").disabled = false;
  offerExamples();
  document.getElementById("examples").children[3 % generator.examples.length].click();
  others();
} catch (error) {
  fail(error);
}
