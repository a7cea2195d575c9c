"""PixelDA's losses as coded; each is a scalar without its weight."""

import torch
import torch.nn.functional as F


def domain_loss(adapted_logits, target_logits):
    """The discriminator's loss: target is 1, adapted 0; the sum of the two means."""
    return (F.binary_cross_entropy_with_logits(adapted_logits, torch.zeros_like(adapted_logits))
            + F.binary_cross_entropy_with_logits(target_logits, torch.ones_like(target_logits)))


def adversarial_loss(adapted_logits):
    """The generator's non-saturating loss (the paper's Eq. 2 is the minimax form)."""
    return F.binary_cross_entropy_with_logits(adapted_logits, torch.ones_like(adapted_logits))


def task_loss(logits, labels):
    """Softmax cross-entropy, the mean over the batch."""
    return F.cross_entropy(logits, labels)


def quaternion_loss(predicted, true):
    """log(1e-4 + 1 - |q . p|) of unit quaternions [B, 4], the mean over the batch. The paper's Eq. 6 has
    no 1e-4."""
    return torch.log(1e-4 + 1 - torch.abs((predicted * true).sum(1))).mean()


FAR = 0.99  # a depth of the background, where a masked similarity sees nothing


def similarity_loss(adapted, source, kind="mpse"):
    """How far the content of adapted images is from their source's.

    `mpse` is TensorFlow's mean_pairwise_squared_error, a grey side repeated over the other's channels:
    with d the difference of one sample and k its elements, 2 sum(d^2)/k - 2 (sum d)^2/k^2, summed over
    the batch: 2 B times the paper's Eq. 5. `masked-mpse` first makes both images of RGB and depth 0
    wherever the source's depth, channel 3, is far; k stays.
    """
    if adapted.shape[1] != source.shape[1] and 1 not in (adapted.shape[1], source.shape[1]):
        raise ValueError(f"similarity needs equal channels or a grey side: "
                         f"{adapted.shape[1]} adapted, {source.shape[1]} source")
    if kind == "masked-mpse":
        mask = (source[:, 3:4] < FAR).to(source.dtype)
        adapted, source = adapted * mask, source * mask
    elif kind != "mpse":
        raise ValueError(f"no similarity {kind!r}")
    d = (adapted - source).flatten(1)
    k = d.shape[1]
    return (2 * (d * d).sum(1) / k - 2 * d.sum(1) ** 2 / k ** 2).sum()
