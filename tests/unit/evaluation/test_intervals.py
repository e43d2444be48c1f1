"""Intervals of small samples agree with tables and simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqdisent.evaluation.statistics import success_rate, t_interval, wilson_interval


@pytest.mark.parametrize(("n", "quantile"), [(2, 12.706), (5, 2.776), (6, 2.571), (10, 2.262)])
def test_t_interval_uses_students_quantiles_for_every_number_of_values(n, quantile):
    values = np.arange(n, dtype=float)
    found = t_interval(values)
    half = quantile * values.std(ddof=1) / math.sqrt(n)
    assert found.high - found.value == pytest.approx(half, rel=1e-3)
    assert found.value - found.low == pytest.approx(half, rel=1e-3)


def test_one_value_has_no_interval():
    found = t_interval([3.0])
    assert found.value == 3.0 and math.isnan(found.low) and math.isnan(found.high)


def test_t_interval_covers_the_mean_of_six_values_about_95_times_in_100():
    rng = np.random.default_rng(0)
    intervals = [t_interval(rng.normal(size=6)) for _ in range(1000)]
    covered = np.mean([found.low <= 0 <= found.high for found in intervals])
    assert 0.93 < covered < 0.97


def test_wilson_interval_of_counts_and_of_booleans():
    assert wilson_interval(8, 10) == success_rate(np.array([True] * 8 + [False] * 2))
    assert wilson_interval(0, 10).low == 0 and wilson_interval(10, 10).high == 1
    assert math.isnan(wilson_interval(0, 0).value)
