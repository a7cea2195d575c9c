// PixelDA's three networks in TensorFlow.js: channels last, fused where TensorFlow.js
// can, variables under the names of a checkpoint.
import * as tf from "@tensorflow/tfjs-core";

// How a forward pass treats batch normalisation, which always takes the batch's own statistics.
export const TRAIN = "train"; // they enter the moving averages
export const FROZEN = "frozen"; // they do not

const initialStd = 0.02;
const leakySlope = 0.2;
const decay = 0.9;
const epsilon = 1e-3;

/** The layers and variables of one network. */
class Network {
  trainable = [];
  statistics = [];
  #constants = [];

  constructor(name) {
    this.name = name;
  }

  get variables() {
    return [...this.trainable, ...this.statistics];
  }

  get parameters() {
    return this.trainable.reduce((sum, variable) => sum + variable.size, 0);
  }

  dispose() {
    tf.dispose([...this.variables, ...this.#constants]);
  }

  #variable(name, value, trainable = true) {
    const variable = tf.variable(value, trainable, `${this.name}.${name}`);
    value.dispose();
    (trainable ? this.trainable : this.statistics).push(variable);
    return variable;
  }

  #weight(name, shape) {
    return this.#variable(`${name}.weight`, tf.randomNormal(shape, 0, initialStd));
  }

  #bias(name, channels) {
    return this.#variable(`${name}.bias`, tf.zeros([channels]));
  }

  conv(name, inputs, outputs, kernel, { strides = 1, bias = true, activation = "linear" } = {}) {
    const options = {
      filter: this.#weight(name, [kernel, kernel, inputs, outputs]),
      strides,
      pad: "same",
      activation,
      bias: bias ? this.#bias(name, outputs) : undefined,
      leakyreluAlpha: leakySlope,
    };
    return (x) => tf.fused.conv2d({ x, ...options });
  }

  dense(name, inputs, outputs, { bias = true, activation = "linear" } = {}) {
    const options = {
      b: this.#weight(name, [inputs, outputs]),
      activation,
      bias: bias ? this.#bias(name, outputs) : undefined,
    };
    return (a) => tf.fused.matMul({ a, ...options });
  }

  /** Batch normalisation with an offset but no scale. */
  norm(name, channels) {
    const offset = this.#bias(name, channels);
    const mean = this.#variable(`${name}.running_mean`, tf.zeros([channels]), false);
    const variance = this.#variable(`${name}.running_var`, tf.ones([channels]), false);
    const scale = tf.keep(tf.ones([channels])); // without one, the gradient of tf.batchNorm fails
    this.#constants.push(scale);
    const average = (variable, value) => variable.assign(tf.add(tf.mul(variable, decay), tf.mul(value, 1 - decay)));
    return (x, mode) => {
      const batch = tf.moments(
        x,
        x.shape.slice(1).map((_, axis) => axis),
      );
      if (mode === TRAIN) {
        average(mean, batch.mean);
        average(variance, batch.variance);
      }
      return tf.batchNorm(x, batch.mean, batch.variance, offset, scale, epsilon);
    };
  }
}

export class Generator extends Network {
  constructor(c) {
    super("generator");
    const filters = c.g_filters;
    this.size = c.size;
    this.noise = this.dense("noise.fc", c.noise_dim, c.size ** 2, { bias: false });
    this.noiseNorm = this.norm("noise.bn", c.size ** 2);
    this.stem = this.conv("stem", c.source_channels + 1, filters, 3, { activation: "relu" });
    this.blocks = Array.from({ length: c.g_blocks }, (_, i) => ({
      conv1: this.conv(`blocks.${i}.conv1`, filters, filters, 3, { bias: false }),
      norm1: this.norm(`blocks.${i}.bn1`, filters),
      conv2: this.conv(`blocks.${i}.conv2`, filters, filters, 3, { bias: false }),
      norm2: this.norm(`blocks.${i}.bn2`, filters),
    }));
    this.head = this.conv("head", filters, c.target_channels, 1);
  }

  /** Source images [B, S, S, C] and noise [B, N] to target images in (-1, 1). */
  forward(source, z, mode) {
    const noise = tf.reshape(tf.relu(this.noiseNorm(this.noise(z), mode)), [-1, this.size, this.size, 1]);
    let x = this.stem(tf.concat([source, noise], 3));
    for (const { conv1, norm1, conv2, norm2 } of this.blocks) {
      x = tf.add(x, norm2(conv2(tf.relu(norm1(conv1(x), mode))), mode));
    }
    return tf.tanh(this.head(x));
  }
}

export class Discriminator extends Network {
  constructor(c) {
    super("discriminator");
    let [size, filters] = [c.size, c.d_filters];
    Object.assign(this, { noise: c.noise_std, keep: c.dropout_keep, layers: [] });
    this.first = this.conv("conv1", c.target_channels, filters, 3);
    for (let i = 2; size > 4; i++) {
      this.layers.push({
        conv: this.conv(`conv${i}`, filters, 2 * filters, 3, { strides: 2, bias: false }),
        norm: this.norm(`bn${i}`, 2 * filters),
      });
      [size, filters] = [Math.ceil(size / 2), 2 * filters];
    }
    this.last = this.dense("fc", filters * size ** 2, 1);
  }

  /** Dropout, then Gaussian noise, behind each layer. */
  corrupt(x) {
    if (this.keep < 1) x = tf.dropout(x, 1 - this.keep);
    return this.noise > 0 ? tf.add(x, tf.randomNormal(x.shape, 0, this.noise)) : x;
  }

  /** One logit an image, [B]: high for target, low for adapted. */
  forward(images, mode) {
    let x = this.corrupt(tf.leakyRelu(this.first(images), leakySlope));
    for (const { conv, norm } of this.layers) x = this.corrupt(tf.leakyRelu(norm(conv(x), mode), leakySlope));
    return tf.reshape(this.last(tf.reshape(x, [x.shape[0], -1])), [-1]);
  }
}

/** The classifier: a private first layer for each domain, all others shared. */
export class Task extends Network {
  constructor(c) {
    super("task");
    const [first, second] = c.tower_filters;
    this.source = this.conv("source.conv1", c.source_channels, first, 5, { activation: "relu" });
    this.adapted = this.conv("adapted.conv1", c.target_channels, first, 5, { activation: "relu" });
    this.conv2 = this.conv("shared.conv2", first, second, 5, { activation: "relu" });
    this.dense1 = this.dense("shared.fc1", second * Math.ceil(c.size / 4) ** 2, c.tower_units, { activation: "relu" });
    this.dense2 = this.dense("shared.fc2", c.tower_units, c.tower_units, { activation: "relu" });
    this.dense3 = this.dense("shared.fc3", c.tower_units, c.classes);
  }

  /** Logits [B, classes]; `domain` is "source" or "adapted". */
  forward(images, domain) {
    const pool = (x) => tf.maxPool(x, 2, 2, "same");
    const x = pool(this.conv2(pool(this[domain](images))));
    return this.dense3(this.dense2(this.dense1(tf.reshape(x, [x.shape[0], -1]))));
  }
}
