"""Codes of the three splits, and which factors can be measured on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Codes, Subject
from seqdisent.evaluation.progress import TaskProgress, of_task
from seqdisent.spec import Factor

SPLITS = ("training", "validation", "test")
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
        progress: TaskProgress | None = None,
    ) -> Splits:
        """Encode training, validation and test data.

        Each split has noise of its own. With one seed for all three, a training sequence and the test sequence at the
        same position would have the same noise, and a probe that memorised it could predict the label from it.
        """
        codes = []
        for number, (part, name) in enumerate(zip(data, SPLITS, strict=True)):
            reported = of_task(progress, f"encoding {name} sequences")
            codes.append(subject.codes(part, seed=3 * seed + number, progress=reported))
        return cls(*codes)

    def parts(self) -> tuple[Codes, Codes, Codes]:
        """Training, validation and test codes."""
        return self.train, self.validation, self.test

    def at_one_step(self, seed: int) -> Splits:
        """Each sequence at one random step (:meth:`Codes.at_one_step`)."""
        parts = [codes.at_one_step(3 * seed + number) for number, codes in enumerate(self.parts())]
        return Splits(*parts)

    def at_step(self, step: int, steps: int) -> Splits:
        """The same codes with the labels at one of ``steps`` equal steps, each ``[N]``."""

        def labelled(codes: Codes) -> Codes:
            labels = {
                name: labels_at_step(value, step, steps) for name, value in codes.labels.items()
            }
            return replace(codes, labels=labels)

        return Splits(*map(labelled, self.parts()))


def why_not_measurable(factor: Factor, splits: Splits) -> str:
    """Why a factor cannot be measured, or an empty string if it can."""
    for name, codes in zip(SPLITS, splits.parts(), strict=True):
        if factor.name not in codes.labels:
            return f"there are no labels in the {name} split"
        labels = first_labels(codes.labels[factor.name])
        known = is_labelled(factor, labels)
        if known.sum() < MINIMUM:
            return f"only {int(known.sum())} {name} sequences are labelled; {MINIMUM} are needed"
        if len(np.unique(labels[known])) < 2:
            return f"every labelled {name} sequence has the same value"
    if not factor.continuous:
        train = first_labels(splits.train.labels[factor.name])
        test = first_labels(splits.test.labels[factor.name])
        if not share_a_class(train, test):
            return "no test sequence has a value that a training sequence has"
    return ""


def share_a_class(train: np.ndarray, test: np.ndarray) -> bool:
    """Whether some test label is a class that occurs in training; held-out sentences, for example, do not."""
    return bool(np.isin(test[test >= 0], train).any())


def is_labelled(factor: Factor, labels: np.ndarray) -> np.ndarray:
    """Where labels are not missing, of the same shape."""
    return ~np.isnan(labels) if factor.continuous else labels >= 0


def changes_within_sequences(factor: Factor, codes: Codes) -> bool:
    """Whether a factor changes within some sequence; it is then probed at one random step of each."""
    labels = codes.labels.get(factor.name)
    if labels is None or labels.ndim == 1:
        return False
    known = is_labelled(factor, labels)
    low = np.where(known, labels, np.inf)
    high = np.where(known, labels, -np.inf)
    return bool((high.max(1) > low.min(1)).any())


def first_labels(labels: np.ndarray) -> np.ndarray:
    """One label for each sequence ``[N]``: of ``[N, T]`` that of the first step."""
    return labels[:, 0] if labels.ndim > 1 else labels


def labels_at_step(labels: np.ndarray, step: int, steps: int) -> np.ndarray:
    """One label for each sequence ``[N]``: of ``[N, T]`` that at the beginning of one of ``steps`` equal steps."""
    return labels[:, step * labels.shape[1] // steps] if labels.ndim > 1 else labels
