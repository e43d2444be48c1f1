"""Downstream tasks: the same heads on codes and on raw features, and constants.

Heads are chosen on validation, fitted again on training and validation together, and scored once on test. Features are
posterior means, or statistics of the measured values.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.downstream_tasks import Task
from seqdisent.types import Latents


def _accuracy_percent(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(100 * np.mean(predicted.argmax(1) == truth))


def _auprc(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(average_precision_score(truth == 1, predicted[:, 1]))


def _auroc(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(roc_auc_score(truth == 1, predicted[:, 1]))


def _mean_absolute_error(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.abs(predicted - truth).mean())


# Of (true labels [n], predictions: probabilities [n, C] or values [n]).
MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": _accuracy_percent,
    "AUPRC": _auprc,
    "AUROC": _auroc,
    "MAE": _mean_absolute_error,
}


MOST_FREQUENT, TRAINING_MEDIAN, TRAINING_MEAN = (
    "most frequent class",
    "training median",
    "training mean",
)


@dataclass(frozen=True)
class Rows:
    """What a head is trained or tested on.

    Args:
        x: features ``[n, F]``; NaN where there is none.
        y: labels ``[n]``: class indices, or numbers.
        source: ``[n]``, as in :class:`~seqdisent.data.dataset.SequenceDataset`.
    """

    x: np.ndarray
    y: np.ndarray
    source: np.ndarray

    def joined(self, other: Rows) -> Rows:
        """Both, one after the other."""
        pairs = ((self.x, other.x), (self.y, other.y), (self.source, other.source))
        return Rows(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class HeadPredictions:
    """Predictions for every test row.

    Args:
        predicted: probabilities ``[n, C]`` in the order of classes, or values ``[n]``.
        truth: labels ``[n]``.
        source: ``[n]``, as in :class:`~seqdisent.data.dataset.SequenceDataset`.
        head: what predicted.
    """

    predicted: np.ndarray
    truth: np.ndarray
    source: np.ndarray
    head: str

    def scores(self, task: Task) -> dict[str, float]:
        """Every measure of the task."""
        return {name: MEASURES[name](self.truth, self.predicted) for name in task.measures}


def code_rows(task: Task, data: SequenceDataset, codes: Latents) -> Rows:
    """Codes as features: s alone; or s with z_t at every step, or s with a summary of z for a static factor."""
    static, dynamic = codes.static.numpy(), codes.dynamic.numpy()
    if data.spec.factor(task.factor).kind == "dynamic":
        if task.codes == "static":
            return _labelled(task, data, static[:, None])
        repeated = np.repeat(static[:, None], dynamic.shape[1], 1)
        return _labelled(task, data, np.concatenate([repeated, dynamic], -1))
    if task.codes == "static":
        return _labelled(task, data, static)
    summary = summarise_dynamics(dynamic, data.steps)
    return _labelled(task, data, np.concatenate([static, summary], -1))


def raw_rows(task: Task, data: SequenceDataset) -> Rows:
    """The same rows without a model, by :func:`raw_features`."""
    every_step = data.spec.factor(task.factor).kind == "dynamic"
    return _labelled(task, data, raw_features(np.asarray(data.frames), every_step=every_step))


def raw_features(x: np.ndarray, *, every_step: bool) -> np.ndarray:
    """Statistics of every variable, :func:`summarise_values`, of ``x [N, K, W, C]``.

    Returns:
        ``[N, 7 C]`` of the sequence; or, for every step, ``[N, K, 14 C]`` of its window and of the sequence.
    """
    x = np.asarray(x, np.float64)
    n, k = x.shape[:2]
    sequence = summarise_values(x.reshape(n, -1, x.shape[-1]))
    if not every_step:
        return sequence
    window = summarise_values(x.reshape(n * k, *x.shape[2:])).reshape(n, k, -1)
    return np.concatenate([window, np.repeat(sequence[:, None], k, 1)], -1)


def _labelled(task: Task, data: SequenceDataset, features: np.ndarray) -> Rows:
    """Rows ``[n, F]`` whose labels are known, from ``[N, F]`` or ``[N, K, F]``."""
    y = data.labels()[task.factor]
    known = np.isfinite(y) if data.spec.factor(task.factor).continuous else y >= 0
    source = data.sources if y.ndim == 1 else np.repeat(data.sources[:, None], y.shape[1], 1)
    return Rows(
        np.broadcast_to(features, (*y.shape, features.shape[-1]))[known], y[known], source[known]
    )


def summarise_dynamics(z: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """``[N, K, D] -> [N, 5 D]``: mean, deviation, change, first and last of the steps that exist."""
    exists = (np.arange(z.shape[1]) < lengths[:, None])[..., None]
    count = lengths[:, None]
    mean = (z * exists).sum(1) / count
    spread = np.sqrt((np.square(z - mean[:, None]) * exists).sum(1) / count)
    last = z[np.arange(len(z)), lengths - 1]
    return np.concatenate([mean, spread, last - z[:, 0], z[:, 0], last], 1)


def summarise_values(x: np.ndarray) -> np.ndarray:
    """``[N, T, C] -> [N, 7 C]``: mean, deviation, least, largest, first, last, and how many values are known."""
    known = np.isfinite(x)
    first, last = known.argmax(1), x.shape[1] - 1 - known[:, ::-1].argmax(1)
    first_value = np.take_along_axis(x, first[:, None], 1)[:, 0]
    last_value = np.take_along_axis(x, last[:, None], 1)[:, 0]
    with warnings.catch_warnings():
        # A variable without any value has no mean.
        warnings.simplefilter("ignore", RuntimeWarning)
        parts = [np.nanmean(x, 1), np.nanstd(x, 1), np.nanmin(x, 1), np.nanmax(x, 1)]
    return np.concatenate([*parts, first_value, last_value, known.sum(1)], 1)


def heads(task: Task, data: SequenceDataset, seed: int) -> Iterator[tuple[str, Any]]:
    """The candidates of every arm, simple ones first: linear, extra trees, gradient boosting."""
    yield from linear_heads(task, data)
    if data.spec.factor(task.factor).continuous:
        trees = ExtraTreesRegressor(200, min_samples_leaf=10, random_state=seed)
        yield "extra trees", make_pipeline(SimpleImputer(), trees)
        yield from _boosting(HistGradientBoostingRegressor, seed, loss="absolute_error")
        return
    for leaf in (2, 5):
        trees = ExtraTreesClassifier(400, min_samples_leaf=leaf, random_state=seed)
        yield f"extra trees, leaves of {leaf}", make_pipeline(SimpleImputer(), trees)
    yield from _boosting(HistGradientBoostingClassifier, seed)


def linear_heads(task: Task, data: SequenceDataset) -> Iterator[tuple[str, Any]]:
    """Ridge or logistic regression on standardised features, missing ones at their mean, in several strengths."""

    def scaled(head: BaseEstimator) -> Pipeline:
        return make_pipeline(SimpleImputer(), StandardScaler(), head)

    if data.spec.factor(task.factor).continuous:
        for alpha in (1, 100, 10_000):
            yield f"ridge, alpha {alpha}", scaled(Ridge(alpha))
        return
    for c in (0.01, 0.1, 1, 10):
        yield f"logistic regression, C {c:g}", scaled(LogisticRegression(C=c, max_iter=2000))


def _boosting(kind: type, seed: int, **options: Any) -> Iterator[tuple[str, Any]]:
    for rounds, leaves in ((50, 4), (100, 8), (200, 16)):
        head = kind(
            max_iter=rounds, max_leaf_nodes=leaves, learning_rate=0.06, random_state=seed, **options
        )
        yield f"gradient boosting, {rounds} trees of {leaves} leaves", head


def predict_test(
    task: Task,
    data: SequenceDataset,
    parts: tuple[Rows, Rows, Rows],
    candidates: Iterable[tuple[str, Any]],
) -> HeadPredictions:
    """Choose a head on validation, fit it on training and validation, and predict test.

    Args:
        data: any split; its declaration is used.
        parts: rows of training, validation and test.
    """
    train, validation, test = parts
    factor = data.spec.factor(task.factor)
    classes = len(factor.classes)
    best_loss, best_name, best_head = np.inf, "", None
    for name, head in candidates:
        predicted = _predict(clone(head).fit(train.x, train.y), validation.x, classes)
        if factor.continuous:
            loss = np.abs(predicted - validation.y).mean()
        else:
            loss = log_loss(validation.y, predicted, labels=np.arange(classes))
        if best_head is None or loss < best_loss:
            best_loss, best_name, best_head = loss, name, head
    both = train.joined(validation)
    predicted = _predict(clone(best_head).fit(both.x, both.y), test.x, classes)
    return HeadPredictions(predicted, test.y, test.source, best_name)


def constants(
    task: Task, data: SequenceDataset, parts: tuple[Rows, Rows, Rows]
) -> dict[str, HeadPredictions]:
    """Baselines without features, from the labels of training and validation alone.

    They are the shares of the classes, or the median and the mean. The median minimises the absolute error on these
    labels. The best constant on test is not among them: it would be chosen on test.
    """
    train, validation, test = parts
    both = train.joined(validation)
    factor = data.spec.factor(task.factor)
    if factor.continuous:
        heads = {
            TRAINING_MEDIAN: DummyRegressor(strategy="median").fit(both.x, both.y),
            TRAINING_MEAN: DummyRegressor(strategy="mean").fit(both.x, both.y),
        }
    else:
        heads = {MOST_FREQUENT: DummyClassifier(strategy="prior").fit(both.x, both.y)}
    return {
        name: HeadPredictions(
            _predict(head, test.x, len(factor.classes)), test.y, test.source, name
        )
        for name, head in heads.items()
    }


def _predict(head: Any, x: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities ``[n, classes]``, 0 for classes that training does not have; or values ``[n]``."""
    if not hasattr(head, "predict_proba"):
        return head.predict(x)
    out = np.zeros((len(x), classes))
    out[:, head.classes_.astype(int)] = head.predict_proba(x)
    return out / out.sum(1, keepdims=True)  # some heads compute in float32
