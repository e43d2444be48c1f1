"""``seqdisent rollouts``: do stochastic transitions beat deterministic ones on sequences longer than those of training?

DSVAE is trained on 32 frames of bouncing balls with each transition and several seeds, and everything else the same.
What the models do in the 100 frames after is measured by :mod:`seqdisent.evaluation.rollouts` on *test* sequences.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from seqdisent.recipes import recipe
from seqdisent.sweep import trained

DATASET = "bouncing-balls"
# transition -> recipe; the shipped checkpoints are seed 0
POINTS = {
    "stochastic": "dsvae-bouncing-balls",
    "deterministic": "dsvae-deterministic-bouncing-balls",
    "linear": "dsvae-linear-bouncing-balls",
}


def train_point(
    name: str, seed: int, run: Path, *, steps: int | None = None, progress: bool = False, **options
) -> Path:
    """Train one transition, or go on with it, or find it trained: its checkpoint folder.

    Args:
        run: folder of all of them; one lives in ``run/NAME-sSEED``.
        steps: instead of the recipe's.
        options: passed to :func:`seqdisent.training.fit`.
    """
    about = {"name": POINTS[name], "command": f"seqdisent rollouts --points {name} --seeds {seed}"}
    folder = run / f"{name}-s{seed}"
    return trained(recipe(POINTS[name]), _data(), folder, about, seed=seed, steps=steps, progress=progress, **options)


@cache
def _data() -> tuple:
    """The training and validation splits, drawn once for all."""
    from seqdisent.data import load_dataset

    return tuple(load_dataset(DATASET, split).in_memory() for split in ("train", "validation"))
