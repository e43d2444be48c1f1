"""The families of probes, and the reading of every task by each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seqdisent.evaluation.probes import neighbours, perceptron, trees
from seqdisent.evaluation.probes.calibration import calibrated
from seqdisent.evaluation.probes.representations import residual, whitened
from seqdisent.evaluation.probes.tasks import Matrices, Prediction, Reading, Task
from seqdisent.evaluation.progress import Progress
from seqdisent.evaluation.schema import ProbeFamily

Predictions = dict[object, list[Prediction]]
# Each returns one or more predictions a task: of several sizes or penalties, of which the best on validation is taken.
Predictor = Callable[[Matrices, Sequence[Task], int, Progress | None], Predictions]

FAMILIES: dict[ProbeFamily, Predictor] = {
    "linear": perceptron.predict_linear,
    "mlp": perceptron.predict_mlp,
    "trees": trees.predict,
    "neighbours": neighbours.predict,
}


def read(
    family: ProbeFamily,
    codes: Matrices,
    tasks: Sequence[Task],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[object, Reading]:
    """Train the probes of a family, calibrate them and choose the best on validation.

    Args:
        codes: a representation of the code.
        tasks: what to predict; each has labels in training and validation.
        progress: called with (done, total).

    Returns:
        For each task's key its reading.
    """
    predictions = FAMILIES[family](codes, tasks, seed, progress)
    found = {}
    for task in tasks:
        readings = [calibrated(task, prediction) for prediction in predictions[task.key]]
        found[task.key] = max(readings, key=lambda reading: reading.validation_bits)
    return found


def read_strongest(
    codes: Matrices,
    tasks: Sequence[Task],
    on_target: list[Task],
    families: Sequence[ProbeFamily],
    seed: int = 0,
) -> dict[object, Reading]:
    """For each task's key the best reading on validation, over families and both representations.

    Args:
        codes: of one view, as :func:`~seqdisent.evaluation.probes.representations.code_matrices` makes them.
        tasks: off-target factors.
        on_target: the factors that belong in this code.
    """
    representations = [whitened(codes)]
    left = residual(codes, on_target)
    if left is not None:
        representations.append(left)
    found = [
        read(family, matrices, tasks, seed=seed)
        for matrices in representations
        for family in families
    ]
    return {
        task.key: max((readings[task.key] for readings in found), key=_validation_bits)
        for task in tasks
    }


def _validation_bits(reading: Reading) -> float:
    return reading.validation_bits
