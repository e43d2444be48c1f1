"""Downstream tasks: what simple heads tell from the codes, beside constants, raw features and a supervised network.

Heads see posterior means, are chosen on validation, fitted once more on training and validation together, and scored
once on test.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
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
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.downstream_tasks import Task
from seqdisent.types import Latents

# Of (truth [n], what was said: probabilities [n, C] or values [n]).
MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": lambda truth, said: float(100 * np.mean(said.argmax(1) == truth)),
    "AUPRC": lambda truth, said: float(average_precision_score(truth == 1, said[:, 1])),
    "AUROC": lambda truth, said: float(roc_auc_score(truth == 1, said[:, 1])),
    "MAE": lambda truth, said: float(np.abs(said - truth).mean()),
}


@dataclass(frozen=True)
class Rows:
    """What a head learns from or is tested on.

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
class Answer:
    """What was said of every test row, and by what.

    Args:
        said: probabilities ``[n, C]`` in the order of classes, or values ``[n]``.
    """

    said: np.ndarray
    truth: np.ndarray
    source: np.ndarray
    by: str

    def scores(self, task: Task) -> dict[str, float]:
        """Every measure of the task."""
        return {name: MEASURES[name](self.truth, self.said) for name in task.measures}


def code_rows(task: Task, data: SequenceDataset, codes: Latents) -> Rows:
    """Codes as features: s; or s with z_t at every step; or, of a static factor, with the course of z summed up."""
    static, dynamic = codes.static.numpy(), codes.dynamic.numpy()
    if data.spec.factor(task.factor).kind == "dynamic":
        both = np.concatenate([np.repeat(static[:, None], dynamic.shape[1], 1), dynamic], -1)
        return _known(task, data, static[:, None] if task.codes == "static" else both)
    if task.codes == "static":
        return _known(task, data, static)
    return _known(task, data, np.concatenate([static, course(dynamic, data.steps)], -1))


def raw_rows(task: Task, data: SequenceDataset) -> Rows:
    """The same rows without a model: every variable summed up over the sequence, and over the window it is told of."""
    x = np.asarray(data.frames, np.float64)
    flat = x.reshape(len(x), -1, x.shape[-1])
    whole = summary(flat)
    if data.spec.factor(task.factor).kind == "static":
        return _known(task, data, whole)
    n, k = x.shape[:2]
    window = summary(x.reshape(n * k, *x.shape[2:])).reshape(n, k, -1)
    return _known(task, data, np.concatenate([window, np.repeat(whole[:, None], k, 1)], -1))


def _known(task: Task, data: SequenceDataset, features: np.ndarray) -> Rows:
    """Rows ``[n, F]`` whose labels are known, from ``[N, F]`` or ``[N, K, F]``."""
    y = data.labels()[task.factor]
    known = np.isfinite(y) if data.spec.factor(task.factor).continuous else y >= 0
    source = data.sources if y.ndim == 1 else np.repeat(data.sources[:, None], y.shape[1], 1)
    return Rows(
        np.broadcast_to(features, (*y.shape, features.shape[-1]))[known], y[known], source[known]
    )


