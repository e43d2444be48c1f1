"""The codes of a split with what measures need: posterior samples, divergences and labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.distributions import DiagonalGaussian, LatentChoice
from seqdisent.evaluation.progress import Progress
from seqdisent.models import SequentialVAE
from seqdisent.spec import DatasetSpec
from seqdisent.types import Latents, Sequences

BATCH = 128
PARTS = 8  # equal parts into which sequences of different lengths are divided to be compared


@dataclass(frozen=True)
class Codes:
    """Codes of N sequences.

    Args:
        mean: posterior means, the codes that people use.
        sample: one sample of each posterior, which is what the decoder is trained on.
        static_kl: KL(q(s|x) || p(s)) by dimension, nats, ``[N, S]``.
        dynamic_kl: KL(q(z_t|x) || p(z_t|z_<t)) by step, nats, ``[N, K]``, the prior given the sample.
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

    def latents(self, posterior: str) -> Latents:
        """The posterior means (``"mean"``) or the posterior samples (``"sample"``)."""
        return self.mean if posterior == "mean" else self.sample

    def at_one_step(self, seed: int) -> Codes:
        """Each sequence at one random step (or part): dynamic codes ``[N, 1, D]``, labels ``[N]``."""
        rows = np.arange(len(self))
        steps = self.mean.timeline(PARTS).shape[1]
        step = np.random.default_rng(seed).integers(0, steps, len(self))

        def at_step(codes: Latents) -> Latents:
            return Latents(codes.static, codes.timeline(PARTS)[rows, step][:, None])

        labels = {
            name: value if value.ndim == 1 else value[rows, step]
            for name, value in self.labels.items()
        }
        return replace(self, mean=at_step(self.mean), sample=at_step(self.sample), labels=labels)

    def shuffled(self, seed: int) -> Codes:
        """The same codes and labels, with the codes of one sequence assigned to the labels of another."""
        order = np.random.default_rng(seed).permutation(len(self))
        return replace(self, mean=self.mean[order], sample=self.sample[order])


class Subject(Protocol):
    """What can be evaluated: a model, or a control with known codes (:mod:`seqdisent.evaluation.controls`)."""

    @property
    def spec(self) -> DatasetSpec:
        """The declaration of the data."""

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        """Codes of every sequence of a split."""

    def decode(self, latents: Latents) -> Sequences:
        """Sequences without labels."""

    def sample(
        self,
        n: int,
        frames: int,
        *,
        static: Tensor | None = None,
        dynamic: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Latents:
        """Samples of the prior; a code that is given is kept."""


@dataclass(frozen=True)
class ModelSubject:
    """A model as something that can be evaluated."""

    model: SequentialVAE

    @property
    def spec(self) -> DatasetSpec:
        return self.model.spec

    @torch.inference_mode()
    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        """Codes of every sequence. The dynamic posterior of a full-q DSVAE is conditioned on the mean of s."""
        generator = torch.Generator().manual_seed(seed)
        parts: dict[str, list[Tensor]] = {}
        for start in range(0, len(data), BATCH):
            batch = data[start : start + BATCH]
            encoding = self.model.encode(batch.x, batch.mask, sample=False)
            s, z = encoding.static, encoding.dynamic
            choice = LatentChoice(sample=True, generator=generator)
            sampled = Latents(choice(s), self.model.prior.choose(z, choice))
            divergence = self.model.prior.kl(z, sampled.dynamic)
            values = {
                "static": s.mean,
                "dynamic": z.mean,
                "sampled_static": sampled.static,
                "sampled_dynamic": sampled.dynamic,
                "static_kl": _kl_by_dimension(s),
                "dynamic_kl": divergence * batch.mask,
                "mask": batch.mask,
            }
            for name, value in values.items():
                parts.setdefault(name, []).append(value)
            if progress:
                progress(min(start + BATCH, len(data)), len(data))
        joined = {name: torch.cat(batches) for name, batches in parts.items()}
        mask = None if data.lengths is None else joined["mask"]
        return Codes(
            Latents(joined["static"], joined["dynamic"], mask),
            Latents(joined["sampled_static"], joined["sampled_dynamic"], mask),
            joined["static_kl"],
            joined["dynamic_kl"],
            labels_in_parts(data),
            data.sources,
        )

    def decode(self, latents: Latents) -> Sequences:
        x = self.model.decode(latents)
        mask = torch.ones(x.shape[:2], dtype=torch.bool) if latents.mask is None else latents.mask
        return Sequences(x, mask)

    def sample(
        self,
        n: int,
        frames: int,
        *,
        static: Tensor | None = None,
        dynamic: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Latents:
        return self.model.sample(n, frames, static=static, dynamic=dynamic, generator=generator)


def labels_in_parts(data: SequenceDataset) -> dict[str, np.ndarray]:
    """Labels of every factor; if lengths differ, those of dynamic factors are taken at the middle of each part."""
    labels = data.labels()
    if data.lengths is None:
        return labels
    middle = ((np.arange(PARTS) + 0.5) / PARTS * data.lengths[:, None]).astype(int)
    for name, value in labels.items():
        if value.ndim > 1:
            labels[name] = np.take_along_axis(value, middle, 1)
    return labels


def _kl_by_dimension(posterior: DiagonalGaussian) -> Tensor:
    """KL to N(0, I) of every dimension in nats, ``[..., N]``."""
    return (
        0.5 * (posterior.mean.square() + torch.exp(2 * posterior.log_std) - 1) - posterior.log_std
    )
