"""What is trained: DSVAE on 32 frames of bouncing balls with each transition, and everything else the same.

What the models do in the 100 frames after is measured on *test* sequences
(:mod:`seqdisent.experiments.transitions.measure`).
"""

from __future__ import annotations

from pathlib import Path

from seqdisent.experiments.sweep import SweepRun
from seqdisent.recipes import recipe

DATASET = "bouncing-balls"
# Transition -> recipe; the shipped checkpoints are those of seed 0.
POINTS = {
    "stochastic": "dsvae-bouncing-balls",
    "deterministic": "dsvae-deterministic-bouncing-balls",
    "linear": "dsvae-linear-bouncing-balls",
}


def sweep_run(name: str, seed: int, root: Path) -> SweepRun:
    """One transition with one seed."""
    command = f"seqdisent transitions --points {name} --seeds {seed}"
    return SweepRun(name, recipe(POINTS[name]), seed, root, command, recipe_name=POINTS[name])
