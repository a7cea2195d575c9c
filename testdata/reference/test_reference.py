"""Checks the reference itself: published numbers, finite differences, and that a trace would
show a step that is done another way. Run with `python3 -m unittest`."""

import dataclasses
import json
import pathlib
import tempfile
import unittest
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F

import kinks
import losses
import model
import record
import tensorfile
import train_step

SMALL = model.Config(size=7, source_channels=1, target_channels=3, classes=3, noise_dim=4, g_blocks=1,
                     g_filters=4, d_filters=3, noise_std=0.0, dropout_keep=1.0, batch=5, domain_weight=0.7,
                     style_weight=0.9, task_in_g_weight=1.1, task_source_weight=0.8, similarity_weight=0.05)

POSED = dataclasses.replace(SMALL, size=12, source_channels=4, target_channels=4, task_tower="pose-mini", tower_filters=(3, 5),
                            tower_units=9, pose_source_weight=0.3, pose_adapted_weight=0.4, similarity="masked-mpse")
DOUBLING = dataclasses.replace(POSED, task_tower="doubling", tower_filters=(3, 6), private_layers=1)


def count(module):
    return sum(p.numel() for p in module.parameters())


class Networks(unittest.TestCase):
    def test_parameter_counts(self):
        full = model.PixelDA(model.Config())
        self.assertEqual(count(full.generator), 456_963)
        self.assertEqual(count(full.discriminator), 1_559_169)
        self.assertEqual(count(full.task), 361_722)

    def test_parameter_counts_of_linemod(self):
        config = model.Config(size=64, source_channels=4, target_channels=4, classes=11, g_blocks=4, dropout_keep=0.35,
                              task_tower="pose-mini", tower_filters=(32, 64), tower_units=128, tower_dropout_keep=0.5)
        full = model.PixelDA(config)
        self.assertEqual(count(full.discriminator), 6_287_553)
        heads = lambda features: features * (11 + 4) + 11 + 4
        self.assertEqual(count(full.task), 2 * (4 * 32 * 25 + 32) + 32 * 64 * 25 + 64 + 16_384 * 128 + 128 + heads(128))
        doubling = model.Task(dataclasses.replace(config, task_tower="doubling", tower_units=100, private_layers=2))
        convolution = lambda i, o: 9 * i * o + o
        self.assertEqual(count(doubling), 2 * (convolution(4, 32) + convolution(32, 64)) + convolution(64, 128)
                         + convolution(128, 256) + 4096 * 100 + 100 + heads(100))

    def test_tower_dropout(self):
        """Half of the hidden values are dropped, the same for both heads, but not in evaluation."""
        torch.manual_seed(0)
        task = model.Task(dataclasses.replace(POSED, tower_dropout_keep=0.5, tower_units=400, classes=400))
        for name, parameter in task.named_parameters():
            torch.nn.init.constant_(parameter, float(name == "shared.fc1.bias"))
        with torch.no_grad():
            getattr(task.shared, "class").weight.copy_(torch.eye(400))
            images = torch.zeros(1, 4, 12, 12)
            self.assertTrue(torch.equal(task.classify_adapted(images, model.EVAL)[0], torch.ones(1, 400)))
            for mode in (model.TRAIN, model.FROZEN):
                kept = task.classify_adapted(images, mode)[0]
                self.assertEqual(set(kept.flatten().tolist()), {0.0, 2.0})
                self.assertAlmostEqual(kept.mean().item(), 1, delta=5 * 0.05)

    def test_same_padding(self):
        for size in (32, 28, 16, 14, 8):
            self.assertEqual(model.same_padding(size, 3, 2), (0, 1))
        for size in (7, 5):
            self.assertEqual(model.same_padding(size, 3, 2), (1, 1))
        self.assertEqual(model.same_padding(7, 3, 1), (1, 1))
        self.assertEqual(model.same_padding(7, 5, 1), (2, 2))

    def test_strided_convolution_against_sums(self):
        """Output (i, j) of stride 2 on an even side sees rows 2i..2i+2 and the same columns."""
        conv = model.Conv(2, 1, 3, stride=2, bias=False).double()
        torch.nn.init.normal_(conv.weight)
        x = torch.randn(1, 2, 6, 6, dtype=torch.float64)
        y = conv(x)
        self.assertEqual(tuple(y.shape), (1, 1, 3, 3))
        for i in range(3):
            for j in range(3):
                patch = x[0, :, 2 * i:2 * i + 3, 2 * j:2 * j + 3]
                want = (patch * conv.weight[0, :, :patch.shape[1], :patch.shape[2]]).sum()
                self.assertAlmostEqual(y[0, 0, i, j].item(), want.item(), places=12)

    def test_batch_norm(self):
        bn = model.BatchNorm(2).double()
        x = torch.randn(3, 2, 4, 4, dtype=torch.float64) * 0.03 + 1
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        want = (x - mean.view(1, 2, 1, 1)) / (variance + 1e-3).sqrt().view(1, 2, 1, 1)
        frozen = bn(x, model.FROZEN)
        self.assertEqual(bn.running_var.tolist(), [1, 1])
        for y in (frozen, bn(x, model.TRAIN)):
            torch.testing.assert_close(y, want)
        torch.testing.assert_close(bn.running_mean, 0.1 * mean)
        torch.testing.assert_close(bn.running_var, 0.9 + 0.1 * variance)

    def test_noise_and_dropout(self):
        """Dropout rests in evaluation, the Gaussian noise does not."""
        d = model.Discriminator(dataclasses.replace(SMALL, noise_std=0.2, dropout_keep=0.9))
        x = torch.ones(100, 100)
        trained, evaluated = d.corrupt(x, model.TRAIN), d.corrupt(x, model.EVAL)
        self.assertAlmostEqual((trained < 0.9 / 1.8).float().mean().item(), 0.1, delta=0.02)
        self.assertAlmostEqual(trained.mean().item(), 1, delta=0.02)
        self.assertAlmostEqual(evaluated.std().item(), 0.2, delta=0.01)


