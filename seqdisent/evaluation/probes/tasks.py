"""What probes are asked, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Matrices(NamedTuple):
    """One vector for each sequence of the three splits, each ``[N, d]`` in float32."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Task:
    """A factor to be predicted, with its labels in the three splits, each ``[N]``.

    Class labels are integers from 0, -1 where missing; continuous ones are floats, NaN where missing.

    Args:
        key: what the :class:`Reading` is filed under.
        classes: number of classes; 0 for a continuous factor.
    """

    key: object
    classes: int
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def known(self, labels: np.ndarray) -> np.ndarray:
        """Where ``labels [N]`` are not missing."""
        return labels >= 0 if self.classes else ~np.isnan(labels)


@dataclass(frozen=True)
class Prediction:
    """What a probe predicts before calibration.

    For classes log probabilities in nats ``[N, C]``; for a continuous factor values ``[N]``.
    """

    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Reading:
    """What a calibrated probe predicts for every test sequence.

    Args:
        bits: usable information of each sequence ``[N]``; NaN where the label is missing.
        score: for classes 1 where right, else 0; for a continuous factor the squared error; ``[N]``.
        baseline: for a continuous factor the squared error of the training mean ``[N]``, else None.
        log2: for classes the log probability in bits of every class ``[N, C]``, else None.
        value: for a continuous factor the predicted value ``[N]``, else None.
        validation_bits: mean usable information on validation, by which probes are compared.
    """

    bits: np.ndarray
    score: np.ndarray
    baseline: np.ndarray | None
    log2: np.ndarray | None
    value: np.ndarray | None
    validation_bits: float
