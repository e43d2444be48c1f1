"""Codes of the three splits, and what of them can be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Codes, Subject
from seqdisent.spec import Factor

MINIMUM = 20  # labelled sequences that a split must have for a factor to be measurable


@dataclass(frozen=True)
class Splits:
    """Codes of the three splits."""

    train: Codes
    validation: Codes
    test: Codes

    @classmethod
    def of(
        cls,
        subject: Subject,
        data: tuple[SequenceDataset, SequenceDataset, SequenceDataset],
        seed: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Splits:
        """Encode training, validation and test data.

        The three draw their noise apart. With one seed for all, the noise of a training sequence comes again in
        the test sequence at the same place, and a probe that knows the noise by heart reads the label from it.
        """
        names = ("training", "validation", "test")
        return cls(
            *(
                subject.codes(
                    part,
                    seed=3 * seed + number,
                    progress=say_as(progress, f"encoding {name} sequences"),
                )
                for number, (part, name) in enumerate(zip(data, names, strict=True))
            )
        )

    def parts(self) -> tuple[Codes, Codes, Codes]:
        return self.train, self.validation, self.test

    def at_one_step(self, seed: int) -> Splits:
        """Each sequence at one step of its own (:meth:`Codes.at_one_step`)."""
        return Splits(
            *(codes.at_one_step(3 * seed + number) for number, codes in enumerate(self.parts()))
        )


def why_not_measurable(factor: Factor, splits: Splits) -> str:
    """Why a factor cannot be measured, or an empty string if it can."""
    for name, codes in zip(("training", "validation", "test"), splits.parts(), strict=True):
        if factor.name not in codes.labels:
            return f"there are no labels in the {name} split"
        labels = one_label(codes.labels[factor.name])
        known = ~np.isnan(labels) if factor.continuous else labels >= 0
        if known.sum() < MINIMUM:
            return f"only {int(known.sum())} {name} sequences are labelled; {MINIMUM} are needed"
        if len(np.unique(labels[known])) < 2:
            return f"every labelled {name} sequence has the same value"
    if not factor.continuous and not known_values(factor, splits.train, splits.test):
        return "no test sequence has a value that a training sequence has"
    return ""


def known_values(factor: Factor, train: Codes, test: Codes) -> bool:
    """Whether some test sequence has a label of a class that occurs in training."""
    first = lambda codes: one_label(codes.labels[factor.name])
    return bool(np.isin(first(test)[first(test) >= 0], first(train)).any())


def changes(factor: Factor, codes: Codes) -> bool:
    """Whether a factor changes within sequences; each is then asked about one step of its own, drawn at random."""
    labels = codes.labels.get(factor.name)
    if labels is None or labels.ndim == 1:
        return False
    known = ~np.isnan(labels) if factor.continuous else labels >= 0
    low, high = (np.where(known, labels, end) for end in (np.inf, -np.inf))
    return bool((high.max(1) > low.min(1)).any())


def one_label(labels: np.ndarray) -> np.ndarray:
    """One label a sequence ``[N]``: of ``[N, T]`` the first step's."""
    return labels[:, 0] if labels.ndim > 1 else labels


def say_as(progress: Callable[[str, int, int], None] | None, what: str):
    """A progress callback (done, total) that says what is done."""
    return None if progress is None else lambda done, total: progress(what, done, total)
