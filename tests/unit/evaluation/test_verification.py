"""Verification: the equal error rate against a pure Python oracle, and intervals that cover the truth."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from seqdisent.evaluation.schema import Estimate
from seqdisent.evaluation.verification import cosine_pairs, equal_error_rate, verification


def plain_cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(
        sum(x * x for x in a) * sum(y * y for y in b)
    )


def plain_errors(scores: list[float], same: list[bool], threshold: float) -> tuple[int, int]:
    """Pairs of different identities that are accepted, pairs of one identity that are rejected."""
    accepted = rejected = 0
    for score, alike in zip(scores, same, strict=True):
        if alike:
            rejected += score < threshold
        else:
            accepted += score >= threshold
    return accepted, rejected


def plain_eer(scores: list[float], same: list[bool]) -> float:
    """The definition: try every threshold, stop where the two rates cross, join the points by a line."""
    positive = sum(same)
    before = None
    for threshold in [*sorted(set(scores)), math.inf]:
        accepted, rejected = plain_errors(scores, same, threshold)
        far, frr = accepted / (len(same) - positive), rejected / positive
        if frr >= far:
            share = (before[0] - before[1]) / ((before[0] - before[1]) + (frr - far))
            return before[0] + share * (far - before[0])
        before = far, frr
    raise AssertionError("the rates never crossed")


def speakers(rng, identities=24, each=8, noise=1.6, size=8):
    """Codes of speakers, some of whom vary more than others, and who they are."""
    spread = noise * np.exp(0.4 * rng.normal(size=(identities, 1, 1)))
    codes = rng.normal(size=(identities, 1, size)) + spread * rng.normal(
        size=(identities, each, size)
    )
    return codes.reshape(-1, size), np.repeat(np.arange(identities), each)


def best(call, times: int) -> float:
    """Processor seconds of the fastest of several calls (a busy machine must not decide)."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


@pytest.mark.parametrize("values", [2, 3, 6, 1000])
def test_eer_equals_the_definition_with_and_without_ties(values):
    rng = np.random.default_rng(values)
    for _ in range(300):
        n = int(rng.integers(2, 25))
        same = rng.random(n) < rng.choice([0.15, 0.5, 0.85])
        same[:2] = True, False
        scores = (rng.integers(values, size=n) + rng.integers(2) * same) / 7 - 1
        assert equal_error_rate(scores, same) == pytest.approx(
            plain_eer(scores.tolist(), same.tolist()), abs=1e-12
        )


def test_eer_of_known_orders():
    same = np.array([True] * 3 + [False] * 7)
    ranks = np.arange(10.0)
    assert equal_error_rate(-ranks, same) == 0
    assert equal_error_rate(ranks, same) == 1
    assert equal_error_rate(np.zeros(10), same) == 0.5
    rng = np.random.default_rng(0)
    assert equal_error_rate(rng.random(100_000), rng.random(100_000) < 0.04) == pytest.approx(
        0.5, abs=0.01
    )
    # one of four positives is below one of four negatives: FAR = FRR = 1/4 between them
    assert equal_error_rate(np.arange(8), np.array([0, 0, 0, 1, 0, 1, 1, 1], bool)) == 0.25


def test_eer_sees_only_the_order_of_the_scores():
    rng = np.random.default_rng(1)
    scores, same = rng.normal(size=500), rng.random(500) < 0.2
    scores[same] += 1
    shuffled = rng.permutation(500)
    assert equal_error_rate(np.exp(3 * scores), same) == equal_error_rate(scores, same)
    assert equal_error_rate(scores[shuffled], same[shuffled]) == equal_error_rate(scores, same)


def test_eer_names_what_is_wrong():
    with pytest.raises(ValueError, match="0 of 3 pairs are of one identity"):
        equal_error_rate(np.arange(3), np.zeros(3, bool))
    with pytest.raises(ValueError, match="3 of 3 pairs"):
        equal_error_rate(np.arange(3), np.ones(3, bool))
    with pytest.raises(ValueError, match="1 of 3 scores are not finite"):
        equal_error_rate(np.array([0, np.nan, 1]), np.array([True, False, True]))
    with pytest.raises(ValueError, match=r"\(3,\) and \(2,\)"):
        equal_error_rate(np.arange(3), np.array([True, False]))


def test_cosine_of_every_pair_in_order_and_of_zero_codes():
    codes = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    expected = [
        plain_cosine(codes[i].tolist(), codes[j].tolist())
        for i in range(6)
        for j in range(i + 1, 6)
    ]
    assert cosine_pairs(codes) == pytest.approx(expected, abs=1e-6)
    codes[2] = 0
    found = cosine_pairs(codes)
    assert np.isfinite(found).all() and np.count_nonzero(found == 0) == 5


