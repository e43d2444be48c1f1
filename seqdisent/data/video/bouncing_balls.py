"""Bouncing balls as pictures: the data set for long sequences.

:mod:`seqdisent.data.video.ball_simulator` simulates them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import DataSource, Root, check_split
from seqdisent.data.video import ball_simulator
from seqdisent.spec import DatasetSpec, Factor, Source

COUNTS = {"train": 6000, "validation": 500, "test": 1000}
SEEDS = {"train": 0, "validation": 1, "test": 2}
MOVING = {"x": "box widths", "y": "box widths", "vx": "box widths/frame", "vy": "box widths/frame"}

_SPEC = DatasetSpec(
    name="bouncing-balls",
    title="Bouncing balls",
    modality="video",
    event_shape=(3, 32, 32),
    frames=32,
    rate_hz=16.0,
    value_range=(0.0, 1.0),
    factors=(
        Factor("number", "static", tuple(map(str, ball_simulator.NUMBERS))),
        Factor("radius", "static", tuple(ball_simulator.RADII)),
        Factor("mass", "static", tuple(ball_simulator.MASSES)),
        Factor("colour", "static", ball_simulator.COLOURS),
        Factor("gravity", "static", tuple(ball_simulator.GRAVITIES)),
        *(
            Factor(f"{what}{ball}", "dynamic", unit=unit)
            for ball in (1, 2, 3)
            for what, unit in MOVING.items()
        ),
    ),
    source=Source(url="", licence="MIT", credit="simulated by seqdisent, from a seed"),
    splits=tuple(COUNTS.items()),
)


@dataclass(frozen=True)
class BallFrames:
    """Frames uint8 ``[N, T, size, size, 3]``, drawn when they are asked for."""

    made: ball_simulator.Trajectories
    size: int

    def __len__(self) -> int:
        return len(self.made.world)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return ball_simulator.render(ball_simulator.select(self.made, rows), self.size)


@dataclass(frozen=True)
class BallSource(DataSource):
    """The balls at one size of pictures; ``x`` is ``[B, 32, 3, size, size]`` in [0, 1]."""

    outline: DatasetSpec

    def load(self, split: str, root: Root = None) -> SequenceDataset:
        return self.of_length(split, self.outline.frames)

    def of_length(self, split: str, frames: int, n: int | None = None) -> SequenceDataset:
        """The (first ``n``) sequences of a split as they go on for ``frames`` frames."""
        check_split(split)
        made, static = _simulated(COUNTS[split] if n is None else n, frames, SEEDS[split])
        dynamic = {}
        for number in range(3):
            for name, path in (("", made.position), ("v", made.velocity)):
                for axis, letter in enumerate("xy"):
                    dynamic[f"{name}{letter}{number + 1}"] = path[:, :, number, axis].astype(
                        np.float32
                    )
        order = {f.name: dynamic[f.name] for f in self.outline.dynamic_factors}
        return SequenceDataset(
            self.outline, BallFrames(made, self.outline.event_shape[-1]), dict(static), order
        )


@lru_cache(maxsize=4)
def _simulated(
    n: int, frames: int, seed: int
) -> tuple[ball_simulator.Trajectories, dict[str, np.ndarray]]:
    return ball_simulator.simulate(n, frames, seed)


SMALL = BallSource(_SPEC)
LARGE = BallSource(
    replace(_SPEC, name="bouncing-balls-64", title="Bouncing balls, 64x64", event_shape=(3, 64, 64))
)
