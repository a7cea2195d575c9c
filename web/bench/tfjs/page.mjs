// The side of tfjs.mjs in the page; a backend is bundled beside it.
import * as tf from "@tensorflow/tfjs-core";
import { Training } from "./step.mjs";

export { check } from "./trace.mjs";

let training;
let failure; // rejects once the GPU fails, where TensorFlow.js would wait for ever or go on

/** Starts the backend; resolves to the name of its adapter. */
export async function open(backend) {
  if (!tf.findBackendFactory(backend)) throw new Error(`the browser has no ${backend}`);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its ${backend} backend here`);
  await tf.ready();
  const { device, adapterInfo, gpgpu } = tf.backend();
  const gl = gpgpu?.gl;
  failure = new Promise((_, reject) => {
    gl?.canvas.addEventListener("webglcontextlost", () => reject(new Error("the WebGL context was lost")));
    device?.lost.then(({ message }) => reject(new Error(`the device was lost: ${message}`)));
    device?.addEventListener("uncapturederror", ({ error }) => reject(new Error(error.message)));
  });
  failure.catch(() => {}); // heard by who waits for an iteration
  if (device) return [adapterInfo.vendor, adapterInfo.architecture].filter(Boolean).join(" ");
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
}

/** Builds the networks; their numbers of parameters. */
export function build(config) {
  training = new Training(config);
  return Object.fromEntries(training.networks.map(({ name, parameters }) => [name, parameters]));
}

/** Images as a page that trains would upload them. */
function batch(c, channels) {
  const shape = [c.batch, c.size, c.size, channels];
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * Math.random() - 1),
    shape,
  );
}

const inputs = (c) => ({
  source: batch(c, c.source_channels),
  target: batch(c, c.target_channels),
  z: tf.randomUniform([c.batch, c.noise_dim], -1, 1),
  labels: tf.cast(tf.oneHot(tf.randomUniform([c.batch], 0, c.classes, "int32"), c.classes), "float32"),
});

/** One iteration: its losses, the milliseconds it took, and how many of them JavaScript did. */
export async function iterate() {
  const began = performance.now();
  const pending = tf.tidy(() => [training.dStep(inputs(training.config)), training.gStep(inputs(training.config))]);
  const script = performance.now() - began;
  const read = await Promise.race([failure, Promise.all(pending.map((tensor) => tensor.data()))]);
  tf.dispose(pending);
  return { losses: read.flatMap((values) => [...values]), script, milliseconds: performance.now() - began };
}

/** Bytes between two iterations: of tensors, and what the backend holds on the GPU, its pools included. */
export function memory() {
  const held = tf.memory();
  return {
    tensors: held.numTensors,
    tensorBytes: held.numBytes,
    gpuBytes: held.numBytesAllocatedInGPU ?? held.numBytesInGPUAllocated,
  };
}
