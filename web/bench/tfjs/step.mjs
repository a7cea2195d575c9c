// An iteration of PixelDA in TensorFlow.js: D and T are updated, then G, each with its own Adam.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { Discriminator, FROZEN, Generator, Task, TRAIN } from "./model.mjs";

const domainLoss = (logits, real) =>
  tf.losses.sigmoidCrossEntropy(real ? tf.onesLike(logits) : tf.zerosLike(logits), logits);

/** Clips a gradient by its own norm, as slim does. */
const clip = (gradient, norm) => tf.mul(gradient, tf.div(norm, tf.maximum(tf.sqrt(tf.sum(tf.square(gradient))), norm)));

// The learning rate first falls after 10,000 iterations: it is a constant here.
export class Training {
  constructor(c) {
    this.config = c;
    this.generator = new Generator(c);
    this.discriminator = new Discriminator(c);
    this.task = new Task(c);
    const adam = () => tf.train.adam(c.lr, c.adam_beta1, c.adam_beta2, c.adam_epsilon);
    this.gAdam = adam();
    this.dAdam = adam();
  }

  get networks() {
    return [this.generator, this.discriminator, this.task];
  }

  /** The losses [d_loss, task_source, task_adapted], a tensor to dispose of; `labels` are one-hot. */
  dStep({ source, labels, target, z }) {
    return tf.tidy(() => {
      const c = this.config;
      const adapted = this.generator.forward(source, z, FROZEN);
      return this.#update(
        this.dAdam,
        [...this.discriminator.trainable, ...this.task.trainable],
        [c.domain_weight, c.task_source_weight, c.task_adapted_weight],
        () => [
          // Two calls: each batch is normalised by its own statistics, and both enter the averages.
          tf.add(
            domainLoss(this.discriminator.forward(adapted, TRAIN), false),
            domainLoss(this.discriminator.forward(target, TRAIN), true),
          ),
          tf.losses.softmaxCrossEntropy(labels, this.task.forward(source, "source")),
          tf.losses.softmaxCrossEntropy(labels, this.task.forward(adapted, "adapted")),
        ],
      );
    });
  }

  /** The losses [g_adv, g_task], a tensor to dispose of. */
  gStep({ source, labels, z }) {
    return tf.tidy(() =>
      this.#update(
        this.gAdam,
        this.generator.trainable,
        [this.config.style_weight, this.config.task_in_g_weight],
        () => {
          const adapted = this.generator.forward(source, z, TRAIN);
          return [
            domainLoss(this.discriminator.forward(adapted, FROZEN), true),
            tf.losses.softmaxCrossEntropy(labels, this.task.forward(adapted, "adapted")),
          ];
        },
      ),
    );
  }

  #update(adam, variables, weights, forward) {
    let all;
    const { grads } = tf.variableGrads(() => {
      const losses = forward();
      all = tf.keep(tf.stack(losses));
      return tf.addN(losses.map((loss, i) => tf.mul(loss, weights[i])));
    }, variables);
    adam.applyGradients(
      Object.fromEntries(
        Object.entries(grads).map(([name, gradient]) => [name, clip(gradient, this.config.clip_norm)]),
      ),
    );
    return all;
  }

  dispose() {
    for (const part of [...this.networks, this.gAdam, this.dAdam]) part.dispose();
  }
}
