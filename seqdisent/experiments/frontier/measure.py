"""What is measured of a point: bits in the two codes' off-target cells, at what reconstruction.

Measured on *validation* characters with probes that learn from some training characters and are chosen on
others. VAST and DBSE are measured twice: as they are, and with the codes pruned to the subspace that carries signal
(:mod:`seqdisent.models.pruning`), which needs no training. A pruned DBSE is a VAST without its other parts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqdisent.checkpoint import load_checkpoint
from seqdisent.data import dataset_outline, load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Codes, ModelSubject
from seqdisent.evaluation.judge import Judge, load_judge
from seqdisent.evaluation.leakage import POSTERIORS
from seqdisent.evaluation.probes import Task, code_matrices, read_strongest
from seqdisent.evaluation.reconstruction import reconstruction_error
from seqdisent.evaluation.schema import ProbeFamily
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.swap import judge_real, swap_report
from seqdisent.experiments.frontier.points import DATASET
from seqdisent.experiments.sweep import Figures, Say, SweepRun, module_hash
from seqdisent.models.dbse import DBSE
from seqdisent.models.pruning import prune_codes
from seqdisent.models.vast import VAST
from seqdisent.spec import Factor
from seqdisent.types import Latents

# Training sequences that probes learn from, and others that they are chosen on.
LEARN, HOLD = 4500, 900
PAIRS = 900
PROBES: tuple[ProbeFamily, ...] = ("linear", "trees", "neighbours")
RESULTS = "point.json"
VECTORS: dict[str, Callable[[Latents], Tensor]] = {
    "static": lambda latents: latents.static,
    "dynamic": lambda latents: latents.dynamic.flatten(1),
}


def settings() -> dict[str, Any]:
    """What the figures depend on besides the model."""
    judge, _ = load_judge(dataset_outline(DATASET).judged_by)
    return {
        "learn": LEARN,
        "hold": HOLD,
        "pairs": PAIRS,
        "probes": PROBES,
        "judge": None if judge is None else module_hash(judge),
    }


def measure_point(run: SweepRun, say: Say = print) -> Figures:
    """Measure a trained point, or find it measured: figures as it is (``whole``) and pruned (``cut``)."""
    return run.measure(RESULTS, settings(), lambda: figures(run.checkpoint), say)


def figures(checkpoint: Path) -> Figures:
    """The figures of a checkpoint as it is (``whole``) and pruned (``cut``)."""
    model, spec = load_checkpoint(checkpoint)
    learn, hold = _probe_data(load_dataset(spec.name, "train"))
    data = load_dataset(spec.name, "validation").in_memory()
    judge, _ = load_judge(spec.judged_by)
    subjects = {"whole": ModelSubject(model)}
    prunable = VAST.of_dbse(model) if isinstance(model, DBSE) else model
    if isinstance(prunable, VAST):
        pruned, _ = prune_codes(prunable, learn)
        subjects["cut"] = ModelSubject(pruned)
    return {
        name: _figures_of(subject, (learn, hold, data), judge) for name, subject in subjects.items()
    }


def _probe_data(train: SequenceDataset) -> tuple[SequenceDataset, SequenceDataset]:
    """Training sequences that probes learn from, and those of other characters that they are chosen on."""
    characters = np.unique(train.sources)
    per_character = len(train) // len(characters)
    first, last = LEARN // per_character, (LEARN + HOLD) // per_character

    def of(some: np.ndarray) -> SequenceDataset:
        return train.select(np.flatnonzero(np.isin(train.sources, some)))

    return of(characters[:first]), of(characters[first:last])


def _figures_of(
    subject: ModelSubject,
    data: tuple[SequenceDataset, SequenceDataset, SequenceDataset],
    judge: Judge | None,
) -> Figures:
    codes = Splits.of(subject, data).parts()
    validation, encoded = data[2], codes[2]
    error = reconstruction_error(subject, validation, encoded.mean, torch.zeros(1))
    model = subject.model
    ranks = (
        (model.config.static_rank, model.config.dynamic_rank) if isinstance(model, VAST) else (0, 0)
    )
    found: Figures = {
        "squared_error": error.squared_error_per_sequence,
        "static_rank": ranks[0],
        "dynamic_rank": ranks[1],
        "static_kl": float(encoded.static_kl.sum(1).mean()),
        "dynamic_kl": float(encoded.dynamic_kl.sum(1).mean()),
        "bits": off_target(codes, validation.spec.factors),
    }
    if judge is not None:
        real = judge_real(judge, validation)
        swaps = swap_report(subject, judge, validation, encoded.mean, real, pairs=PAIRS)
        found["swap"] = {name: score.kept.value for name, score in swaps.swap.items() if score.kept}
        found["swap"]["joint"] = swaps.all_kept.value
    return found


def off_target(codes: tuple[Codes, Codes, Codes], factors: tuple[Factor, ...]) -> dict[str, float]:
    """Bits about every factor in the code where it does not belong.

    Args:
        codes: of sequences that probes learn from, are chosen on and are tested on.

    Returns:
        By ``"static/direction/mean"`` and so on, of posterior means and of posterior samples.
    """
    found = {}
    for code, vector in VECTORS.items():
        tasks = [_task(factor, codes) for factor in factors if factor.kind != code]
        on_target = [_task(factor, codes) for factor in factors if factor.kind == code]
        for posterior in POSTERIORS:
            parts = [vector(part.latents(posterior)).numpy() for part in codes]
            readings = read_strongest(code_matrices(*parts), tasks, on_target, PROBES)
            for task in tasks:
                bits = float(np.nanmean(readings[task.key].bits))
                found[f"{code}/{task.key}/{posterior}"] = max(0.0, bits)
    return found


def _task(factor: Factor, codes: tuple[Codes, Codes, Codes]) -> Task:
    labels = [part.labels[factor.name] for part in codes]
    # A dynamic factor is asked for at the first frame.
    first = [label[:, 0] if label.ndim > 1 else label for label in labels]
    return Task(factor.name, len(factor.classes), *first)
