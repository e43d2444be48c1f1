"""Clips of time series, real or decoded with their uncertainty: comparisons, tables and arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
import torch

from seqdisent.data.timeseries.normalise import in_units, interval, step_seconds
from seqdisent.distributions import DiagonalGaussian
from seqdisent.spec import DatasetSpec, Variable

# A band holds this share of the decoder's distribution of each value,
BAND_SHARE = 0.8
# and reaches this many standard deviations to both sides of the median.
BAND_REACH = NormalDist().inv_cdf(0.5 + BAND_SHARE / 2)
MIN_STEPS = 3  # for a correlation
MIN_DEVIATION = 1e-6


@dataclass(frozen=True, eq=False)
class SeriesClip:
    """A time series, step by step.

    Args:
        x: float ``[steps, C]`` as models see it, in deviations of the training split; NaN is missing.
        scale: of a decoded series the standard deviation of each value, ``[steps, C]``; None for a real one.
        start: when it begins, if that is known.
    """

    x: np.ndarray
    scale: np.ndarray | None = None
    start: np.datetime64 | None = None

    def __len__(self) -> int:
        return len(self.x)

    def band(self, variables: Sequence[Variable]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Low end, median and high end of the 80 % band in units, each ``[steps, C]``; all equal for a real series."""
        log_scale = np.full_like(self.x, -np.inf) if self.scale is None else np.log(self.scale)
        likelihood = DiagonalGaussian(torch.from_numpy(self.x), torch.from_numpy(log_scale))
        low, median, high = interval(likelihood, variables, BAND_SHARE)
        is_amount = np.array([v.log for v in variables])

        def clipped(values: np.ndarray) -> np.ndarray:
            # An amount is not negative, whatever the decoder's Gaussian is.
            return np.where(is_amount, np.maximum(values, 0), values)

        return clipped(low), clipped(median), clipped(high)


def series_clip(
    x: torch.Tensor,
    mask: torch.Tensor,
    log_scale: torch.Tensor | None = None,
    start: np.datetime64 | None = None,
) -> SeriesClip:
    """The clip of one sequence of windows.

    Args:
        x: ``[K, W, C]``.
        mask: which windows exist, ``[K]``; the others are left out.
        log_scale: of a decoded sequence the logarithm of the standard deviations, ``[K, W, C]``.
        start: when it begins; NaT if that is not known.
    """

    def steps(windows: torch.Tensor) -> np.ndarray:
        return windows[mask].flatten(0, 1).detach().cpu().numpy()

    if start is not None and np.isnat(start):
        start = None
    scale = None if log_scale is None else np.exp(steps(log_scale))
    return SeriesClip(steps(x), scale, start)


# -- Comparisons -----------------------------------------------------------------------------------


def reconstruction_errors(
    decoded: SeriesClip, real: SeriesClip, variables: Sequence[Variable]
) -> list[dict[str, float | None]]:
    """How far a reconstruction is from the real series, for each variable.

    Returns:
        ``mean_absolute`` error in units, the same in training ``deviations``, and the share of real values that are
        ``inside`` the band; None where nothing was measured.
    """
    low, median, high = decoded.band(variables)
    truth = in_units(real.x, variables)
    errors = {
        "mean_absolute": np.abs(median - truth),
        "deviations": np.abs(decoded.x - real.x),
        "inside": (low <= truth) & (truth <= high),
    }
    observed = np.isfinite(truth)
    return [
        {name: _mean(values[:, c][observed[:, c]]) for name, values in errors.items()}
        for c in range(len(variables))
    ]


def correlations(decoded: SeriesClip, donor: SeriesClip) -> list[float | None]:
    """Correlation with the donor of the dynamic code over the observed steps, for each variable; None if constant."""
    found: list[float | None] = []
    for ours, theirs in zip(decoded.x.T, donor.x.T, strict=True):
        observed = np.isfinite(ours) & np.isfinite(theirs)
        ours, theirs = ours[observed], theirs[observed]
        too_few = len(ours) < MIN_STEPS
        if too_few or min(ours.std(), theirs.std()) < MIN_DEVIATION:
            found.append(None)
        else:
            found.append(float(np.corrcoef(ours, theirs)[0, 1]))
    return found


def averages(clip: SeriesClip, variables: Sequence[Variable]) -> list[float | None]:
    """The mean of every variable in its unit; None where nothing was measured."""
    _, median, _ = clip.band(variables)
    return [_mean(column[np.isfinite(column)]) for column in median.T]


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


# -- Files -----------------------------------------------------------------------------------------


def csv(clips: Mapping[str, SeriesClip], spec: DatasetSpec) -> str:
    """Clips under each other, a row a step.

    Columns: ``time`` (if all begin at a known time, else ``hours`` from the beginning), ``clip``, and of each variable
    the value (the median, if it was decoded) with the ``low`` and ``high`` end of the 80 % band, which are empty for
    real series.
    """
    dated = all(clip.start is not None for clip in clips.values())
    tables = [_table(name, clip, spec, dated) for name, clip in clips.items()]
    return pd.concat(tables).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _table(name: str, clip: SeriesClip, spec: DatasetSpec, dated: bool) -> pd.DataFrame:
    low, median, high = clip.band(spec.variables)
    if clip.scale is None:
        low = high = np.full_like(median, np.nan)
    columns: dict[str, np.ndarray | str] = {}
    if dated:
        columns["time"] = times(clip, spec)
    else:
        columns["hours"] = hours(clip, spec)
    columns["clip"] = name
    for c, variable in enumerate(spec.variables):
        unit = f" ({variable.unit})" if variable.unit else ""
        for suffix, values in (("", median), (" low", low), (" high", high)):
            columns[f"{variable.name}{suffix}{unit}"] = values[:, c]
    return pd.DataFrame(columns)


def npz(clips: Sequence[SeriesClip], spec: DatasetSpec) -> bytes:
    """Clips as arrays.

    ``median``, ``low`` and ``high``, each ``[N, steps, C]`` in units, NaN behind the shorter ones; ``variable`` and
    ``unit`` ``[C]``, and ``hours`` ``[steps]`` from the beginning.
    """
    longest = max(clips, key=len)
    bands = np.full((3, len(clips), len(longest), len(spec.variables)), np.nan, np.float32)
    for row, clip in enumerate(clips):
        bands[:, row, : len(clip)] = clip.band(spec.variables)
    low, median, high = bands
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        low=low,
        median=median,
        high=high,
        variable=np.array([v.name for v in spec.variables]),
        unit=np.array([v.unit for v in spec.variables]),
        hours=hours(longest, spec),
    )
    return buffer.getvalue()


def hours(clip: SeriesClip, spec: DatasetSpec) -> np.ndarray:
    """Hours from the beginning to each step, float ``[steps]``."""
    return np.arange(len(clip)) * step_seconds(spec) / 3600


def times(clip: SeriesClip, spec: DatasetSpec) -> np.ndarray:
    """When each step of a series with a known start is, text ``[steps]``."""
    if clip.start is None:
        raise ValueError("the series has no known start")
    seconds = round(step_seconds(spec))
    moments = clip.start.astype("M8[s]") + np.arange(len(clip)) * np.timedelta64(seconds, "s")
    return np.datetime_as_string(moments, unit="s" if seconds % 60 else "m")


def representative_variables(variables: Sequence[Variable]) -> list[int]:
    """Positions of up to four variables, evenly chosen: what is shown where all would be too many."""
    spacing = max(1, len(variables) // 3)
    return list(range(0, len(variables), spacing))[:4]
