"""Between units and what models see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqdisent import DiagonalGaussian
from seqdisent.data.timeseries.normalise import fitted, in_units, interval, scaled
from seqdisent.spec import Variable

ABOUT = (
    ("temperature", "°C", False),
    ("rain", "mm", True),
    ("stuck", "", False),
    ("never", "", False),
)


@pytest.fixture
def values() -> np.ndarray:
    """Values in units, ``[40, 6, 4]``: a tenth missing, one variable that never changes, one never measured."""
    rng = np.random.default_rng(0)
    rain = np.expm1(np.abs(rng.normal(1, 2, (40, 6))))
    made = np.stack(
        [rng.normal(11, 6, (40, 6)), rain, np.full((40, 6), 1013.25), np.full((40, 6), np.nan)], -1
    )
    return np.where(rng.random(made.shape) < 0.1, np.nan, made)


def test_there_and_back(values):
    variables = fitted(values, ABOUT)
    assert [(v.name, v.unit, v.log) for v in variables] == list(ABOUT)
    x = scaled(values, variables)
    assert x.dtype == np.float32 and x.shape == values.shape
    np.testing.assert_array_equal(np.isnan(x), np.isnan(values))
    for back in (in_units(x, variables), in_units(torch.from_numpy(x), variables)):
        np.testing.assert_allclose(back, values, rtol=1e-4, atol=1e-4)


def test_what_models_see_is_centred_and_scaled(values):
    x = scaled(values, fitted(values, ABOUT))
    np.testing.assert_allclose(np.nanmean(x[..., :2], (0, 1)), 0, atol=1e-3)
    np.testing.assert_allclose(np.nanstd(x[..., :2], (0, 1)), 1, atol=1e-3)
    by_hand = (np.log1p(3.0) - 2) / 4
    assert scaled(np.array([[3.0]]), [Variable("rain", "mm", 2, 4, log=True)])[
        0, 0
    ] == pytest.approx(by_hand)
    assert scaled(np.array([[3.0]]), [Variable("rain", "mm", 2, 4)])[0, 0] == 0.25


def test_what_never_changes_or_is_never_measured_stays_finite(values):
    variables = fitted(values, ABOUT)
    assert variables[2].std == variables[3].std == 1 and variables[3].mean == 0
    x = scaled(values, variables)[..., 2]
    assert (np.abs(x[np.isfinite(x)]) < 1e-3).all()
    assert np.isfinite(
        scaled(np.full((1, 4), 5.0), variables)
    ).all()  # should they ever be something else


@pytest.mark.parametrize("unit", [1e-6, 1e4])
def test_units_do_not_matter(values, unit):
    """Metres or micrometres: a model sees the same."""
    one, other = (
        scaled(v, fitted(v, ABOUT[:1])) for v in (values[..., :1], values[..., :1] * unit)
    )
    np.testing.assert_allclose(one, other, atol=2e-4)


def test_the_input_is_left_alone(values):
    before, x = values.copy(), np.zeros((2, 4), np.float32)
    variables = fitted(values, ABOUT)
    scaled(values, variables)
    in_units(x, variables)
    np.testing.assert_array_equal(values, before)
    assert not x.any()


def test_an_amount_below_nothing_is_nothing():
    rain = [Variable("rain", "mm", 0, 1, log=True)]
    assert scaled(np.array([[-0.4], [0.0]]), rain).tolist() == [[0], [0]]


def test_fitting_knows_no_missing_values(values):
    known = values[np.isfinite(values[..., 0]), 0]
    one = fitted(values[..., :1], ABOUT[:1])[0]
    assert one.mean == pytest.approx(known.mean(), abs=1e-4) and one.std == pytest.approx(
        known.std(), abs=1e-4
    )


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_an_interval_holds_its_share_of_draws(share):
    variables = (Variable("temperature", "°C", 11, 6), Variable("rain", "mm", 8, 1, log=True))
    torch.manual_seed(0)
    seen = DiagonalGaussian(torch.randn(3, 4, 2), torch.rand(3, 4, 2) - 1)
    low, middle, high = interval(seen, variables, share)
    assert low.shape == (3, 4, 2) and (low < middle).all() and (middle < high).all()
    many = DiagonalGaussian(seen.mean.expand(20_000, 3, 4, 2), seen.log_std.expand(20_000, 3, 4, 2))
    draws = in_units(many.sample(torch.Generator().manual_seed(1)), variables)
    inside = ((low < draws) & (draws < high)).mean(0)
    np.testing.assert_allclose(inside, share, atol=0.02)
    np.testing.assert_allclose(np.median(draws, 0), middle, rtol=0.05, atol=0.3)


def test_an_interval_takes_what_a_model_says_in_training():
    mean = torch.zeros(1, 2, requires_grad=True)
    low, _, high = interval(DiagonalGaussian(mean, mean), (Variable("a"), Variable("b")))
    np.testing.assert_allclose([low[0, 0], high[0, 0]], [-1.2816, 1.2816], atol=1e-3)
