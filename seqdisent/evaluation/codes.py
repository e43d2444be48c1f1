"""The codes of a whole split, with what is needed to judge them: draws, divergences and labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.distributions import DiagonalGaussian, LatentChoice
from seqdisent.models import SequentialVAE
from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents, Sequences

BATCH = 128
PARTS = 8  # equal parts into which sequences of different lengths are divided to be compared
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Codes:
    """Codes of N sequences.

    Args:
        mean: posterior means, the codes that people use.
        sample: one draw from each posterior, what the decoder saw in training.
        static_kl: KL(q(s|x) || p(s)) by dimension, nats, ``[N, S]``.
        dynamic_kl: KL(q(z_t|x) || p(z_t|z_<t)) by step, nats, ``[N, K]``, the prior fed with the draw.
        labels: for each factor ``[N]`` or ``[N, T]``; of sequences of different lengths ``[N, PARTS]``.
        source: ``[N]``, as in :class:`~seqdisent.data.dataset.SequenceDataset`.
    """

    mean: Latents
    sample: Latents
    static_kl: Tensor
    dynamic_kl: Tensor
    labels: dict[str, np.ndarray]
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: np.ndarray) -> Codes:
        return Codes(
            self.mean[rows],
            self.sample[rows],
            self.static_kl[rows],
            self.dynamic_kl[rows],
            {name: value[rows] for name, value in self.labels.items()},
            self.source[rows],
        )

    def at_one_step(self, seed: int) -> Codes:
        """Each sequence at one step (or part) of its own, drawn at random: dynamics ``[N, 1, D]``, labels ``[N]``."""
        rows = np.arange(len(self))
        step = np.random.default_rng(seed).integers(
            0, self.mean.timeline(PARTS).shape[1], len(self)
        )
        there = lambda codes: Latents(codes.static, codes.timeline(PARTS)[rows, step][:, None])
        labels = {
            name: value if value.ndim == 1 else value[rows, step]
            for name, value in self.labels.items()
        }
        return replace(self, mean=there(self.mean), sample=there(self.sample), labels=labels)

    def shuffled(self, seed: int) -> Codes:
        """The same codes and labels with every tie between them cut: codes of other sequences."""
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(self)))
        return replace(self, mean=self.mean[order], sample=self.sample[order])


class Subject(Protocol):
    """What can be evaluated: a model, or a stand-in with known codes (:mod:`.calibration`)."""

    spec: DatasetSpec

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        """Codes of every sequence of a split."""

    def decode(self, latents: Latents) -> Sequences:
        """Sequences without labels."""

    def sample(self, n: int, frames: int, *, static=None, dynamic=None, generator=None) -> Latents:
        """Draws from the prior that keep what they are given."""


@dataclass(frozen=True)
class ModelSubject:
    """A model, as the evaluation sees it."""

    model: SequentialVAE

    @property
    def spec(self) -> DatasetSpec:
        return self.model.spec

    @torch.inference_mode()
    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        """Codes of every sequence. The draw of a full-q DSVAE's dynamics is given the mean of s."""
        generator = torch.Generator().manual_seed(seed)
        parts: dict[str, list[Tensor]] = {}
        for start in range(0, len(data), BATCH):
            batch = data[start : start + BATCH]
            encoding = self.model.encode(batch.x, batch.mask, sample=False)
            s, z = encoding.static, encoding.dynamic
            choice = LatentChoice(sample=True, generator=generator)
            drawn = Latents(choice(s), self.model.prior.choose(z, choice))
            divergence = self.model.prior.kl(z, drawn.dynamic)
            made = {
                "static": s.mean,
                "dynamic": z.mean,
                "drawn_static": drawn.static,
                "drawn_dynamic": drawn.dynamic,
                "static_kl": _kl_by_dimension(s),
                "dynamic_kl": divergence * batch.mask,
                "mask": batch.mask,
            }
            for name, value in made.items():
                parts.setdefault(name, []).append(value)
            if progress:
                progress(min(start + BATCH, len(data)), len(data))
        whole = {name: torch.cat(values) for name, values in parts.items()}
        mask = None if data.lengths is None else whole["mask"]
        return Codes(
            Latents(whole["static"], whole["dynamic"], mask),
            Latents(whole["drawn_static"], whole["drawn_dynamic"], mask),
            whole["static_kl"],
            whole["dynamic_kl"],
            labels_in_parts(data),
            data.sources,
        )

    def decode(self, latents: Latents) -> Sequences:
        x = self.model.decode(latents)
        mask = torch.ones(x.shape[:2], dtype=torch.bool) if latents.mask is None else latents.mask
        return Sequences(x, mask)

    def sample(self, n: int, frames: int, **kept) -> Latents:
        return self.model.sample(n, frames, **kept)


def labels_in_parts(data: SequenceDataset) -> dict[str, np.ndarray]:
    """Labels of every factor; in sequences of different lengths those of a dynamic one at the middle of each part."""
    if data.lengths is None:
        return data.labels()
    middle = ((np.arange(PARTS) + 0.5) / PARTS * data.lengths[:, None]).astype(int)
    return {
        n: v if v.ndim == 1 else np.take_along_axis(v, middle, 1) for n, v in data.labels().items()
    }


def _kl_by_dimension(posterior: DiagonalGaussian) -> Tensor:
    """KL to N(0, I) of every dimension in nats, ``[..., N]``."""
    return (
        0.5 * (posterior.mean.square() + torch.exp(2 * posterior.log_std) - 1) - posterior.log_std
    )
