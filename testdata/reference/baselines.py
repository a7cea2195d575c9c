"""The baselines that the paper compares with: DANN, MMD, DSN and CoGAN.

The first three follow TensorFlow's domain_separation (slim), CoGAN its authors' PyTorch. Names are
those of a checkpoint, as in model.py.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import losses
from model import FROZEN, BatchNorm, Conv, Linear
from train_step import Adam

SIGMAS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 5, 10, 15, 20, 25, 30, 35, 100, 1e3, 1e4, 1e5, 1e6)


@dataclass(frozen=True)
class Config:
    """What baselines have of a model: the images, the task tower, the optimiser."""
    size: int = 32
    source_channels: int = 3
    target_channels: int = 3
    classes: int = 10
    noise_dim: int = 10
    tower_filters: tuple = (32, 48)
    tower_units: int = 100
    batch: int = 32
    lr: float = 0.0117249
    lr_decay: float = 0.95
    lr_decay_steps: int = 20000
    weight_decay: float = 1e-6
    bn_epsilon: float = 1e-3
    bn_decay: float = 0.9


@dataclass(frozen=True)
class Adaptation:
    """What a baseline adds: its losses' weights and its networks' widths."""
    schedule: str = "gate"      # of what adapts: "gate" as coded, "ramp" as Ganin et al.
    start: int = 0              # iterations before the gate opens
    alpha: float = 0.01         # of DSN's reconstructions
    beta: float = 0.075         # of DSN's differences
    gamma: float = 0.25         # of the similarity
    alignment: str = "dann"     # DSN's similarity: "dann" or "mmd"
    reconstruction: str = "mpse"  # or "mse"
    momentum: float = 0.9
    domain_units: int = 100
    private_filters: tuple = (32, 64)
    decoder_side: int = 10      # of the maps of three channels at which it begins
    decoder_filters: int = 16
    cogan_generator: int = 128  # filters of the last layer; they halve from eight times as many
    cogan_filters: tuple = (20, 50)
    cogan_units: int = 500
    feature_weight: float = 0.01
    class_weight: float = 10.0


class Tower(nn.Module):
    """The mnist task tower, for both domains alike."""

    def __init__(self, config):
        super().__init__()
        first, second = config.tower_filters
        self.shared = nn.Module()
        self.shared.conv1 = Conv(config.target_channels, first, 5)
        self.shared.conv2 = Conv(first, second, 5)
        self.shared.fc1 = Linear(second * (config.size // 4) ** 2, config.tower_units)
        self.shared.fc2 = Linear(config.tower_units, config.tower_units)
        self.shared.fc3 = Linear(config.tower_units, config.classes)

    def forward(self, x):
        """The pooled maps, the first hidden layer (slim's fc3) and the logits."""
        x = F.max_pool2d(F.relu(self.shared.conv1(x)), 2)
        pooled = F.max_pool2d(F.relu(self.shared.conv2(x)), 2).flatten(1)
        hidden = F.relu(self.shared.fc1(pooled))
        return pooled, hidden, self.shared.fc3(F.relu(self.shared.fc2(hidden)))


class Domain(nn.Module):
    """Tells features of the target (1) from those of the source (0)."""

    def __init__(self, features, units):
        super().__init__()
        self.fc1 = Linear(features, units)
        self.fc2 = Linear(units, 1)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x))).squeeze(1)


class Scaled(torch.autograd.Function):
    """The identity, whose gradient is multiplied by `factor`."""

    @staticmethod
    def forward(context, x, factor):
        context.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient):
        return context.factor * gradient, None


def domain_loss(domain, source, target):
    """The mean over both domains together."""
    a, b = domain(source), domain(target)
    return (F.binary_cross_entropy_with_logits(a, torch.zeros_like(a))
            + F.binary_cross_entropy_with_logits(b, torch.ones_like(b))) / 2


def mmd_loss(x, y):
    """The squared maximum mean discrepancy, diagonals included, at least 1e-4."""
    def mean(a, b):
        d = ((a.unsqueeze(1) - b.unsqueeze(0)) ** 2).sum(2)
        return sum(torch.exp(-d / (2 * sigma)) for sigma in SIGMAS).mean()
    return (mean(x, x) + mean(y, y) - 2 * mean(x, y)).clamp(min=1e-4)


