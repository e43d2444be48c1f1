"""``seqdisent bits``: does a small dynamic code suffice once what never changes is coded apart?

Over three data sets and six dynamic sizes D, DSVAE (full q, stochastic transition, a static code) meets a VAE of single
frames with as many code numbers a sequence: D + S / T of them a frame. Everything else is equal: frame networks,
steps, rate, batches, and the bound itself for a loss, with a learned variance and nothing weighted, so that the KL of
a code is what it costs to convey a draw of it.

Points are measured by :mod:`seqdisent.experiments.rate_distortion.measure` on *test* sequences: nothing
is chosen by what comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from seqdisent.data import dataset_outline
from seqdisent.experiments.sweep import trained
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.frame_vae import FrameVAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes import Recipe
from seqdisent.training.config import TrainConfig

SIZES = (1, 2, 4, 8, 16, 32)
MODELS = ("dsvae", "frame-vae")
STATIC = 32  # S: four numbers a frame of the sprites, one of the balls; of voices less than one
PICTURES = FrameConfig(width=16, features=128)
# Frame networks and training: as many steps as a sweep on one core can afford, far from the end of learning. On
# validation pictures 2e-3 is ahead of 1e-3 at the same step, by 700 nats a sequence of sprites and 1,800 of balls.
DATA = {
    "sprites-32": (PICTURES, TrainConfig(1200, 16, 2e-3, epoch_steps=400)),
    "bouncing-balls": (PICTURES, TrainConfig(800, 16, 2e-3, epoch_steps=400, short_epochs=1)),
    "voices": (FrameConfig("mlp", features=128), TrainConfig(800, 16, 1e-3, epoch_steps=400)),
}


@dataclass(frozen=True)
class Point:
    """One model of the sweep.

    Args:
        size: D of the DSVAE; its counterpart of frames has the same number here, and a larger code.
        recipe: what is trained, and for how long.
    """

    size: int
    recipe: Recipe

    @property
    def name(self) -> str:
        """``"sprites-32-dsvae-8"``."""
        return f"{self.recipe.dataset}-{self.recipe.kind}-{self.size}"

    @property
    def numbers(self) -> float:
        """Code numbers a frame, the static ones spread over the frames."""
        config = self.recipe.config
        return (
            config.dynamic_size + config.static_size / dataset_outline(self.recipe.dataset).frames
        )


def _point(dataset: str, kind: str, size: int) -> Point:
    frame, train = DATA[dataset]
    if kind == "dsvae":
        config = DSVAEConfig(static_size=STATIC, dynamic_size=size, sigma=None, frame=frame)
    else:
        # Halves go up, so that the baseline never has less; Python's round would send them to even numbers.
        wide = math.floor(size + STATIC / dataset_outline(dataset).frames + 0.5)
        config = FrameVAEConfig(dynamic_size=wide, sigma=None, frame=frame)
    return Point(size, Recipe(kind, dataset, config, train))


POINTS = {p.name: p for p in (_point(d, k, s) for d in DATA for k in MODELS for s in SIZES)}


def train_point(point: Point, seed: int, run: Path, **options) -> Path:
    """Train one point, or find it trained, in ``run/NAME-sSEED``: see :func:`seqdisent.experiments.sweep.trained`."""
    command = f"seqdisent bits --data {point.recipe.dataset} --sizes {point.size} --seeds {seed}"
    about = {"name": point.name, "command": command}
    return trained(point.recipe, run / f"{point.name}-s{seed}", about, seed=seed, **options)
