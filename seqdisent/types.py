"""The values that travel between data, models and evaluation.

Shape letters, everywhere in the package: B sequences, T frames, K latent steps, S static size,
D dynamic size, ``*event`` one frame.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from seqdisent.distributions import DiagonalGaussian


@dataclass(frozen=True)
class Sequences:
    """A batch of sequences. Labels are for evaluation and never enter a loss.

    Args:
        x: float32 ``[B, T, *event]`` in the dataset's value range; NaN is a missing value of a series.
        mask: bool ``[B, T]``, true where a frame exists.
        static: for each static factor, int64 ``[B]``; float of a continuous factor.
        dynamic: for each dynamic factor, int64 ``[B, T]``; float of a continuous factor.

    Raises:
        ValueError: if the mask does not have the shape of ``x``.
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
            {name: labels.to(device) for name, labels in self.static.items()},
            {name: labels.to(device) for name, labels in self.dynamic.items()},
        )


@dataclass(frozen=True)
class Latents:
    """The codes of B sequences.

    Args:
        static: ``[B, S]``.
        dynamic: ``[B, K, D]``.
        mask: bool ``[B, K]``, true where a step exists, or ``None`` if all do. It belongs to the dynamics: a swapped
            utterance is as long as the one that gave the dynamics.

    Raises:
        ValueError: if the shapes do not agree.
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

    def __getitem__(self, index: Any) -> Latents:
        """Select sequences with a slice, a mask or an index array (the batch axis stays)."""
        mask = None if self.mask is None else self.mask[index]
        return Latents(self.static[index], self.dynamic[index], mask)

    @classmethod
    def cat(cls, parts: Sequence[Latents]) -> Latents:
        """Batches one after the other.

        Raises:
            ValueError: if some of them have a mask and some have none.
        """
        static = torch.cat([part.static for part in parts])
        dynamic = torch.cat([part.dynamic for part in parts])
        masks = [part.mask for part in parts if part.mask is not None]
        if not masks:
            return cls(static, dynamic)
        if len(masks) < len(parts):
            raise ValueError("some of these batches have a mask and some have none")
        return cls(static, dynamic, torch.cat(masks))

    def timeline(self, parts: int) -> Tensor:
        """Dynamics of sequences of different lengths on one time scale: means of equal parts, ``[B, parts, D]``.

        Without a mask they are returned as they are, ``[B, K, D]``.

        Args:
            parts: into how many parts of equal length each sequence is divided. In a sequence of fewer steps than parts
                a part is the step in which it begins.
        """
        if self.mask is None:
            return self.dynamic
        step = torch.arange(self.dynamic.shape[1], device=self.dynamic.device)
        part = torch.arange(parts, device=self.dynamic.device)[None, :, None]
        length = self.mask.sum(1)[:, None, None]
        first = part * length // parts
        end = torch.maximum((part + 1) * length // parts, first + 1)
        is_in_part = ((step >= first) & (step < end)).to(self.dynamic)  # [B, parts, K]
        return is_in_part @ self.dynamic / is_in_part.sum(2, keepdim=True)

    def with_static(self, other: Latents) -> Latents:
        """These dynamics, and their length, with the static code of ``other``."""
        return replace(self, static=other.static)

    def with_dynamic(self, other: Latents) -> Latents:
        """This static code with the dynamics of ``other``."""
        return replace(self, dynamic=other.dynamic, mask=other.mask)

    def lerp(self, other: Latents, w: float | Tensor) -> Latents:
        """Linear interpolation of both codes: ``w=0`` is self, ``w=1`` is ``other``; steps that either has exist."""
        mask = None
        if self.mask is not None and other.mask is not None:
            mask = self.mask | other.mask
        return Latents(
            torch.lerp(self.static, other.static, w),
            torch.lerp(self.dynamic, other.dynamic, w),
            mask,
        )


@dataclass(frozen=True)
class Encoding:
    """The result of encoding B sequences.

    Args:
        latents: samples of both posteriors, or their means.
        static: q(s|x), ``[B, S]``.
        dynamic: q(z_t|x) of every step, ``[B, K, D]``.
    """

    latents: Latents
    static: DiagonalGaussian
    dynamic: DiagonalGaussian


@dataclass(frozen=True)
class LossTerms:
    """Loss terms of B sequences, and the weights that make the total.

    The total is computed here and nowhere else. One reduction: negative log-likelihood and KL divergences are summed
    over time and event and averaged over the batch.

    Args:
        terms: name -> the unweighted term of every sequence in nats, ``[B]``.
        weights: name -> its weight in the total.

    Raises:
        ValueError: if there are no terms, or terms and weights have different names.
    """

    terms: Mapping[str, Tensor]
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.terms:
            raise ValueError("a loss needs at least one term")
        if set(self.terms) != set(self.weights):
            raise ValueError(
                f"terms {sorted(self.terms)} and weights {sorted(self.weights)} differ"
            )

    @property
    def per_sequence(self) -> Tensor:
        """Weighted sum of the terms for each sequence, ``[B]``, in nats."""
        weighted = [self.weights[name] * term for name, term in self.terms.items()]
        return functools.reduce(torch.add, weighted)

    @property
    def total(self) -> Tensor:
        """The quantity to minimise: the batch mean of :attr:`per_sequence`."""
        return self.per_sequence.mean()

    def means(self) -> dict[str, Tensor]:
        """Batch mean of every unweighted term, for logs."""
        return {name: term.mean() for name, term in self.terms.items()}


def squared_error(decoded: Tensor, target: Tensor) -> Tensor:
    """``(decoded - target) ** 2`` of two tensors that broadcast; 0 where ``target`` is missing (NaN)."""
    return torch.where(torch.isnan(target), 0.0, decoded - target).square()