def course(z: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """``[N, K, D] -> [N, 5 D]``: mean, deviation, change, first and last of the steps that exist."""
    there = (np.arange(z.shape[1]) < lengths[:, None])[..., None]
    count = lengths[:, None]
    mean = (z * there).sum(1) / count
    spread = np.sqrt((np.square(z - mean[:, None]) * there).sum(1) / count)
    last = z[np.arange(len(z)), lengths - 1]
    return np.concatenate([mean, spread, last - z[:, 0], z[:, 0], last], 1)


def summary(x: np.ndarray) -> np.ndarray:
    """``[N, T, C] -> [N, 7 C]``: mean, deviation, least, largest, first, last, and how many values are known."""
    known = np.isfinite(x)
    pick = lambda at: np.take_along_axis(x, at[:, None], 1)[:, 0]
    first, last = known.argmax(1), x.shape[1] - 1 - known[:, ::-1].argmax(1)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # of what is missing altogether there is no mean
        parts = [np.nanmean(x, 1), np.nanstd(x, 1), np.nanmin(x, 1), np.nanmax(x, 1)]
    return np.concatenate([*parts, pick(first), pick(last), known.sum(1)], 1)


def heads(task: Task, data: SequenceDataset, seed: int) -> Iterator[tuple[str, Any]]:
    """Candidates, simple ones first."""
    scaled = lambda head: make_pipeline(SimpleImputer(), StandardScaler(), head)
    if data.spec.factor(task.factor).continuous:
        for alpha in (1, 100, 10_000):
            yield f"ridge, alpha {alpha}", scaled(Ridge(alpha))
        trees = ExtraTreesRegressor(200, min_samples_leaf=10, random_state=seed)
        yield "extra trees", make_pipeline(SimpleImputer(), trees)
        yield from _boosting(HistGradientBoostingRegressor, seed, loss="absolute_error")
        return
    for c in (0.01, 0.1, 1, 10):
        yield f"logistic regression, C {c:g}", scaled(LogisticRegression(C=c, max_iter=2000))
    for leaf in (2, 5):
        trees = ExtraTreesClassifier(400, min_samples_leaf=leaf, random_state=seed)
        yield f"extra trees, leaves of {leaf}", make_pipeline(SimpleImputer(), trees)
    yield from _boosting(HistGradientBoostingClassifier, seed)


def boosted(task: Task, data: SequenceDataset, seed: int) -> Iterator[tuple[str, Any]]:
    """Gradient boosting alone, in three sizes: the baseline of raw features."""
    continuous = data.spec.factor(task.factor).continuous
    kind = HistGradientBoostingRegressor if continuous else HistGradientBoostingClassifier
    return _boosting(kind, seed, **({"loss": "absolute_error"} if continuous else {}))


def _boosting(kind: type, seed: int, **options) -> Iterator[tuple[str, Any]]:
    for rounds, leaves in ((50, 4), (100, 8), (200, 16)):
        made = kind(
            max_iter=rounds, max_leaf_nodes=leaves, learning_rate=0.06, random_state=seed, **options
        )
        yield f"gradient boosting, {rounds} trees of {leaves} leaves", made


def answer(
    task: Task,
    spec_of: SequenceDataset,
    parts: tuple[Rows, Rows, Rows],
    candidates: Iterator[tuple[str, Any]],
) -> Answer:
    """Choose a head on validation, fit it on training and validation, ask it about test.

    Args:
        parts: rows of training, validation and test.
    """
    train, held, test = parts
    continuous = spec_of.spec.factor(task.factor).continuous
    classes = len(spec_of.spec.factor(task.factor).classes)
    best = None
    for name, head in candidates:
        said = _said(clone(head).fit(train.x, train.y), held.x, classes)
        loss = (
            np.abs(said - held.y).mean()
            if continuous
            else log_loss(held.y, said, labels=np.arange(classes))
        )
        if best is None or loss < best[0]:
            best = (loss, name, head)
    both = train.joined(held)
    said = _said(clone(best[2]).fit(both.x, both.y), test.x, classes)
    return Answer(said, test.y, test.source, best[1])


def constants(
    task: Task, data: SequenceDataset, parts: tuple[Rows, Rows, Rows]
) -> dict[str, Answer]:
    """What nobody needs a model for: the shares of the classes, or the mean and the median of what was known."""
    train, held, test = parts
    both = train.joined(held)
    if data.spec.factor(task.factor).continuous:
        known = {
            "training mean": (train, "mean"),
            "training median": (train, "median"),
            "training and validation median": (both, "median"),
        }
        made = {
            name: DummyRegressor(strategy=how).fit(rows.x, rows.y)
            for name, (rows, how) in known.items()
        }
    else:
        made = {"most frequent class": DummyClassifier(strategy="prior").fit(both.x, both.y)}
    classes = len(data.spec.factor(task.factor).classes)
    return {
        name: Answer(_said(head, test.x, classes), test.y, test.source, name)
        for name, head in made.items()
    }


def _said(head: Any, x: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities ``[n, classes]``, of classes that training does not have 0; or values ``[n]``."""
    if not hasattr(head, "predict_proba"):
        return head.predict(x)
    out = np.zeros((len(x), classes))
    out[:, head.classes_.astype(int)] = head.predict_proba(x)
    return out / out.sum(1, keepdims=True)  # some heads answer in float32
