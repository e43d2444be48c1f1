"""What the time-series data sets share: from a table of hours to sequences of windows with their labels.

An event is a window ``[W, C]`` of ``W`` steps of ``C`` variables, scaled by the mean and deviation of the training
split; NaN is a missing value. A sequence is ``K`` windows in a row.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.timeseries.normalise import scaled
from seqdisent.spec import DatasetSpec, Variable

DAY_HZ = 1 / 86_400
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


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
