"""``seqdisent frontier``: train many small models of one data set and see which codes leak what.

Three families of points, all on the drawn sprites at 32x32:

* ``variants``: DSVAE with either posterior and DBSE, as in the papers, at the same weights.
* ``weights``: the paper's DBSE over KL weights and dynamic sizes. They trade identity in the dynamic
  code against direction in the static one: their best points are the frontier.
* ``beyond``: DBSE with parts that the paper does not have, alone and together.

Points are measured by :mod:`seqdisent.experiments.frontier.measure` on *validation* characters, since recipes are
chosen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqdisent.experiments.sweep import trained
from seqdisent.models.config import VAEConfig
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes import Recipe
from seqdisent.training.config import TrainConfig

DATASET = "sprites-32"
RECONSTRUCTION = (
    60.0  # weight of the summed squared error; the KL weights of a point are relative to it
)
PLAIN, MODULATED = FrameConfig(width=48), FrameConfig("modulated", width=32)


@dataclass(frozen=True)
class Point:
    """One setting of the sweep.

    Args:
        family: ``"variants"``, ``"weights"`` or ``"beyond"``.
        recipe: what is trained, and for how long.
    """

    family: str
    recipe: Recipe


def _config(kind: type[VAEConfig], static: float, dynamic: float, size: int, **extra) -> VAEConfig:
    extra = {"frame": PLAIN, "sigma": (2 * RECONSTRUCTION) ** -0.5, **extra}
    return kind(static_weight=static, dynamic_weight=dynamic, dynamic_size=size, **extra)


def _dbse(static: float, dynamic: float, size: int, **extra) -> Recipe:
    config = _config(DBSEConfig, static, dynamic, size, **extra)
    return Recipe("dbse", DATASET, config, TrainConfig(4000, 16, 2e-3, epoch_steps=500))


def _dsvae(q: str) -> Recipe:
    config = _config(DSVAEConfig, 2.5, 0.25, 32, q=q)
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
    pooled, views = {"static_path": "pooled"}, {"perturb": "colours+mirror"}
    laid_out = {"frame": MODULATED}
    everything = {**pooled, **views, **laid_out}
    beyond = {
        "all": _dbse(1.25, 0.5, 16, **everything),
        "all-5-2": _dbse(5, 2, 16, **everything),
        "pooled+modulated": _dbse(1.25, 0.5, 16, **pooled, **laid_out),
        "views": _dbse(1.25, 0.5, 16, **views),
        "pooled": _dbse(1.25, 0.5, 16, **pooled),
        "modulated": _dbse(1.25, 0.5, 16, **laid_out),
        "modulated-10-2": _dbse(10, 2, 16, **laid_out),
        "random-anchor": _dbse(1.25, 0.5, 16, random_anchor=True),
        "learned-variance": _dbse(1, 1, 16, sigma=None),
    }
    return points | {name: Point("beyond", recipe) for name, recipe in beyond.items()}


POINTS = _points()


def train_point(name: str, seed: int, run: Path, **options) -> Path:
    """Train one point, or find it trained, in ``run/NAME-sSEED``: see :func:`seqdisent.experiments.sweep.trained`."""
    about = {"name": name, "command": f"seqdisent frontier --points {name} --seeds {seed}"}
    return trained(POINTS[name].recipe, run / f"{name}-s{seed}", about, seed=seed, **options)
