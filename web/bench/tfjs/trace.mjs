// Replays a recorded step of the PyTorch reference: is this the same model, and the same step?
import * as tf from "@tensorflow/tfjs-core";
import { Training } from "./step.mjs";

const lossTolerance = 1e-4; // of each loss, relative
// Of all changes of a step together, by their norm: 3e-6 in 32-bit floats, more
// where Adam turns the rounding of a tiny gradient into a whole step.
const changeTolerance = 1e-3;

/** The tensors of a safetensors file by name, { shape, data }, and its metadata. */
function parse(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 8, length)),
  );
  const arrays = { F32: Float32Array, F64: Float64Array, I32: Int32Array };
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => [name, { shape, data: new arrays[dtype](buffer.slice(8 + length + from, 8 + length + to)) }],
  );
  return { metadata, tensors: Object.fromEntries(tensors) };
}

/** What a file holds channels first, with channels last; `maps` tells the channels that a layer flattens. */
function channelsLast({ shape, data }, channels) {
  return tf.tidy(() => {
    const x = tf.tensor(data, shape);
    if (shape.length !== 2) return x;
    const [outputs, inputs] = shape;
    const maps = tf.transpose(tf.reshape(x, [outputs, channels, inputs / channels]), [0, 2, 1]);
    return tf.transpose(tf.reshape(maps, shape));
  });
}

const kernel = ({ shape, data }) => tf.tidy(() => tf.transpose(tf.tensor(data, shape), [2, 3, 1, 0]));
const images = ({ shape, data }) => tf.tidy(() => tf.transpose(tf.tensor(data, shape), [0, 2, 3, 1]));

/** Fails where the step strays from the trace. */
export async function check(url, defaults) {
  const { metadata, tensors } = parse(await (await fetch(url)).arrayBuffer());
  const c = { ...defaults, ...JSON.parse(metadata.config) };
  // The first step of Adam as TensorFlow has it: epsilon beside sqrt(v), not beside its corrected form.
  c.adam_epsilon /= Math.sqrt(1 - c.adam_beta2);
  const training = new Training(c);
  const channels = {
    "discriminator.fc.weight": c.d_filters * 2 ** training.discriminator.layers.length,
    "task.shared.fc1.weight": c.tower_filters[1],
  };
  const variables = training.networks.flatMap((network) => network.variables);
  const recorded = (set, { name, rank }) => {
    const held = tensors[`${set}.${name}`];
    return rank === 4 ? kernel(held) : channelsLast(held, channels[name] ?? 1);
  };
  for (const variable of variables) variable.assign(recorded("init", variable));

  const input = (step, name) => tensors[`step0.${step}_${name}`];
  const inputs = (step) => ({
    source: images(input(step, "source")),
    z: tf.tensor(input(step, "z").data, input(step, "z").shape),
    labels: tf.cast(tf.oneHot(tf.tensor1d(input(step, "labels").data, "int32"), c.classes), "float32"),
  });
  const losses = [
    ...(await training.dStep({ ...inputs("d"), target: images(input("d", "target")) }).data()),
    ...(await training.gStep(inputs("g")).data()),
  ];
  for (const [i, name] of ["d_loss", "task_source", "task_adapted", "g_adv", "g_task"].entries()) {
    const want = tensors[`step0.${name}`].data[0];
    if (!(Math.abs(losses[i] - want) <= lossTolerance * Math.abs(want)))
      throw new Error(`${name} is ${losses[i]}, in the trace ${want}`);
  }
  let [error, change] = [0, 0];
  for (const variable of variables) {
    const want = recorded("step0.after", variable);
    const distance = async (other) => (await tf.tidy(() => tf.sum(tf.squaredDifference(other, want))).data())[0];
    error += await distance(variable);
    change += await distance(recorded("init", variable));
  }
  const relative = Math.sqrt(error / change);
  if (!(relative <= changeTolerance)) throw new Error(`a step strays by ${relative} of its length from the trace`);
  training.dispose();
  return relative;
}
