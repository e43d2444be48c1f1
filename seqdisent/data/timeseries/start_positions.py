"""The positions in a user's series at which a sequence of a model's length may start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.errors import TableError
from seqdisent.tables.parse_columns import plural, short
from seqdisent.tables.resample import Series
from seqdisent.tables.time_steps import moment

DAY = 86_400
MAX_POSITIONS = 1000


@dataclass(frozen=True, eq=False)
class StartPositions:
    """The positions at which a sequence may start in a series.

    Args:
        series: the series.
        first: the step of each position, ``[P]``, ascending, at most :data:`MAX_POSITIONS`. Where it is negative, the
            first steps of the sequence are missing.
        present: the number of values in a sequence from each position, ``[P]``.
        length: of a sequence, in steps.
    """

    series: Series
    first: np.ndarray
    present: np.ndarray
    length: int

    @classmethod
    def of(cls, series: Series, dataset: SequenceDataset) -> StartPositions:
        """The positions in ``series`` for sequences like those of ``dataset``.

        If all of those start at the same time of day, so do the new ones. A series that is shorter than a sequence
        has positions as long as half of the sequence exists.
        """
        spec, size = dataset.spec, len(series.values)
        window, step = spec.event_shape[0], step_seconds(spec)
        length = window * _windows(size // window, dataset)
        offset, stride = _alignment(series, dataset, step)
        first = np.arange(offset, max(size - length, 0) + 1, stride)
        if size < length or not len(first):
            earliest = offset - stride if offset > 0 else offset
            first = np.arange(earliest, size, stride)
            existing = np.minimum(size, first + length) - np.maximum(first, 0)
            first = first[existing >= length / 2]
        first = _thinned(first)
        values_before = np.concatenate([[0], np.cumsum(np.isfinite(series.values).sum(1))])
        ends, begins = np.clip(first + length, 0, size), np.clip(first, 0, size)
        return cls(series, first, values_before[ends] - values_before[begins], length)

    def best(self) -> int:
        """The latest of the positions with the most values."""
        return len(self.first) - 1 - int(np.argmax(self.present[::-1]))

    def time(self, position: int, step: float) -> np.datetime64 | None:
        """When a sequence from a position starts; None if times do not count from a date."""
        if self.series.start is None:
            return None
        after = np.timedelta64(round(float(self.first[position]) * step * 1000), "ms")
        return self.series.start.astype("M8[ms]") + after

    def labels(self, step: float) -> list[str]:
        """Each position as text: a date and time, or ``"step 24"``."""
        labels = []
        for position, first in enumerate(self.first.tolist()):
            time = self.time(position, step)
            labels.append(f"step {first}" if time is None else _time_label(time))
        return labels

    def find(self, wanted: str, step: float) -> int:
        """The position that a label or a time means: the last one that is not later.

        Raises:
            TableError: if it is no time, or before the first position.
        """
        labels = self.labels(step)
        if wanted in labels:
            return labels.index(wanted)
        try:
            is_later = self._later_than(wanted, step)
        except ValueError:
            is_later = np.ones(len(labels), bool)
        if is_later.all():
            raise TableError(
                f"A sequence cannot start at {short(wanted)}: it can from {labels[0]} to {labels[-1]}, "
                f"{plural(len(labels), 'position')} in all."
            )
        return int(np.flatnonzero(~is_later)[-1])

    def _later_than(self, wanted: str, step: float) -> np.ndarray:
        """Which positions are later than a step or a time, ``[P]``; raises ``ValueError`` if it is neither."""
        if self.series.start is None:
            return self.first > int(wanted.removeprefix("step "))
        time = np.datetime64(wanted, "ms")
        return np.array([self.time(position, step) for position in range(len(self.first))]) > time


def _windows(existing: int, dataset: SequenceDataset) -> int:
    """Windows of a sequence; fewer than usual if the data set has shorter ones and the series is short."""
    if dataset.lengths is None:
        return dataset.spec.frames
    return int(np.clip(existing, dataset.lengths.min(), dataset.spec.frames))


def _alignment(series: Series, dataset: SequenceDataset, step: float) -> tuple[int, int]:
    """The first step at which a sequence may start, and the steps from position to position."""
    second = _second_of_day(dataset, step)
    if second is None or series.start is None:
        return 0, dataset.spec.event_shape[0]
    steps_a_day = round(DAY / step)
    start = series.start.astype("M8[ms]").astype(np.int64) / 1000
    return round((second - start) % DAY / step) % steps_a_day, steps_a_day


def _thinned(first: np.ndarray) -> np.ndarray:
    """At most :data:`MAX_POSITIONS` positions at equal distances, the last one among them."""
    every = max(1, -(-len(first) // MAX_POSITIONS))
    return first[(len(first) - 1) % every :: every]


def _time_label(time: np.datetime64) -> str:
    return moment(time.astype(np.int64) / 1000, True).removesuffix(" 00:00")


def _second_of_day(dataset: SequenceDataset, step: float) -> int | None:
    """The second of the day at which all sequences start; None if they differ or a day is no number of steps."""
    divides_a_day = abs(DAY / step - round(DAY / step)) <= 1e-6
    if dataset.starts is None or step >= DAY or not divides_a_day:
        return None
    seconds = np.unique(dataset.starts.astype("M8[s]").astype(np.int64) % DAY)
    return int(seconds[0]) if len(seconds) == 1 else None