class Losses(unittest.TestCase):
    def test_similarity_check_vector(self):
        d = torch.tensor([[1.0, 2, 3, 0]]).view(1, 1, 2, 2)
        self.assertEqual(losses.similarity_loss(d, torch.zeros_like(d)).item(), 2.5)
        self.assertEqual(losses.similarity_loss(d.repeat(4, 1, 1, 1), torch.zeros(4, 1, 2, 2)).item(), 10)

    def test_similarity_repeats_the_grey_side(self):
        grey, rgb = torch.randn(2, 1, 4, 4), torch.randn(2, 3, 4, 4)
        want = losses.similarity_loss(rgb, grey.repeat(1, 3, 1, 1))
        self.assertEqual(losses.similarity_loss(rgb, grey), want)
        self.assertEqual(losses.similarity_loss(grey, rgb), want)
        with self.assertRaises(ValueError):
            losses.similarity_loss(rgb, torch.zeros(2, 4, 4, 4))

    def test_masked_similarity(self):
        """Only what lies before the background counts, but k counts all."""
        d = torch.tensor([1.0, 2, 3, 5])
        source = torch.zeros(1, 4, 1, 2)
        source[0, 3] = torch.tensor([0.98, 0.99])
        adapted = source.clone()
        adapted[0, :, 0, 0] += d
        adapted[0, :, 0, 1] += 7
        want = 2 * (d * d).sum() / 8 - 2 * d.sum() ** 2 / 64
        torch.testing.assert_close(losses.similarity_loss(adapted, source, "masked-mpse"), want)
        with self.assertRaises(ValueError):
            losses.similarity_loss(adapted, source, "l2")

    def test_quaternion_check_points(self):
        one, other = torch.tensor([[1.0, 0, 0, 0]], dtype=torch.float64), torch.tensor([[0.0, 1, 0, 0]], dtype=torch.float64)
        for q, want in ((one, -9.2103404), (-one, -9.2103404), (other, np.log(1.0001))):
            self.assertAlmostEqual(losses.quaternion_loss(q, one).item(), want, places=6)

    def test_domain_and_adversarial(self):
        zero = torch.zeros(4)
        self.assertAlmostEqual(losses.domain_loss(zero, zero).item(), 2 * np.log(2), places=6)
        sure = torch.full((4,), 8.0)
        self.assertLess(losses.domain_loss(-sure, sure).item(), 1e-3)
        self.assertAlmostEqual(losses.adversarial_loss(-sure).item(), 8, delta=1e-3)


