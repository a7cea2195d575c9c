"""PixelDA's three networks (Bousmalis et al., CVPR 2017) as its TensorFlow code builds them.

Parameter names, shapes and layouts (NCHW, OIHW, [out, in]) are those of a checkpoint, so
`PixelDA.state_dict()` maps one to one onto a trace. Where the paper and its code differ, this
follows the code.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

# What a forward pass does with batch normalisation.
TRAIN = "train"    # normalise with the batch's statistics and update the moving averages
FROZEN = "frozen"  # normalise with the batch's statistics, leave the moving averages alone
EVAL = "eval"      # normalise with the moving averages


@dataclass(frozen=True)
class Config:
    """A model and its training step; the defaults are the paper's MNIST to MNIST-M setting."""
    size: int = 32
    source_channels: int = 3
    target_channels: int = 3
    classes: int = 10
    noise_dim: int = 10
    g_blocks: int = 6
    g_filters: int = 64
    d_filters: int = 64
    noise_std: float = 0.2     # Gaussian noise after every discriminator layer
    dropout_keep: float = 0.9  # probability of keeping, not of dropping
    lr: float = 1e-3
    lr_decay: float = 0.95
    lr_decay_steps: int = 20000  # counts D and G updates
    clip_norm: float = 5.0
    domain_weight: float = 0.135603587834
    style_weight: float = 0.0113173311334
    task_in_g_weight: float = 0.0100959947
    task_source_weight: float = 1.0
    task_adapted_weight: float = 1.0
    similarity_weight: float = 0.0
    batch: int = 32
    task_tower: str = "mnist"
    tower_filters: tuple = (32, 48)
    tower_units: int = 100
    tower_dropout_keep: float = 1.0
    private_layers: int = 1
    pose_source_weight: float = 0.25
    pose_adapted_weight: float = 0.125
    similarity: str = "mpse"


def same_padding(size, kernel, stride):
    """TensorFlow's SAME padding of one axis as (before, after); the odd pixel goes after."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class Conv(nn.Module):
    """A square convolution with SAME padding."""

    def __init__(self, inputs, outputs, kernel, stride=1, bias=True):
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x):
        top, bottom = same_padding(x.shape[2], self.kernel, self.stride)
        left, right = same_padding(x.shape[3], self.kernel, self.stride)
        if top == bottom and left == right:
            return F.conv2d(x, self.weight, self.bias, self.stride, (top, left))
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, self.stride)


class Linear(nn.Module):
    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class BatchNorm(nn.Module):
    """Batch normalisation with an offset but no scale, as slim's default.

    The biased variance goes into the moving average too. TensorFlow's fused kernel stores the
    unbiased one there; its plain kernel, and this, the biased.
    """
    epsilon = 1e-3
    decay = 0.9

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x, mode):
        if mode == EVAL:
            return F.batch_norm(x, self.running_mean, self.running_var, None, self.bias,
                                False, 0.0, self.epsilon)
        if mode == FROZEN:
            return F.batch_norm(x, None, None, None, self.bias, True, 0.0, self.epsilon)
        mean, unbiased = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        # Momentum 1 leaves the batch's own statistics in the two buffers.
        y = F.batch_norm(x, mean, unbiased, None, self.bias, True, 1.0, self.epsilon)
        n = x.numel() // x.shape[1]
        with torch.no_grad():
            self.running_mean.lerp_(mean, 1 - self.decay)
            self.running_var.lerp_(unbiased * ((n - 1) / n), 1 - self.decay)
        return y


class NoiseChannel(nn.Module):
    """Projects z [B, noise_dim] to one image channel [B, 1, size, size], pixel by pixel O(1)."""

    def __init__(self, noise_dim, size):
        super().__init__()
        self.size = size
        self.fc = Linear(noise_dim, size * size, bias=False)
        self.bn = BatchNorm(size * size)

    def forward(self, z, mode):
        return F.relu(self.bn(self.fc(z), mode)).view(-1, 1, self.size, self.size)


class Block(nn.Module):
    """A residual block; nothing follows the addition."""

    def __init__(self, filters):
        super().__init__()
        self.conv1 = Conv(filters, filters, 3, bias=False)
        self.bn1 = BatchNorm(filters)
        self.conv2 = Conv(filters, filters, 3, bias=False)
        self.bn2 = BatchNorm(filters)

    def forward(self, x, mode):
        y = F.relu(self.bn1(self.conv1(x), mode))
        return x + self.bn2(self.conv2(y), mode)


class Generator(nn.Module):
    """Redraws source images [B, Cs, S, S] as target images [B, Ct, S, S] in (-1, 1)."""

    def __init__(self, config):
        super().__init__()
        self.noise = NoiseChannel(config.noise_dim, config.size)
        self.stem = Conv(config.source_channels + 1, config.g_filters, 3)
        self.blocks = nn.ModuleList(Block(config.g_filters) for _ in range(config.g_blocks))
        self.head = Conv(config.g_filters, config.target_channels, 1)

    def forward(self, source, z, mode):
        x = F.relu(self.stem(torch.cat([source, self.noise(z, mode)], 1)))
        for block in self.blocks:
            x = block(x, mode)
        return torch.tanh(self.head(x))


class Discriminator(nn.Module):
    """Tells target images from adapted ones: one logit [B] an image, high for target.

    One convolution at full resolution, then strided ones until the side is at most 4, each
    doubling the filters.
    """

    def __init__(self, config):
        super().__init__()
        self.noise_std, self.dropout_keep = config.noise_std, config.dropout_keep
        size, filters = config.size, config.d_filters
        self.conv1 = Conv(config.target_channels, filters, 3)
        self.layers = 1
        while size > 4:
            self.layers += 1
            self.add_module(f"conv{self.layers}", Conv(filters, 2 * filters, 3, 2, bias=False))
            self.add_module(f"bn{self.layers}", BatchNorm(2 * filters))
            size, filters = -(-size // 2), 2 * filters
        self.fc = Linear(filters * size * size, 1)

    def corrupt(self, x, mode):
        if self.dropout_keep < 1:
            x = F.dropout(x, 1 - self.dropout_keep, mode != EVAL)
        if self.noise_std > 0:  # also in evaluation, as the original
            x = x + self.noise_std * torch.randn_like(x)
        return x

    def forward(self, x, mode):
        x = self.corrupt(F.leaky_relu(self.conv1(x), 0.2), mode)
        for i in range(2, self.layers + 1):
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x), mode)
            x = self.corrupt(F.leaky_relu(x, 0.2), mode)
        return self.fc(x.flatten(1)).squeeze(1)


@dataclass(frozen=True)
class Tower:
    """A task tower as a table. Each convolution is followed by ReLU and a 2x2 max pool, each hidden
    layer by ReLU, the last of them by dropout; then come the heads."""
    kernel: int
    filters: tuple
    hidden: tuple
    logits: str  # the name of the layer of logits
    pose: bool   # beside it one of quaternions


def tower(config):
    """The tower that `config` names, as in the original's pixelda_task_towers.py."""
    first, second = config.tower_filters
    units = config.tower_units
    if config.task_tower == "mnist":
        return Tower(5, (first, second), (units, units), "fc3", False)
    if config.task_tower == "pose-mini":
        return Tower(5, (first, second), (units,), "class", True)
    if config.task_tower == "doubling":
        filters, size = [], config.size
        while size > 5:
            filters.append(first << len(filters))
            size //= 2
        return Tower(3, tuple(filters), (units,), "class", True)
    raise ValueError(f"no task tower {config.task_tower!r}")


