"""Diagonal Gaussians, the distribution of every posterior and prior, and how a code is taken from one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Standard deviations stay between exp(-6) = 0.0025 and exp(2) = 7.4: wide enough for codes and observations of
# unit scale, narrow enough for float32.
LOG_STD_RANGE = (-6.0, 2.0)


@dataclass(frozen=True)
class DiagonalGaussian:
    """A Gaussian with independent entries along the last axis.

    Args:
        mean: ``[..., N]``.
        log_std: ``[..., N]``, natural logarithm of the standard deviation.
    """

    mean: Tensor
    log_std: Tensor

    @classmethod
    def from_parameters(cls, parameters: Tensor) -> DiagonalGaussian:
        """Split network output ``[..., 2N]`` into mean and softly bounded log standard deviation, both ``[..., N]``.

        The result is float32 also under mixed precision: a KL in bfloat16 has three significant digits.
        """
        mean, raw = parameters.float().chunk(2, dim=-1)
        low, high = LOG_STD_RANGE
        # An output of zero means unit variance; tanh keeps a gradient where a hard clamp has none.
        below = -low * torch.tanh(raw / -low)
        above = high * torch.tanh(raw / high)
        log_std = torch.where(raw < 0, below, above)
        return cls(mean, log_std)

    @classmethod
    def standard(cls, shape: torch.Size | tuple[int, ...], like: Tensor) -> DiagonalGaussian:
        """N(0, I) of the given shape, with the device and dtype of ``like``."""
        zeros = like.new_zeros(shape)
        return cls(zeros, zeros)

    @property
    def mode(self) -> Tensor:
        """The mean, ``[..., N]``."""
        return self.mean

    def tempered(self, temperature: float) -> DiagonalGaussian:
        """The same mean with every standard deviation multiplied by ``temperature``; at 0 samples are the mean."""
        log_temperature = math.log(temperature) if temperature > 0 else -math.inf
        return DiagonalGaussian(self.mean, self.log_std + log_temperature)

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """A reparameterised sample, ``[..., N]``."""
        # A generator makes numbers on its own device only.
        device = self.mean.device if generator is None else generator.device
        noise = torch.randn(
            self.mean.shape, generator=generator, dtype=self.mean.dtype, device=device
        )
        return self.mean + self.log_std.exp() * noise.to(self.mean.device)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density in nats, summed over the last axis: ``[...]``."""
        scaled = (value - self.mean) * torch.exp(-self.log_std)
        return -(0.5 * scaled.square() + self.log_std + 0.5 * math.log(2 * math.pi)).sum(-1)

    def kl(self, other: DiagonalGaussian) -> Tensor:
        """KL(self || other) in nats, summed over the last axis: ``[...]``."""
        scaled = (self.mean - other.mean) * torch.exp(-other.log_std)
        variance_ratio = torch.exp(2 * (self.log_std - other.log_std))
        per_entry = other.log_std - self.log_std + 0.5 * (variance_ratio + scaled.square() - 1)
        return per_entry.sum(-1)


@dataclass(frozen=True)
class LatentChoice:
    """How a code is taken from its posterior.

    Args:
        sample: a reparameterised sample if true, the posterior mean if false.
        generator: source of the noise; torch's global one by default.
    """

    sample: bool
    generator: torch.Generator | None = None

    def __call__(self, posterior: DiagonalGaussian) -> Tensor:
        """A code ``[..., N]`` from a posterior over ``[..., N]``."""
        return posterior.sample(self.generator) if self.sample else posterior.mode
