"""``seqdisent rollouts``: do stochastic transitions beat deterministic ones on sequences longer than those of training?

DSVAE is trained on 32 frames of bouncing balls with each transition and several seeds, and everything else the same.
What the models do in the 100 frames after is measured by
:mod:`seqdisent.experiments.transitions.measure` on *test* sequences.
"""

from __future__ import annotations

from pathlib import Path

from seqdisent.experiments.sweep import trained
from seqdisent.recipes import recipe

DATASET = "bouncing-balls"
# transition -> recipe; the shipped checkpoints are seed 0
POINTS = {
    "stochastic": "dsvae-bouncing-balls",
    "deterministic": "dsvae-deterministic-bouncing-balls",
    "linear": "dsvae-linear-bouncing-balls",
}


def train_point(name: str, seed: int, run: Path, **options) -> Path:
    """Train one transition in ``run/NAME-sSEED``: see :func:`seqdisent.experiments.sweep.trained`."""
    about = {"name": POINTS[name], "command": f"seqdisent rollouts --points {name} --seeds {seed}"}
    return trained(recipe(POINTS[name]), run / f"{name}-s{seed}", about, seed=seed, **options)
