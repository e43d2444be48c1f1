"""Between values in their units and what models see: centred and scaled, with NaN where a value is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from torch import Tensor

from seqdisent.distributions import DiagonalGaussian
from seqdisent.spec import DatasetSpec, Variable


def fitted(values: np.ndarray, about: Sequence[tuple[str, str, bool]]) -> tuple[Variable, ...]:
    """Variables with the mean and deviation of training ``values [..., C]`` in their units.

    Args:
        about: name, unit and whether to take the logarithm, of each variable.
    """
    found = []
    for (name, unit, log), column in zip(about, np.moveaxis(values, -1, 0), strict=True):
        known = column[np.isfinite(column)].astype(np.float64)
        known = np.log1p(known.clip(0)) if log else known
        spread = float(known.std()) if len(known) else 0.0
        centre = float(known.mean()) if len(known) else 0.0
        # A variable that never changes (float32 has seven digits) is left at 0 and not blown up.
        changes = spread > 1e-6 * abs(centre)
        digits = 4 - math.floor(math.log10(spread)) if changes else 4
        found.append(
            Variable(
                name, unit, round(centre, digits), round(spread, digits) if changes else 1.0, log
            )
        )
    return tuple(found)


def scaled(values: np.ndarray, variables: Sequence[Variable]) -> np.ndarray:
    """``[..., C]`` in units -> float32 as models see it; NaN stays."""
    out = np.array(values, np.float32)
    logs = [i for i, v in enumerate(variables) if v.log]
    out[..., logs] = np.log1p(out[..., logs].clip(0))
    return (out - _row(variables, "mean")) / _row(variables, "std")


def in_units(x: np.ndarray | Tensor, variables: Sequence[Variable]) -> np.ndarray:
    """The inverse of :func:`scaled`: ``[..., C]`` in units."""
    out = np.asarray(x, np.float32) * _row(variables, "std") + _row(variables, "mean")
    logs = [i for i, v in enumerate(variables) if v.log]
    out[..., logs] = np.expm1(out[..., logs]).clip(0)  # they are amounts: an interval ends at none
    return out


def interval(
    seen: DiagonalGaussian, variables: Sequence[Variable], share: float = 0.8
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower end, median and upper end of the central ``share`` of a likelihood, each ``[..., C]`` in units."""
    reach = NormalDist().inv_cdf(0.5 + share / 2) * seen.log_std.exp()
    ends = (seen.mean - reach, seen.mean, seen.mean + reach)
    low, middle, high = (in_units(end.detach().cpu(), variables) for end in ends)
    return low, middle, high


def step_seconds(spec: DatasetSpec) -> float:
    """Seconds from one step of a series to the next."""
    return 1 / (spec.rate_hz * spec.event_shape[0])


def with_unit(variable: Variable) -> str:
    """A variable with its unit: ``"PM2.5 (µg/m³)"``."""
    return f"{variable.name} ({variable.unit})" if variable.unit else variable.name


def _row(variables: Sequence[Variable], name: str) -> np.ndarray:
    return np.array([getattr(v, name) for v in variables], np.float32)
