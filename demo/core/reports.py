"""Leakage reports: shipped with a checkpoint, kept from an earlier visit, or measured now on a smaller sample.

Nothing here belongs to one visitor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from demo.core import catalog
from demo.errors import RequestError
from seqdisent.checkpoint import (
    METRICS,
    WEIGHTS,
    CheckpointError,
    checkpoint_hash,
    checkpoints_root,
)
from seqdisent.evaluation.paired import paired_differences
from seqdisent.evaluation.report import NoJudge, evaluate
from seqdisent.evaluation.report_file import ARRAYS, read_report
from seqdisent.evaluation.sample import QUICK_SAMPLE
from seqdisent.evaluation.schema import Leakage, PairedDifference, Report, ReportError
from seqdisent.io import cache_root, store_in_cache, write_npz, write_text
from seqdisent.projections.fingerprint import data_hash
from seqdisent.recipes import judge_hint
from seqdisent.spec import Factor

# Models with known codes, so that the report itself can be checked by eye.
CONTROLS = {
    "oracle": "Oracle: each code is its labels",
    "leaky": "Leaky: both codes hold every label",
    "untrained": "Untrained: the same network, first weights",
    "shuffled": "Shuffled: the codes of other sequences",
    "hidden": "Hidden: a leak inside clusters, at 0.03 of their distance",
}
SAMPLE = QUICK_SAMPLE
PHASES = 30  # of a measurement at most, so that its progress never runs backwards
# Raise it when the same model would give another report.
VERSION = 3

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Measured:
    """A report, and where the probes' predictions for every test sequence are.

    Args:
        live: measured on the smaller sample, not shipped with the checkpoint.
    """

    name: str
    control: str
    report: Report
    rows_path: Path
    live: bool

    @property
    def leakage(self) -> Leakage:
        """The part of the report that the app is about."""
        assert self.report.leakage is not None, "as checked when it was read"
        return self.report.leakage

    @property
    def title(self) -> str:
        """For people: the checkpoint, or the control for it."""
        return CONTROLS[self.control] if self.control else catalog.title(self.name)

    @property
    def slug(self) -> str:
        """For file names."""
        return f"{self.name}-{self.control}" if self.control else self.name


def find(name: str, control: str = "") -> Measured | None:
    """The report that can be shown at once: shipped for these very weights, or kept; else None."""
    _check(name, control)
    folder = checkpoints_root() / name
    if not control:
        report = _read(folder / METRICS, _hash(folder))
        if report is not None:
            return Measured(name, control, report, folder / ARRAYS, live=False)
    path = _kept(name, control)
    report = _read(path, _hash(folder))
    return (
        None
        if report is None
        else Measured(name, control, report, path.with_suffix(".npz"), live=True)
    )


def measure(name: str, control: str = "", progress: Progress | None = None) -> Measured:
    """The report, measured now on :data:`SAMPLE` and kept if there is none."""
    found = find(name, control)
    if found:
        return found
    with _LOCK:  # what two visitors ask for at once is measured once
        found = find(name, control)
        if found:
            return found
        try:
            report, rows = evaluate(
                name,
                sample=SAMPLE,
                control=control or None,
                judge_hint=judge_hint(catalog.spec_of(name)),
                progress=steady(progress),
            )
        except (NoJudge, ValueError, CheckpointError, OSError) as error:
            raise RequestError(f"This cannot be measured here: {error}") from error
        path = _kept(name, control)
        store_in_cache(path, lambda: write_npz(path.with_suffix(".npz"), rows))
        store_in_cache(path, lambda: write_text(path, report.to_json()))
        kept = find(name, control)
        return kept or Measured(name, control, report, path.with_suffix(".npz"), live=True)


_LOCK = threading.Lock()


def difference(first: Measured, second: Measured) -> tuple[list[PairedDifference], str]:
    """Bits of the first minus bits of the second by headline cell, paired; or why there are none."""
    if first.live != second.live:
        smaller = (first if first.live else second).title
        return [], (
            f"No paired difference: “{smaller}” was measured on a smaller sample, with probes that "
            "learned from fewer sequences."
        )
    try:
        return paired_differences(_rows(first), _rows(second), first.leakage, second.leakage), ""
    except (OSError, EOFError, KeyError):
        return [], "No paired difference: the probes' predictions for each sequence were not kept."
    except ValueError as error:
        return [], f"No paired difference: {error}."


def _rows(one: Measured) -> dict[str, np.ndarray]:
    """Bits of every test sequence, and its source."""
    with np.load(one.rows_path, allow_pickle=False) as stored:
        names = [name for name in stored.files if name.endswith(("bits", "source"))]
        return {name: stored[name] for name in names}


def comparable(name: str) -> list[tuple[str, str]]:
    """(label, choice) of what a report can be compared with: checkpoints of the same data, then controls."""
    dataset = catalog.spec_of(name).name
    choices = []
    for other, config in catalog.checkpoints().items():
        if config["dataset"]["name"] == dataset and other != name:
            choices.append((catalog.title(other), other))
    choices += [(title, f"={control}") for control, title in CONTROLS.items()]
    return choices


def chosen(name: str, choice: str | None) -> tuple[str, str] | None:
    """(checkpoint, control) of one of those choices, None of no choice."""
    if not choice:
        return None
    if choice not in {value for _, value in comparable(name)}:
        raise RequestError(f"{str(choice)[:80]!r} is nothing to compare {name} with.")
    return (name, choice[1:]) if choice.startswith("=") else (choice, "")


def leaked_most(name: str) -> tuple[str, str]:
    """(dynamic factor of which the static code contains most, static factor of which the dynamic code does).

    Without a report the first ones, and of data without such factors any.
    """
    spec, found = catalog.spec_of(name), find(name)

    def most(code: str, factors: tuple[Factor, ...]) -> str:
        def bits(factor: Factor) -> float:
            measured = found.leakage.best(code, factor.name) if found else None
            return -1.0 if measured is None else measured.bits.value

        return max(factors or spec.factors, key=bits).name

    return most("static", spec.dynamic_factors), most("dynamic", spec.static_factors)


def sample_size() -> str:
    """How much a measurement made here uses."""
    return f"{SAMPLE.train:,} training, {SAMPLE.validation:,} validation and {SAMPLE.test:,} test sequences"


def _check(name: str, control: str) -> None:
    catalog.spec_of(name)  # refuses what is not in the list
    if control and control not in CONTROLS:
        raise RequestError(f"stand_in: one of {', '.join(CONTROLS)}; not {str(control)[:20]!r}.")


def _kept(name: str, control: str) -> Path:
    """Where a measurement made here is kept: a name for the same weights, pixels, sample and control."""
    size = f"{SAMPLE.train}-{SAMPLE.validation}-{SAMPLE.test}"
    dataset = catalog.load(name).dataset
    key = f"{_hash(checkpoints_root() / name)}-{data_hash(dataset)}-{control or 'model'}-{size}-v{VERSION}"
    return cache_root("reports") / f"{key}.json"


def _hash(folder: Path) -> str:
    try:
        return _weights_hash(folder, (folder / WEIGHTS).stat().st_mtime_ns)
    except (CheckpointError, OSError) as error:
        raise RequestError(str(error)) from error


@lru_cache(maxsize=32)
def _weights_hash(folder: Path, changed: int) -> str:
    return checkpoint_hash(folder)


def _read(path: Path, weights: str) -> Report | None:
    """The report of a file if it is one, complete, and of these weights."""
    try:
        report = _parsed(path, path.stat().st_mtime_ns)
    except (OSError, ReportError):
        return None  # missing or damaged: it is measured again
    if report is None or report.leakage is None or report.weights_sha256_16 != weights:
        return None
    return report


@lru_cache(maxsize=32)
def _parsed(path: Path, changed: int) -> Report | None:
    return read_report(path)


def steady(progress: Progress | None, expected: int = PHASES) -> Callable[[str, int, int], None]:
    """One bar for all phases of a measurement, of which there are about ``expected``."""
    phases: list[str] = []

    def report(phase: str, done: int, total: int) -> None:
        if phase not in phases:
            phases.append(phase)
        if progress is None:
            return
        complete = len(phases) - 1 + done / max(1, total)
        progress(min(0.99, complete / expected), phase[:1].upper() + phase[1:])

    return report
