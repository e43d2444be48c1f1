"""Data sets by name: those of this package, and those that installed packages add.

A package adds a data set by an entry point of the group ``seqdisent.datasets``; in its ``pyproject.toml``::

    [project.entry-points."seqdisent.datasets"]
    my-data = "my_package.my_data:MY_DATA"

The object is a :class:`~seqdisent.data.source.DataSource` whose ``outline.name`` is that of the entry point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points

from seqdisent.data.source import DataSource
from seqdisent.errors import UsageError

ENTRY_POINT_GROUP = "seqdisent.datasets"

BUILT_IN = {
    "sprites": "seqdisent.data.video.sprites:SPRITES",
    "sprites-32": "seqdisent.data.video.sprites_32:SPRITES_32",
    "lpc-sprites": "seqdisent.data.video.lpc_sprites:LPC_SPRITES",
    "bouncing-balls": "seqdisent.data.video.bouncing_balls:SMALL",
    "bouncing-balls-64": "seqdisent.data.video.bouncing_balls:LARGE",
    "moving-digits": "seqdisent.data.video.moving_digits:MOVING_DIGITS",
    "voices": "seqdisent.data.speech.voices:VOICES",
    "fsdd": "seqdisent.data.speech.fsdd:FSDD",
    "fsdd-segments": "seqdisent.data.speech.fsdd:SEGMENTS",
    "fsdd-without-george": "seqdisent.data.speech.fsdd:WITHOUT_GEORGE",
    "fsdd-without-jackson": "seqdisent.data.speech.fsdd:WITHOUT_JACKSON",
    "fsdd-without-lucas": "seqdisent.data.speech.fsdd:WITHOUT_LUCAS",
    "fsdd-without-nicolas": "seqdisent.data.speech.fsdd:WITHOUT_NICOLAS",
    "fsdd-without-theo": "seqdisent.data.speech.fsdd:WITHOUT_THEO",
    "fsdd-without-yweweler": "seqdisent.data.speech.fsdd:WITHOUT_YWEWELER",
    "emodb": "seqdisent.data.speech.emodb:EMODB",
    "timit": "seqdisent.data.speech.timit:TIMIT",
    "timit-segments": "seqdisent.data.speech.timit:SEGMENTS",
    "waves": "seqdisent.data.timeseries.waves:WAVES",
    "air-quality": "seqdisent.data.timeseries.air_quality:MONTHLY",
    "air-quality-days": "seqdisent.data.timeseries.air_quality:DAILY",
    "etth1": "seqdisent.data.timeseries.etth1:ETTH1",
    "etth1-interleaved": "seqdisent.data.timeseries.etth1:ETTH1_INTERLEAVED",
    "etth1-published": "seqdisent.data.timeseries.etth1:ETTH1_PUBLISHED",
    "physionet2012": "seqdisent.data.timeseries.physionet:SET_A",
    "physionet2012-published": "seqdisent.data.timeseries.physionet:PUBLISHED",
    "physionet2012-b": "seqdisent.data.timeseries.physionet:SET_B",
    "physionet2012-c": "seqdisent.data.timeseries.physionet:SET_C",
    "csv": "seqdisent.data.timeseries.csv_tables:CSV",
    "audio-folder": "seqdisent.data.speech.audio_folder:AUDIO_FOLDER",
}


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that is imported when it is needed.

    Args:
        location: ``"module:OBJECT"``.
        package: the package that added it.
    """

    location: str
    package: str = "seqdisent"

    def load(self) -> DataSource:
        """Import the source.

        Raises:
            TypeError: if it is not a :class:`~seqdisent.data.source.DataSource`.
        """
        module, _, attribute = self.location.partition(":")
        loaded = getattr(import_module(module), attribute)
        if not isinstance(loaded, DataSource):
            raise TypeError(f"{self.location} is not a DataSource")
        return loaded


class DatasetRegistry(Mapping[str, DatasetEntry]):
    """Name -> :class:`DatasetEntry`. Entry points are read once, at first use; they cannot replace a built-in name."""

    @cached_property
    def _entries(self) -> dict[str, DatasetEntry]:
        entries = {name: DatasetEntry(location) for name, location in BUILT_IN.items()}
        for point in entry_points(group=ENTRY_POINT_GROUP):
            package = point.dist.name if point.dist else point.module
            entries.setdefault(point.name, DatasetEntry(point.value, package))
        return entries

    def __getitem__(self, name: str) -> DatasetEntry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


DATASETS = DatasetRegistry()


def data_source(name: str) -> DataSource:
    """The source of a data set; :class:`~seqdisent.errors.UsageError` names the data sets there are."""
    if name not in DATASETS:
        raise UsageError(f"no data set {name!r}; choose from {sorted(DATASETS)}")
    return DATASETS[name].load()
