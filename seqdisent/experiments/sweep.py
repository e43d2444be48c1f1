"""Sweeps: many models, each trained and measured once, and used again only while nothing it depends on has changed.

Beside a trained point lies its *basis*: recipe, seed, data set, package version. Beside what was measured lies the
basis of the measurement: that of training, the hash of the weights, and the settings of the measurement. A point whose
recipe was edited is trained anew, figures whose basis has changed are measured anew, and both are reported in a line.
Where it was trained (device, precision) is not part of the basis.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch import nn

from seqdisent.checkpoint import CONFIG, checkpoint_hash
from seqdisent.data import dataset_spec, load_dataset
from seqdisent.data.dataset import SequenceDataset
from seqdisent.io import write_json
from seqdisent.recipes import Recipe
from seqdisent.reporting.model_card import write_card
from seqdisent.version import __version__

Figures = dict[str, Any]
Basis = dict[str, Any]
Say = Callable[[str], None]

CHECKPOINT, BASIS = "checkpoint", "basis.json"
SUPERSEDED = "superseded"  # folder of runs whose recipe has changed since


@lru_cache(maxsize=3)
def split(dataset: str, name: str) -> SequenceDataset:
    """A split in memory; the last three are kept, so that the points of one data set share them."""
    return load_dataset(dataset, name).in_memory()


def module_hash(module: nn.Module) -> str:
    """A hash of all weights and buffers of a module, by name: 16 hex digits."""
    digest = hashlib.sha256()
    for name, value in module.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class SweepRun:
    """One point of a sweep with one seed, in the folder ``root/NAME-sSEED``.

    Args:
        name: of the point.
        recipe: what is trained, and for how long.
        root: folder of the sweep.
        command: the exact command that trains this point alone, for the record.
        recipe_name: name of the recipe for the record, if it is not that of the point.
    """

    name: str
    recipe: Recipe
    seed: int
    root: Path
    command: str
    recipe_name: str | None = None

    @property
    def folder(self) -> Path:
        """States, logs, checkpoint and figures of this run."""
        return self.root / f"{self.name}-s{self.seed}"

    @property
    def checkpoint(self) -> Path:
        """Folder of the checkpoint, whether it is there or not."""
        return self.folder / CHECKPOINT

    def basis(self) -> Basis:
        """Everything that the weights depend on, as plain JSON."""
        return _plain(
            {
                "recipe": asdict(self.recipe),
                "seed": self.seed,
                "dataset": dataset_spec(self.recipe.dataset).to_json(),
                "package": __version__,
            }
        )

    def fingerprint(self) -> str:
        """A hash of everything that a measurement of this run depends on: 16 hex digits."""
        basis = json.dumps(self._measurement_basis({}), sort_keys=True)
        return hashlib.sha256(basis.encode()).hexdigest()[:16]

    def train(self, say: Say = print, *, progress: bool = False, **options: Any) -> Path:
        """Train, go on with a run that was stopped, or find the point trained.

        A run of another recipe, data set or package version is moved to ``root/superseded`` first.

        Args:
            options: passed to :func:`seqdisent.training.trainer.fit`.

        Returns:
            The folder of the checkpoint.
        """
        basis = self.basis()
        if self.folder.is_dir():
            kept = _read(self.folder / BASIS)
            if kept != basis:
                moved = _set_aside(self.folder)
                say(
                    f"{self.folder.name}: trained anew: {_reason(kept, basis)}; the old run is {moved}"
                )
        if (self.checkpoint / CONFIG).is_file():
            return self.checkpoint
        # Lightning takes seconds to import, and points that are already trained do not need it.
        from seqdisent.training.run import train_and_save

        write_json(self.folder / BASIS, basis)
        train_and_save(
            self.recipe,
            self.checkpoint,
            self.folder,
            name=self.recipe_name or self.name,
            command=self.command,
            seed=self.seed,
            resume=True,
            progress=progress,
            data=(split(self.recipe.dataset, "train"), split(self.recipe.dataset, "validation")),
            write_card=write_card,
            **options,
        )
        return self.checkpoint

    def measure(
        self, file: str, settings: dict[str, Any], measure: Callable[[], Figures], say: Say = print
    ) -> Figures:
        """The figures in ``file``, if they are of these weights and settings; else measure and keep them.

        Args:
            file: name of a JSON file in the folder of this run.
            settings: everything that the figures depend on besides the model, as plain JSON.
            measure: called only if there is something to measure.
        """
        path = self.folder / file
        basis = self._measurement_basis(settings)
        kept = _read(path)
        if kept is not None:
            if kept.get("basis") == basis:
                return kept["figures"]
            say(f"{self.folder.name}: measured anew: {_reason(kept.get('basis'), basis)}")
        figures = _plain(measure())
        write_json(path, {"basis": basis, "figures": figures}, indent=1)
        return figures

    def measured(self, file: str, settings: dict[str, Any], say: Say = print) -> Figures | None:
        """The figures in ``file``; ``None`` if there are none, or they are not of these weights and settings."""
        kept = _read(self.folder / file)
        if kept is None:
            return None
        basis = self._measurement_basis(settings)
        if kept.get("basis") == basis:
            return kept["figures"]
        say(f"{self.folder.name}: left out: {_reason(kept.get('basis'), basis)}; measure it anew")
        return None

    def _measurement_basis(self, settings: dict[str, Any]) -> Basis:
        weights = checkpoint_hash(self.checkpoint) if self.checkpoint.is_dir() else None
        return _plain({**self.basis(), "weights": weights, "settings": settings})


def seeds_in(root: Path, name: str) -> list[int]:
    """The seeds of a point that have a folder in ``root``, ascending."""
    prefix = f"{name}-s"
    endings = [path.name.removeprefix(prefix) for path in root.glob(f"{prefix}*")]
    return sorted(int(ending) for ending in endings if ending.isdecimal())


def _plain(value: Any) -> Any:
    """``value`` as it comes back from JSON: lists for tuples, strings for keys."""
    return json.loads(json.dumps(value))


def _read(path: Path) -> dict[str, Any] | None:
    """What a JSON file holds; ``None`` if there is no file, or it is damaged or of an older layout."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _reason(before: Any, after: Basis) -> str:
    """Why what was kept cannot be used: which parts of its basis differ."""
    if not isinstance(before, dict):
        return "there is no record of what it was made with"
    changed = [key for key in after if before.get(key) != after[key]]
    return f"{', '.join(changed)} changed"


def _set_aside(folder: Path) -> Path:
    """Move a run out of the way, and keep it: it may have taken hours."""
    archive = folder.parent / SUPERSEDED
    archive.mkdir(exist_ok=True)
    number = 1
    while (archive / f"{folder.name}-{number}").exists():
        number += 1
    target = archive / f"{folder.name}-{number}"
    folder.rename(target)
    return target
