"""Recipes of speech."""

from __future__ import annotations

from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.frames import FrameConfig
from seqdisent.recipes.recipe import Recipe, by_name, judge
from seqdisent.schedule import TrainConfig


def _dbse(dataset: str, steps: int) -> Recipe:
    """DBSE with what keeps the voice out of the dynamic code.

    Beside the paper's loss: the anchor is the loudest 20 ms with 100 ms on either side, together as long as the
    papers' segments of 200 ms; the dynamic posterior hears the utterance in a disguised voice; the decoder lays out
    by z and modulates by s.
    """
    config = DBSEConfig(
        static_size=32,
        dynamic_size=16,
        hidden=128,
        sigma=0.2,
        static_weight=1.0,
        dynamic_weight=0.2,
        perturb="voice",
        static_path="pooled",
        anchor_rule="largest",
        anchor_span=11,
        frame=FrameConfig(kind="modulated", features=128),
    )
    return Recipe("dbse", dataset, config, TrainConfig(steps, batch_size=32, learning_rate=1e-3))


def _dsvae(dataset: str, steps: int) -> Recipe:
    """DSVAE, full q, with the paper's loss."""
    config = DSVAEConfig(
        static_size=32, dynamic_size=16, hidden=128, sigma=0.2, frame=FrameConfig(kind="mlp", features=128)
    )
    return Recipe("dsvae", dataset, config, TrainConfig(steps, batch_size=32, learning_rate=1e-3))


def dbse_fsdd() -> Recipe:
    """DBSE on spoken digits."""
    return _dbse("fsdd", 6000)


def dsvae_fsdd() -> Recipe:
    """DSVAE on spoken digits."""
    return _dsvae("fsdd", 6000)


def judge_fsdd() -> Recipe:
    """The judge of swaps of spoken digits."""
    return judge("fsdd", 1500)


RECIPES = by_name(dbse_fsdd, dsvae_fsdd, judge_fsdd)