class Optimiser(unittest.TestCase):
    def test_learning_rate_staircase(self):
        want = {0: 1e-3, 19_999: 1e-3, 20_000: 9.5e-4, 100_000: 7.7378e-4, 200_000: 5.9874e-4, 400_000: 3.5849e-4}
        for step, lr in want.items():
            self.assertAlmostEqual(train_step.learning_rate(model.Config(), step), lr, places=8)

    def test_clip_each_by_its_own_norm(self):
        large, small = torch.tensor([3.0, 4.0]), torch.tensor([0.3, 0.4])
        clipped = train_step.clip([large, small], 1.0)
        torch.testing.assert_close(clipped[0], torch.tensor([0.6, 0.8]))
        torch.testing.assert_close(clipped[1], small)

    def test_adam_epsilon(self):
        """With g = 1e-6: m = 5e-7, sqrt(v) = 1e-6 sqrt(1e-3), epsilon added to the latter."""
        p = torch.zeros(1, dtype=torch.float64)
        train_step.Adam([p]).step([torch.full_like(p, 1e-6)], 0.1)
        root = np.sqrt(1e-3)
        self.assertAlmostEqual(p.item(), -0.1 * root / 0.5 * 5e-7 / (1e-6 * root + 1e-8), places=14)


def double_training(config):
    rng = np.random.default_rng(0)
    networks = model.PixelDA(config)
    networks.load_state_dict({n: torch.tensor(v) for n, v in record.draw_state(networks, rng).items()})
    networks.double()
    inputs = record.draw_inputs(config, 1, rng)
    feed = {n.split(".")[1]: torch.tensor(v) for n, v in inputs.items() if n.startswith("step0")}
    feed = {n: v.long() if "labels" in n else v.double() for n, v in feed.items()}
    return train_step.Training(networks, config), feed


class Gradients(unittest.TestCase):
    def check(self, forward, names, parameters):
        """Central differences along a random direction of each tensor. Their error is O(h^2)
        times the third derivative, plus 1e-16/h of rounding; a ReLU that flips within h would
        show, and with h = 1e-6 none does at this seed."""
        gradients = torch.autograd.grad(forward(), parameters)
        h = 1e-6
        for name, parameter, gradient in zip(names, parameters, gradients):
            direction = torch.randn_like(parameter)
            direction /= direction.norm()
            with torch.no_grad():
                parameter += h * direction
                above = forward().item()
                parameter -= 2 * h * direction
                below = forward().item()
                parameter += h * direction
            want = (gradient * direction).sum().item()
            with self.subTest(name):
                self.assertAlmostEqual((above - below) / (2 * h), want, delta=1e-8 + 1e-6 * abs(want))

    def test_d_step(self):
        for config in (SMALL, POSED, DOUBLING):
            torch.manual_seed(1)
            training, b = double_training(config)
            self.check(lambda: training.d_losses(b["d_source"], b["d_labels"], b["d_target"], b["d_z"], b.get("d_poses"))[1],
                       training.d_names, training.d_parameters)

    def test_g_step(self):
        for config in (SMALL, POSED, DOUBLING):
            torch.manual_seed(1)
            training, b = double_training(config)
            self.check(lambda: training.g_losses(b["g_source"], b["g_labels"], b["g_z"], b.get("g_poses"))[1],
                       training.g_names, training.g_parameters)


class Steps(unittest.TestCase):
    def changed(self, step):
        training, b = double_training(SMALL)
        before = {n: v.clone() for n, v in training.model.state_dict().items()}
        step(training, b)
        return {n for n, v in training.model.state_dict().items() if not torch.equal(v, before[n])}, set(before)

    def test_d_step_leaves_the_generator(self):
        changed, names = self.changed(
            lambda t, b: t.d_step(b["d_source"], b["d_labels"], b["d_target"], b["d_z"]))
        self.assertEqual(changed, {n for n in names if not n.startswith("generator.")})

    def test_g_step_changes_only_the_generator(self):
        changed, names = self.changed(lambda t, b: t.g_step(b["g_source"], b["g_labels"], b["g_z"]))
        self.assertEqual(changed, {n for n in names if n.startswith("generator.")})


def trace_names(config, steps):
    """Every tensor of a trace with that many steps."""
    state, pose = model.PixelDA(config).state_dict(), model.tower(config).pose
    parameters = [n for n in state if ".running_" not in n]
    per_step = ["d_source", "d_labels", "d_target", "d_z", "g_source", "g_labels", "g_z", *record.losses_of(config),
                *(("d_poses", "g_poses") if pose else ()),
                *(f"grad.{n}" for n in parameters), *(f"after.{n}" for n in state)]
    return ({f"init.{n}" for n in state} | {f"step{i}.{n}" for i in range(steps) for n in per_step}
            | {f"eval.{n}" for n in ("source", "z", "adapted", "target", "target_logits")}
            | ({"eval.target_quaternions"} if pose else set()))


