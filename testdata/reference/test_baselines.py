"""Checks the baselines' reference: definitions, finite differences, and that their traces would show
a step that is done another way."""

import dataclasses
import json
import unittest
from unittest import mock

import numpy as np
import torch

import baseline_trace
import baselines
import losses
import record

SMALL = baselines.Config(size=9, source_channels=1, target_channels=2, classes=3, noise_dim=4, tower_filters=(3, 4),
                         tower_units=5, batch=4, lr=0.05, weight_decay=0.02, bn_epsilon=1e-3)
NARROW = baselines.Adaptation(gamma=0.7, alpha=0.3, beta=0.9, domain_units=4, private_filters=(2, 3), decoder_side=3,
                              decoder_filters=2, cogan_generator=1, cogan_filters=(2, 3), cogan_units=5)
CASES = {
    "dann": ("dann", NARROW), "ramp": ("dann", dataclasses.replace(NARROW, schedule="ramp")), "mmd": ("mmd", NARROW),
    "dsn": ("dsn", NARROW), "dsn mmd": ("dsn", dataclasses.replace(NARROW, alignment="mmd", reconstruction="mse")),
    "cogan": ("cogan", NARROW),
}


def count(module):
    return sum(p.numel() for p in module.parameters())


class Networks(unittest.TestCase):
    def test_parameter_counts(self):
        """By hand, from the sizes that the original codes state."""
        config, full = baselines.Config(), baselines.Adaptation()
        tower = (3 * 25 * 32 + 32) + (32 * 25 * 48 + 48) + (3072 * 100 + 100) + (100 * 100 + 100) + (100 * 10 + 10)
        domain = (100 * 100 + 100) + (100 + 1)
        private = (3 * 25 * 32 + 32) + (32 * 25 * 64 + 64) + (4096 * 100 + 100)
        decoder = (100 * 300 + 300) + (3 * 9 * 16 + 16) + 2 * (16 * 9 * 16 + 16) + (16 * 9 * 3 + 3)
        self.assertEqual(count(baselines.DANN(config, full)), tower + domain)
        self.assertEqual(count(baselines.MMD(config, full)), tower)
        self.assertEqual(count(baselines.DSN(config, full)), tower + domain + 2 * private + decoder)
        cogan = baselines.CoGAN(dataclasses.replace(config, size=28, source_channels=1, target_channels=1, noise_dim=100), full)
        self.assertEqual(count(cogan.generator), 100 * 1024 * 16 + 9 * (1024 * 512 + 512 * 256 + 256 * 128) + 4 + 2 * (128 * 36 + 1))
        self.assertEqual(count(cogan.discriminator), 2 * (25 * 20 + 20) + (20 * 25 * 50 + 50) + (800 * 500 + 500) + 1
                         + (500 * 2 + 2) + (500 * 10 + 10))

    def test_generated_pairs(self):
        config = dataclasses.replace(SMALL, size=28)
        source, target = baselines.CoGenerator(config, NARROW)(torch.randn(2, 4))
        self.assertEqual(tuple(source.shape), (2, 1, 28, 28))
        self.assertEqual(tuple(target.shape), (2, 2, 28, 28))


class Losses(unittest.TestCase):
    def test_mmd_by_sums(self):
        x, y = torch.randn(3, 2, dtype=torch.float64), torch.randn(3, 2, dtype=torch.float64) + 1

        def mean(a, b):
            return np.mean([sum(np.exp(-float(((p - q) ** 2).sum()) / (2 * s)) for s in baselines.SIGMAS) for p in a for q in b])
        self.assertAlmostEqual(baselines.mmd_loss(x, y).item(), mean(x, x) + mean(y, y) - 2 * mean(x, y), places=12)
        self.assertEqual(len(baselines.SIGMAS), 19)

    def test_mmd_of_equal_batches(self):
        x = torch.randn(4, 3, requires_grad=True)
        loss = baselines.mmd_loss(x, x)
        self.assertAlmostEqual(loss.item(), 1e-4, places=9)
        loss.backward()
        self.assertEqual(x.grad.abs().max().item(), 0)

    def test_difference(self):
        """Features that vary apart cost nothing; equal ones of one kind cost as much as they can."""
        apart = torch.tensor([[1.0, 0], [-1, 0], [1, 0], [-1, 0]]), torch.tensor([[0.0, 1], [0, 1], [0, -1], [0, -1]])
        self.assertAlmostEqual(baselines.difference_loss(*apart).item(), 0)
        self.assertAlmostEqual(baselines.difference_loss(apart[0], apart[0]).item(), 16 / 4)

    def test_cogan_judges_both_domains_together(self):
        logits = [torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, -1.0], [0.5, 0.0]])[:1]]
        loss = baselines.CoGAN.judged(logits, logits).item()
        want = np.mean([np.log1p(np.exp(-2)), np.log1p(np.exp(2))]) + np.mean([np.log1p(np.exp(2)), np.log1p(np.exp(-2))])
        self.assertAlmostEqual(loss, want, places=6)


