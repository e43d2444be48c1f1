"""Modalities, by name. The table is lazy: a modality is imported when it is asked for.

Packages register their own through the entry point group ``seqdisent.modalities``: the name is the modality's, the
value the object, ``"package.module:OBJECT"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from seqdisent.errors import UsageError
from seqdisent.modalities.base import Modality
from seqdisent.spec import DatasetSpec

ENTRY_POINTS = "seqdisent.modalities"
_BUILT_IN = {
    "video": "seqdisent.modalities.video:VIDEO",
    "speech": "seqdisent.modalities.speech:SPEECH",
    "timeseries": "seqdisent.modalities.timeseries:TIMESERIES",
}


class Modalities(Mapping[str, Modality]):
    """Name -> modality: the built-in ones and those of installed packages."""

    @cached_property
    def _sources(self) -> dict[str, EntryPoint]:
        sources = {name: EntryPoint(name, value, ENTRY_POINTS) for name, value in _BUILT_IN.items()}
        for point in entry_points(group=ENTRY_POINTS):
            sources.setdefault(point.name, point)
        return sources

    def __getitem__(self, name: str) -> Modality:
        loaded = self._sources[name].load()
        return cast(Modality, loaded)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


MODALITIES: Mapping[str, Modality] = Modalities()


def modality_of(spec: DatasetSpec) -> Modality:
    """The modality of a data set; ``UsageError`` names the modalities there are."""
    if spec.modality not in MODALITIES:
        known = ", ".join(sorted(MODALITIES))
        raise UsageError(
            f"{spec.name} has the modality {spec.modality!r}, and there are {known}: install the package that "
            f"registers it under the entry point group {ENTRY_POINTS!r}"
        )
    return MODALITIES[spec.modality]
