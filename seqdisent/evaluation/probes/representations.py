"""Representations of a code that probes see: whitened, and as a residual.

Both are functions of the code alone, fitted on training codes. The residual needs predictions of on-target factors;
they are made from the code itself, so that no label is given to the probe. Information found in either representation
is therefore information in the code: for any function f, I(f(code); u) is at most I(code; u). This holds whether or not
the factors are independent. Where an off-target factor depends on on-target ones (a speaker and the sentences that only
this speaker says), what is found contains what the on-target factors say about it, which is not a leak of its own.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from seqdisent.evaluation.probes.tasks import Matrices, Task

# Directions with less of the largest standard deviation are rounding errors of single precision.
LEAST_SPREAD = 3e-6
# A direction that is constant in training must not explode on a test code that differs in it.
LARGEST = 20.0
FOLDS = 5
# Shrinks so little that what it leaves of the clusters is below any residual that can be read.
RIDGE = 1e-6
MOST_PRODUCTS = 600  # columns of products of two predicted factors


def code_matrices(train: np.ndarray, validation: np.ndarray, test: np.ndarray) -> Matrices:
    """Codes ``[N, d]`` of the three splits in double precision, in which small residuals survive subtraction."""
    return Matrices(*(np.asarray(part, dtype=np.float64) for part in (train, validation, test)))


def whitened(codes: Matrices) -> Matrices:
    """Uncorrelated directions of unit variance in training.

    A linear probe loses nothing by it, and finds information in directions of little variance. Directions without
    variance (those that pruning has emptied) are left out.
    """
    mean = codes.train.mean(0)
    centred = codes.train - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    spread = np.sqrt(np.maximum(values, 0.0))
    kept = spread > max(spread.max() * LEAST_SPREAD, 1e-12)
    if not kept.any():
        return Matrices(*(np.zeros((len(part), 1), np.float32) for part in codes))
    turn = vectors[:, kept] / spread[kept]

    def apply(part: np.ndarray) -> np.ndarray:
        turned = (part - mean) @ turn
        return np.clip(turned, -LARGEST, LARGEST).astype(np.float32)

    return Matrices(*(apply(part) for part in codes))


def residual(codes: Matrices, on_target: list[Task]) -> Matrices | None:
    """What is left of the code when the on-target factors, as predicted from it, are taken out; and these predictions.

    Every on-target factor is predicted from the whitened code by a linear discriminant (of training codes by
    cross-validation). The code is regressed on the predicted factors, and on the products of any two of them where that
    leaves less of the validation codes; the residual is whitened again, and the predicted factors are joined to it.

    Args:
        on_target: the factors that belong in this code. Continuous ones are predicted by ridge regression.

    Returns:
        None if there is no on-target factor.
    """
    white = whitened(codes)
    predicted = [_predicted(white, task) for task in on_target]
    columns = [part for part in predicted if part is not None]
    if not columns:
        return None
    joined = Matrices(*(np.concatenate(parts, 1) for parts in zip(*columns, strict=True)))
    designs = [joined]
    if len(columns) > 1:
        designs.append(_with_products(columns, joined))
    # Products of factors fit the training codes better, and those of other sequences only if there are enough of them.
    left = min((_left(codes, design) for design in designs), key=_validation_variance)
    parts = zip(whitened(left), joined, strict=True)
    return Matrices(*(np.concatenate(pair, 1).astype(np.float32) for pair in parts))


def _left(codes: Matrices, design: Matrices) -> Matrices:
    """What a regression on ``design`` leaves of the codes."""
    from sklearn.linear_model import Ridge  # as below

    regression = Ridge(RIDGE).fit(design.train, codes.train)
    pairs = zip(codes, design, strict=True)
    return Matrices(*(part - regression.predict(features) for part, features in pairs))


def _validation_variance(left: Matrices) -> float:
    return float(np.square(left.validation).sum(1).mean())


def _predicted(white: Matrices, task: Task) -> Matrices | None:
    """Predictions of one factor: one-hot classes ``[N, C]``, or standardised values ``[N, 1]``."""
    # Here, and not above: scikit-learn takes seconds to import, which the app would wait for at its start.
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold, cross_val_predict

    known = task.known(task.train)
    labels = task.train[known]
    if known.sum() < 2 * FOLDS or len(np.unique(labels)) < 2:
        return None
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    if task.classes:
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=1e-3)
    else:
        model = Ridge(1.0)
        labels = (labels - labels.mean()) / max(labels.std(), 1e-12)
    x = white.train[known]
    model.fit(x, labels)
    # In-sample predictions would be better than those of validation and test, and leave another residual.
    in_sample = model.predict(white.train)
    in_sample[known] = cross_val_predict(model, x, labels, cv=folds)
    found = (in_sample, model.predict(white.validation), model.predict(white.test))
    if task.classes:
        one_hot = np.eye(task.classes)
        return Matrices(*(one_hot[part.astype(int)] for part in found))
    return Matrices(*(part[:, None] for part in found))


def _with_products(columns: list[Matrices], joined: Matrices) -> Matrices:
    """The predictions with the products of any two factors, as far as they are not too many."""
    parts = [joined]
    for first, second in combinations(columns, 2):
        width = first.train.shape[1] * second.train.shape[1]
        total = sum(part.train.shape[1] for part in parts)
        if total + width > MOST_PRODUCTS:
            break
        parts.append(Matrices(*(_products(a, b) for a, b in zip(first, second, strict=True))))
    return Matrices(*(np.concatenate(split, 1) for split in zip(*parts, strict=True)))


def _products(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)
