"""Data sets by name. A data set is one file in a folder here and one line in :mod:`seqdisent.data.registry`."""

from __future__ import annotations

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.registry import DATASETS, data_source
from seqdisent.data.source import DataSource, Root
from seqdisent.spec import DatasetSpec, Factor, Source


def dataset_spec(name: str, root: Root = None) -> DatasetSpec:
    """The declaration of a data set, without loading it.

    Args:
        root: where the data are, as of :func:`load_dataset`; it matters to files of the user.

    Raises:
        seqdisent.data.download.DataNotReady: if users must bring the data, and have not.
    """
    return data_source(name).spec(root)


def dataset_outline(name: str) -> DatasetSpec:
    """The declaration as far as it is known without the data: files of the user have no classes and no counts in it."""
    return data_source(name).outline


def is_ready(name: str, root: Root = None) -> bool:
    """Whether the data can be loaded now, without a download."""
    return data_source(name).ready(root)


def load_dataset(name: str, split: str = "train", root: Root = None) -> SequenceDataset:
    """One split of a data set.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``.
        root: folder that holds the data; by default ``SEQDISENT_DATA``, else the user's cache.

    Raises:
        ValueError: for an unknown name or split.
        seqdisent.data.download.DataNotReady: if the data must be downloaded first.
    """
    return data_source(name).load(split, root)


__all__ = [
    "DATASETS",
    "DataSource",
    "DatasetSpec",
    "Factor",
    "SequenceDataset",
    "Source",
    "data_source",
    "dataset_outline",
    "dataset_spec",
    "is_ready",
    "load_dataset",
]
