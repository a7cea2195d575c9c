"""Watches how near a run comes to the kinks of its activations, pools and absolute values.

Where a rectifier's input lies within rounding of 0, or two pixels of a pooling window within rounding
of each other, two right programs may take different sides and then differ by the jump of the
gradient, which no tolerance for rounding covers.
"""

import contextlib
from unittest import mock

import torch
import torch.nn.functional as F


@contextlib.contextmanager
def watch():
    """Lists for each rectifier and absolute value, in the order of calls, the distances of its elements from a kink.

    Without a pool behind it an element's distance is its absolute value. With one there is a
    distance for each window: how far its largest pixel leads, over the second or over 0, or how far
    below 0 all of them are. A pool without a rectifier before it has the leads alone.
    """
    distances = []
    relu, leaky_relu, prelu = F.relu, F.leaky_relu, F.prelu
    max_pool2d, absolute = F.max_pool2d, torch.abs

    def watched_relu(x):
        distances.append(x.detach().double().abs().flatten())
        y = relu(x)
        y.rectified = x.detach()
        return y

    def watched_leaky_relu(x, slope):
        distances.append(x.detach().double().abs().flatten())
        return leaky_relu(x, slope)

    def watched_prelu(x, slope):
        distances.append(x.detach().double().abs().flatten())
        return prelu(x, slope)

    def watched_max_pool2d(x, side):
        rectified = getattr(x, "rectified", None)
        pixels = x.detach() if rectified is None else rectified
        pixels = F.unfold(pixels.flatten(0, 1).unsqueeze(1), side, stride=side).double()
        first, second = pixels.topk(2, dim=1).values.unbind(1)
        if rectified is None:
            distances.append((first - second).flatten())
        else:
            distances[-1] = torch.where(first > 0, first - second.clamp(min=0), -first).flatten()
        return max_pool2d(x, side)

    def watched_abs(x):
        distances.append(x.detach().double().abs().flatten())
        return absolute(x)

    with mock.patch.object(torch, "abs", watched_abs), mock.patch.multiple(
            F, relu=watched_relu, leaky_relu=watched_leaky_relu, prelu=watched_prelu, max_pool2d=watched_max_pool2d):
        yield distances


def clearance(exact, rounded):
    """The least distance from a kink in the `exact` run, in units of the largest error that the
    `rounded` run makes in the distances of the same rectifier. Below 1 rounding may decide a side."""
    assert len(exact) == len(rounded)
    return min((e.min() / (e - r).abs().max()).item() for e, r in zip(exact, rounded))
