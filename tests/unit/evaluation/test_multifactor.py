"""DCI, MIG and the multi-factor swap score: known values for codes and models whose answers are known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import seqdisent
from seqdisent.evaluation.disentanglement import (
    dci,
    histogram_mig,
    independent_factors,
    mig,
    multifactor_swap,
)

CLASSES = {"hair": 3, "top": 4, "motion": 5}
GRID = np.array(list(product(*(range(n) for n in CLASSES.values()))))  # every combination once


def draw(n: int, seed: int):
    """Labels of n sequences and a code with one dimension for each factor."""
    rng = np.random.default_rng(seed)
    labels = {name: rng.integers(k, size=n) for name, k in CLASSES.items()}
    return labels, np.stack(list(labels.values()), 1) + 0.1 * rng.normal(size=(n, 3)), rng


def codes_of(kind: str, n: int, seed: int):
    labels, axis, rng = draw(n, seed)
    standard = (axis - axis.mean(0)) / axis.std(0)
    if kind == "rotated":
        standard = standard @ (
            np.eye(3) - 2 / 3
        )  # orthogonal, and every dimension mixes all factors
    if kind == "copied":
        standard = np.tile(standard, 6) + 0.02 * rng.normal(size=(n, 18))
    return labels, rng.normal(size=(n, 12)) if kind == "noise" else standard


def dci_of(kind: str, **settings):
    labels, codes = codes_of(kind, 1200, 0)
    truth, test = codes_of(kind, 600, 1)
    return dci(codes, labels, test, truth, trees=20, **settings)


def test_composite_and_constant_factors_are_dropped():
    labels = seqdisent.load_dataset("sprites", "test").sequence_labels()
    assert independent_factors(labels) == [name for name in labels if name != "action"]
    small = {
        "a": np.array([0, 0, 1, 1]),
        "b": np.array([0, 1, 0, 1]),
        "same as a": np.array([5, 5, 2, 2]),
    }
    assert independent_factors(small) == list(small)
    assert independent_factors({"all": np.arange(4), **small, "none": np.zeros(4, int)}) == list(
        small
    )
    # A speaker determines a sex and is not made of it.
    voices = {
        "speaker": np.arange(4).repeat(3),
        "sex": (np.arange(4) % 2).repeat(3),
        "word": np.arange(12) % 3,
    }
    assert independent_factors(voices) == list(voices)
    # a does not determine b once a single sequence disagrees
    wide = {"a": np.array([0, 0, 1, 2]), "b": np.array([0, 1, 0, 1])}
    assert independent_factors(wide) == ["a", "b"]


def test_dci_of_a_code_with_one_dimension_for_each_factor():
    found = dci_of("axis", blocks={"static": slice(0, 2), "dynamic": slice(2, 3)})
    assert found.disentanglement > 0.9 and found.completeness > 0.9 and found.informativeness > 0.99
    assert found.share_of_dimensions == {
        "static": pytest.approx(2 / 3),
        "dynamic": pytest.approx(1 / 3),
    }
    assert found.factors["motion"].importance["dynamic"] > 0.95
    assert found.factors["hair"].importance["static"] > 0.95
    assert sum(found.factors["top"].importance.values()) == pytest.approx(1)
    assert found.factors["top"].chance == 0.25 and found.factors["top"].majority < 0.35


def test_dci_of_entangled_codes():
    rotated = dci_of("rotated")
    assert (
        rotated.disentanglement < 0.5
        and rotated.completeness < 0.5
        and rotated.informativeness > 0.9
    )
    copied = dci_of("copied")
    assert (
        copied.disentanglement > 0.8 and copied.completeness < 0.5 and copied.informativeness > 0.99
    )


def test_dci_of_noise_is_at_chance():
    found = dci_of("noise", blocks={"most": slice(0, 9)})
    assert found.disentanglement < 0.1 and found.completeness < 0.1
    for factor in found.factors.values():
        assert factor.informativeness.value == pytest.approx(factor.chance, abs=0.06)
        assert factor.importance["most"] == pytest.approx(
            found.share_of_dimensions["most"], abs=0.05
        )


def test_dci_is_repeatable_takes_few_rows_and_names_what_is_wrong():
    labels, codes = codes_of("axis", 1200, 0)
    call = lambda **settings: dci(codes, labels, codes, labels, trees=5, **settings)
    assert call(seed=3) == call(seed=3)
    assert call(rows=5).informativeness < call().informativeness
    dead = dci(
        np.zeros((20, 2)), {k: v[:20] for k, v in labels.items()}, codes[:, :2], labels, trees=3
    )
    assert dead.disentanglement == pytest.approx(0) and dead.completeness == pytest.approx(0)
    with pytest.raises(ValueError, match="compares factors"):
        dci(codes, {"hair": labels["hair"]}, codes, labels)
    with pytest.raises(ValueError, match="1200 codes but labels of shape"):
        dci(codes, {**labels, "top": labels["top"][1:]}, codes, labels)


def test_mig_of_known_codes():
    labels = dict(zip(CLASSES, GRID.T, strict=True))
    axis = mig(GRID.astype(float), labels)
    assert axis.mean == pytest.approx(1)
    assert [f.dimension for f in axis.factors.values()] == [0, 1, 2]
    assert mig(np.tile(GRID, 2).astype(float), labels).mean == pytest.approx(0, abs=1e-12)
    # the runner-up knows one of top's two bits, and nothing of the others is in the code
    halves = mig(np.stack([labels["top"], labels["top"] // 2], 1).astype(float), labels).factors
    assert halves["top"].dimension == 0
    assert halves["top"].gap == pytest.approx(0.5)
    assert halves["top"].information == pytest.approx(1)
    assert halves["hair"].information == pytest.approx(0, abs=1e-12)


def test_mig_of_drawn_codes():
    score = {
        kind: mig(codes, labels)
        for kind in ("axis", "rotated", "copied", "noise")
        for labels, codes in [codes_of(kind, 4000, 0)]
    }
    assert score["axis"].mean > 0.9
    assert (
        score["rotated"].mean < 0.35 and score["copied"].mean < 0.05 and score["noise"].mean < 0.02
    )
    labels, codes = codes_of("rotated", 4000, 0)
    stretched = np.concatenate([np.exp(3 * codes[:, :1]), codes[:, 1:] ** 3], 1)
    assert mig(stretched, labels).mean == pytest.approx(score["rotated"].mean)


def test_histogram_mig_agrees_on_even_codes_and_follows_outliers():
    labels, codes = codes_of("axis", 4000, 0)
    found = histogram_mig(codes, labels)
    assert found.mean == pytest.approx(mig(codes, labels).mean, abs=0.05)
    assert [factor.dimension for factor in found.factors.values()] == [0, 1, 2]
    # The published estimator's bins are of equal width: one outlier empties them, which quantiles do not mind.
    codes[0] = 1e4
    assert histogram_mig(codes, labels).mean < 0.05 < 0.9 < mig(codes, labels).mean
    noise, random_codes = codes_of("noise", 4000, 0)
    assert histogram_mig(random_codes, noise).mean < 0.02


def test_mig_names_what_is_wrong():
    labels, codes = codes_of("axis", 50, 0)
    with pytest.raises(ValueError, match="d >= 2"):
        mig(codes[:, :1], labels)
    with pytest.raises(ValueError, match="'hair' has one value only"):
        mig(codes, {"hair": np.zeros(50, int)})
    with pytest.raises(ValueError, match="'hair' has one value only"):
        histogram_mig(codes, {"hair": np.zeros(50, int)})


# ---- multi-factor swap: every ordered pair of combinations, so that chance is met exactly
FIRST, SECOND = np.divmod(np.arange(len(GRID) ** 2), len(GRID))
SOURCE, DONOR = (
    dict(zip(CLASSES, GRID[FIRST].T, strict=True)),
    dict(zip(CLASSES, GRID[SECOND].T, strict=True)),
)
SWAPPED = {"static": {"hair", "top"}, "dynamic": {"motion"}}
CHANCE = 1 - (2 / 3 + 3 / 4 + 4 / 5) / 3 / 2


def swap_score(from_donor: dict[str, set], swapped=SWAPPED):
    """The score of a model that takes these factors from the donor."""
    heard = {
        what: {f: (DONOR if f in who else SOURCE)[f] for f in CLASSES}
        for what, who in from_donor.items()
    }
    return multifactor_swap(heard, SOURCE, DONOR, swapped, CLASSES)


def test_swap_score_of_an_oracle():
    found = swap_score(SWAPPED)
    assert found.score == pytest.approx(1) and found.perfect == pytest.approx(1)
    assert found.chance == pytest.approx(CHANCE) and found.pairs == 3600
    for what, factors in found.interventions.items():
        for name, factor in factors.items():
            assert factor.follows.value == 1
            assert factor.role == ("swapped" if name in SWAPPED[what] else "stays")
            expected = 1 / CLASSES[name] if factor.role == "swapped" else 1
            assert factor.matches_source.value == pytest.approx(expected)
            assert factor.chance == 1 / CLASSES[name]


def test_swap_score_of_a_leaky_model():
    """The motion lives in the static code: it goes along with that and ignores the dynamic one."""
    found = swap_score({"static": set(CLASSES), "dynamic": set()})
    assert found.score == pytest.approx(1 - 0.8 / 3)
    assert found.interventions["static"]["motion"].follows.value == pytest.approx(0.2)
    assert found.interventions["dynamic"]["motion"].follows.value == pytest.approx(0.2)
    assert found.interventions["static"]["hair"].follows.value == 1


def test_swap_score_of_useless_models_is_chance_though_they_fail_in_different_ways():
    for ignores in (set(), set(CLASSES)):
        assert swap_score(dict.fromkeys(SWAPPED, ignores)).score == pytest.approx(CHANCE)
    rng = np.random.default_rng(0)
    guess = {what: {f: rng.integers(k, size=3600) for f, k in CLASSES.items()} for what in SWAPPED}
    found = multifactor_swap(guess, SOURCE, DONOR, SWAPPED, CLASSES)
    assert found.score == pytest.approx(CHANCE, abs=0.01)
    assert found.interventions["static"]["top"].follows.value == pytest.approx(0.25, abs=0.03)


def test_swap_score_with_one_intervention_for_each_factor():
    """The benchmark's multi_factor_swap: each factor stays in turn, and all others are swapped."""
    others = {f: set(CLASSES) - {f} for f in CLASSES}
    assert swap_score(others, others).score == pytest.approx(1)
    # hair and top cannot be told apart: what keeps one keeps the other
    glued = {"hair": {"motion"}, "top": {"motion"}, "motion": {"hair", "top"}}
    assert swap_score(glued, others).score == pytest.approx(1 - (2 / 3 + 3 / 4) / 6 / 2)


