"""How many sequences a report uses, and the choice of subsets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.leakage import FULL, QUICK, Effort


@dataclass(frozen=True)
class Sample:
    """How many sequences of each split a report uses, and how thoroughly; ``None`` is all of them."""

    train: int | None = None
    validation: int | None = None
    test: int | None = None
    pairs: int = 2000
    effort: Effort = FULL

    @property
    def full(self) -> bool:
        """Whether the sections that take minutes are measured too."""
        return self.effort == FULL


FULL_SAMPLE = Sample()
QUICK_SAMPLE = Sample(train=1800, validation=300, test=600, pairs=200, effort=QUICK)


def subset(data: SequenceDataset, n: int | None, seed: int) -> SequenceDataset:
    """At most ``n`` random sequences of a split, in memory."""
    if n is None or n >= len(data):
        return data.in_memory()
    return data.select(np.sort(np.random.default_rng(seed).permutation(len(data))[:n]))


def hold_out(
    data: SequenceDataset, seed: int, share: float = 0.1
) -> tuple[SequenceDataset, SequenceDataset]:
    """Training sequences to train probes on and, of other sources, to choose them on."""
    sources = np.random.default_rng(seed).permutation(np.unique(data.sources))
    held = np.isin(data.sources, sources[: max(1, int(share * len(sources)))])
    return data.select(np.flatnonzero(~held)), data.select(np.flatnonzero(held))
