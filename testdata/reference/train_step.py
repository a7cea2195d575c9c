"""One iteration of PixelDA: update D and T, then G, each with its own Adam."""

import math

import torch

from losses import adversarial_loss, domain_loss, quaternion_loss, similarity_loss, task_loss
from model import FROZEN, TRAIN


def learning_rate(config, global_step):
    """Staircase decay. The one global step counts the D and the G updates."""
    return config.lr * config.lr_decay ** (global_step // config.lr_decay_steps)


def clip(gradients, norm):
    """Clips each gradient by its own L2 norm, as slim does; not by the norm of all together."""
    norms = torch.stack(torch._foreach_norm(gradients))
    return torch._foreach_mul(gradients, list((norm / norms.clamp(min=norm)).unbind()))


class Adam:
    """Adam in TensorFlow's form: epsilon is added to sqrt(v) before v's bias is corrected."""
    beta1, beta2, epsilon = 0.5, 0.999, 1e-8

    def __init__(self, parameters):
        self.parameters = [p.detach() for p in parameters]
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.v = [torch.zeros_like(p) for p in self.parameters]
        self.t = 0

    def step(self, gradients, lr):
        self.t += 1
        lr *= math.sqrt(1 - self.beta2 ** self.t) / (1 - self.beta1 ** self.t)
        torch._foreach_mul_(self.m, self.beta1)
        torch._foreach_add_(self.m, gradients, alpha=1 - self.beta1)
        torch._foreach_mul_(self.v, self.beta2)
        torch._foreach_addcmul_(self.v, gradients, gradients, value=1 - self.beta2)
        scale = torch._foreach_sqrt(self.v)
        torch._foreach_add_(scale, self.epsilon)
        torch._foreach_addcdiv_(self.parameters, self.m, scale, value=-lr)


class Training:
    """The two updates of an iteration.

    Each returns its losses, unweighted but for `g_loss`, and the gradients of its weighted loss
    before clipping, both by name.
    """

    def __init__(self, model, config):
        self.model, self.config = model, config
        self.global_step = 0
        parameters = dict(model.named_parameters())
        self.g_names = [n for n in parameters if n.startswith("generator.")]
        self.d_names = [n for n in parameters if not n.startswith("generator.")]
        self.g_parameters = [parameters[n] for n in self.g_names]
        self.d_parameters = [parameters[n] for n in self.d_names]
        self.g_adam = Adam(self.g_parameters)
        self.d_adam = Adam(self.d_parameters)

    def d_losses(self, source, labels, target, z, poses=None):
        """The D update's forward pass: its losses and their weighted sum."""
        model, c = self.model, self.config
        with torch.no_grad():
            adapted = model.generator(source, z, FROZEN)
        # Two calls: each batch is normalised by its own statistics, and both enter the averages.
        adapted_logits = model.discriminator(adapted, TRAIN)
        target_logits = model.discriminator(target, TRAIN)
        of_source, of_adapted = model.task.classify_source(source, TRAIN), model.task.classify_adapted(adapted, TRAIN)
        losses = {
            "d_loss": domain_loss(adapted_logits, target_logits),
            "task_source": task_loss(of_source[0], labels),
            "task_adapted": task_loss(of_adapted[0], labels),
        }
        total = (c.domain_weight * losses["d_loss"]
                 + c.task_source_weight * losses["task_source"]
                 + c.task_adapted_weight * losses["task_adapted"])
        if poses is not None:
            losses["pose_source"] = quaternion_loss(of_source[1], poses)
            losses["pose_adapted"] = quaternion_loss(of_adapted[1], poses)
            total = (total + c.pose_source_weight * losses["pose_source"]
                     + c.pose_adapted_weight * losses["pose_adapted"])
        return losses, total

    def g_losses(self, source, labels, z, poses=None):
        """The G update's forward pass: its losses and their weighted sum, which is `g_loss`.

        The original's value also holds the source losses, which G does not influence.
        """
        model, c = self.model, self.config
        adapted = model.generator(source, z, TRAIN)
        logits, quaternion = model.task.classify_adapted(adapted, FROZEN)
        losses = {
            "g_adv": adversarial_loss(model.discriminator(adapted, FROZEN)),
            "g_task": task_loss(logits, labels),
        }
        total = c.style_weight * losses["g_adv"] + c.task_in_g_weight * losses["g_task"]
        if poses is not None:
            losses["g_pose"] = quaternion_loss(quaternion, poses)
            total = total + c.task_in_g_weight * c.pose_adapted_weight * losses["g_pose"]
        if c.similarity_weight:
            total = total + c.similarity_weight * similarity_loss(adapted, source, c.similarity)
        losses["g_loss"] = total
        return losses, total

    def d_step(self, source, labels, target, z, poses=None):
        losses, total = self.d_losses(source, labels, target, z, poses)
        gradients = torch.autograd.grad(total, self.d_parameters)
        self.update(self.d_adam, gradients)
        return losses, dict(zip(self.d_names, gradients))

    def g_step(self, source, labels, z, poses=None):
        losses, total = self.g_losses(source, labels, z, poses)
        gradients = torch.autograd.grad(total, self.g_parameters)
        self.update(self.g_adam, gradients)
        return losses, dict(zip(self.g_names, gradients))

    def update(self, adam, gradients):
        lr = learning_rate(self.config, self.global_step)
        adam.step(clip(list(gradients), self.config.clip_norm), lr)
        self.global_step += 1
