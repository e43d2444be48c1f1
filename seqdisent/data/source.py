"""What a data set is to the rest of the package: a declaration, and a way to get and load its splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import DataNotReady
from seqdisent.errors import UsageError
from seqdisent.spec import DatasetSpec

SPLITS = ("train", "validation", "test")
Root = str | Path | None
Progress = Callable[[int, int], None]
Origin = Literal["generated", "download", "user"]


class DataSource(ABC):
    """A data set by name; an object of it is what :data:`seqdisent.data.DATASETS` points to.

    A new data set is one object: of :class:`GeneratedSource`, :class:`DownloadedSource` or :class:`UserSource`, or of
    a subclass that defines ``outline`` and :meth:`load`. ``root`` is the folder that holds the data, as of
    :func:`seqdisent.data.download.data_root`.

    Attributes:
        outline: the declaration as far as it is known without the data.
        origin: where the data come from: ``"generated"`` by code, a ``"download"``, or files of the ``"user"``.
    """

    outline: DatasetSpec
    origin: ClassVar[Origin] = "generated"

    def spec(self, root: Root = None) -> DatasetSpec:
        """The declaration.

        Raises:
            DataNotReady: if it depends on files of the user that are not there.
        """
        return self.outline

    def check(self, root: Root = None) -> None:
        """Raise :class:`~seqdisent.data.download.DataNotReady` unless the data can be loaded now."""
        self.spec(root)

    def ready(self, root: Root = None) -> bool:
        """Whether the data can be loaded now."""
        try:
            self.check(root)
        except (DataNotReady, OSError):  # such as a folder that may not be read
            return False
        return True

    def get(self, root: Root = None, progress: Progress | None = None) -> int:
        """Download what is not there yet.

        Args:
            progress: called with (files done, files in all).

        Returns:
            The number of files downloaded.

        Raises:
            DownloadFailed: if there is no network, or a file is not the one expected.
            DataNotReady: if users must bring the data, and have not.
        """
        self.check(root)
        return 0

    def notes(self, root: Root = None) -> list[str]:
        """Sentences about how files of the user were read."""
        return []

    @abstractmethod
    def load(self, split: str, root: Root = None) -> SequenceDataset:
        """One split.

        Args:
            split: ``"train"``, ``"validation"`` or ``"test"``.

        Raises:
            UsageError: for an unknown split.
            DataNotReady: if the data must be downloaded or brought first.
        """


def check_split(split: str) -> None:
    """Raise :class:`~seqdisent.errors.UsageError` unless ``split`` is one of :data:`SPLITS`."""
    if split not in SPLITS:
        raise UsageError(f"no split {split!r}; choose from {sorted(SPLITS)}")


@dataclass(frozen=True)
class GeneratedSource(DataSource):
    """Data that code makes, the same at every call.

    Args:
        generate: split -> its sequences.
    """

    outline: DatasetSpec
    generate: Callable[[str], SequenceDataset]

    def load(self, split: str, root: Root = None) -> SequenceDataset:
        check_split(split)
        return self.generate(split)


@dataclass(frozen=True)
class DownloadedSource(DataSource):
    """Published data that must be downloaded first.

    Args:
        read: (split, root) -> its sequences.
        verify: root -> None; raises :class:`~seqdisent.data.download.DataNotReady` if a file is missing or is not the
            one expected.
        download: (root, progress) -> the number of files downloaded.
    """

    outline: DatasetSpec
    read: Callable[[str, Root], SequenceDataset]
    verify: Callable[[Root], None]
    download: Callable[[Root, Progress | None], int]
    origin: ClassVar[Origin] = "download"

    def check(self, root: Root = None) -> None:
        self.verify(root)

    def get(self, root: Root = None, progress: Progress | None = None) -> int:
        return self.download(root, progress)

    def load(self, split: str, root: Root = None) -> SequenceDataset:
        check_split(split)
        return self.read(split, root)


@dataclass(frozen=True)
class UserSource(DataSource):
    """Files that only the user has: the declaration depends on what is in the folder.

    Args:
        declare: root -> the declaration; raises :class:`~seqdisent.data.download.DataNotReady` with what to do.
        read: (split, root) -> its sequences.
        describe: root -> how the files were read, if there is something to say.
    """

    outline: DatasetSpec
    declare: Callable[[Root], DatasetSpec]
    read: Callable[[str, Root], SequenceDataset]
    describe: Callable[[Root], list[str]] | None = None
    origin: ClassVar[Origin] = "user"

    def spec(self, root: Root = None) -> DatasetSpec:
        return self.declare(root)

    def check(self, root: Root = None) -> None:
        self.declare(root)

    def notes(self, root: Root = None) -> list[str]:
        return self.describe(root) if self.describe else []

    def load(self, split: str, root: Root = None) -> SequenceDataset:
        check_split(split)
        return self.read(split, root)