class Layers(nn.Module):
    """The tower's convolutions numbered `first`.. up to `end`, each with ReLU and pool."""

    def __init__(self, table, channels, first, end):
        super().__init__()
        self.convs = range(first, end)
        for i in self.convs:
            self.add_module(f"conv{i + 1}", Conv(table.filters[i - 1] if i else channels, table.filters[i], table.kernel))

    def forward(self, x):
        for i in self.convs:
            x = F.max_pool2d(F.relu(getattr(self, f"conv{i + 1}")(x)), 2)
        return x


class SharedLayers(Layers):
    """The convolutions that are not private, hidden layers and heads: logits [B, classes] and unit
    quaternions [B, 4], None from a tower without orientations."""

    def __init__(self, config, table, channels):
        super().__init__(table, channels, config.private_layers, len(table.filters))
        self.table, self.dropout_keep = table, config.tower_dropout_keep
        features = table.filters[-1] * (config.size >> len(table.filters)) ** 2
        for i, units in enumerate(table.hidden):
            self.add_module(f"fc{i + 1}", Linear(features, units))
            features = units
        self.add_module(table.logits, Linear(features, config.classes))
        if table.pose:
            self.quaternion = Linear(features, 4)

    def forward(self, x, mode):
        x = super().forward(x).flatten(1)
        for i in range(len(self.table.hidden)):
            x = F.relu(getattr(self, f"fc{i + 1}")(x))
        if self.dropout_keep < 1:
            x = F.dropout(x, 1 - self.dropout_keep, mode != EVAL)
        logits = getattr(self, self.table.logits)(x)
        if not self.table.pose:
            return logits, None
        return logits, F.normalize(torch.tanh(self.quaternion(x)), dim=1, eps=1e-6)


class Task(nn.Module):
    """The task tower: private first layers for each domain, all others shared.

    Target images go through the adapted images' private layers.
    """

    def __init__(self, config):
        super().__init__()
        table = tower(config)
        self.source = Layers(table, config.source_channels, 0, config.private_layers)
        self.adapted = Layers(table, config.target_channels, 0, config.private_layers)
        self.shared = SharedLayers(config, table, config.target_channels)

    def classify_source(self, images, mode):
        return self.shared(self.source(images), mode)

    def classify_adapted(self, images, mode):
        return self.shared(self.adapted(images), mode)


class PixelDA(nn.Module):
    """All three networks; every weight N(0, 0.02), every bias 0."""

    def __init__(self, config):
        super().__init__()
        self.generator = Generator(config)
        self.discriminator = Discriminator(config)
        self.task = Task(config)
        for name, parameter in self.named_parameters():
            if name.endswith("weight"):
                nn.init.normal_(parameter, 0.0, 0.02)
