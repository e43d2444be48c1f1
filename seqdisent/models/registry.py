"""Models by name: those of this package, and those that installed packages add.

A package adds a model by an entry point of the group ``seqdisent.models``; in its ``pyproject.toml``::

    [project.entry-points."seqdisent.models"]
    my-model = "my_package.my_model:MyModel"

The class is a :class:`~seqdisent.models.base.SequentialVAE` whose ``name`` is that of the entry point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points

from seqdisent.errors import UsageError
from seqdisent.models.base import SequentialVAE

ENTRY_POINT_GROUP = "seqdisent.models"


@dataclass(frozen=True)
class ModelEntry:
    """A model that is imported when it is needed.

    Args:
        location: ``"module:Class"``.
        summary: one line, for lists.
    """

    location: str
    summary: str

    def load(self) -> type[SequentialVAE]:
        """Import the class.

        Raises:
            TypeError: if it is not a :class:`~seqdisent.models.base.SequentialVAE`.
        """
        module, _, attribute = self.location.partition(":")
        loaded = getattr(import_module(module), attribute)
        if not (isinstance(loaded, type) and issubclass(loaded, SequentialVAE)):
            raise TypeError(f"{self.location} is not a SequentialVAE")
        return loaded


BUILT_IN = {
    "dsvae": ModelEntry(
        "seqdisent.models.dsvae:DSVAE", "Li & Mandt, ICML 2018: factorised or full q"
    ),
    "dbse": ModelEntry(
        "seqdisent.models.dbse:DBSE", "Berman et al., ICML 2024: one anchor, subtracted"
    ),
    "vast": ModelEntry(
        "seqdisent.models.vast:VAST", "ours: views, anchors, subspace, two separate paths"
    ),
    "frame-vae": ModelEntry(
        "seqdisent.models.frame_vae:FrameVAE", "the baseline: every frame alone, no static code"
    ),
}


class ModelRegistry(Mapping[str, ModelEntry]):
    """Name -> :class:`ModelEntry`. Entry points are read once, at first use; they cannot replace a built-in name."""

    @cached_property
    def _entries(self) -> dict[str, ModelEntry]:
        entries = dict(BUILT_IN)
        for point in entry_points(group=ENTRY_POINT_GROUP):
            package = point.dist.name if point.dist else point.module
            entries.setdefault(point.name, ModelEntry(point.value, f"from the package {package}"))
        return entries

    def __getitem__(self, name: str) -> ModelEntry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


MODELS = ModelRegistry()


def model_class(name: str) -> type[SequentialVAE]:
    """The class of a model; ``ValueError`` names the models there are."""
    if name not in MODELS:
        raise UsageError(f"no model {name!r}; choose from {sorted(MODELS)}")
    return MODELS[name].load()
