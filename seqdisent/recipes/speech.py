"""Recipes of speech."""

from __future__ import annotations

from collections.abc import Callable

from seqdisent.data.speech import fsdd
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes.base import Recipe, by_name, judge
from seqdisent.training.config import TrainConfig


def _dbse(dataset: str, steps: int) -> Recipe:
    """DBSE with additions that separate the voice from the word, when both last as long as the recording.

    In addition to the paper's loss: the anchor is a random passage of 100 ms in training, any two passages must give
    the same static code, and after training the mean over all of them is used; the dynamic posterior sees the words
    in a disguised voice; the decoder builds the layout from z and modulates it by s.
    """
    config = DBSEConfig(
        static_size=16,
        dynamic_size=16,
        sigma=0.13,
        static_weight=30.0,
        dynamic_weight=6.0,
        augmentation="voice",
        static_path="pooled",
        anchor_rule="mean",
        anchor_span=5,
        random_anchor=True,
        agreement_weight=300.0,
        frame=FrameConfig(kind="modulated", features=128),
    )
    train = TrainConfig(steps, batch_size=32, learning_rate=2e-3)
    return Recipe("dbse", dataset, config, train, prune=True)


def dbse_voices() -> Recipe:
    """DBSE on our own voices, which need no download."""
    return _dbse("voices", 8000)


def dbse_fsdd() -> Recipe:
    """DBSE on spoken digits."""
    return _dbse("fsdd", 14000)


def dsvae_fsdd() -> Recipe:
    """DSVAE, full q, on spoken digits, with the paper's loss."""
    config = DSVAEConfig(
        static_size=16,
        dynamic_size=16,
        sigma=0.13,
        frame=FrameConfig(kind="mlp", features=128),
    )
    return Recipe("dsvae", "fsdd", config, TrainConfig(4000, batch_size=32))


def dbse_emodb() -> Recipe:
    """DBSE on acted sentences."""
    return _dbse("emodb", 5000)


def judge_voices() -> Recipe:
    """The judge of swaps of our own voices."""
    return judge("voices", 1500)


def judge_fsdd() -> Recipe:
    """The judge of swaps of spoken digits."""
    return judge("fsdd", 1500)


def judge_emodb() -> Recipe:
    """The judge of swaps of acted sentences."""
    return judge("emodb", 1000)


def _without(speaker: str) -> Callable[[], Recipe]:
    def recipe() -> Recipe:
        return _dbse(f"fsdd-without-{speaker}", 3000)

    recipe.__name__ = f"dbse_fsdd_without_{speaker}"
    recipe.__doc__ = f"DBSE on spoken digits without {speaker}, whose voice is then unseen."
    return recipe


RECIPES = by_name(
    dbse_voices,
    dbse_fsdd,
    dsvae_fsdd,
    dbse_emodb,
    judge_voices,
    judge_fsdd,
    judge_emodb,
    *(_without(speaker) for speaker in fsdd.SPEAKERS),
)
