"""The values that travel between data, models and evaluation.

Shape letters, everywhere in the package: B sequences, T frames, K latent steps, S static size,
D dynamic size, ``*event`` one frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from seqdisent.gaussian import DiagonalGaussian


@dataclass(frozen=True)
class Sequences:
    """A batch of sequences. Labels ride along for evaluation and never enter a loss.

    Args:
        x: float32 ``[B, T, *event]`` in the dataset's value range.
        mask: bool ``[B, T]``, true where a frame exists.
        static: for each static factor, int64 ``[B]``.
        dynamic: for each dynamic factor, int64 ``[B, T]``.
    """

    x: Tensor
    mask: Tensor
    static: Mapping[str, Tensor] = field(default_factory=dict)
    dynamic: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mask.shape != self.x.shape[:2]:
            raise ValueError(f"mask has shape {tuple(self.mask.shape)}, expected {tuple(self.x.shape[:2])}")

    def __len__(self) -> int:
        return self.x.shape[0]

    @property
    def labels(self) -> dict[str, Tensor]:
        """All factors as one dictionary; dynamic ones keep their time axis."""
        return {**self.static, **self.dynamic}

    def to(self, device: torch.device | str) -> Sequences:
        """The same batch on another device."""
        return Sequences(
            self.x.to(device),
            self.mask.to(device),
            {k: v.to(device) for k, v in self.static.items()},
            {k: v.to(device) for k, v in self.dynamic.items()},
        )


@dataclass(frozen=True)
class Latents:
    """The codes of B sequences: ``static [B, S]`` and ``dynamic [B, K, D]``."""

    static: Tensor
    dynamic: Tensor

    def __post_init__(self) -> None:
        if self.static.ndim != 2 or self.dynamic.ndim != 3:
            raise ValueError(
                f"expected static [B, S] and dynamic [B, K, D], got {tuple(self.static.shape)} "
                f"and {tuple(self.dynamic.shape)}"
            )
        if len(self.static) != len(self.dynamic):
            raise ValueError(f"{len(self.static)} static codes but {len(self.dynamic)} dynamic codes")

    def __len__(self) -> int:
        return self.static.shape[0]

    def __getitem__(self, index) -> Latents:
        """Select sequences with a slice, a mask or an index array (the batch axis stays)."""
        return Latents(self.static[index], self.dynamic[index])

    def with_static(self, other: Latents) -> Latents:
        """These dynamics with the static code of ``other``."""
        return replace(self, static=other.static)

    def with_dynamic(self, other: Latents) -> Latents:
        """This static code with the dynamics of ``other``."""
        return replace(self, dynamic=other.dynamic)

    def lerp(self, other: Latents, w: float | Tensor) -> Latents:
        """Linear interpolation of both codes: ``w=0`` is self, ``w=1`` is ``other``."""
        return Latents(torch.lerp(self.static, other.static, w), torch.lerp(self.dynamic, other.dynamic, w))


@dataclass(frozen=True)
class Encoding:
    """What an encoder says: the latents it drew (or the means) and both posteriors."""

    latents: Latents
    static: DiagonalGaussian
    dynamic: DiagonalGaussian


@dataclass(frozen=True)
class LossTerms:
    """Per-sequence loss terms in nats (each ``[B]``), and the weights that make the total.

    ``terms`` are the honest quantities (negative log-likelihood and KL divergences, summed over
    time and event); ``weights`` are the recipe's. The total is derived here and nowhere else.
    """

    terms: Mapping[str, Tensor]
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if set(self.terms) != set(self.weights):
            raise ValueError(f"terms {sorted(self.terms)} and weights {sorted(self.weights)} differ")

    @property
    def per_sequence(self) -> Tensor:
        """Weighted sum of the terms for each sequence, ``[B]``, in nats."""
        return sum(self.weights[name] * term for name, term in self.terms.items())

    @property
    def total(self) -> Tensor:
        """The quantity to minimise: the batch mean of :attr:`per_sequence`."""
        return self.per_sequence.mean()

    def means(self) -> dict[str, Tensor]:
        """Batch mean of every unweighted term, for logs."""
        return {name: term.mean() for name, term in self.terms.items()}
