"""``seqdisent evaluate``: everything that is measured of a checkpoint, once, on data it never saw."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqdisent.checkpoint import JUDGE, METRICS, checkpoint_hash, load_checkpoint, read_config
from seqdisent.data import SequenceDataset, load_dataset
from seqdisent.errors import SeqdisentError, UsageError
from seqdisent.evaluation.codes import ModelSubject
from seqdisent.evaluation.diagnostics import anchors, health, health_words
from seqdisent.evaluation.downstream_tasks import TASKS
from seqdisent.evaluation.generation import generation_report
from seqdisent.evaluation.judge import load_judge
from seqdisent.evaluation.leakage import FULL, QUICK, Effort, measure
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.stand_ins import calibration
from seqdisent.evaluation.swap import judge_accuracy, judge_real, reconstruction_error, swap_report
from seqdisent.modalities import modality_of
from seqdisent.reporting.verdicts import verdicts
from seqdisent.version import __version__

ROWS = "leakage.npz"  # what the probes said of every test sequence, for paired differences
VERIFIED = 900  # sequences behind the verification figures: all their pairs are compared
Say = Callable[[str, int, int], None]  # (what is being done, done, in all)


class NoJudge(SeqdisentError, ValueError):
    """A judge is to be measured and there is none; the message says how to train one."""


@dataclass(frozen=True)
class Sample:
    """How many sequences of each split a report uses, and how thoroughly; ``None`` is all of them."""

    train: int | None = None
    validation: int | None = None
    test: int | None = None
    pairs: int = 2000
    effort: Effort = FULL


WHOLE = Sample()
LIVE = Sample(train=1800, validation=300, test=600, pairs=200, effort=QUICK)


def evaluate(
    name_or_path: str | Path,
    *,
    split: str = "test",
    sample: Sample = WHOLE,
    seed: int = 0,
    stand_in: str | None = None,
    data_root: str | Path | None = None,
    judges: str | Path | None = None,
    command: str = "",
    say: Say | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Measure a model, a judge, or a stand-in for a model.

    Args:
        split: the split to score; anything but ``"test"`` is for development, and probes are then
            chosen on training sequences that they did not learn from.
        seed: of pairs, samples, probes, shuffles and resamples.
        stand_in: one of :data:`seqdisent.evaluation.stand_ins.KINDS`, in place of the model itself.
        judges: folder with the judge; the checkpoints folder by default.
        command: recorded in the report.

    Returns:
        The report in plain types, as in ``metrics.json``; and what the probes said of every test
        sequence, as in ``leakage.npz``.

    Raises:
        NoJudge: if a judge is to be measured and is not there. A model is measured without one: leakage
            needs no judge, and ``no_judge`` says what is missing.
        ValueError: for an unknown split or stand-in.
    """
    folder, config = read_config(name_or_path)
    dataset = config["dataset"]["name"]
    say = say or (lambda what, done, total: None)
    data = few(load_dataset(dataset, split, data_root), sample.test, seed)
    clock = _Clock()
    report = {
        "checkpoint": folder.name,
        "stand_in": stand_in,
        "weights_sha256_16": checkpoint_hash(folder),
        "command": command,
        "split": split,
        "sequences": len(data),
        "seed": seed,
        "seconds": clock.seconds,
        "versions": {
            "seqdisent": __version__,
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    train = load_dataset(dataset, "train", data_root)
    judge, _ = load_judge(
        data.spec.judged_by, judges or (folder.parent if config["model"] == JUDGE else None)
    )
    missing = _no_judge(dataset)
    if judge is not None:
        real = judge_real(judge, data, lambda d, t: say("judging real sequences", d, t))
        real = {
            name: said for name, said in real.items() if _known(name, train.labels(), data.labels())
        }
        report["judge"] = judge_accuracy(real, data)
    if config["model"] == JUDGE:
        if judge is None:
            raise NoJudge(missing)
        return report, {}

    model, spec = load_checkpoint(folder)
    if data.spec.factors != spec.factors:
        raise UsageError(
            f"{folder.name} was trained on other labels of {dataset} than are there now; train it again"
        )
    subject = calibration(stand_in, model, data) if stand_in else ModelSubject(model)
    learn, held = few(train, sample.train, seed), None
    if split == "validation":
        learn, held = _hold_out(learn, seed)
    held = held or few(load_dataset(dataset, "validation", data_root), sample.validation, seed)
    with clock("codes"):
        splits = Splits.of(subject, (learn, held, data), seed, say)
    with clock("leakage"):
        report["leakage"], rows = measure(
            splits, spec.factors, effort=sample.effort, seed=seed, progress=say
        )
        report["leakage"]["verdicts"] = verdicts(report["leakage"])
    with clock("swaps"):
        constant = mean_sequence(learn)
        report["error"] = reconstruction_error(subject, data, splits.test.mean, constant)
        if judge is None:
            report |= (
                {} if dataset in TASKS else {"no_judge": missing}
            )  # there, networks with labels judge
        else:
            report |= swap_report(
                subject,
                judge,
                data,
                splits.test.mean,
                real,
                pairs=sample.pairs,
                seed=seed,
                progress=lambda d, t: say("swaps and samples", d, t),
            )
    if modality_of(spec).has_waveform:
        from seqdisent.evaluation.speech import PAIRS, speech_report

        with clock("speech"):
            report["speech"] = speech_report(
                subject,
                data,
                splits.test.mean,
                pairs=min(PAIRS, sample.pairs),
                seed=seed,
                progress=lambda d, t: say("pitch of swaps", d, t),
            )
    if dataset in TASKS and sample.effort is FULL and not stand_in:
        from seqdisent.evaluation.downstream import answers, summarised

        with clock("tasks"):
            parts = (train, load_dataset(dataset, "validation", data_root), data)
            told = {
                task.name: answers(task, model, parts, seed, lambda what: say(what, 0, 1))
                for task in TASKS[dataset]
            }
            report["downstream"] = summarised(folder.name, dataset, {seed: told})["tasks"]
    if sample.effort is FULL and not stand_in:
        with clock("generation"):
            report["generation"] = generation_report(
                subject,
                judge,
                learn,
                data,
                splits.test.mean,
                real if judge else {},
                seed=seed,
                say=say,
            )
    report["health"] = health(splits.test)
    report["health"]["words"] = health_words(report["health"])
    if sample.effort is FULL:
        say("DCI, MIG and verification", 0, 1)
        with clock("multifactor"):
            report |= _structure(splits, spec, data)
        with clock("anchors"):
            moving = (
                []
                if stand_in or judge is None
                else anchors(
                    model,
                    judge,
                    (learn, held, data),
                    judged=report["judge"],
                    seed=seed,
                    progress=lambda d, t: say("moving the anchor", d, t),
                )
            )
        report["anchors"] = moving
    return report, rows


def _no_judge(dataset: str) -> str:
    from seqdisent.recipes import RECIPES

    missing = f"no judge for {dataset}"
    return (
        f"{missing}; train one with `seqdisent train judge-{dataset}`"
        if f"judge-{dataset}" in RECIPES
        else missing
    )


def mean_sequence(data: SequenceDataset) -> torch.Tensor:
    """What a model that knows nothing would say: the mean of every eighth sequence ``[T, *event]``, step by step."""
    some = data[np.arange(0, len(data), 8)]
    there = some.mask.view(*some.mask.shape, *[1] * (some.x.ndim - 2)) & ~torch.isnan(some.x)
    return torch.where(there, some.x, 0.0).sum(0) / there.sum(0).clamp_min(1)


def _structure(splits: Splits, spec, data: SequenceDataset) -> dict[str, Any]:
    """DCI and MIG over the dimensions of both codes (the dynamic one as its time mean), and verification."""
    from seqdisent.evaluation.disentanglement import dci, independent_factors, mig
    from seqdisent.evaluation.verification import verification

    joined = lambda codes: torch.cat([codes.mean.static, codes.mean.timeline(1).mean(1)], 1).numpy()
    classes = [f.name for f in spec.factors if not f.continuous]
    first = lambda codes, n: codes.labels[n][:, 0] if codes.labels[n].ndim > 1 else codes.labels[n]
    labels = {n: first(splits.test, n) for n in classes}
    # These measures have no notion of a missing label, nor of a class that training does not have.
    labels = {
        n: v
        for n, v in labels.items()
        if (v >= 0).all() and _known(n, splits.train.labels, splits.test.labels)
    }
    labels = {n: labels[n] for n in independent_factors(labels)}
    train_labels = {n: first(splits.train, n) for n in labels}
    s = splits.test.mean.static.shape[1]
    blocks = {"static": slice(0, s), "dynamic": slice(s, s + splits.test.mean.dynamic.shape[2])}
    codes = joined(splits.test)
    # At random: every third sequence of a character would have one direction, and be alike for that.
    few = np.sort(np.random.default_rng(0).permutation(len(codes))[:VERIFIED])
    names = spec.identity or [f.name for f in spec.static_factors if not f.continuous]
    static = np.stack([first(splits.test, name) for name in names], 1)
    identity = np.unique(static, axis=0, return_inverse=True)[1].reshape(-1)
    found = verification(
        splits.test.mean.static.numpy()[few],
        splits.test.mean.timeline(1).numpy()[few],
        identity[few],
    )
    some = data[few]
    weight = some.mask / some.mask.sum(1, keepdim=True)
    raw = torch.einsum(
        "btn,bt->bn", some.x.flatten(2).nan_to_num(), weight
    )  # without a model: the mean frame
    raw = (raw - raw.mean(0)).numpy()
    found["raw"] = verification(raw, raw[:, None], identity[few])["static"]
    if len(labels) < 2:  # disentanglement compares factors
        return {"verification": found}
    made = dci(joined(splits.train), train_labels, codes, labels, blocks=blocks)
    return {"dci": made, "mig": mig(codes, labels), "verification": found}


def few(data: SequenceDataset, n: int | None, seed: int) -> SequenceDataset:
    """At most ``n`` sequences of a split, in memory."""
    if n is None or n >= len(data):
        return data.in_memory()
    return data.select(np.sort(np.random.default_rng(seed).permutation(len(data))[:n]))


def _known(factor: str, learn: dict[str, np.ndarray], test: dict[str, np.ndarray]) -> bool:
    """Whether what learns from these labels could know any of those: held-out sentences are none of its classes."""
    return bool(np.isin(test[factor][test[factor] >= 0], learn[factor]).any())


def _hold_out(
    data: SequenceDataset, seed: int, share: float = 0.1
) -> tuple[SequenceDataset, SequenceDataset]:
    """Training sequences to learn probes from and, of other sources, to choose them on."""
    sources = np.random.default_rng(seed).permutation(np.unique(data.sources))
    held = np.isin(data.sources, sources[: max(1, int(share * len(sources)))])
    return data.select(np.flatnonzero(~held)), data.select(np.flatnonzero(held))


class _Clock:
    """Seconds that the parts of a report took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str):
        started = time.perf_counter()
        yield
        self.seconds[part] = round(time.perf_counter() - started, 1)


def write_metrics(
    name_or_path: str | Path, report: dict[str, Any], rows: dict[str, np.ndarray]
) -> Path:
    """Keep the report in the checkpoint folder, and bring its model card up to date."""
    from seqdisent.reporting.model_card import write_card

    folder, _ = read_config(name_or_path)
    path = folder / METRICS
    path.write_text(json.dumps(report, separators=(",", ":"), indent=1) + "\n", encoding="utf-8")
    if rows:
        np.savez_compressed(folder / ROWS, **rows)
    write_card(folder)
    return path
