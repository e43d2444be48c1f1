"""What a section of a report is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Subject
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.progress import Progress, TaskProgress, of_task
from seqdisent.evaluation.sample import Sample
from seqdisent.evaluation.schema import Rate, Report
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.swap import Predictions
from seqdisent.models import SequentialVAE
from seqdisent.spec import DatasetSpec


@dataclass(frozen=True)
class Judged:
    """A judge, with its predictions and accuracy on real test sequences, by factor.

    Factors without a class that occurs in training are left out.
    """

    judge: Judge
    real: Predictions
    accuracy: dict[str, Rate]


@dataclass(frozen=True)
class Context:
    """What sections measure.

    Args:
        model: the model of the checkpoint.
        subject: the model, or the control in its place.
        training_data: the full training split.
        data_root: folder of the data; the default one if None.
        train, validation, test: the sequences that probes are trained on, chosen on and scored on.
        codes: of these sequences.
        judged: None without a judge.
        control: name of the control; None for the model.
        arrays: scores for each test sequence, which sections add; kept in ``leakage.npz``.
    """

    model: SequentialVAE
    subject: Subject
    spec: DatasetSpec
    training_data: SequenceDataset
    data_root: Path | None
    train: SequenceDataset
    validation: SequenceDataset
    test: SequenceDataset
    codes: Splits
    judged: Judged | None
    control: str | None
    sample: Sample
    seed: int
    progress: TaskProgress
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def task(self, name: str) -> Progress:
        """The progress of one task as (done, total)."""
        progress = of_task(self.progress, name)
        assert progress is not None
        return progress


def always(context: Context) -> bool:
    """A section that every report has."""
    return True


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Args:
        name: its key in the report's ``seconds``.
        measure: measures it, and returns the report with the part filled in.
        applies: whether it can be measured.
    """

    name: str
    measure: Callable[[Context, Report], Report]
    applies: Callable[[Context], bool] = always
