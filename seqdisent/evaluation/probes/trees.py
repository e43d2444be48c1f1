"""Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006): they find what is hidden inside clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from seqdisent.evaluation.probes.tasks import Matrices, Prediction, Task
from seqdisent.evaluation.progress import Progress

TREES = 60
LEAST_LEAF = 2
# Trees that have never seen a class at a leaf would say that it is impossible.
LEAST_PROBABILITY = 1e-3


def predict(
    codes: Matrices, tasks: Sequence[Task], seed: int, progress: Progress | None
) -> dict[object, list[Prediction]]:
    """One ensemble a task, on as many threads as torch uses."""
    found = {}
    for number, task in enumerate(tasks):
        found[task.key] = [_predict(codes, task, seed)]
        if progress:
            progress(number + 1, len(tasks))
    return found


def _predict(codes: Matrices, task: Task, seed: int) -> Prediction:
    # Here, and not above: scikit-learn takes seconds to import, which the app would wait for at its start.
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    known = task.known(task.train)
    ensemble = ExtraTreesClassifier if task.classes else ExtraTreesRegressor
    model = ensemble(
        TREES, min_samples_leaf=LEAST_LEAF, n_jobs=torch.get_num_threads(), random_state=seed
    )
    model.fit(codes.train[known], task.train[known])
    if not task.classes:
        return Prediction(model.predict(codes.validation), model.predict(codes.test))

    def log_probability(part: np.ndarray) -> np.ndarray:
        shares = np.zeros((len(part), task.classes))
        shares[:, model.classes_] = model.predict_proba(part)
        return np.log(np.maximum(shares, LEAST_PROBABILITY))

    return Prediction(log_probability(codes.validation), log_probability(codes.test))
