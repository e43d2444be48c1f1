"""Data sets, by name. The table is lazy: a source is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.spec import DatasetSpec, Factor, Source

# name -> module with SPEC, load(split, root), and, if it needs a download, fetch() and is_ready()
DATASETS = {
    "sprites": "seqdisent.data.sprites",
    "sprites-32": "seqdisent.data.sprites_32",
    "lpc-sprites": "seqdisent.data.lpc_sprites",
}


def source_module(name: str):
    """The module of a data set; ``ValueError`` names the data sets there are."""
    if name not in DATASETS:
        raise ValueError(f"no data set {name!r}; choose from {sorted(DATASETS)}")
    return import_module(DATASETS[name])


def dataset_spec(name: str) -> DatasetSpec:
    """The declaration of a data set, without loading it."""
    return source_module(name).SPEC


def is_ready(name: str, root: str | Path | None = None) -> bool:
    """Whether the data can be loaded now, without a download."""
    check = getattr(source_module(name), "is_ready", None)
    return check is None or check(root)


def load_dataset(name: str, split: str = "train", root: str | Path | None = None) -> SequenceDataset:
    """One split of a data set.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``.
        root: folder that holds the data; by default ``SEQDISENT_DATA``, else the user's cache.

    Raises:
        ValueError: for an unknown name or split.
        seqdisent.data.download.DataNotReady: if the data must be downloaded first.
    """
    return source_module(name).load(split, root)


__all__ = [
    "DATASETS", "DatasetSpec", "Factor", "SequenceDataset", "Source",
    "dataset_spec", "is_ready", "load_dataset",
]  # fmt: skip