def test_swap_score_on_uneven_labels_says_what_perfection_would_get():
    rng = np.random.default_rng(0)
    uneven = lambda: {
        f: rng.choice(k, 2000, p=[0.7, *[0.3 / (k - 1)] * (k - 1)]) for f, k in CLASSES.items()
    }
    source, donor = uneven(), uneven()
    heard = {
        what: {f: (donor if f in who else source)[f] for f in CLASSES}
        for what, who in SWAPPED.items()
    }
    found = multifactor_swap(heard, source, donor, SWAPPED, CLASSES)
    assert found.score == found.perfect < 0.9
    assert found.interventions["static"]["hair"].follows.value == 1


def test_swap_score_names_what_is_wrong():
    with pytest.raises(ValueError, match="predictions for"):
        swap_score({"static": set()})
    with pytest.raises(ValueError, match=r"no classes for \['action'\]"):
        swap_score(SWAPPED, {**SWAPPED, "dynamic": {"action"}})
    with pytest.raises(ValueError, match="factor that is stays"):
        swap_score({"all": set()}, {"all": set(CLASSES)})
    with pytest.raises(ValueError, match="one n"):
        multifactor_swap(
            {"static": SOURCE},
            SOURCE,
            {**DONOR, "hair": DONOR["hair"][1:]},
            {"static": {"hair"}},
            CLASSES,
        )
