"""Series over time: measured ones, and what a decoder says with its uncertainty; as tables and arrays."""

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

SHARE = 0.8  # of a band: what lies inside, if the decoder is right
REACH = NormalDist().inv_cdf(0.5 + SHARE / 2)  # half the width of a band in standard deviations


@dataclass(frozen=True, eq=False)
class Course:
    """A series, step by step.

    Args:
        x: ``[steps, C]`` as models see it, in deviations of the training split; NaN is missing.
        scale: of what a decoder says, the standard deviation of each value, ``[steps, C]``; None of what was measured.
        start: when it begins, if anybody knows.
    """

    x: np.ndarray
    scale: np.ndarray | None = None
    start: np.datetime64 | None = None

    def __len__(self) -> int:
        return len(self.x)

    def ends(self, variables: Sequence[Variable]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Low end, middle and high end of the band in units, each ``[steps, C]``; the same thrice if measured."""
        log_scale = np.full_like(self.x, -np.inf) if self.scale is None else np.log(self.scale)
        told = DiagonalGaussian(torch.from_numpy(self.x), torch.from_numpy(log_scale))
        amounts = np.array([v.log for v in variables])
        # An amount is not negative, whatever the decoder's Gaussian says.
        return tuple(
            np.where(amounts, np.maximum(end, 0), end) for end in interval(told, variables, SHARE)
        )


def course(
    x: torch.Tensor,
    mask: torch.Tensor,
    log_scale: torch.Tensor | None = None,
    start: np.datetime64 | None = None,
) -> Course:
    """One sequence of windows ``[K, W, C]`` as a course; windows that do not exist are left out."""
    flat = lambda values: values[mask].flatten(0, 1).detach().cpu().numpy()
    if start is not None and np.isnat(start):
        start = None
    return Course(flat(x), None if log_scale is None else np.exp(flat(log_scale)), start)


def errors(
    made: Course, real: Course, variables: Sequence[Variable]
) -> list[dict[str, float | None]]:
    """How far a rebuilt course is from the measured one, by variable.

    Returns:
        ``mean_absolute`` error in units, the same in training ``deviations``, and the share of measurements
        ``inside`` the band; None where nothing was measured.
    """
    low, middle, high = made.ends(variables)
    truth = in_units(real.x, variables)
    found = []
    for c in range(len(variables)):
        there = np.isfinite(truth[:, c])
        off = {
            "mean_absolute": np.abs(middle - truth),
            "deviations": np.abs(made.x - real.x),
            "inside": (low <= truth) & (truth <= high),
        }
        found.append(
            {
                name: float(values[there, c].mean()) if there.any() else None
                for name, values in off.items()
            }
        )
    return found


def follows(made: Course, donor: Course) -> list[float | None]:
    """Correlation with the donor of the dynamics over the steps that were measured, by variable."""
    found = []
    for one, other in zip(made.x.T, donor.x.T, strict=True):
        there = np.isfinite(one) & np.isfinite(other)
        steady = there.sum() < 3 or min(one[there].std(), other[there].std()) < 1e-6
        found.append(None if steady else float(np.corrcoef(one[there], other[there])[0, 1]))
    return found


def averages(one: Course, variables: Sequence[Variable]) -> list[float | None]:
    """The mean of every variable in its unit; None where nothing was measured."""
    known = [column[np.isfinite(column)] for column in one.ends(variables)[1].T]
    return [float(values.mean()) if len(values) else None for values in known]


def csv(courses: Mapping[str, Course], spec: DatasetSpec) -> str:
    """Courses under each other, a row a step.

    Columns: ``time`` (if all begin at a known time, else ``hours`` from the beginning), ``clip``, and of each variable
    the value (of what a decoder says, the median) with the ``low`` and ``high`` end of the 80 % band, which are empty
    of what was measured.
    """
    tables = []
    dated = all(one.start is not None for one in courses.values())
    for name, one in courses.items():
        ends = one.ends(spec.variables)
        if one.scale is None:
            ends = (np.full_like(ends[1], np.nan), ends[1], np.full_like(ends[1], np.nan))
        columns = {
            "time" if dated else "hours": times(one, spec) if dated else hours(one, spec),
            "clip": name,
        }
        for c, variable in enumerate(spec.variables):
            for what, end in zip(("", " low", " high"), (ends[1], ends[0], ends[2]), strict=True):
                unit = f" ({variable.unit})" if variable.unit else ""
                columns[f"{variable.name}{what}{unit}"] = end[:, c]
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def hours(one: Course, spec: DatasetSpec) -> np.ndarray:
    """Hours from the beginning to each step."""
    return np.arange(len(one)) * step_seconds(spec) / 3600


def times(one: Course, spec: DatasetSpec) -> np.ndarray:
    """When each step is, as text."""
    step = round(step_seconds(spec))
    moments = one.start.astype("M8[s]") + np.arange(len(one)) * np.timedelta64(step, "s")
    return np.datetime_as_string(moments, unit="s" if step % 60 else "m")


def npz(courses: Sequence[Course], spec: DatasetSpec) -> bytes:
    """Courses as arrays: ``median``, ``low`` and ``high``, each ``[N, steps, C]`` in units, NaN behind the shorter
    ones; ``variable`` and ``unit`` ``[C]``, and ``hours`` ``[steps]`` from the beginning."""
    longest = max(courses, key=len)
    shape = (len(courses), len(longest), len(spec.variables))
    arrays = {name: np.full(shape, np.nan, np.float32) for name in ("low", "median", "high")}
    for row, one in enumerate(courses):
        for array, end in zip(arrays.values(), one.ends(spec.variables), strict=True):
            array[row, : len(one)] = end
    about = {
        name: np.array([getattr(v, name) for v in spec.variables]) for name in ("name", "unit")
    }
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, **arrays, variable=about["name"], unit=about["unit"], hours=hours(longest, spec)
    )
    return buffer.getvalue()


def shown_first(variables: Sequence[Variable]) -> list[int]:
    """Up to four variables that stand for all, where all would be too many to see: evenly chosen."""
    return list(range(len(variables)))[:: max(1, len(variables) // 3)][:4]