def test_verification_tells_which_code_knows_the_speaker():
    rng = np.random.default_rng(0)
    who_codes, identity = speakers(rng, noise=0.3)
    steps = rng.normal(size=(192, 5, 8))
    found = verification(who_codes, steps, identity)
    assert (found.pairs, found.positive, found.chance) == (18_336, 672, 0.5)
    first, second = np.triu_indices(192, 1)
    direct = equal_error_rate(cosine_pairs(who_codes), identity[first] == identity[second])
    assert found.static.value == direct < 0.06
    assert found.dynamic.low < 0.5 < found.dynamic.high
    assert found.gap.value == found.dynamic.value - direct and found.gap.low > 0.35
    for rate in (found.static, found.dynamic, found.gap):
        assert rate.low <= rate.value <= rate.high
    assert found == verification(who_codes, steps, identity)
    # the dynamic code is read as its time mean: what cancels over time is not held against it
    still = np.concatenate([who_codes[:, None] + 9 * steps, who_codes[:, None] - 9 * steps], 1)
    averaged = verification(who_codes, still, identity, intervals=0)
    assert averaged.dynamic.value == pytest.approx(direct)


def test_a_collapsed_code_is_at_chance_and_not_ranked_by_rounding():
    rng = np.random.default_rng(0)
    code = rng.normal(size=37).astype(np.float32)
    wobble = 1 + 1e-7 * rng.normal(size=(40, 1))
    found = verification(code * wobble, np.tile(code, (40, 3, 1)), np.arange(40) % 5, intervals=20)
    assert found.static == found.dynamic == Estimate(0.5, 0.5, 0.5)
    assert found.gap == Estimate(0, 0, 0)


def test_verification_without_intervals_and_with_wrong_shapes():
    rng = np.random.default_rng(0)
    codes, identity = speakers(rng, 2, 3)
    found = verification(codes, codes[:, None], identity, intervals=0)
    assert math.isnan(found.static.low)
    assert found.gap.value == 0 and math.isnan(found.gap.low) and math.isnan(found.gap.high)
    assert not math.isnan(verification(codes, codes[:, None], identity).static.low)
    with pytest.raises(ValueError, match=r"dynamic \[N, K, D\]"):
        verification(codes, codes, identity)
    with pytest.raises(ValueError, match="0 of 15 pairs"):
        verification(codes, codes[:, None], np.arange(6))


@pytest.mark.parametrize(
    ("identities", "each", "intervals"),
    [(16, 6, 50), pytest.param(24, 8, 120, marks=pytest.mark.slow)],
)
def test_intervals_cover_the_truth_and_are_no_wider_than_they_must(identities, each, intervals):
    """Against the spread of the estimate itself over new speakers, which is what an interval claims to know."""
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(3):
        codes, identity = speakers(rng, 250, each)
        first, second = np.triu_indices(len(identity), 1)
        rates.append(equal_error_rate(cosine_pairs(codes), identity[first] == identity[second]))
    found = []
    for _ in range(60):
        codes, identity = speakers(rng, identities, each)
        measured = verification(codes, codes[:, None, :1], identity, intervals=intervals)
        found.append(measured.static)
    assert np.mean([f.low <= np.mean(rates) <= f.high for f in found]) >= 0.8
    width = np.mean([f.high - f.low for f in found]) / (3.92 * np.std([f.value for f in found]))
    assert 0.85 < width < 1.2


def test_verification_of_900_sequences_in_seconds():
    codes, identity = speakers(np.random.default_rng(0), 100, 9)
    assert best(lambda: verification(codes, codes[:, None], identity), 1) < 10


def test_vectorised_verification_is_500_times_a_loop_over_pairs():
    """192 codes, 18,336 pairs. The loop's time is that of a share of its steps, which all cost the same."""
    codes, identity = speakers(np.random.default_rng(0), size=32)
    first, second = np.triu_indices(len(codes), 1)
    same = identity[first] == identity[second]
    rows, pairs, alike = codes.tolist(), np.stack([first, second], 1).tolist(), same.tolist()
    scores = cosine_pairs(codes).tolist()

    some = pairs[::40]
    cosines = (
        best(lambda: [plain_cosine(rows[i], rows[j]) for i, j in some], 3) * len(pairs) / len(some)
    )
    thresholds = sorted(set(scores))
    few = thresholds[:: len(thresholds) // 10]
    sweep = best(lambda: [plain_errors(scores, alike, t) for t in few], 3) / len(few)
    # the definition stops at the crossing, so only the thresholds below it are counted
    tried = np.searchsorted(
        thresholds, np.quantile(scores, 1 - equal_error_rate(np.array(scores), same))
    )
    loop = cosines + sweep * tried
    quick = best(lambda: equal_error_rate(cosine_pairs(codes), same), 9)
    assert loop / quick >= 500, f"loop {loop:.2f} s, vectorised {1e3 * quick:.2f} ms"