def difference_loss(private, shared):
    """The mean square of the correlations of centred features, each sample's of length 1."""
    def prepared(x):
        x = x - x.mean(0)
        return x * torch.rsqrt((x * x).sum(1, keepdim=True).clamp(min=1e-12))
    return ((prepared(private).t() @ prepared(shared)) ** 2).mean()


class DANN(nn.Module):
    """Domain-adversarial training: the features must not tell the domain."""
    losses = ("task", "similarity")

    def __init__(self, config, adaptation):
        super().__init__()
        self.adaptation = adaptation
        self.task = Tower(config)
        ramp = adaptation.schedule == "ramp"
        features = config.tower_filters[1] * (config.size // 4) ** 2 if ramp else config.tower_units
        self.domain = Domain(features, adaptation.domain_units)

    def forward(self, source, labels, target, strength):
        """The losses, unweighted, and the sum to be minimised in which `strength` has its part."""
        gamma = self.adaptation.gamma
        source_pooled, source_hidden, logits = self.task(source)
        target_pooled, target_hidden, _ = self.task(target)
        if self.adaptation.schedule == "ramp":
            # The strength reverses the features' gradient; the domain net learns at full rate.
            features = [Scaled.apply(f, -strength) for f in (source_pooled, target_pooled)]
            weight = gamma
        else:
            features = [Scaled.apply(f, -1.0) for f in (source_hidden, target_hidden)]
            weight = gamma * strength
        task, similarity = losses.task_loss(logits, labels), domain_loss(self.domain, *features)
        return {"task": task, "similarity": similarity}, task + weight * similarity


class MMD(nn.Module):
    losses = ("task", "similarity")

    def __init__(self, config, adaptation):
        super().__init__()
        self.adaptation = adaptation
        self.task = Tower(config)

    def forward(self, source, labels, target, strength):
        _, source_hidden, logits = self.task(source)
        _, target_hidden, _ = self.task(target)
        task, similarity = losses.task_loss(logits, labels), mmd_loss(source_hidden, target_hidden)
        return {"task": task, "similarity": similarity}, task + self.adaptation.gamma * strength * similarity


class PrivateEncoder(nn.Module):
    """What one domain has for itself; every layer is normalised by its batch."""

    def __init__(self, channels, size, filters, units):
        super().__init__()
        self.conv1 = Conv(channels, filters[0], 5, bias=False)
        self.bn1 = BatchNorm(filters[0])
        self.conv2 = Conv(filters[0], filters[1], 5, bias=False)
        self.bn2 = BatchNorm(filters[1])
        self.fc = Linear(filters[1] * (size // 4) ** 2, units, bias=False)
        self.bn3 = BatchNorm(units)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x), FROZEN)), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x), FROZEN)), 2).flatten(1)
        return F.relu(self.bn3(self.fc(x), FROZEN))


class Decoder(nn.Module):
    """Draws the image again from the sum of shared and private features (slim's small_decoder)."""

    def __init__(self, channels, size, units, adaptation):
        super().__init__()
        self.size, self.side = size, adaptation.decoder_side
        filters = adaptation.decoder_filters
        self.fc = Linear(units, 3 * self.side ** 2, bias=False)
        self.bn0 = BatchNorm(3 * self.side ** 2)
        for i, (inputs, outputs) in enumerate([(3, filters), (filters, filters), (filters, filters), (filters, channels)], 1):
            self.add_module(f"conv{i}", Conv(inputs, outputs, 3, bias=False))
            self.add_module(f"bn{i}", BatchNorm(outputs))

    def forward(self, x):
        x = F.relu(self.bn0(self.fc(x), FROZEN)).view(-1, 3, self.side, self.side)
        x = F.relu(self.bn1(self.conv1(x), FROZEN))
        x = F.relu(self.bn2(self.conv2(x), FROZEN))
        nearest = torch.arange(self.size) * self.side // self.size
        x = x[:, :, nearest][:, :, :, nearest]
        x = F.relu(self.bn3(self.conv3(x), FROZEN))
        return self.bn4(self.conv4(x), FROZEN)


