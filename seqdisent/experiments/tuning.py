"""The search that a method of the papers gets before its checkpoint is trained: small, equal, on validation.

Every point is trained on the drawn sprites at 32x32, on the same number of sequences, and its swaps are judged on
*validation* characters. What a point varies is what the papers leave open: the learning rate, which was tuned for
other networks and batches, and for DSVAE the weight of the pixels, which has no published value. KL weights are the
published ones throughout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import load_dataset
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.judge import load_judge
from seqdisent.evaluation.swap import judge_real, swap_report
from seqdisent.experiments.sweep import Figures, Say, SweepRun
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.recipes import Recipe
from seqdisent.recipes.base import sigma
from seqdisent.training.config import TrainConfig

DATASET = "sprites-32"
STEPS, BATCH_SIZE = 1000, 32
PAIRS = 900
RESULTS = "validation.json"


def _train(learning_rate: float) -> TrainConfig:
    return TrainConfig(STEPS, BATCH_SIZE, learning_rate, epoch_steps=500)


def _dbse(learning_rate: float) -> Recipe:
    """Published sizes and weights (5 : 1 : 1, anchor 1)."""
    config = DBSEConfig(static_size=256, dynamic_size=256, hidden=64, sigma=sigma(5))
    return Recipe("dbse", DATASET, config, _train(learning_rate))


def _dsvae(learning_rate: float, reconstruction: float) -> Recipe:
    """Published sizes, KL weights 1 : 1."""
    config = DSVAEConfig(static_size=256, dynamic_size=32, hidden=256, sigma=sigma(reconstruction))
    return Recipe("dsvae", DATASET, config, _train(learning_rate))


def _points() -> dict[str, Recipe]:
    points = {}
    for rate in (5e-4, 1e-3, 2e-3, 4e-3):
        points[f"dbse-{rate:g}"] = _dbse(rate)
    for rate in (1e-3, 2e-3):
        for weight in (5.0, 60.0):
            points[f"dsvae-{rate:g}-{weight:g}"] = _dsvae(rate, weight)
    return points


POINTS = _points()


def sweep_run(name: str, root: Path) -> SweepRun:
    """One point, with seed 0."""
    command = f"python -m seqdisent.experiments.tuning {name}"
    return SweepRun(name, POINTS[name], 0, root, command)


def measure_point(run: SweepRun, say: Say = print) -> Figures:
    """The validation figures of a trained point, or find it measured."""
    settings: dict[str, Any] = {"pairs": PAIRS}
    return run.measure(RESULTS, settings, lambda: _figures(run.checkpoint), say)


def _figures(checkpoint: Path) -> Figures:
    model, spec = load_checkpoint(checkpoint)
    data = load_dataset(spec.name, "validation").in_memory()
    judge, missing = load_judge(spec.judged_by)
    assert judge is not None, missing
    subject = ModelSubject(model)
    codes = subject.codes(data)
    real = judge_real(judge, data)
    swaps = swap_report(subject, judge, data, codes.mean, real, pairs=PAIRS)
    kept = {name: score.kept.value for name, score in swaps.swap.items() if score.kept}
    error = (subject.decode(codes.mean).x - data[:].x).square().flatten(1).sum(1)
    return {
        "all_kept": swaps.all_kept.value,
        "kept": kept,
        "squared_error": float(error.mean()),
        "static_kl_nats": float(codes.static_kl.sum(1).mean()),
        "dynamic_kl_nats": float(codes.dynamic_kl.sum(1).mean()),
    }


if __name__ == "__main__":
    import sys

    for point in sys.argv[1:] or list(POINTS):
        point_run = sweep_run(point, Path("runs/tuning"))
        point_run.train(progress=False)
        print(point, measure_point(point_run), flush=True)
