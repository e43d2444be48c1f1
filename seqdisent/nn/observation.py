"""What a decoder says of a sequence, and how likely that makes it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from seqdisent.distributions import DiagonalGaussian

# Of a scaled likelihood, in standard deviations of a variable. Without it a decoder is sure of what it has learnt by
# heart, and one unusual week costs more nats than all others together.
LEAST_SCALE = 0.1


@dataclass(frozen=True)
class Observation:
    """p(x | s, z) with one scale for all values, as of pictures and sound.

    Args:
        values: mean and logarithm of the scale, both ``[B, T, *event]``.
        log_sigma: the scale of all values.
    """

    values: DiagonalGaussian
    log_sigma: Tensor

    @classmethod
    def of(cls, told: Tensor, log_sigma: Tensor) -> Observation:
        """From a decoder's output, the mean ``[B, T, *event]``."""
        return cls(DiagonalGaussian(told, log_sigma.expand_as(told)), log_sigma)

    def nll(self, x: Tensor) -> Tensor:
        """-log p(x_t | s, z_t) in nats, summed over the event: ``[B, T]``."""
        squared = (
            (self.values.mean - x).square().sum(tuple(range(2, x.ndim)))
        )  # in whatever layout the frames have
        constant = self.log_sigma + 0.5 * math.log(2 * math.pi)
        return 0.5 * squared * torch.exp(-2 * self.log_sigma) + x[0, 0].numel() * constant


@dataclass(frozen=True)
class ScaledObservation:
    """p(x | s, z) with a scale of its own for every value; what is missing (NaN) does not count.

    Args:
        values: mean and logarithm of the scale, both ``[B, T, *event]``.
        logits: of every value's being there, ``[B, T, *event]``.
    """

    values: DiagonalGaussian
    logits: Tensor

    @classmethod
    def of(cls, told: Tensor) -> ScaledObservation:
        """From a decoder's output ``[B, T, W, 3 C]``: means, scales and logits."""
        values, logits = told.split((2 * told.shape[-1] // 3, told.shape[-1] // 3), dim=-1)
        free = DiagonalGaussian.from_parameters(values)
        floor = torch.full_like(free.log_std, math.log(LEAST_SCALE))
        return cls(
            replace(free, log_std=0.5 * torch.logaddexp(2 * free.log_std, 2 * floor)), logits
        )

    def nll(self, x: Tensor) -> Tensor:
        """-log p(x_t | s, z_t) in nats, summed over what is there of the event: ``[B, T]``."""
        known = ~torch.isnan(
            x
        )  # a NaN must not even meet the weights: 0 * NaN is NaN in their gradients
        values = DiagonalGaussian(self.values.mean[..., None], self.values.log_std[..., None])
        nll = -values.log_prob(torch.where(known, x, self.values.mean.detach())[..., None])
        return (nll * known).flatten(2).sum(2)

    def presence_nll(self, x: Tensor) -> Tensor:
        """-log p(which values of x_t are there | s, z_t) in nats, summed over the event: ``[B, T]``."""
        known = (~torch.isnan(x)).to(self.logits)
        return (
            binary_cross_entropy_with_logits(self.logits, known, reduction="none").flatten(2).sum(2)
        )
