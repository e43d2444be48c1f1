"""What the time-series data sets share: from a table of hours to sequences of windows with their labels.

An event is a window ``[W, C]`` of ``W`` steps of ``C`` variables, scaled by the mean and deviation of the training
split; NaN is a missing value. A sequence is ``K`` windows in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import DataNotReady
from seqdisent.data.timeseries.normalise import scaled
from seqdisent.spec import DatasetSpec, Variable

Progress = Callable[[int, int], None]
DAY_HZ = 1 / 86_400


@dataclass(frozen=True)
class SeriesSource:
    """A data set of series, as :mod:`seqdisent.data` sees one.

    Args:
        SPEC: its declaration.
        split_of: (split, root) -> its sequences.
    """

    SPEC: DatasetSpec
    split_of: Callable[[str, str | Path | None], SequenceDataset]

    def load(self, split: str, root: str | Path | None = None) -> SequenceDataset:
        """A split; ``x`` is ``[B, K, W, C]``."""
        if split not in ("train", "validation", "test"):
            raise ValueError(f"no split {split!r}; choose from ['test', 'train', 'validation']")
        return self.split_of(split, root)


@dataclass(frozen=True)
class PublishedSeries(SeriesSource):
    """Series that must be downloaded first.

    Args:
        ready: raises :class:`~seqdisent.data.download.DataNotReady` if the files are not there or not those expected.
        get: (root, progress) -> files downloaded.
    """

    ready: Callable[[str | Path | None], object]
    get: Callable[[str | Path | None, Progress | None], int]

    def fetch(self, root: str | Path | None = None, progress: Progress | None = None) -> int:
        """Download what is not there; the number of files that were."""
        return self.get(root, progress)

    def is_ready(self, root: str | Path | None = None) -> bool:
        """Whether the files are there and whole."""
        try:
            self.ready(root)
        except DataNotReady:
            return False
        return True


def series_spec(
    window: int, windows: int, variables: tuple[Variable, ...], **fields
) -> DatasetSpec:
    """The declaration of a data set of series; by default a window is a day."""
    fields = {"rate_hz": DAY_HZ, **fields}
    return DatasetSpec(
        modality="timeseries",
        event_shape=(window, len(variables)),
        frames=windows,
        value_range=(-4.0, 4.0),
        likelihood="scaled",
        variables=variables,
        **fields,
    )


def sequences(
    spec: DatasetSpec, values: np.ndarray, labels: Mapping[str, np.ndarray], **fields
) -> SequenceDataset:
    """A split from values in units ``[N, K * W, C]`` or ``[N, K, W, C]`` and labels by factor, ``[N]`` or ``[N, K]``.

    Args:
        fields: other fields of :class:`~seqdisent.data.dataset.SequenceDataset`.
    """
    x = scaled(values, spec.variables).reshape(len(values), spec.frames, *spec.event_shape)
    typed = {
        f.name: np.asarray(labels[f.name], np.float64 if f.continuous else np.int64)
        for f in spec.factors
    }
    return SequenceDataset(
        spec,
        x,
        {f.name: typed[f.name] for f in spec.static_factors},
        {f.name: typed[f.name] for f in spec.dynamic_factors},
        **fields,
    )
