"""Checkpoints and data: what there is, what is ready, and the one copy that serves every visitor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

import seqdisent
from seqdisent.checkpoint import WEIGHTS, CheckpointError, checkpoints_root
from seqdisent.data import DatasetSpec, SequenceDataset, data_source, is_ready
from seqdisent.data.download import DataNotReady, DownloadFailed
from seqdisent.evaluation.judge import is_informative, load_judge
from seqdisent.models import SequentialVAE

DEFAULT = "dbse-sprites"
SPLIT = "test"


class ServiceError(ValueError):
    """Something a visitor can put right; the message says what."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model, the test split it is shown with, and the judge of that data set if there is one."""

    name: str
    model: SequentialVAE
    spec: DatasetSpec
    dataset: SequenceDataset
    judge: Judge | None


@dataclass(frozen=True)
class Judge:
    """A classifier, and how often it is right on real test sequences, of the factors of which it knows anything."""

    classify: Callable[[torch.Tensor], Mapping[str, torch.Tensor]]
    accuracy: Mapping[str, float]


def checkpoints() -> dict[str, dict]:
    """Model checkpoints by name, those whose data are ready first."""
    known = {
        n: c
        for n, c in seqdisent.list_checkpoints().items()
        if c["dataset"]["name"] in seqdisent.DATASETS
    }
    return dict(
        sorted(
            known.items(), key=lambda item: (not data_ready(item[1]["dataset"]["name"]), item[0])
        )
    )


def default_checkpoint() -> str | None:
    """The embedded data's DBSE, else the first whose data are ready, else any, else None."""
    names = checkpoints()
    return DEFAULT if DEFAULT in names else next(iter(names), None)


def spec_of(name: str) -> DatasetSpec:
    """The data set of a checkpoint, without loading either."""
    return DatasetSpec.from_json(_config(name)["dataset"])


def title(name: str) -> str:
    """A checkpoint for people: its model and its data."""
    config = _config(name)
    return f"{config['model'].upper()} · {config['dataset']['title']}"


def data_ready(dataset: str) -> bool:
    """Whether a data set can be shown now."""
    try:
        return is_ready(dataset)
    except (ValueError, ImportError, AttributeError):
        return False


def fetch_data(name: str, progress: Callable[[int, int], None] | None = None) -> None:
    """Download the data of a checkpoint; ServiceError says what went wrong."""
    source = data_source(spec_of(name).name)
    if source.origin != "download":
        raise ServiceError(f"{spec_of(name).title} needs no download.")
    try:
        source.get(progress=progress)
    except (DownloadFailed, OSError) as error:
        raise ServiceError(str(error)) from error


def load(name: str) -> Loaded:
    """The one copy of a checkpoint that serves every visitor."""
    _config(name)  # refuses what is not in the list before anything is opened
    folder = checkpoints_root() / name
    try:
        # The time makes a checkpoint that was trained anew take the place of the old one.
        changed = (folder / WEIGHTS).stat().st_mtime_ns
        with _LOCK:  # two visitors must not load the same weights side by side
            return _load(folder, changed)
    except (CheckpointError, DataNotReady, OSError) as error:
        raise ServiceError(str(error)) from error


_LOCK = threading.Lock()


@lru_cache(maxsize=8)
def _load(folder: Path, changed: int) -> Loaded:
    model, spec = seqdisent.load_checkpoint(folder)
    return Loaded(folder.name, model, spec, split_of(spec.name), _judge(spec.judged_by))


@lru_cache(maxsize=4)
def split_of(dataset: str) -> SequenceDataset:
    """The test split of a data set, one copy for all checkpoints."""
    return seqdisent.load_dataset(dataset, SPLIT)


def _judge(dataset: str) -> Judge | None:
    try:
        judge, right = load_judge(dataset)
    except CheckpointError:
        return None  # swaps are shown without an opinion
    if judge is None:
        return None
    chance = {f.name: 1 / len(f.classes) for f in judge.spec.factors if not f.continuous}
    # Of a factor that it guesses by chance it is not asked: the mass of a ball shows only where balls meet.
    known = {name: rate.value for name, rate in right.items() if is_informative(rate, chance[name])}

    def classify(x):
        return {
            name: seen for name, seen in judge.classify(x).items() if name in known or not right
        }

    return Judge(classify, known)


def _config(name: str) -> dict:
    known = seqdisent.list_checkpoints()
    if not isinstance(name, str) or name not in known:
        raise ServiceError(
            f"No checkpoint {str(name)[:80]!r}. Choose from: {', '.join(known) or 'none'}."
        )
    return known[name]
