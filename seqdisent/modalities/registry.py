"""Modalities by name: those of this package, and those that installed packages add.

A package adds a modality by an entry point of the group ``seqdisent.modalities``; in its ``pyproject.toml``::

    [project.entry-points."seqdisent.modalities"]
    my-modality = "my_package.my_modality:MY_MODALITY"

The object is a :class:`~seqdisent.modalities.base.Modality` whose ``name`` is that of the entry point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from seqdisent.errors import UsageError
from seqdisent.modalities.base import Modality
from seqdisent.spec import DatasetSpec

ENTRY_POINT_GROUP = "seqdisent.modalities"

BUILT_IN = {
    "video": "seqdisent.modalities.video:VIDEO",
    "speech": "seqdisent.modalities.speech:SPEECH",
    "timeseries": "seqdisent.modalities.timeseries:TIMESERIES",
}


class ModalityRegistry(Mapping[str, Modality]):
    """Name -> modality, imported when it is asked for. Entry points cannot replace a built-in name."""

    @cached_property
    def _entries(self) -> dict[str, EntryPoint]:
        entries = {
            name: EntryPoint(name, location, ENTRY_POINT_GROUP)
            for name, location in BUILT_IN.items()
        }
        for point in entry_points(group=ENTRY_POINT_GROUP):
            entries.setdefault(point.name, point)
        return entries

    def __getitem__(self, name: str) -> Modality:
        """Import a modality; ``TypeError`` if it is none."""
        entry = self._entries[name]
        loaded = entry.load()
        if not isinstance(loaded, Modality):
            raise TypeError(f"{entry.value} is not a Modality")
        return loaded

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


MODALITIES = ModalityRegistry()


def modality_of(spec: DatasetSpec) -> Modality:
    """The modality of a data set; :class:`~seqdisent.errors.UsageError` names the modalities there are."""
    if spec.modality not in MODALITIES:
        known = ", ".join(sorted(MODALITIES))
        raise UsageError(
            f"{spec.name} has the modality {spec.modality!r}, and there are {known}: install the package that "
            f"adds it by an entry point of the group {ENTRY_POINT_GROUP!r}"
        )
    return MODALITIES[spec.modality]
