"""What the rate-distortion sweep trains: does a small dynamic code suffice once what is constant is coded separately?

Over three data sets and six dynamic sizes D, DSVAE (full q, stochastic transition, a static code of size S) is compared
with a VAE of single frames with as many code dimensions in a sequence: D + S / T in a frame. Everything else is equal:
frame networks, steps, rate, batches, and the evidence lower bound as the loss, unweighted and with a learned variance,
so that the KL of a code is the cost of conveying a posterior sample.

Points are measured on *test* sequences (:mod:`seqdisent.experiments.rate_distortion.measure`): nothing is chosen by
the results.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from seqdisent.data import dataset_outline
from seqdisent.experiments.sweep import SweepRun
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.frame_vae import FrameVAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes import Recipe
from seqdisent.training.config import TrainConfig

SIZES = (1, 2, 4, 8, 16, 32)
MODELS = ("dsvae", "frame-vae")
STATIC = (
    32  # S: four dimensions a frame of the sprites, one of the balls, less than one of the voices
)
IMAGE_FRAME = FrameConfig(width=16, features=128)
SIGNAL_FRAME = FrameConfig("mlp", features=128)
# Frame networks and training: as many steps as a sweep on one core can afford, far from convergence. On validation
# frames 2e-3 is ahead of 1e-3 at the same step, by 700 nats a sequence of sprites and 1,800 of balls.
DATA = {
    "sprites-32": (IMAGE_FRAME, TrainConfig(1200, 16, 2e-3, epoch_steps=400)),
    "bouncing-balls": (IMAGE_FRAME, TrainConfig(800, 16, 2e-3, epoch_steps=400, short_epochs=1)),
    "voices": (SIGNAL_FRAME, TrainConfig(800, 16, 1e-3, epoch_steps=400)),
}


@dataclass(frozen=True)
class Point:
    """One model of the sweep.

    Args:
        size: D of the DSVAE; the VAE of frames at the same point has a larger code.
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
        """Code dimensions a frame, those of the static code spread over the frames."""
        config = self.recipe.config
        assert config is not None  # only a judge has none
        frames = dataset_outline(self.recipe.dataset).frames
        return config.dynamic_size + config.static_size / frames


def _dsvae(dataset: str, size: int) -> Point:
    frame, train = DATA[dataset]
    config = DSVAEConfig(static_size=STATIC, dynamic_size=size, sigma=None, frame=frame)
    return Point(size, Recipe("dsvae", dataset, config, train))


def _frame_vae(dataset: str, size: int) -> Point:
    frame, train = DATA[dataset]
    # Halves go up, so that the baseline never has less; Python's round would send them to even numbers.
    equal_size = math.floor(size + STATIC / dataset_outline(dataset).frames + 0.5)
    config = FrameVAEConfig(dynamic_size=equal_size, sigma=None, frame=frame)
    return Point(size, Recipe("frame-vae", dataset, config, train))


def _points() -> dict[str, Point]:
    points = {}
    for dataset in DATA:
        for make in (_dsvae, _frame_vae):
            for size in SIZES:
                point = make(dataset, size)
                points[point.name] = point
    return points


POINTS = _points()


def sweep_run(point: Point, seed: int, root: Path) -> SweepRun:
    """One point with one seed."""
    dataset = point.recipe.dataset
    command = f"seqdisent rate-distortion --data {dataset} --sizes {point.size} --seeds {seed}"
    return SweepRun(point.name, point.recipe, seed, root, command)