class Kinks(unittest.TestCase):
    def test_distances(self):
        x = torch.tensor([[3.0, -1.0, -0.5, -4.0], [2.75, 0.0, -2.0, -0.25]])
        with kinks.watch() as distances:
            F.leaky_relu(x, 0.2)
            F.max_pool2d(F.relu(x.view(1, 1, 2, 4)), 2)
            F.max_pool2d(F.relu(torch.tensor([[[[0.5, -1.0], [-2.0, -3.0]]]])), 2)
        self.assertEqual(distances[0].tolist(), x.abs().flatten().tolist())
        self.assertEqual(distances[1].tolist(), [0.25, 0.25])  # 3 leads 2.75; all pixels at -0.25 or less
        self.assertEqual(distances[2].tolist(), [0.5])         # 0.5 leads the rectified 0
        self.assertEqual(len(distances), 3)

    def test_bare_pool_and_prelu(self):
        with kinks.watch() as distances:
            F.max_pool2d(torch.tensor([[[[-3.0, -1.0], [-1.5, -4.0]]]]), 2)
            F.prelu(torch.tensor([[-2.0, 0.5]]), torch.tensor([0.25]))
        self.assertEqual(distances[0].tolist(), [0.5])  # -1 leads -1.5
        self.assertEqual(distances[1].tolist(), [2, 0.5])

    def test_clearance(self):
        exact = [torch.tensor([1.0, 0.5]), torch.tensor([2.0])]
        rounded = [torch.tensor([1.25, 0.5]), torch.tensor([1.0])]
        self.assertEqual(kinks.clearance(exact, rounded), 2)


class Traces(unittest.TestCase):
    def test_file_holds_what_was_recorded(self):
        tensors, _, _ = record.record(POSED, 0, 1)
        self.assertEqual(set(tensors), trace_names(POSED, 1))
        tensors, metadata, _ = record.record(SMALL, 0, 2)
        self.assertEqual(set(tensors), trace_names(SMALL, 2))
        self.assertEqual(tensors["step1.d_loss"].dtype, np.float64)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.safetensors"
            tensorfile.save(path, tensors, metadata)
            again, text = tensorfile.load(path)
        self.assertEqual(text, metadata)
        self.assertEqual(record.read_config(text["config"]), SMALL)
        for name, tensor in tensors.items():
            np.testing.assert_array_equal(again[name], tensor, name)

    def test_committed_files_are_current(self):
        """Losses agree to 1e-9: float64 sums in another order differ by about 1e-14."""
        for name, entry in record.load_configs().items():
            if entry["committed"]:
                stored, metadata = tensorfile.load(record.HERE.parent / "traces" / f"{name}.safetensors")
                self.assertEqual(record.read_config(metadata["config"], type(entry["config"])), entry["config"])
                tensors, _, clear = record.record_entry(entry, entry["seed"])
                self.assertGreaterEqual(clear, record.CLEARANCE, name)
                self.assertEqual(set(stored), set(tensors))
                for loss in (n for n in tensors if tensors[n].dtype == np.float64):
                    np.testing.assert_allclose(tensors[loss], stored[loss], 1e-9, err_msg=f"{name} {loss}")


def unclipped(gradients, norm):
    return gradients


def clipped_together(gradients, norm):
    total = torch.stack([g.norm() for g in gradients]).norm()
    return [g * (norm / max(norm, total)) for g in gradients]


def crossed_quaternions(predicted, true):
    """Without the absolute value: q and -q are the same turn."""
    return torch.log(1e-4 + 1 - (predicted * true).sum(1)).mean()


def unscaled_quaternion(predicted, true):
    """Eq. 6, without the code's 1e-4."""
    return torch.log(1 - torch.abs((predicted * true).sum(1))).mean()


def mask_in_k(adapted, source, kind):
    """A mean over the pixels that are seen, not over all."""
    seen = (source[:, 3:4] < losses.FAR).double().expand_as(source).flatten(1)
    d, k = (adapted - source).flatten(1) * seen, seen.sum(1)
    return (2 * (d * d).sum(1) / k - 2 * d.sum(1) ** 2 / k ** 2).sum()


def depth_unmasked(adapted, source, kind):
    """A mask for the colours alone."""
    mask = (source[:, 3:4] < losses.FAR).double().repeat(1, 4, 1, 1)
    mask[:, 3] = 1
    return similarity_loss(adapted * mask, source * mask)


