"""``seqdisent evaluate``: everything that is measured of a checkpoint, on data that it was not trained on."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from seqdisent.checkpoint import JUDGE, checkpoint_hash, load_checkpoint, read_config
from seqdisent.data import SequenceDataset, load_dataset
from seqdisent.errors import SeqdisentError, UsageError
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.controls import control_subject
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.evaluation.judge import Judge, load_judge
from seqdisent.evaluation.progress import TaskProgress, ignore_progress, of_task
from seqdisent.evaluation.sample import FULL_SAMPLE, Sample, hold_out, subset
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.sections.anchors import ANCHORS
from seqdisent.evaluation.sections.base import Context, Judged, Section
from seqdisent.evaluation.sections.diagnostics import DIAGNOSTICS
from seqdisent.evaluation.sections.disentanglement import DISENTANGLEMENT
from seqdisent.evaluation.sections.downstream import DOWNSTREAM
from seqdisent.evaluation.sections.generation import GENERATION
from seqdisent.evaluation.sections.leakage import LEAKAGE
from seqdisent.evaluation.sections.reconstruction import RECONSTRUCTION
from seqdisent.evaluation.sections.speech import SPEECH
from seqdisent.evaluation.sections.swaps import SWAPS
from seqdisent.evaluation.sections.verification import VERIFICATION
from seqdisent.evaluation.splits import Splits, share_a_class
from seqdisent.evaluation.swap import judge_accuracy, judge_real
from seqdisent.version import __version__

# Measured in this order. A new section is one file and one line here.
SECTIONS: tuple[Section, ...] = (
    LEAKAGE,
    RECONSTRUCTION,
    SWAPS,
    SPEECH,
    DOWNSTREAM,
    GENERATION,
    DIAGNOSTICS,
    DISENTANGLEMENT,
    VERIFICATION,
    ANCHORS,
)


class NoJudge(SeqdisentError, ValueError):
    """A judge is to be measured and there is none."""


def evaluate(
    name_or_path: str | Path,
    *,
    split: str = "test",
    sample: Sample = FULL_SAMPLE,
    seed: int = 0,
    control: str | None = None,
    data_root: str | Path | None = None,
    judges: str | Path | None = None,
    judge_hint: str = "",
    command: str = "",
    progress: TaskProgress = ignore_progress,
) -> tuple[Report, dict[str, np.ndarray]]:
    """Measure a model, a judge, or a control in place of a model.

    Args:
        split: the split to score; anything but ``"test"`` is for development, and probes are then chosen on training
            sequences that they were not trained on.
        seed: of pairs, samples, probes, shuffles and resamples.
        control: one of :data:`seqdisent.evaluation.controls.KINDS`, in place of the model.
        judges: folder with the judge; the checkpoints folder by default.
        judge_hint: how to get a judge, for the report if there is none.
        command: recorded in the report.

    Returns:
        The report, as in ``metrics.json``; and the probes' scores for each test sequence, as in ``leakage.npz``.

    Raises:
        NoJudge: if a judge is to be measured and is missing. A model is measured without one: leakage needs no judge,
            and ``no_judge`` in the report says what is missing.
        UsageError: for an unknown split or control.
    """
    folder, config = read_config(name_or_path)
    dataset = config["dataset"]["name"]
    test = subset(load_dataset(dataset, split, data_root), sample.test, seed)
    training_data = load_dataset(dataset, "train", data_root)
    clock = _Clock()
    report = Report(
        checkpoint=folder.name,
        split=split,
        sequences=len(test),
        seed=seed,
        weights_sha256_16=checkpoint_hash(folder),
        control=control,
        command=command,
        versions=_versions(),
    )
    is_judge = config["model"] == JUDGE
    judge_name = test.spec.judged_by
    judge, _ = load_judge(judge_name, judges or (folder.parent if is_judge else None))
    missing = "; ".join(filter(None, [f"no judge for {judge_name}", judge_hint]))
    judged = None
    if judge is not None:
        judged = _judged(judge, training_data, test, progress)
        report = replace(report, judge=judged.accuracy)
    elif is_judge:
        raise NoJudge(missing)
    elif dataset not in TASKS:  # there, supervised networks score the swaps
        report = replace(report, no_judge=missing)
    if is_judge:
        return report, {}

    model, spec = load_checkpoint(folder)
    if test.spec.factors != spec.factors:
        raise UsageError(
            f"{folder.name} was trained with other labels of {dataset} than it has now; train it again"
        )
    subject = ModelSubject(model) if control is None else control_subject(control, model, test)
    train = subset(training_data, sample.train, seed)
    if split == "validation":
        train, validation = hold_out(train, seed)
    else:
        validation = subset(load_dataset(dataset, "validation", data_root), sample.validation, seed)
    with clock.measure("codes"):
        codes = Splits.of(subject, (train, validation, test), seed, progress)
    context = Context(
        model=model,
        subject=subject,
        spec=spec,
        training_data=training_data,
        data_root=None if data_root is None else Path(data_root),
        train=train,
        validation=validation,
        test=test,
        codes=codes,
        judged=judged,
        control=control,
        sample=sample,
        seed=seed,
        progress=progress,
    )
    for section in SECTIONS:
        if section.applies(context):
            progress(section.name, 0, 1)
            with clock.measure(section.name):
                report = section.measure(context, report)
    return replace(report, seconds=clock.seconds).with_summary(), context.arrays


def _versions() -> dict[str, str]:
    return {
        "seqdisent": __version__,
        "torch": torch.__version__.split("+")[0],
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _judged(
    judge: Judge, train: SequenceDataset, test: SequenceDataset, progress: TaskProgress
) -> Judged:
    """The judge's predictions of factors with a class that occurs in training."""
    predictions = judge_real(judge, test, of_task(progress, "judging real sequences"))
    train_labels, test_labels = train.labels(), test.labels()
    real = {
        name: prediction
        for name, prediction in predictions.items()
        if share_a_class(train_labels[name], test_labels[name])
    }
    return Judged(judge, real, judge_accuracy(real, test))


@dataclass
class _Clock:
    """Seconds that the parts of a report took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[part] = round(time.perf_counter() - started, 1)
