"""Intervals of small samples agree with tables and simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqdisent.evaluation.statistics import (
    ClusterBootstrap,
    success_rate,
    t_interval,
    wilson_interval,
)


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


def swaps_of_speakers(
    rng: np.random.Generator, speakers: int, spread: float, swaps: int = 800
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Success of swaps of two random speakers, each better or worse as a source and as a donor, and both speakers."""
    quality = spread * rng.normal(size=speakers)
    source = rng.integers(speakers, size=swaps)
    donor = (source + rng.integers(1, speakers, size=swaps)) % speakers
    logit = 1.5 + quality[donor] + 0.3 * quality[source]
    return rng.random(swaps) < 1 / (1 + np.exp(-logit)), source, donor


def coverage(speakers: int, spread: float, repeats: int) -> tuple[float, float]:
    """How often the interval of swaps, and Wilson's, contains the success of new speakers."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200_000, 2)) * spread
    truth = np.mean(1 / (1 + np.exp(-(1.5 + z[:, 0] + 0.3 * z[:, 1]))))
    covered, covered_by_wilson = [], []
    for _ in range(repeats):
        hits, source, donor = swaps_of_speakers(rng, speakers, spread)
        found = ClusterBootstrap(source, donor, draws=200).rate(hits)
        covered.append(found.low <= truth <= found.high)
        wilson = success_rate(hits)
        covered_by_wilson.append(wilson.low <= truth <= wilson.high)
    return float(np.mean(covered)), float(np.mean(covered_by_wilson))


def test_intervals_of_swaps_cover_with_six_speakers_where_wilsons_do_not():
    bootstrap, wilson = coverage(6, 1.0, 200)
    assert bootstrap > 0.92
    assert wilson < 0.5


def test_intervals_of_swaps_cover_with_many_speakers():
    bootstrap, _ = coverage(100, 1.0, 150)
    assert bootstrap > 0.93


def test_intervals_of_swaps_are_at_most_twice_too_wide_without_dependence():
    hits, source, donor = swaps_of_speakers(np.random.default_rng(0), 100, 0.0, 2000)
    found, wilson = ClusterBootstrap(source, donor).rate(hits), success_rate(hits)
    assert 1 < (found.high - found.low) / (wilson.high - wilson.low) < 2
    assert (found.value, found.n, found.sources) == (wilson.value, 2000, 100)


def test_a_source_that_explains_everything_leaves_as_many_trials_as_sources():
    source = np.repeat(np.arange(40), 25)
    found = ClusterBootstrap(source).rate(source < 20)
    of_sources = wilson_interval(20, 40)
    assert found.low == pytest.approx(of_sources.low, abs=0.03)
    assert found.high == pytest.approx(of_sources.high, abs=0.03)


def test_extreme_rates_have_an_interval_and_a_single_source_has_none():
    source = np.repeat(np.arange(6), 50)
    always = ClusterBootstrap(source).rate(np.ones(300, bool))
    assert always.value == always.high == 1 and always.low == pytest.approx(0.025 ** (1 / 6))
    never = ClusterBootstrap(source).rate(np.zeros(300, bool))
    assert never.low == 0 and never.high == pytest.approx(1 - always.low)
    one = ClusterBootstrap(source).rate(np.arange(300) % 2 == 0, source == 3)
    assert (one.value, one.n, one.sources) == (0.5, 50, 1) and math.isnan(one.low)
    assert math.isnan(ClusterBootstrap(source).rate(np.ones(300, bool), source > 9).value)


def test_sources_of_pairs_are_those_of_the_side_with_fewer():
    donor = np.arange(60) % 3
    found = ClusterBootstrap(np.arange(60) + 10, donor).rate(donor > 0)
    assert found.sources == 3