def rate_by_iteration(config, global_step):
    return config.lr * config.lr_decay ** (global_step // 2 // config.lr_decay_steps)


def paper_similarity(adapted, source, kind):
    d = (adapted - source).flatten(1)
    return d.var(1, unbiased=False).mean()


def symmetric_padding(size, kernel, stride):
    return kernel // 2, kernel // 2


def joint_discriminator(self, source, labels, target, z, poses):
    """One call of the discriminator on both batches, with common statistics."""
    losses_apart, total = d_losses(self, source, labels, target, z)
    with torch.no_grad():
        adapted = self.model.generator(source, z, model.FROZEN)
    joint = losses.domain_loss(*self.model.discriminator(torch.cat([adapted, target]), model.FROZEN).chunk(2))
    return losses_apart | {"d_loss": joint}, total + self.config.domain_weight * (joint - losses_apart["d_loss"])


def target_first(self, source, labels, target, z, poses):
    """Moving averages that see the target batch before the adapted one."""
    forward = model.Discriminator.forward
    with torch.no_grad():
        forward(self.model.discriminator, target, model.TRAIN)
    modes = iter((model.TRAIN, model.FROZEN))
    with mock.patch.object(model.Discriminator, "forward", lambda d, x, mode: forward(d, x, next(modes))):
        return d_losses(self, source, labels, target, z)


def adam_corrected_epsilon(self, gradients, lr):
    """PyTorch's form: epsilon is added after the correction of v."""
    with mock.patch.object(self, "epsilon", self.epsilon * (1 - self.beta2 ** (self.t + 1)) ** 0.5):
        adam_step(self, gradients, lr)


similarity_loss = losses.similarity_loss
d_losses = train_step.Training.d_losses
adam_step = train_step.Adam.step

# name: owner, attribute, replacement, trace that shows it
MISTAKES = {
    "batch norm epsilon 1e-5": (model.BatchNorm, "epsilon", 1e-5, "clipped-16"),
    "batch norm decay 0.99": (model.BatchNorm, "decay", 0.99, "clipped-16"),
    "symmetric padding": (model, "same_padding", symmetric_padding, "grey-to-rgb-16"),
    "no clipping": (train_step, "clip", unclipped, "clipped-16"),
    "clipping by the global norm": (train_step, "clip", clipped_together, "clipped-16"),
    "decay by iteration": (train_step, "learning_rate", rate_by_iteration, "clipped-16"),
    "Adam beta1 0.9": (train_step.Adam, "beta1", 0.9, "clipped-16"),
    "Adam epsilon corrected": (train_step.Adam, "step", adam_corrected_epsilon, "grey-to-rgb-16"),
    "similarity of the paper": (train_step, "similarity_loss", paper_similarity, "odd-20"),
    "joint discriminator statistics": (train_step.Training, "d_losses", joint_discriminator, "grey-to-rgb-16"),
    "target before adapted": (train_step.Training, "d_losses", target_first, "grey-to-rgb-16"),
    "averages updated by every pass": (train_step, "FROZEN", model.TRAIN, "grey-to-rgb-16"),
    "mean over the masked pixels": (train_step, "similarity_loss", mask_in_k, "linemod-masked"),
    "depth left out of the mask": (train_step, "similarity_loss", depth_unmasked, "linemod-masked"),
    "unmasked similarity": (losses, "FAR", 2.0, "linemod-masked"),
    "signed quaternions": (train_step, "quaternion_loss", crossed_quaternions, "linemod-masked"),
    "quaternions without 1e-4": (train_step, "quaternion_loss", unscaled_quaternion, "linemod-masked"),
    "averages never updated": (train_step, "TRAIN", model.FROZEN, "grey-to-rgb-16"),
}


class Mistakes(unittest.TestCase):
    """A step done another way strays from a committed trace further than `verify` allows."""

    def test_each_shows(self):
        floors = {"loss": 1e-5, "grad": 1e-4, "param": 1e-3, "stats": 1e-5}
        entries, traces = record.load_configs(), {}
        for mistake, (owner, attribute, replacement, name) in MISTAKES.items():
            entry = entries[name]
            if name not in traces:
                rng = np.random.default_rng(entry["seed"])
                state = record.draw_state(model.PixelDA(entry["config"]), rng)
                arguments = (entry["config"], entry["steps"], state,
                             record.draw_inputs(entry["config"], entry["steps"], rng), torch.float64)
                traces[name] = arguments, record.run(*arguments)
            arguments, want = traces[name]
            with self.subTest(mistake), mock.patch.object(owner, attribute, replacement):
                report = record.deviation(record.run(*arguments), want, entry["steps"], arguments[2])
                worst = max(step[q] / floor for step in report["steps"] for q, floor in floors.items())
                # At these traces ten floors exceed ten times the float32 deviation and a floor.
                self.assertGreater(worst, 10)


if __name__ == "__main__":
    unittest.main()
