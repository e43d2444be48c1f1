"""Checkpoints and data: what there is, what is ready, and the one copy that serves every visitor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch import Tensor

import seqdisent
from demo.errors import RequestError
from seqdisent.checkpoint import (
    WEIGHTS,
    CheckpointError,
    checkpoints_root,
    renamed,
    renaming_hint,
)
from seqdisent.data import DatasetSpec, SequenceDataset, data_source, is_ready
from seqdisent.data.download import DataNotReady, DownloadFailed
from seqdisent.evaluation.judge import is_informative, load_judge
from seqdisent.models import SequentialVAE
from seqdisent.types import Sequences

DEFAULT = "vast-sprites"
SPLIT = "test"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model, the test split it is shown with, and a judge of that data set if there is one."""

    name: str
    model: SequentialVAE
    spec: DatasetSpec
    dataset: SequenceDataset
    judge: Judge | None


@dataclass(frozen=True)
class Judge:
    """A classifier of real sequences.

    Args:
        classify: class indices ``[B]`` by factor, only of factors that it classifies better than chance.
        accuracy: on real test sequences, 0 to 1, by factor.
    """

    classify: Callable[[Sequences], Mapping[str, Tensor]]
    accuracy: Mapping[str, float]


def checkpoints() -> dict[str, dict[str, Any]]:
    """Configs of model checkpoints by name, those whose data are ready first."""
    configs = {
        name: config
        for name, config in seqdisent.list_checkpoints().items()
        if config["dataset"]["name"] in seqdisent.DATASETS
    }

    def order(name: str) -> tuple[bool, str]:
        return not data_ready(configs[name]["dataset"]["name"]), name

    return {name: configs[name] for name in sorted(configs, key=order)}


def default_checkpoint() -> str | None:
    """VAST on the drawn sprites, else the first whose data are ready, else any, else None."""
    names = checkpoints()
    return DEFAULT if DEFAULT in names else next(iter(names), None)


def present_name(name: str) -> str | None:
    """The checkpoint that a link means, also by a former name; the default if it means none."""
    names = checkpoints()
    if name in names:
        return name
    return renamed(name, names) or default_checkpoint()


def choices() -> list[tuple[str, str]]:
    """(label, name) of every checkpoint, for menus."""
    return [(title(name), name) for name in checkpoints()]


def spec_of(name: str) -> DatasetSpec:
    """The data set of a checkpoint, without loading either."""
    return DatasetSpec.from_json(_config(name)["dataset"])


def config_of(name: str) -> dict[str, Any]:
    """The ``config.json`` of a checkpoint."""
    return _config(name)


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


def is_shown(name: str | None) -> bool:
    """Whether a checkpoint can be shown now."""
    return name is not None and data_ready(spec_of(name).name)


def fetch_data(name: str, progress: Callable[[int, int], None] | None = None) -> None:
    """Download the data of a checkpoint; RequestError says what went wrong."""
    spec = spec_of(name)
    source = data_source(spec.name)
    if source.origin != "download":
        raise RequestError(f"{spec.title} needs no download.")
    try:
        source.get(progress=progress)
    except (DownloadFailed, OSError) as error:
        raise RequestError(str(error)) from error


def load(name: str) -> Loaded:
    """The one copy of a checkpoint that serves every visitor."""
    _config(name)  # refuses what is not in the list before anything is opened
    folder = checkpoints_root() / name
    try:
        # The time makes a checkpoint that was trained anew take the place of the old one.
        changed = (folder / WEIGHTS).stat().st_mtime_ns
        with _LOCK:  # two visitors must not load the same weights at the same time
            return _load(folder, changed)
    except (CheckpointError, DataNotReady, OSError) as error:
        raise RequestError(str(error)) from error


_LOCK = threading.Lock()


@lru_cache(maxsize=8)
def _load(folder: Path, changed: int) -> Loaded:
    model, spec = seqdisent.load_checkpoint(folder)
    dataset = split_of(spec.name)
    return Loaded(folder.name, model, spec, dataset, _judge(dataset.spec))


@lru_cache(maxsize=4)
def split_of(dataset: str) -> SequenceDataset:
    """The test split of a data set, one copy for all checkpoints."""
    return seqdisent.load_dataset(dataset, SPLIT)


def _judge(spec: DatasetSpec) -> Judge | None:
    """The data set's judge, which may be that of another data set of the same kind."""
    try:
        judge, rates = load_judge(spec.judged_by)
    except CheckpointError:
        return None  # swaps are shown without verdicts
    if judge is None:
        return None
    # The judge of another data set may have learned other classes.
    shared = {f.name: f for f in judge.spec.factors if f in spec.factors and not f.continuous}
    # A factor that it classifies no better than chance is left out: the mass of a ball shows only where balls meet.
    accuracy = {}
    for name, factor in shared.items():
        rate = rates.get(name)
        if rate is not None and is_informative(rate, 1 / len(factor.classes)):
            accuracy[name] = rate.value
    reliable = set(accuracy) if rates else set(shared)

    def classify(batch: Sequences) -> dict[str, Tensor]:
        return {name: seen for name, seen in judge.classify(batch).items() if name in reliable}

    return Judge(classify, accuracy)


def _config(name: str) -> dict[str, Any]:
    configs = seqdisent.list_checkpoints()
    if not isinstance(name, str) or name not in configs:
        listed = ", ".join(configs) or "none"
        hint = renaming_hint(str(name), configs)
        message = hint or f"checkpoint: one of {listed}"
        raise RequestError(f"{message}; there is no {str(name)[:80]!r}.")
    return configs[name]
