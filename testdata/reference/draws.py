"""Draws the numbers of traces: initial states and images."""

import numpy as np


def draw_state(model, rng):
    """A state in which every tensor matters: weights that keep signals O(1) at any width, and
    biases and moving statistics away from 0 and 1."""
    state = {}
    for name, tensor in model.state_dict().items():
        shape = tuple(tensor.shape)
        if name.endswith("weight"):
            value = rng.normal(0, np.prod(shape[1:]) ** -0.5, shape)
        elif name.endswith("running_var"):
            value = rng.uniform(0.5, 1.5, shape)
        else:
            value = rng.normal(0, 0.1, shape)
        state[name] = value.astype(np.float32)
    return state


def draw_images(rng, batch, channels, size):
    """Textured images [B, C, S, S] of 256 levels in [-1, 1]: a smooth shape each, and noise,
    since in a flat image the pixels of a pooling window would tie. The fourth channel is a depth, far
    about an object in the middle."""
    y, x = np.mgrid[0:size, 0:size] / size
    a, b, c, d = rng.uniform(-4, 4, (4, batch, channels, 1, 1))
    smooth = np.sin(a * x + b * y + c) * np.cos(d * x * y)
    levels = np.clip(127.5 + 90 * smooth + rng.normal(0, 20, smooth.shape), 0, 255).astype(np.uint8)
    if channels == 4:
        levels[:, 3][:, (2 * x - 1) ** 2 + (2 * y - 1) ** 2 > 0.6] = 255
    return levels.astype(np.float32) / np.float32(127.5) - np.float32(1)
