"""Recipes of what moves by itself: bouncing balls and moving digits."""

from __future__ import annotations

from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes.recipe import Recipe, by_name, judge
from seqdisent.training.schedule import TrainConfig

# Narrow: balls are simple to draw, and steps of training count for more than channels here.
FRAME = FrameConfig(width=16, features=128)


def _dsvae(transition: str) -> Recipe:
    """DSVAE, full q, with the bound itself for a loss: nothing is weighted, and the variance is learned.

    The three transitions differ in nothing else, so that what they are worth can be compared.
    """
    config = DSVAEConfig(
        static_size=16, dynamic_size=16, hidden=128, sigma=None, transition=transition, frame=FRAME
    )
    return Recipe(
        "dsvae",
        "bouncing-balls",
        config,
        TrainConfig(5000, 16, 2e-3, epoch_steps=500, short_epochs=4),
    )


def dsvae_bouncing_balls() -> Recipe:
    """DSVAE on bouncing balls, stochastic transition."""
    return _dsvae("stochastic")


def dsvae_deterministic_bouncing_balls() -> Recipe:
    """DSVAE on bouncing balls, deterministic transition: the paper's contrast."""
    return _dsvae("deterministic")


def dsvae_linear_bouncing_balls() -> Recipe:
    """DSVAE on bouncing balls, linear-Gaussian transition: the baseline."""
    return _dsvae("linear")


def dbse_moving_digits() -> Recipe:
    """DBSE on moving digits.

    An anchor frame shows where the digit is, and differences from it say only how far it went: plainly trained, the
    static code holds the place. Here it pools local features, which are the same everywhere in the picture, and any
    frame is an anchor, since in any one of them a digit may be hidden by the other.
    """
    anchor = {"random_anchor": True, "anchor_rule": "mean", "static_path": "pooled"}
    config = DBSEConfig(
        static_size=32,
        dynamic_size=8,
        sigma=None,
        frame=FrameConfig(width=24, features=128),
        **anchor,
    )
    return Recipe(
        "dbse",
        "moving-digits",
        config,
        TrainConfig(4500, 16, 2e-3, epoch_steps=500, short_epochs=3),
    )


def judge_bouncing_balls() -> Recipe:
    """The judge of swaps on bouncing balls."""
    return judge("bouncing-balls")


def judge_moving_digits() -> Recipe:
    """The judge of swaps on moving digits."""
    return judge("moving-digits", steps=1500)


RECIPES = by_name(
    dsvae_bouncing_balls,
    dsvae_deterministic_bouncing_balls,
    dsvae_linear_bouncing_balls,
    judge_bouncing_balls,
    dbse_moving_digits,
    judge_moving_digits,
)