def prepared(case):
    method, adaptation = CASES[case]
    config = dataclasses.replace(SMALL, size=28) if method == "cogan" else SMALL
    trace = baseline_trace.BaselineTrace(method, config, adaptation, 1, np.random.default_rng(0))
    model = trace.model().double()
    model.load_state_dict({n: torch.tensor(v) for n, v in trace.state.items()})
    feed = {n.split(".")[1]: torch.tensor(v) for n, v in trace.inputs.items() if n.startswith("step0")}
    return model, {n: v.long() if n == "labels" else v.double() for n, v in feed.items()}


class Gradients(unittest.TestCase):
    """Central differences along a random direction of each tensor, as in test_reference.py."""

    def check(self, forward, parameters, gradients, factor=1.0):
        torch.manual_seed(1)
        h = 1e-6
        for (name, parameter), gradient in zip(parameters, gradients):
            direction = torch.randn_like(parameter)
            direction /= direction.norm()
            with torch.no_grad():
                parameter += h * direction
                above = forward().item()
                parameter -= 2 * h * direction
                below = forward().item()
                parameter += h * direction
            want = factor * (above - below) / (2 * h)
            with self.subTest(name):
                self.assertAlmostEqual((gradient * direction).sum().item(), want, delta=1e-8 + 1e-6 * abs(want))

    def test_minimised_sums(self):
        """Of all that no reversal touches: MMD, DSN with MMD, both steps of CoGAN."""
        for case in ("mmd", "dsn mmd"):
            model, b = prepared(case)
            forward = lambda: model(b["source"], b["labels"], b["target"], 0.6)[1]
            parameters = list(model.named_parameters())
            self.check(forward, parameters, torch.autograd.grad(forward(), [p for _, p in parameters]))
        model, b = prepared("cogan")
        for group, forward in (("discriminator", lambda: model.d_losses(b["source"], b["labels"], b["target"], b["d_z"])[1]),
                               ("generator", lambda: model.g_losses(b["g_z"])[1])):
            parameters = [(n, p) for n, p in model.named_parameters() if n.startswith(group)]
            self.check(forward, parameters, torch.autograd.grad(forward(), [p for _, p in parameters]))

    def test_reversal(self):
        """Of the domain loss alone: the domain net descends, the features ascend, by the ramp's strength or fully."""
        for case, factor in (("dann", -1), ("ramp", -0.6), ("dsn", -1)):
            model, b = prepared(case)
            forward = lambda: model(b["source"], b["labels"], b["target"], 0.6)[0]["similarity"]
            for prefix, sign in (("domain.", 1), ("task.shared.conv1", factor)):
                parameters = [(n, p) for n, p in model.named_parameters() if n.startswith(prefix)]
                self.check(forward, parameters, torch.autograd.grad(forward(), [p for _, p in parameters]), sign)


