"""Features of a sequence by which it is compared with known ones, to tell whether it is out of distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from seqdisent.tables.match_variables import number
from seqdisent.types import Sequences, squared_error


@dataclass(frozen=True)
class Feature:
    """One feature: a number for each sequence.

    Args:
        name: for people, in "The ..., 231 Hz, is above ...".
        digits: behind the point; None for three significant figures.
        two_sided: whether small values are as unusual as large ones.
        ratio: whether values are compared on a logarithmic scale.
        meaning: what a large value means; "" if nothing in particular.
        least: smaller differences do not count.
    """

    name: str
    unit: str = ""
    digits: int | None = 1
    two_sided: bool = False
    ratio: bool = True
    meaning: str = ""
    least: float = 1e-6

    def text(self, value: float) -> str:
        """A value with its unit: ``"231 Hz"``."""
        figures = number(value) if self.digits is None else f"{value:,.{self.digits}f}"
        return f"{figures} {self.unit}".strip()


@dataclass(frozen=True)
class SourceFeature:
    """A feature of what was removed while a sequence was prepared: nothing is known of it for other sequences.

    Args:
        highest: a larger value is a reason for a warning.
        warning: the sentence, with the place ``{value}``.
    """

    feature: Feature
    highest: float
    warning: str


# The features of every modality.
COMMON = {
    "error": Feature(
        "error of the rebuilt sequence", digits=3, meaning="the model cannot rebuild it well"
    ),
    "static": Feature(
        "distance of its static code from the nearest known ones",
        meaning="no known sequence is like it",
    ),
    "dynamic": Feature(
        "distance of its mean dynamic code from the nearest known ones",
        meaning="no known sequence develops like it",
    ),
}


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Sequences and what a model decodes from their posterior means.

    Args:
        batch: the sequences, ``x`` ``[B, T, *event]``.
        decoded: ``[B, T, *event]``.
    """

    batch: Sequences
    decoded: Tensor

    @cached_property
    def observed(self) -> Tensor:
        """Which values exist and are not missing, bool ``[B, T, *event]``."""
        x, mask = self.batch.x, self.batch.mask
        event_axes = [1] * (x.ndim - mask.ndim)
        return ~x.isnan() & mask.reshape(*mask.shape, *event_axes)

    @cached_property
    def _squared_error(self) -> Tensor:
        return squared_error(self.decoded, self.batch.x) * self.observed

    def root_mean_square_error(self, channels: slice | None = None) -> np.ndarray:
        """Over the observed values of each sequence, float ``[B]``.

        Args:
            channels: part of the last axis; None for all.
        """
        part = (..., slice(None) if channels is None else channels)
        total = self._squared_error[part].flatten(1).sum(1)
        count = self.observed[part].flatten(1).sum(1)
        return (total / count).sqrt().numpy()
