"""Verification: do two sequences belong to the same identity, judged by a code alone?

The speech protocol of FHVAE (Hsu et al., NeurIPS 2017), repeated by S3VAE (Zhu et al., CVPR 2020),
C-DSVAE (Bai et al., NeurIPS 2021) and DBSE (Berman et al., ICML 2024): every unordered pair of test sequences is
scored by the cosine of its two codes, and the equal error rate (EER) says how well the score separates the pairs of
one speaker from the rest. A good model has a low EER on the static code and a high one (chance is 0.5) on the dynamic
code. TIMIT's core test, 24 speakers of 8 utterances, gives 18,336 pairs, 672 of them of one speaker.
"""

from __future__ import annotations

import numpy as np

from seqdisent.evaluation.schema import Estimate, Verification


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """Where the false acceptance rate meets the false rejection rate, a share of pairs in [0, 1].

    A pair is accepted if its score is at least the threshold. The threshold takes every distinct score and one above
    them all, so pairs of equal score are accepted or rejected together. FAR (accepted pairs of different identities)
    falls from 1 to 0 on the way up and FRR (rejected pairs of one identity) rises from 0 to 1. The EER is FAR = FRR
    on the straight line between the last operating point with FRR < FAR and the first with FRR >= FAR. Counts are
    integers up to the interpolation, so nothing hangs on rounding; scores that are all equal give 0.5, a perfect
    order 0, a reversed one 1.

    Args:
        scores: higher means more alike, ``[n]``.
        same: whether the pair is of one identity, bool ``[n]``.

    Raises:
        ValueError: if the shapes differ, a score is not finite, or pairs of either kind are missing.
    """
    scores, same = np.asarray(scores), np.asarray(same, bool)
    if scores.ndim != 1 or scores.shape != same.shape:
        raise ValueError(f"expected scores [n] and same [n], got {scores.shape} and {same.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(scores))} of {len(scores)} scores are not finite"
        )
    positive = int(np.count_nonzero(same))
    if positive in (0, len(same)):
        raise ValueError(
            f"{positive} of {len(same)} pairs are of one identity; both kinds are needed"
        )
    order = np.argsort(scores)
    return _crossing(scores[order], same[order], np.ones(len(scores), np.int64))


def cosine_pairs(codes: np.ndarray) -> np.ndarray:
    """Cosine similarity of all unordered pairs of ``codes [N, d]``: float64 ``[N * (N - 1) / 2]``.

    The order is that of ``np.triu_indices(N, 1)``. A zero code has cosine 0 with every other. Values are rounded to
    12 decimals, for otherwise the codes of a collapsed model, all alike, would be ranked by floating-point noise.
    """
    codes = np.asarray(codes, np.float64)
    norm = np.linalg.norm(codes, axis=1, keepdims=True)
    unit = codes / np.where(norm == 0, 1, norm)
    upper = ~np.tri(len(unit), dtype=bool)
    return np.round((unit @ unit.T)[upper], 12)


def verification(
    static: np.ndarray,
    dynamic: np.ndarray,
    identity: np.ndarray,
    *,
    intervals: int = 200,
    seed: int = 0,
) -> Verification:
    """Equal error rates of the static code and of the time mean of the dynamic code, as they are (cosine).

    The intervals are 95 % percentile bootstraps over identities, since the pairs of one identity stand and fall
    together. A resample draws as many identities as there are, with replacement; it holds the pairs within each draw
    and those between draws of different identities. Two draws of one identity are not paired: they stand for two
    identities, and counting their pairs as positive made the interval half as wide again as the estimate's spread.
    Simulated with 24 identities of 8 sequences, the intervals held the truth in 92 % of 300 sets. Both codes share
    the draws, so the gap's interval is a paired one. Resamples without pairs of either kind are dropped.

    Args:
        static: ``[N, S]``.
        dynamic: ``[N, K, D]``.
        identity: int ``[N]``, who or what each sequence is of.
        intervals: bootstrap resamples; 0 gives no intervals. Time grows with N squared.

    Returns:
        The equal error rates; ``mean_frame`` is not set.

    Raises:
        ValueError: if the shapes do not fit, codes are not finite, or pairs of either kind are missing.
    """
    static, dynamic, identity = np.asarray(static), np.asarray(dynamic), np.asarray(identity)
    if static.ndim != 2 or dynamic.ndim != 3 or not len(static) == len(dynamic) == len(identity):
        raise ValueError(
            "expected static [N, S], dynamic [N, K, D] and identity [N], got "
            f"{static.shape}, {dynamic.shape} and {identity.shape}"
        )
    _, who = np.unique(identity, return_inverse=True)
    first, second = (who[index] for index in np.triu_indices(len(who), 1))
    same = first == second
    # float32 sums over time would give equal codes slightly different means
    scores = {
        "static": cosine_pairs(static),
        "dynamic": cosine_pairs(dynamic.mean(1, dtype=np.float64)),
    }
    found = {code: equal_error_rate(score, same) for code, score in scores.items()}

    resampled: dict[str, list[float]] = {code: [] for code in found}
    if intervals:
        groups = int(who.max()) + 1
        pair = first * groups + second
        ranked = {}
        for code, score in scores.items():
            order = np.argsort(
                score
            )  # once: a resample changes the weights of pairs, never their order
            ranked[code] = score[order], same[order], pair[order]
        rng = np.random.default_rng(seed)
        for _ in range(intervals):
            times = np.bincount(rng.integers(groups, size=groups), minlength=groups)
            weight = np.outer(times, times)
            np.fill_diagonal(weight, times)
            by_pair = weight.ravel()
            if not by_pair[pair[same]].any() or np.count_nonzero(times) < 2:
                continue
            for code, (score, alike, index) in ranked.items():
                resampled[code].append(_crossing(score, alike, by_pair[index]))

    gaps = np.subtract(resampled["dynamic"], resampled["static"])
    return Verification(
        static=_interval(found["static"], resampled["static"]),
        dynamic=_interval(found["dynamic"], resampled["dynamic"]),
        gap=_interval(found["dynamic"] - found["static"], gaps),
        pairs=len(same),
        positive=int(np.count_nonzero(same)),
        chance=0.5,
        identities=int(who.max()) + 1,
    )


def _crossing(scores: np.ndarray, same: np.ndarray, weight: np.ndarray) -> float:
    """EER of ascending ``scores [n]`` whose pairs count ``weight`` times, int64 ``[n]``; see :func:`equal_error_rate`.

    With P positive and Q negative pairs in all, FRR - FAR after rejecting some pairs is
    ``(Q * positive rejected + P * negative rejected) / (P * Q) - 1``: one cumulative sum finds where it turns.
    """
    positive = int(weight[same].sum())
    negative = int(weight.sum()) - positive
    rejected = np.cumsum(weight * np.where(same, negative, positive))
    goal = positive * negative
    at = int(np.searchsorted(rejected, goal))
    # the operating points lie on both sides of the run of equal scores that crosses
    start, stop = (int(np.searchsorted(scores, scores[at], side)) for side in ("left", "right"))
    before = int(rejected[start - 1]) if start else 0
    share = (goal - before) / (int(rejected[stop - 1]) - before)
    below, within = (
        int(weight[part][~same[part]].sum()) for part in (slice(start), slice(start, stop))
    )
    return (negative - below - share * within) / negative


def _interval(value: float, resampled: list[float] | np.ndarray) -> Estimate:
    if not len(resampled):
        return Estimate(value)
    low, high = np.percentile(resampled, (2.5, 97.5)).tolist()
    return Estimate(value, low, high)
