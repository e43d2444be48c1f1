"""Nearest neighbours: no training, and no assumption about the shape of a leak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqdisent.evaluation.probes.tasks import Matrices, Prediction, Task
from seqdisent.evaluation.progress import Progress

NUMBERS = (4, 16, 64)  # of neighbours


def predict(
    codes: Matrices, tasks: Sequence[Task], seed: int, progress: Progress | None
) -> dict[object, list[Prediction]]:
    """One prediction for each number of neighbours; the neighbours are the same for every task."""
    # Here, and not above: scikit-learn takes seconds to import, which the app would wait for at its start.
    from sklearn.neighbors import NearestNeighbors

    most = min(max(NUMBERS), len(codes.train))
    index = NearestNeighbors(n_neighbors=most, algorithm="brute").fit(codes.train)
    near = [index.kneighbors(part, return_distance=False) for part in codes[1:]]
    found = {}
    for number, task in enumerate(tasks):
        found[task.key] = [
            Prediction(*(_average(task, rows[:, :count]) for rows in near)) for count in NUMBERS
        ]
        if progress:
            progress(number + 1, len(tasks))
    return found


def _average(task: Task, rows: np.ndarray) -> np.ndarray:
    """The share of every class, or the mean value, among the labelled neighbours ``rows [N, k]``."""
    labels = task.train[rows]
    known = task.known(labels)
    if task.classes:
        one_hot = np.eye(task.classes)[np.maximum(labels, 0)] * known[..., None]
        counts = one_hot.sum(1) + 1.0 / task.classes
        return np.log(counts / counts.sum(1, keepdims=True))
    mean = float(np.nanmean(task.train))
    total = np.where(known, labels, 0.0).sum(1)
    # Without a labelled neighbour the training mean is predicted.
    return (total + mean * 1e-6) / (known.sum(1) + 1e-6)
