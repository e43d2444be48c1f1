"""Observation models p(x | s, z): what the output of a decoder means, and the likelihood of data under it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from seqdisent.distributions import DiagonalGaussian
from seqdisent.errors import UsageError

# Lower bound of a predicted scale, in standard deviations of a variable. Without it the decoder becomes overconfident
# about sequences that it has memorised, and one unusual week costs more nats than all others together.
LEAST_SCALE = 0.1


@dataclass(frozen=True)
class Observation(ABC):
    """p(x | s, z) of a batch of sequences.

    Args:
        values: mean and logarithm of the scale, both ``[B, T, *event]``.
    """

    values: DiagonalGaussian

    # Whether values may be missing, so that the decoder also predicts which are present.
    models_presence: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def parameter_shape(event_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of what a decoder outputs for a frame of shape ``event_shape``."""

    @classmethod
    @abstractmethod
    def from_decoder(cls, parameters: Tensor, log_sigma: Tensor) -> Observation:
        """From a decoder's output ``[B, T, *parameters]`` and the model's scale ``[]``."""

    @abstractmethod
    def nll(self, x: Tensor) -> Tensor:
        """-log p(x_t | s, z_t) in nats, summed over the event: ``[B, T]``."""

    @abstractmethod
    def presence(self) -> Tensor:
        """Probability that each value is present, ``[B, T, *event]``."""

    @abstractmethod
    def presence_nll(self, x: Tensor) -> Tensor:
        """-log p(which values of x_t are present | s, z_t) in nats, summed over the event: ``[B, T]``."""


@dataclass(frozen=True)
class GaussianObservation(Observation):
    """A Gaussian with one scale for all values, for images and sound, where no value is missing.

    Args:
        log_sigma: logarithm of the scale of all values, ``[]``.
    """

    log_sigma: Tensor

    @staticmethod
    def parameter_shape(event_shape: tuple[int, ...]) -> tuple[int, ...]:
        return event_shape

    @classmethod
    def from_decoder(cls, parameters: Tensor, log_sigma: Tensor) -> GaussianObservation:
        values = DiagonalGaussian(parameters, log_sigma.expand_as(parameters))
        return cls(values, log_sigma)

    def nll(self, x: Tensor) -> Tensor:
        # Summed over the event axes without flattening them: flattening copies frames that are channels last.
        event_axes = tuple(range(2, x.ndim))
        squared = (self.values.mean - x).square().sum(event_axes)
        log_normaliser = self.log_sigma + 0.5 * math.log(2 * math.pi)
        return 0.5 * squared * torch.exp(-2 * self.log_sigma) + x[0, 0].numel() * log_normaliser

    def presence(self) -> Tensor:
        return torch.ones_like(self.values.mean)

    def presence_nll(self, x: Tensor) -> Tensor:
        return x.new_zeros(x.shape[:2])


@dataclass(frozen=True)
class ScaledObservation(Observation):
    """A Gaussian with a predicted scale for every value; missing values (NaN) are left out of the likelihood.

    Args:
        logits: of every value's presence, ``[B, T, *event]``.
    """

    logits: Tensor

    models_presence: ClassVar[bool] = True

    @staticmethod
    def parameter_shape(event_shape: tuple[int, ...]) -> tuple[int, ...]:
        """A mean, a scale and a presence logit for every value: ``(W, 3 C)`` for events ``(W, C)``."""
        *leading, channels = event_shape
        return (*leading, 3 * channels)

    @classmethod
    def from_decoder(cls, parameters: Tensor, log_sigma: Tensor) -> ScaledObservation:
        channels = parameters.shape[-1] // 3
        values, logits = parameters.split((2 * channels, channels), dim=-1)
        predicted = DiagonalGaussian.from_parameters(values)
        # The variance is the predicted one plus the square of the least scale.
        floor = torch.full_like(predicted.log_std, math.log(LEAST_SCALE))
        log_std = 0.5 * torch.logaddexp(2 * predicted.log_std, 2 * floor)
        return cls(replace(predicted, log_std=log_std), logits)

    def nll(self, x: Tensor) -> Tensor:
        present = ~torch.isnan(x)
        # A NaN must not enter the computation at all: 0 * NaN is NaN in the gradients of the weights.
        filled = torch.where(present, x, self.values.mean.detach())
        # log_prob sums over the last axis: give every value an axis of length one.
        values = DiagonalGaussian(self.values.mean[..., None], self.values.log_std[..., None])
        nll = -values.log_prob(filled[..., None])
        return (nll * present).flatten(2).sum(2)

    def presence(self) -> Tensor:
        return self.logits.sigmoid()

    def presence_nll(self, x: Tensor) -> Tensor:
        present = (~torch.isnan(x)).to(self.logits)
        nll = binary_cross_entropy_with_logits(self.logits, present, reduction="none")
        return nll.flatten(2).sum(2)


# DatasetSpec.likelihood -> observation model
OBSERVATIONS: dict[str, type[Observation]] = {
    "gaussian": GaussianObservation,
    "scaled": ScaledObservation,
}


def observation_model(likelihood: str) -> type[Observation]:
    """The observation model of a data set's likelihood; ``ValueError`` names those there are."""
    if likelihood not in OBSERVATIONS:
        raise UsageError(f"no likelihood {likelihood!r}; choose from {sorted(OBSERVATIONS)}")
    return OBSERVATIONS[likelihood]
