"""Diagonal Gaussians: the only distribution that posteriors and priors need."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# exp(log_std) stays between 0.0025 and 7.4: wide enough for every use, narrow enough for float32.
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
        """Split network output ``[..., 2N]`` into mean and a softly bounded log standard deviation.

        In float32 also under mixed precision: a KL in bfloat16 has three digits.
        """
        mean, raw = parameters.float().chunk(2, dim=-1)
        low, high = LOG_STD_RANGE
        # Zero output means unit variance; tanh has no dead zone as a hard clamp would have.
        log_std = torch.where(raw < 0, -low * torch.tanh(raw / -low), high * torch.tanh(raw / high))
        return cls(mean, log_std)

    @classmethod
    def standard(cls, shape: torch.Size | tuple[int, ...], like: Tensor) -> DiagonalGaussian:
        """N(0, I) of the given shape, on the device of ``like``."""
        zeros = like.new_zeros(shape)
        return cls(zeros, zeros)

    @property
    def mode(self) -> Tensor:
        """The mean, ``[..., N]``."""
        return self.mean

    def tempered(self, temperature: float) -> DiagonalGaussian:
        """The same with every standard deviation multiplied: 0 leaves the mean alone."""
        return DiagonalGaussian(
            self.mean, self.log_std + (math.log(temperature) if temperature > 0 else -math.inf)
        )

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """A reparameterised draw, ``[..., N]``."""
        noise = torch.randn(
            self.mean.shape,
            generator=generator,
            dtype=self.mean.dtype,
            device=self.mean.device if generator is None else generator.device,
        )
        return self.mean + self.log_std.exp() * noise.to(self.mean.device)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density in nats, summed over the last axis: ``[...]``."""
        scaled = (value - self.mean) * torch.exp(-self.log_std)
        return -(0.5 * scaled.square() + self.log_std + 0.5 * math.log(2 * math.pi)).sum(-1)

    def kl(self, other: DiagonalGaussian) -> Tensor:
        """KL(self || other) in nats, summed over the last axis: ``[...]``."""
        scaled = (self.mean - other.mean) * torch.exp(-other.log_std)
        ratio = torch.exp(2 * (self.log_std - other.log_std))
        return (other.log_std - self.log_std + 0.5 * (ratio + scaled.square() - 1)).sum(-1)