class DSN(nn.Module):
    """Domain separation networks: private features beside the shared ones, which must differ."""
    losses = ("task", "similarity", "reconstruction_source", "reconstruction_target",
              "difference_source", "difference_target")

    def __init__(self, config, adaptation):
        super().__init__()
        self.adaptation = adaptation
        self.task = Tower(config)
        if adaptation.alignment == "dann":
            self.domain = Domain(config.tower_units, adaptation.domain_units)
        self.private = nn.Module()
        for domain in ("source", "target"):
            self.private.add_module(domain, PrivateEncoder(
                config.target_channels, config.size, adaptation.private_filters, config.tower_units))
        self.decoder = Decoder(config.target_channels, config.size, config.tower_units, adaptation)

    def forward(self, source, labels, target, strength):
        a = self.adaptation
        _, shared_source, logits = self.task(source)
        _, shared_target, _ = self.task(target)
        if a.alignment == "dann":
            similarity = domain_loss(self.domain, *(Scaled.apply(f, -1.0) for f in (shared_source, shared_target)))
        else:
            similarity = mmd_loss(shared_source, shared_target)
        found = {"task": losses.task_loss(logits, labels), "similarity": similarity}
        for domain, images, shared in (("source", source, shared_source), ("target", target, shared_target)):
            private = getattr(self.private, domain)(images)
            drawn = self.decoder(shared + private)
            error = F.mse_loss if a.reconstruction == "mse" else losses.similarity_loss
            found[f"reconstruction_{domain}"] = error(drawn, images)
            found[f"difference_{domain}"] = difference_loss(private, shared)
        total = found["task"] + strength * (
            a.gamma * similarity + a.alpha * (found["reconstruction_source"] + found["reconstruction_target"])
            + a.beta * (found["difference_source"] + found["difference_target"]))
        return found, total


class PReLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return F.prelu(x, self.weight)


class TransposedConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0, bias=False):
        super().__init__()
        self.stride, self.padding = stride, padding
        self.weight = nn.Parameter(torch.zeros(inputs, outputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x):
        return F.conv_transpose2d(x, self.weight, self.bias, self.stride, self.padding)


class ValidConv(nn.Module):
    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias)


class PlainNorm(nn.Module):
    """Batch normalisation without scale and offset; see BatchNorm for its moving variance."""

    def __init__(self, channels, config):
        super().__init__()
        self.epsilon, self.decay = config.bn_epsilon, config.bn_decay
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        with torch.no_grad():
            self.running_mean.lerp_(x.mean((0, 2, 3)), 1 - self.decay)
            self.running_var.lerp_(x.var((0, 2, 3), unbiased=False), 1 - self.decay)
        return F.batch_norm(x, None, None, None, None, True, 0.0, self.epsilon)


class Pair(nn.Module):
    """A layer of its own for each domain."""

    def __init__(self, source, target):
        super().__init__()
        self.source, self.target = source, target


