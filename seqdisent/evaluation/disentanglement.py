"""Several factors: which dimension, and which of the two codes, contains which factor.

DCI and MIG are computed from the codes; the multi-factor swap score from a judge's predictions on generated sequences.
Composite factors would count twice, so pass labels through :func:`independent_factors` first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import numpy as np

from seqdisent.evaluation.schema import (
    Dci,
    DciFactor,
    InterventionScore,
    Mig,
    MigFactor,
    MultifactorSwap,
    Rate,
)
from seqdisent.evaluation.statistics import success_rate

Labels = Mapping[str, np.ndarray]
Role = Literal["swapped", "stays"]
ROLES: tuple[Role, ...] = ("swapped", "stays")
Distances = dict[Role, list[float]]  # of accuracies from their targets


def independent_factors(labels: Labels) -> list[str]:
    """The factors that are worth scoring together, in their order.

    Dropped: a factor with one value only, which cannot be predicted or missed; and a composite one, which is the
    combination of others with fewer values. On the sprites ``action`` is a motion in a direction, so ``motion`` and
    ``direction`` stay; a speaker has a sex, but is more than that. Two names of one partition both stay.

    Args:
        labels: int ``[N]`` for each factor.
    """
    codes = {name: np.unique(values, return_inverse=True)[1] for name, values in labels.items()}
    size = {name: int(code.max()) + 1 for name, code in codes.items()}

    def composite(a: str) -> bool:
        fewer = [b for b in codes if 1 < size[b] < size[a]]
        parts = [
            codes[b] for b in fewer if len(np.unique(codes[a] * size[b] + codes[b])) == size[a]
        ]
        return bool(parts) and len(np.unique(np.stack(parts, 1), axis=0)) == size[a]

    return [a for a in codes if size[a] > 1 and not composite(a)]


def dci(
    train_codes: np.ndarray,
    train_labels: Labels,
    test_codes: np.ndarray,
    test_labels: Labels,
    *,
    blocks: Mapping[str, slice] | None = None,
    seed: int = 0,
    trees: int = 40,
    depth: int = 12,
    rows: int = 4000,
    bag: int = 600,
    jobs: int = 1,
    rate: Callable[[np.ndarray], Rate] = success_rate,
) -> Dci:
    """Disentanglement, completeness and informativeness (Eastwood & Williams, ICLR 2018, section 2).

    A random forest predicts each factor from the codes; R, its impurity importances ``[d, factors]``, sums to 1 for
    each factor. Disentanglement is 1 - the entropy (base: factors) of a dimension's row of R, averaged with the row's
    share of R; completeness is 1 - the entropy (base: d) of a factor's column, averaged over factors. Informativeness
    is the accuracy on test rows, for our factors are classes (the paper's is an error of regression).

    A split may choose any dimension: scikit-learn's default for classes, the root of them, forces splits on idle
    dimensions, and a perfect code with 154 idle ones fell to 0.36 instead of 1. To pay for that, at most ``rows``
    random training rows are used and each tree sees ``bag`` of them (4,000 rows, 160 dimensions and 6 factors take up
    to 15 s on one core); forests are not tuned. A forest that learns nothing spreads its importance evenly: compare a
    block's share with ``share_of_dimensions``, and only where informativeness is above ``majority``.

    Args:
        train_codes: ``[N, d]``.
        train_labels: int ``[N]`` for each class factor, at least two factors.
        test_codes: ``[M, d]``.
        test_labels: int ``[M]`` for each of the same factors.
        blocks: parts of the code by name, ``{"static": slice(0, S), "dynamic": slice(S, S + D)}``.
        rate: bool ``[M]`` -> the share of successes with its interval; by default rows are independent.

    Returns:
        The scores; by factor also ``majority`` (accuracy of the commonest training class), ``chance`` (1 / classes) and
        ``importance`` (block -> share of the factor's importance); ``share_of_dimensions`` of the blocks.

    Raises:
        ValueError: for fewer than two factors or dimensions, or shapes that do not fit.
    """
    _check(train_codes, train_labels)
    _check(test_codes, {name: test_labels[name] for name in train_labels})
    if len(train_labels) < 2:
        raise ValueError(f"disentanglement compares factors; there is only {list(train_labels)}")
    kept = np.sort(np.random.default_rng(seed).permutation(len(train_codes))[:rows])
    blocks = blocks or {}
    dims = train_codes.shape[1]

    factors: dict[str, DciFactor] = {}
    # Imported here, when it is first needed: it takes seconds, which the app would wait for at its start.
    from sklearn.ensemble import RandomForestClassifier

    columns = []
    for name, values in train_labels.items():
        values = np.asarray(values)[kept]
        forest = RandomForestClassifier(
            trees,
            max_depth=depth,
            max_features=None,
            max_samples=min(bag, len(kept)),
            n_jobs=jobs,
            random_state=seed,
        )
        forest.fit(train_codes[kept], values)
        hits = forest.predict(test_codes) == test_labels[name]
        importance = forest.feature_importances_
        if not importance.any():
            # A forest that never splits has no importances and does not show where the factor is.
            importance = np.full(dims, 1 / dims)
        columns.append(importance)
        classes, counts = np.unique(values, return_counts=True)
        factors[name] = DciFactor(
            informativeness=rate(hits),
            majority=float(np.mean(test_labels[name] == classes[counts.argmax()])),
            chance=1 / len(classes),
            completeness=float(_concentration(importance)),
            importance={block: float(importance[part].sum()) for block, part in blocks.items()},
        )
    table = np.stack(columns, 1)
    return Dci(
        disentanglement=float(np.average(_concentration(table), weights=table.sum(1))),
        completeness=float(np.mean([factor.completeness for factor in factors.values()])),
        informativeness=float(
            np.mean([factor.informativeness.value for factor in factors.values()])
        ),
        factors=factors,
        share_of_dimensions={
            block: len(range(dims)[part]) / dims for block, part in blocks.items()
        },
    )


def mig(codes: np.ndarray, labels: Labels, bins: int = 20) -> Mig:
    """Mutual information gap (Chen et al., NeurIPS 2018, equation 6).

    For each factor: the information (plug-in estimate) of the most informative dimension, minus that of the second,
    in shares of the factor's entropy H(y). Dimensions are binned at their quantiles, so that no outlier or scale
    decides the bins and every dimension has the same bias, about ``(bins - 1) * (classes - 1) / 2N`` nats, which the
    gap cancels; equal values share a bin, and a dimension of fewer values has fewer bins.

    Args:
        codes: ``[N, d]``, at least two dimensions.
        labels: int ``[N]`` for each factor.

    Returns:
        The gap of each factor, its most informative dimension and the information in it; a code of noise has a gap
        near 0.

    Raises:
        ValueError: for fewer than two dimensions, shapes that do not fit, or a factor with one value only.
    """
    codes = _check(codes, labels)
    n, dims = codes.shape
    edges = np.quantile(codes, np.arange(1, bins) / bins, axis=0, method="inverted_cdf")
    binned = np.zeros(codes.shape, np.int64)
    for edge in edges:
        binned += codes > edge
    cell = np.arange(dims) * bins + binned
    own = _entropy(np.bincount(cell.ravel(), minlength=dims * bins).reshape(dims, bins) / n)

    factors: dict[str, MigFactor] = {}
    for name, values in labels.items():
        classes, y = np.unique(values, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"factor {name!r} has one value only: its entropy is 0")
        joint = (
            np.bincount(
                (cell * len(classes) + y[:, None]).ravel(), minlength=dims * bins * len(classes)
            )
            / n
        )
        entropy = _entropy(np.bincount(y) / n)
        share = (own + entropy - _entropy(joint.reshape(dims, -1))) / entropy
        second, most = np.sort(share)[-2:]
        factors[name] = MigFactor(
            gap=float(most - second), dimension=int(share.argmax()), information=float(most)
        )
    return Mig(float(np.mean([factor.gap for factor in factors.values()])), factors)


def histogram_mig(codes: np.ndarray, labels: Labels, bins: int = 20) -> Mig:
    """Mutual information gap by the estimator that published tables use (disentanglement_lib; Locatello et al., 2019).

    As :func:`mig`, but every dimension is binned into ``bins`` of *equal width* between its extremes. An outlier then
    decides the bins, and dimensions that differ in shape differ in bias; it is reported to be compared with papers.
    The library takes 10,000 sequences of known factors, this function the ones that it is given.

    Args and errors as of :func:`mig`.
    """
    codes = _check(codes, labels)
    binned = [np.digitize(code, np.histogram_bin_edges(code, bins)[:-1]) for code in codes.T]
    factors: dict[str, MigFactor] = {}
    # Imported here, when it is first needed: it takes seconds, which the app would wait for at its start.
    from sklearn.metrics import mutual_info_score

    for name, values in labels.items():
        entropy = mutual_info_score(values, values)
        if entropy == 0:
            raise ValueError(f"factor {name!r} has one value only: its entropy is 0")
        share = np.array([mutual_info_score(values, code) for code in binned]) / entropy
        second, most = np.sort(share)[-2:]
        factors[name] = MigFactor(
            gap=float(most - second), dimension=int(share.argmax()), information=float(most)
        )
    return Mig(float(np.mean([factor.gap for factor in factors.values()])), factors)


def multifactor_swap(
    predicted: Mapping[str, Labels],
    source: Labels,
    donor: Labels,
    swapped: Mapping[str, Collection[str]],
    classes: Mapping[str, int],
    rate: Callable[[np.ndarray], Rate] = success_rate,
) -> MultifactorSwap:
    """Multi-factor swap score of the MSD benchmark (Barami, Berman et al., NeurIPS 2025), from a judge's predictions.

    Each intervention takes part of the code from a donor and keeps the rest of the source. The benchmark compares
    the prediction with the *source* alone: a factor that stays should match it always, a swapped one as often as
    chance, 1 / classes. With ``on`` the mean of |accuracy - 1| over all (intervention, staying factor) cells and
    ``off`` the mean of |accuracy - chance| over all (intervention, swapped factor) cells, score = 1 - (on + off) / 2.

    This is ``InterventionEvaluator.calculate_score`` of azencot-group/MSD-Benchmark. What differs: there a latent
    explorer finds each factor's dimensions (a factor without any counts as completely wrong), here the partition is
    given.
    With one intervention for each of the two codes this is its *two_factor_swap*; its *multi_factor_swap* has one for
    each factor, which swaps all others. There donors permute a batch, so a sequence may be its own donor; here the
    caller chooses the pairs.

    The benchmark does not measure whether a swapped factor *follows the donor*: garbage, a code that ignores the swap
    and one that swaps everything all score about ``chance``, well above 0. So ``follows`` is reported too.

    Args:
        predicted: intervention -> factor -> the judge's class, int ``[n]``.
        source, donor: factor -> true class of each pair's two sequences, int ``[n]``.
        swapped: intervention -> factors whose code came from the donor; the others should stay.
        classes: number of classes of each factor to score; other factors are ignored.
        rate: bool ``[n]`` -> the share of successes with its interval; by default pairs are independent.

    Returns:
        The score, with those of ``chance`` (a judge that guesses uniformly) and of a ``perfect`` model on these pairs
        (below 1 where labels are uneven). ``follows`` is how often a factor has the value that it should: the donor's
        if swapped, else the source's.

    Raises:
        ValueError: if interventions or shapes differ, a factor to swap is unknown, or nothing is swapped or stays.
    """
    if set(predicted) != set(swapped):
        raise ValueError(f"predictions for {sorted(predicted)} but swaps of {sorted(swapped)}")
    unknown = set().union(*swapped.values()) - set(classes)
    if unknown:
        raise ValueError(f"no classes for {sorted(unknown)}")
    sides = [source, donor, *predicted.values()]
    shapes = {np.shape(side[factor]) for side in sides for factor in classes}
    if len(shapes) != 1 or len(min(shapes)) != 1:
        raise ValueError(f"expected labels [n] of one n, got {sorted(shapes)}")

    interventions: dict[str, dict[str, InterventionScore]] = {}
    # By role: how far the accuracies of the judge, of chance and of a perfect model are from the target.
    score: Distances = {role: [] for role in ROLES}
    chance: Distances = {role: [] for role in ROLES}
    perfect: Distances = {role: [] for role in ROLES}
    for name, seen in predicted.items():
        interventions[name] = {}
        for factor, n in classes.items():
            role: Role = "swapped" if factor in swapped[name] else "stays"
            right = donor[factor] if role == "swapped" else source[factor]
            matches = rate(seen[factor] == source[factor])
            follows = rate(seen[factor] == right)
            interventions[name][factor] = InterventionScore(role, follows, matches, 1 / n)
            target = 1 / n if role == "swapped" else 1.0
            score[role].append(abs(matches.value - target))
            chance[role].append(abs(1 / n - target))
            perfect[role].append(abs(float(np.mean(right == source[factor])) - target))
    if not interventions:
        raise ValueError("no interventions")
    for role in ROLES:
        if not score[role]:
            raise ValueError(f"no intervention has a factor that is {role}")
    return MultifactorSwap(
        score=_one_minus_mean(score),
        chance=_one_minus_mean(chance),
        perfect=_one_minus_mean(perfect),
        pairs=min(shapes)[0],
        interventions=interventions,
    )


def _one_minus_mean(distances: Distances) -> float:
    """1 minus the mean of the two roles' mean distances."""
    stays, swapped = float(np.mean(distances["stays"])), float(np.mean(distances["swapped"]))
    return 1 - (stays + swapped) / 2


def _check(codes: np.ndarray, labels: Labels) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.ndim != 2 or codes.shape[1] < 2:
        raise ValueError(f"expected codes [N, d] with d >= 2, got {codes.shape}")
    for name, values in labels.items():
        if np.shape(values) != (len(codes),):
            raise ValueError(
                f"{len(codes)} codes but labels of shape {np.shape(values)} for {name!r}"
            )
    return codes


def _entropy(p: np.ndarray) -> np.ndarray:  # nats, along the last axis
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)


def _concentration(weights: np.ndarray) -> np.ndarray:
    """1 - normalised entropy along the last axis: 1 on one entry, 0 if even (or all zero)."""
    total, even = weights.sum(-1, keepdims=True), np.full_like(weights, 1 / weights.shape[-1])
    p = np.divide(weights, total, out=even, where=total > 0)
    return 1 - _entropy(p) / np.log(weights.shape[-1])
