"""The values that travel between data, models and evaluation.

Shape letters, everywhere in the package: B sequences, T frames, K latent steps, S static size,
D dynamic size, ``*event`` one frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from seqdisent.distributions import DiagonalGaussian


@dataclass(frozen=True)
class Sequences:
    """A batch of sequences. Labels ride along for evaluation and never enter a loss.

    Args:
        x: float32 ``[B, T, *event]`` in the dataset's value range; NaN is a missing value of a series.
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
            raise ValueError(
                f"mask has shape {tuple(self.mask.shape)}, expected {tuple(self.x.shape[:2])}"
            )

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
    """The codes of B sequences: ``static [B, S]`` and ``dynamic [B, K, D]``.

    ``mask [B, K]`` is true where a step exists, or ``None`` if all do. It goes where the dynamics go: a swapped
    utterance is as long as the one whose dynamics it has.
    """

    static: Tensor
    dynamic: Tensor
    mask: Tensor | None = None

    def __post_init__(self) -> None:
        if self.static.ndim != 2 or self.dynamic.ndim != 3:
            raise ValueError(
                f"expected static [B, S] and dynamic [B, K, D], got {tuple(self.static.shape)} "
                f"and {tuple(self.dynamic.shape)}"
            )
        if len(self.static) != len(self.dynamic):
            raise ValueError(
                f"{len(self.static)} static codes but {len(self.dynamic)} dynamic codes"
            )
        if self.mask is not None and self.mask.shape != self.dynamic.shape[:2]:
            raise ValueError(
                f"mask has shape {tuple(self.mask.shape)}, expected {tuple(self.dynamic.shape[:2])}"
            )

    def __len__(self) -> int:
        return self.static.shape[0]

    def __getitem__(self, index) -> Latents:
        """Select sequences with a slice, a mask or an index array (the batch axis stays)."""
        return Latents(
            self.static[index], self.dynamic[index], None if self.mask is None else self.mask[index]
        )

    @classmethod
    def cat(cls, parts: Sequence[Latents]) -> Latents:
        """Batches one after the other."""
        masks = [part.mask for part in parts]
        if len({mask is None for mask in masks}) > 1:
            raise ValueError("some of these batches have a mask and some have none")
        return cls(
            torch.cat([part.static for part in parts]),
            torch.cat([part.dynamic for part in parts]),
            None if masks[0] is None else torch.cat(masks),
        )

    def timeline(self, parts: int) -> Tensor:
        """Dynamics of sequences of different lengths on one scale: means of ``parts`` equal parts, ``[B, parts, D]``.

        Without a mask they are as they are, ``[B, K, D]``. A part of a sequence of fewer steps than parts is the
        step in which it begins.
        """
        if self.mask is None:
            return self.dynamic
        step = torch.arange(self.dynamic.shape[1], device=self.dynamic.device)
        length = self.mask.sum(1)[:, None, None]
        part = torch.arange(parts, device=self.dynamic.device)[None, :, None]
        first = part * length // parts
        last = torch.maximum((part + 1) * length // parts, first + 1)
        inside = ((step >= first) & (step < last)).to(self.dynamic)  # [B, parts, K]
        return inside @ self.dynamic / inside.sum(2, keepdim=True)

    def with_static(self, other: Latents) -> Latents:
        """These dynamics, and their length, with the static code of ``other``."""
        return replace(self, static=other.static)

    def with_dynamic(self, other: Latents) -> Latents:
        """This static code with the dynamics of ``other``."""
        return replace(self, dynamic=other.dynamic, mask=other.mask)

    def lerp(self, other: Latents, w: float | Tensor) -> Latents:
        """Linear interpolation of both codes: ``w=0`` is self, ``w=1`` is ``other``; steps that either has exist."""
        masks = [mask for mask in (self.mask, other.mask) if mask is not None]
        mask = None if len(masks) < 2 else masks[0] | masks[1]
        return Latents(
            torch.lerp(self.static, other.static, w),
            torch.lerp(self.dynamic, other.dynamic, w),
            mask,
        )


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
            raise ValueError(
                f"terms {sorted(self.terms)} and weights {sorted(self.weights)} differ"
            )

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


def squared_error(made: Tensor, real: Tensor) -> Tensor:
    """``(made - real) ** 2`` of two tensors that broadcast; 0 where ``real`` is missing (NaN)."""
    return torch.where(torch.isnan(real), 0.0, made - real).square()