class Traces(unittest.TestCase):
    def test_every_method_has_one(self):
        entries = record.load_configs()
        self.assertEqual({e["method"] for e in entries.values() if "method" in e and e["committed"]}, set(baselines.METHODS))

    def test_schedules(self):
        model, _ = prepared("dann")
        t = baselines.Training("dann", model, SMALL, dataclasses.replace(NARROW, start=3), 100)
        self.assertEqual(t.strength(), 1e-10)
        t.iteration = 3
        self.assertEqual(t.strength(), 1)
        model, _ = prepared("ramp")
        t = baselines.Training("dann", model, dataclasses.replace(SMALL, lr=0.01), CASES["ramp"][1], 100)
        self.assertEqual((t.strength(), t.lr()), (0, 0.01))
        t.iteration = 50
        self.assertAlmostEqual(t.strength(), 2 / (1 + np.exp(-5)) - 1)
        self.assertAlmostEqual(t.lr(), 0.01 / 6 ** 0.75)

    def test_momentum_and_decay(self):
        p = torch.tensor([1.0, 2.0])
        o = baselines.Momentum([p], 0.9)
        o.step([torch.tensor([1.0, 0.0])], 0.1)
        o.step([torch.tensor([1.0, 0.0])], 0.1)
        torch.testing.assert_close(p, torch.tensor([1 - 0.1 - 0.19, 2.0]))
        self.assertEqual(baselines.decay_loss([p * 0 + 2, p * 0 + 1], ["a.weight", "a.bias"], False).item(), 4)
        self.assertEqual(baselines.decay_loss([p * 0 + 2, p * 0 + 1], ["a.weight", "a.bias"], True).item(), 5)


def difference_of_sums(private, shared):
    return baselines_difference(private, shared) * private.shape[1] * shared.shape[1]


def sigma_squared(x, y):
    with mock.patch.object(baselines, "SIGMAS", tuple(s * s for s in baselines.SIGMAS)):
        return baselines_mmd(x, y)


baselines_difference, baselines_mmd = baselines.difference_loss, baselines.mmd_loss

# name: owner, attribute, replacement, trace that shows it
MISTAKES = {
    "no reversal": (baselines.Scaled, "backward", staticmethod(lambda context, g: (abs(context.factor) * g, None)), "dann-16"),
    "no reversal by the ramp": (baselines.Scaled, "backward", staticmethod(lambda context, g: (abs(context.factor) * g, None)), "dann-ramp-16"),
    "gate open from the first step": (baselines.Training, "strength", lambda self: 1.0, "dann-16"),
    "decay of biases": (baselines, "decay_loss", lambda p, n, every: sum((x * x).sum() / 2 for x in p), "dann-16"),
    "domain loss as a sum": (baselines, "domain_loss", lambda d, a, b: 2 * domain_mean(d, a, b), "dsn-16"),
    "sigma squared": (baselines, "mmd_loss", sigma_squared, "mmd-18"),
    "difference summed": (baselines, "difference_loss", difference_of_sums, "dsn-16"),
    "paper's pairwise error": (losses, "similarity_loss", lambda a, b: (a - b).flatten(1).var(1, unbiased=False).mean(), "dsn-16"),
    "no decay of biases": (baselines, "decay_loss", lambda p, n, every: sum((x * x).sum() / 2 for x, m in zip(p, n) if m.endswith(".weight")), "cogan-28"),
    "epsilon of slim": (baselines.PlainNorm, "__init__", lambda self, channels, config: plain_norm(self, channels, dataclasses.replace(config, bn_epsilon=1e-3)), "cogan-28"),
}
domain_mean, plain_norm = baselines.domain_loss, baselines.PlainNorm.__init__


class Mistakes(unittest.TestCase):
    """A step done another way strays from a committed trace further than `verify` allows."""

    def test_each_shows(self):
        floors = {"loss": 1e-5, "grad": 1e-4, "param": 1e-3, "stats": 1e-5}
        entries = record.load_configs()
        for mistake, (owner, attribute, replacement, name) in MISTAKES.items():
            e = entries[name]
            trace = baseline_trace.BaselineTrace(e["method"], e["config"], e["adaptation"], e["steps"], np.random.default_rng(e["seed"]))
            want = trace.run(torch.float64)
            with self.subTest(mistake), mock.patch.object(owner, attribute, replacement):
                report = record.deviation(trace.run(torch.float64), want, e["steps"], trace.state, baselines.METHODS[e["method"]].losses)
                worst = max(step[q] / floor for step in report["steps"] for q, floor in floors.items())
                self.assertGreater(worst, 10)


if __name__ == "__main__":
    unittest.main()