class CoGenerator(nn.Module):
    """Draws a pair of images [B, C, 28, 28] in (0, 1) from one noise [B, Z]: all layers shared but
    the last. Convolutions before a normalisation have no bias, which it would take away."""

    def __init__(self, config, adaptation):
        super().__init__()
        f = adaptation.cogan_generator
        widths = [config.noise_dim, 8 * f, 4 * f, 2 * f, f]
        for i in range(4):
            shape = (4, 1, 0) if i == 0 else (3, 2, 1)
            self.add_module(f"conv{i}", TransposedConv(widths[i], widths[i + 1], *shape))
            self.add_module(f"bn{i}", PlainNorm(widths[i + 1], config))
            self.add_module(f"prelu{i}", PReLU())
        self.head = Pair(TransposedConv(f, config.source_channels, 6, 1, 1, bias=True),
                         TransposedConv(f, config.target_channels, 6, 1, 1, bias=True))

    def forward(self, z):
        x = z.view(*z.shape, 1, 1)
        for i in range(4):
            x = getattr(self, f"prelu{i}")(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        return torch.sigmoid(self.head.source(x)), torch.sigmoid(self.head.target(x))


class CoDiscriminator(nn.Module):
    """Judges and classifies images of a domain: the first layer is the domain's, all others are shared."""

    def __init__(self, config, adaptation):
        super().__init__()
        first, second = adaptation.cogan_filters
        self.conv1 = Pair(ValidConv(config.source_channels, first, 5), ValidConv(config.target_channels, first, 5))
        self.conv2 = ValidConv(first, second, 5)
        self.fc = Linear(second * 16, adaptation.cogan_units)
        self.prelu = PReLU()
        self.real = Linear(adaptation.cogan_units, 2)
        self.classes = Linear(adaptation.cogan_units, config.classes)

    def forward(self, x, domain):
        x = F.max_pool2d(getattr(self.conv1, domain)(x), 2)
        x = F.max_pool2d(self.conv2(x), 2).flatten(1)
        features = self.prelu(self.fc(x))
        return features, self.real(features), self.classes(features)


class CoGAN(nn.Module):
    losses = ("adversarial", "class", "feature", "generator")

    def __init__(self, config, adaptation):
        super().__init__()
        self.adaptation = adaptation
        self.generator = CoGenerator(config, adaptation)
        self.discriminator = CoDiscriminator(config, adaptation)

    @staticmethod
    def judged(real, fake):
        """The mean over both domains, of real and of drawn images."""
        def mean(logits, label):
            return sum(F.cross_entropy(x, torch.full((len(x),), label)) for x in logits) / len(logits)
        return mean(real, 1) + mean(fake, 0) if real else mean(fake, 1)

    def d_losses(self, source, labels, target, z):
        d = self.discriminator
        with torch.no_grad():
            drawn = self.generator(z)
        _, real_source, classes = d(source, "source")
        _, real_target, _ = d(target, "target")
        fake_source, fake_target = d(drawn[0], "source"), d(drawn[1], "target")
        found = {
            "adversarial": self.judged([real_source, real_target], [fake_source[1], fake_target[1]]),
            "class": losses.task_loss(classes, labels),
            "feature": ((fake_source[0] - fake_target[0]) ** 2).sum(1).mean(),
        }
        a = self.adaptation
        return found, found["adversarial"] + a.class_weight * found["class"] + a.feature_weight * found["feature"]

    def g_losses(self, z):
        drawn = self.generator(z)
        loss = self.judged([], [self.discriminator(drawn[0], "source")[1], self.discriminator(drawn[1], "target")[1]])
        return {"generator": loss}, loss


METHODS = {"dann": DANN, "mmd": MMD, "dsn": DSN, "cogan": CoGAN}


class Momentum:
    """Gradient descent with momentum, as TensorFlow's and PyTorch's."""

    def __init__(self, parameters, momentum):
        self.parameters, self.momentum = [p.detach() for p in parameters], momentum
        self.m = [torch.zeros_like(p) for p in self.parameters]

    def step(self, gradients, lr):
        for p, m, gradient in zip(self.parameters, self.m, gradients):
            m.mul_(self.momentum).add_(gradient)
            p.sub_(lr * m)


def decay_loss(parameters, names, every):
    """Half the sum of squares: slim's of the weights, PyTorch's of `every` parameter."""
    return sum((p * p).sum() / 2 for p, n in zip(parameters, names) if every or n.endswith(".weight"))


class Training:
    """Iterations of a baseline; each returns its losses and the gradients of what it minimised."""

    def __init__(self, method, model, config, adaptation, iterations):
        self.model, self.config, self.adaptation, self.iterations = model, config, adaptation, iterations
        self.iteration = self.updates = 0
        parameters = dict(model.named_parameters())
        self.every = method == "cogan"
        self.groups = {}
        for group in ("generator", "discriminator") if self.every else ("",):
            names = [n for n in parameters if n.startswith(group)]
            chosen = [parameters[n] for n in names]
            self.groups[group] = names, chosen, Adam(chosen) if self.every else Momentum(chosen, adaptation.momentum)

    def strength(self):
        """As coded, next to nothing before the start; Ganin's ramp by the share of all iterations."""
        if self.adaptation.schedule == "ramp":
            return 2 / (1 + math.exp(-10 * self.iteration / self.iterations)) - 1
        return 1.0 if self.iteration >= self.adaptation.start else 1e-10

    def lr(self):
        c = self.config
        if self.adaptation.schedule == "ramp":
            return c.lr / (1 + 10 * self.iteration / self.iterations) ** 0.75
        return c.lr * c.lr_decay ** (self.updates // c.lr_decay_steps)

    def update(self, group, found, total):
        names, parameters, optimiser = self.groups[group]
        total = total + self.config.weight_decay * decay_loss(parameters, names, self.every)
        gradients = torch.autograd.grad(total, parameters)
        optimiser.step(gradients, self.lr())
        self.updates += 1
        return found, dict(zip(names, gradients))

    def step(self, batch, z):
        """One iteration on a batch of source, labels and target; CoGAN's takes a noise for each update."""
        if self.every:
            found, gradients = self.update("discriminator", *self.model.d_losses(*batch, z[0]))
            more, rest = self.update("generator", *self.model.g_losses(z[1]))
            found, gradients = found | more, gradients | rest
        else:
            found, gradients = self.update("", *self.model(*batch, self.strength()))
        self.iteration += 1
        return found, gradients
