"""Leakage reports: shipped with a checkpoint, kept from an earlier visit, or measured now on a smaller sample.

Like the rest of the service this imports no gradio, and nothing here belongs to one visitor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from demo.core import service
from demo.core.catalog import ServiceError
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
from seqdisent.projections.maps import data_hash
from seqdisent.recipes import judge_hint

# Models with known codes, so that the report itself can be checked by eye.
STAND_INS = {
    "oracle": "Oracle: each code is its labels",
    "leaky": "Leaky: both codes hold every label",
    "untrained": "Untrained: the same network, first weights",
    "shuffled": "Shuffled: the codes of other sequences",
}
SAMPLE = QUICK_SAMPLE
PHASES = 20  # of a measurement at most, so that its progress never runs backwards
# Raise it when the same model would give another report.
VERSION = 2

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Measured:
    """A report, and where the probes' answers for every test sequence are.

    Args:
        live: measured on the smaller sample, not shipped with the checkpoint.
    """

    name: str
    stand_in: str
    report: Report
    rows_path: Path
    live: bool

    @property
    def leakage(self) -> Leakage:
        assert self.report.leakage is not None, "as checked when it was read"
        return self.report.leakage

    @property
    def title(self) -> str:
        """For people: the checkpoint, or the stand-in for it."""
        return STAND_INS[self.stand_in] if self.stand_in else service.title(self.name)

    @property
    def slug(self) -> str:
        """For file names."""
        return f"{self.name}-{self.stand_in}" if self.stand_in else self.name


def find(name: str, stand_in: str = "") -> Measured | None:
    """The report that can be shown at once: shipped for these very weights, or kept; else None."""
    _check(name, stand_in)
    folder = checkpoints_root() / name
    if not stand_in:
        report = _read(folder / METRICS, _hash(folder))
        if report is not None:
            return Measured(name, stand_in, report, folder / ARRAYS, live=False)
    path = _kept(name, stand_in)
    report = _read(path, _hash(folder))
    return (
        None
        if report is None
        else Measured(name, stand_in, report, path.with_suffix(".npz"), live=True)
    )


def measure(name: str, stand_in: str = "", progress: Progress | None = None) -> Measured:
    """The report, measured now on :data:`SAMPLE` and kept if there is none."""
    if found := find(name, stand_in):
        return found
    with _LOCK:  # what two visitors ask for at once is measured once
        if found := find(name, stand_in):
            return found
        try:
            report, rows = evaluate(
                name,
                sample=SAMPLE,
                control=stand_in or None,
                judge_hint=judge_hint(service.spec_of(name)),
                progress=_steady(progress),
            )
        except (NoJudge, ValueError, CheckpointError, OSError) as error:
            raise ServiceError(f"This cannot be measured here: {error}") from error
        path = _kept(name, stand_in)
        store_in_cache(path, lambda: write_npz(path.with_suffix(".npz"), rows))
        store_in_cache(path, lambda: write_text(path, report.to_json()))
        return find(name, stand_in) or Measured(
            name, stand_in, report, path.with_suffix(".npz"), live=True
        )


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
        rows = []
        for one in (first, second):
            with np.load(one.rows_path, allow_pickle=False) as stored:
                rows.append(
                    {key: stored[key] for key in stored.files if key.endswith(("bits", "source"))}
                )
        return paired_differences(*rows, first.leakage), ""
    except (OSError, EOFError, KeyError):
        return (
            [],
            "No paired difference: what the probes said of every single sequence was not kept.",
        )
    except ValueError as error:
        return [], f"No paired difference: {error}."


def comparable(name: str) -> list[tuple[str, str]]:
    """(label, choice) of what a report can be put beside: checkpoints of the same data, then stand-ins."""
    dataset = service.spec_of(name).name
    others = [
        n for n, c in service.checkpoints().items() if c["dataset"]["name"] == dataset and n != name
    ]
    return [(service.title(n), n) for n in others] + [
        (words, f"={kind}") for kind, words in STAND_INS.items()
    ]


def chosen(name: str, choice: str | None) -> tuple[str, str] | None:
    """(checkpoint, stand-in) of one of those choices, None of no choice."""
    if not choice:
        return None
    if choice not in {value for _, value in comparable(name)}:
        raise ServiceError(f"{str(choice)[:80]!r} is nothing to compare {name} with.")
    return (name, choice[1:]) if choice.startswith("=") else (choice, "")


def leaked_most(name: str) -> tuple[str, str]:
    """(dynamic factor that the static code tells most of, static factor that the dynamic code does).

    Without a report the first ones, and of data without such factors any.
    """
    spec, found = service.spec_of(name), find(name)

    def most(code: str, factors) -> str:
        def bits(factor) -> float:
            measured = found.leakage.best(code, factor.name) if found else None
            return -1.0 if measured is None else measured.bits.value

        return max(factors or spec.factors, key=bits).name

    return most("static", spec.dynamic_factors), most("dynamic", spec.static_factors)


def sample_words() -> str:
    """How much a measurement made here uses."""
    return f"{SAMPLE.train:,} training, {SAMPLE.validation:,} validation and {SAMPLE.test:,} test sequences"


def _check(name: str, stand_in: str) -> None:
    service.spec_of(name)  # refuses what is not in the list
    if stand_in and stand_in not in STAND_INS:
        raise ServiceError(f"Stand-ins: {', '.join(STAND_INS)}; not {str(stand_in)[:20]!r}.")


def _kept(name: str, stand_in: str) -> Path:
    """Where a measurement made here is kept: a name for the same weights, pixels, sample and stand-in."""
    size = f"{SAMPLE.train}-{SAMPLE.validation}-{SAMPLE.test}"
    dataset = service.load(name).dataset
    key = f"{_hash(checkpoints_root() / name)}-{data_hash(dataset)}-{stand_in or 'model'}-{size}-v{VERSION}"
    return cache_root("reports") / f"{key}.json"


def _hash(folder: Path) -> str:
    try:
        return _weights_hash(folder, (folder / WEIGHTS).stat().st_mtime_ns)
    except (CheckpointError, OSError) as error:
        raise ServiceError(str(error)) from error


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


def _steady(progress: Progress | None) -> Callable[[str, int, int], None] | None:
    """One bar for all phases of a measurement."""
    seen: list[str] = []

    def say(what: str, done: int, total: int) -> None:
        if what not in seen:
            seen.append(what)
        progress(
            min(0.99, (len(seen) - 1 + done / max(1, total)) / PHASES), what[:1].upper() + what[1:]
        )

    return say if progress else None
