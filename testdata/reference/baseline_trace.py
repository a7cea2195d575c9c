"""What a trace of a baseline holds: its inputs, and its expected values in a given precision."""

import numpy as np
import torch

import baselines
from draws import draw_images, draw_state


class BaselineTrace:
    def __init__(self, method, config, adaptation, steps, rng):
        self.method, self.config, self.adaptation, self.steps = method, config, adaptation, steps
        self.state = draw_state(self.model(), rng)
        c = config

        def images(channels):
            drawn = draw_images(rng, c.batch, channels, c.size)
            return (drawn + np.float32(1)) / np.float32(2) if method == "cogan" else drawn

        # Only CoGAN has layers of its own for the source's images; elsewhere they get the target's channels.
        source_channels = c.source_channels if method == "cogan" else c.target_channels
        self.inputs = {}
        for i in range(steps):
            self.inputs |= {f"step{i}.source": images(source_channels), f"step{i}.target": images(c.target_channels),
                            f"step{i}.labels": rng.integers(0, c.classes, c.batch).astype(np.int32)}
            if method == "cogan":
                self.inputs |= {f"step{i}.{name}": rng.normal(0, 1, (c.batch, c.noise_dim)).astype(np.float32)
                                for name in ("d_z", "g_z")}
        self.inputs["eval.target"] = images(c.target_channels)

    def model(self):
        return baselines.METHODS[self.method](self.config, self.adaptation)

    def run(self, dtype):
        model = self.model().to(dtype)
        model.load_state_dict({name: torch.tensor(value) for name, value in self.state.items()})
        training = baselines.Training(self.method, model, self.config, self.adaptation, self.steps)

        def feed(name):
            x = torch.tensor(self.inputs[name])
            return x.long() if x.dtype == torch.int32 else x.to(dtype)

        results = {}
        for i in range(self.steps):
            step = f"step{i}."
            z = [feed(step + "d_z"), feed(step + "g_z")] if self.method == "cogan" else None
            found, gradients = training.step([feed(step + n) for n in ("source", "labels", "target")], z)
            results |= {step + name: value for name, value in found.items()}
            results |= {f"{step}grad.{name}": value for name, value in gradients.items()}
            results |= {f"{step}after.{name}": value.clone() for name, value in model.state_dict().items()}
        with torch.no_grad():
            target = feed("eval.target")
            results["eval.target_logits"] = (model.discriminator(target, "target")[2] if self.method == "cogan"
                                             else model.task(target)[2])
        return {name: value.detach().double().numpy() for name, value in results.items()}
