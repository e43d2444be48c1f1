"""What the frontier trains: three families of points, all on the drawn sprites at 32x32.


* ``variants``: DSVAE with either posterior and DBSE, as in the papers, at the same weights.
* ``weights``: the paper's DBSE over KL weights and dynamic sizes. They trade identity in the dynamic
  code against direction in the static one: their best points are the frontier.
* ``beyond``: VAST: parts that the paper's DBSE does not have, alone and together; and DBSE with a learned variance.

Points are measured on *validation* characters (:mod:`seqdisent.experiments.frontier.measure`), since recipes are
chosen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqdisent.experiments.sweep import SweepRun
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.vast import VASTConfig
from seqdisent.nn.config import MODULATED, FrameConfig
from seqdisent.recipes import Recipe
from seqdisent.recipes.base import sigma
from seqdisent.training.config import TrainConfig

DATASET = "sprites-32"
# Weight of the summed squared error; the KL weights of a point are relative to it.
RECONSTRUCTION = 60.0
TRAIN = TrainConfig(4000, 16, 2e-3, epoch_steps=500)
PLAIN = FrameConfig(width=48)
MODULATED_FRAME = FrameConfig(MODULATED, width=32)


@dataclass(frozen=True)
class Point:
    """One setting of the sweep.

    Args:
        family: ``"variants"``, ``"weights"`` or ``"beyond"``.
        recipe: what is trained, and for how long.
    """

    family: str
    recipe: Recipe


def _dbse(static_weight: float, dynamic_weight: float, dynamic_size: int, **options: Any) -> Recipe:
    config = DBSEConfig(**_settings(static_weight, dynamic_weight, dynamic_size, options))
    return Recipe("dbse", DATASET, config, TRAIN)


def _vast(static_weight: float, dynamic_weight: float, dynamic_size: int, **options: Any) -> Recipe:
    config = VASTConfig(**_settings(static_weight, dynamic_weight, dynamic_size, options))
    return Recipe("vast", DATASET, config, TRAIN)


def _settings(
    static_weight: float, dynamic_weight: float, dynamic_size: int, options: dict[str, Any]
) -> dict[str, Any]:
    shared = {
        "static_weight": static_weight,
        "dynamic_weight": dynamic_weight,
        "dynamic_size": dynamic_size,
        "frame": PLAIN,
        "sigma": sigma(RECONSTRUCTION),
    }
    return {**shared, **options}


def _dsvae(q: str) -> Recipe:
    config = DSVAEConfig(
        static_weight=2.5,
        dynamic_weight=0.25,
        dynamic_size=32,
        q=q,
        frame=PLAIN,
        sigma=sigma(RECONSTRUCTION),
    )
    # At 2e-3 the dynamic code collapses.
    return Recipe("dsvae", DATASET, config, TrainConfig(4000, 16, 1e-3, epoch_steps=500))


def _points() -> dict[str, Point]:
    points = {
        "dsvae-factorised": Point("variants", _dsvae("factorised")),
        "dsvae-full": Point("variants", _dsvae("full")),
        "dbse": Point("variants", _dbse(2.5, 0.25, 32)),
    }
    for static, dynamic in ((1.25, 0.5), (2.5, 2), (10, 1), (10, 2), (40, 0.5)):
        points[f"dbse-{static:g}-{dynamic:g}"] = Point("weights", _dbse(static, dynamic, 16))
    pooled = {"static_path": "pooled"}
    views = {"augmentation": "colours+mirror"}
    modulated = {"frame": MODULATED_FRAME}
    everything = {**pooled, **views, **modulated}
    beyond = {
        "all": _vast(1.25, 0.5, 16, **everything),
        "all-5-2": _vast(5, 2, 16, **everything),
        "pooled+modulated": _vast(1.25, 0.5, 16, **pooled, **modulated),
        "views": _vast(1.25, 0.5, 16, **views),
        "pooled": _vast(1.25, 0.5, 16, **pooled),
        "modulated": _vast(1.25, 0.5, 16, **modulated),
        "modulated-10-2": _vast(10, 2, 16, **modulated),
        "random-anchor": _vast(1.25, 0.5, 16, random_anchor=True),
        "learned-variance": _dbse(1, 1, 16, sigma=None),
    }
    for name, recipe in beyond.items():
        points[name] = Point("beyond", recipe)
    return points


POINTS = _points()


def sweep_run(name: str, seed: int, root: Path) -> SweepRun:
    """One point with one seed."""
    command = f"seqdisent frontier --points {name} --seeds {seed}"
    return SweepRun(name, POINTS[name].recipe, seed, root, command)
