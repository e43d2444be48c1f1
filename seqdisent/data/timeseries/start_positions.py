"""Where in a person's series a sequence of the length that a model knows may begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.tables.read_csv import TableError, plural, short
from seqdisent.tables.resample import Series, moment

DAY, MOST = 86_400, 1000


@dataclass(frozen=True, eq=False)
class Places:
    """Where in a series a sequence may begin.

    Args:
        first: step of each beginning, ``[P]``, at most :data:`MOST`; where it is negative, the first steps are a gap.
        present: how many values there are from each on.
        length: of a sequence, in steps.
    """

    series: Series
    first: np.ndarray
    present: np.ndarray
    length: int

    @classmethod
    def of(cls, series: Series, like: SequenceDataset) -> Places:
        spec, size = like.spec, len(series.values)
        window, step = spec.event_shape[0], step_seconds(spec)
        windows = spec.frames
        if like.lengths is not None:  # such models know shorter ones
            windows = int(np.clip(size // window, like.lengths.min(), spec.frames))
        length, stride, offset = window * windows, window, 0
        hour = _hour(like, step)
        if (
            hour is not None and series.start is not None
        ):  # what a window holds is then the same time of the day
            stride = round(DAY / step)
            begun = series.start.astype("M8[ms]").astype(np.int64) / 1000
            offset = round((hour - begun) % DAY / step) % stride
        first = np.arange(offset, max(size - length, 0) + 1, stride)
        if size < length or not len(
            first
        ):  # then with gaps at the ends, as long as half of it is there
            first = np.arange(offset - stride * (offset > 0), size, stride)
            first = first[np.minimum(size, first + length) - np.maximum(first, 0) >= length / 2]
        some = max(1, -(-len(first) // MOST))
        first = first[(len(first) - 1) % some :: some]
        total = np.concatenate([[0], np.cumsum(np.isfinite(series.values).sum(1))])
        present = total[np.clip(first + length, 0, size)] - total[np.clip(first, 0, size)]
        return cls(series, first, present, length)

    def best(self) -> int:
        """The latest beginning of those with the most values."""
        return len(self.first) - 1 - int(np.argmax(self.present[::-1]))

    def time(self, k: int, step: float) -> np.datetime64 | None:
        if self.series.start is None:
            return None
        return self.series.start.astype("M8[ms]") + np.timedelta64(
            round(float(self.first[k]) * step * 1000), "ms"
        )

    def labels(self, step: float) -> list[str]:
        if self.series.start is None:
            return [f"step {first}" for first in self.first.tolist()]
        return [_clock(self.time(k, step)) for k in range(len(self.first))]

    def asked(self, wish: str, step: float) -> int:
        """The beginning that a person means: the last that is not later."""
        labels = self.labels(step)
        if wish in labels:
            return labels.index(wish)
        try:
            if self.series.start is None:
                after = self.first > int(wish.removeprefix("step "))
            else:
                time = np.datetime64(wish, "ms")
                after = np.array([self.time(k, step) for k in range(len(labels))]) > time
        except ValueError:
            after = np.ones(len(labels), bool)
        if after.all():
            raise TableError(
                f"A sequence cannot begin at {short(wish)}: it can from {labels[0]} to {labels[-1]}, "
                f"{plural(len(labels), 'beginning')} in all."
            )
        return int(np.flatnonzero(~after)[-1])


def _clock(time: np.datetime64) -> str:
    return moment(time.astype(np.int64) / 1000, True).removesuffix(" 00:00")


def _hour(like: SequenceDataset, step: float) -> int | None:
    """The second of the day at which all sequences of a data set begin, if they do and have shorter steps."""
    if like.starts is None or step >= DAY or abs(DAY / step - round(DAY / step)) > 1e-6:
        return None
    seconds = np.unique(like.starts.astype("M8[s]").astype(np.int64) % DAY)
    return int(seconds[0]) if len(seconds) == 1 else None
