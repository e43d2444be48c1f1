"""Recipes of speech."""

from __future__ import annotations

from collections.abc import Callable

from seqdisent.data.speech import fsdd
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.vast import VASTConfig
from seqdisent.nn.config import MODULATED, FrameConfig
from seqdisent.recipes.base import Recipe, by_name, judge
from seqdisent.training.config import TrainConfig


def _vast(dataset: str, steps: int) -> Recipe:
    """VAST, which separates the voice from the word although both last as long as the recording.

    The anchor is a random passage of 100 ms in training, any two passages must give the same static code, and after
    training the mean over all of them is used; the dynamic posterior sees the words in a disguised voice; the decoder
    builds the layout from z and modulates it by s.
    """
    config = VASTConfig(
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
        frame=FrameConfig(kind=MODULATED, features=128),
    )
    train = TrainConfig(steps, batch_size=32, learning_rate=2e-3)
    return Recipe("vast", dataset, config, train, prune=True)


def vast_voices() -> Recipe:
    """VAST on our own voices, which need no download."""
    return _vast("voices", 8000)


def vast_fsdd() -> Recipe:
    """VAST on spoken digits."""
    return _vast("fsdd", 14000)


def dsvae_fsdd() -> Recipe:
    """DSVAE, full q, on spoken digits, with the paper's loss."""
    config = DSVAEConfig(
        static_size=16,
        dynamic_size=16,
        sigma=0.13,
        frame=FrameConfig(kind="mlp", features=128),
    )
    return Recipe("dsvae", "fsdd", config, TrainConfig(4000, batch_size=32))


def vast_emodb() -> Recipe:
    """VAST on acted sentences."""
    return _vast("emodb", 5000)


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
        return _vast(f"fsdd-without-{speaker}", 3000)

    recipe.__name__ = f"vast_fsdd_without_{speaker}"
    recipe.__doc__ = f"VAST on spoken digits without {speaker}, whose voice is then unseen."
    return recipe


RECIPES = by_name(
    vast_voices,
    vast_fsdd,
    dsvae_fsdd,
    vast_emodb,
    judge_voices,
    judge_fsdd,
    judge_emodb,
    *(_without(speaker) for speaker in fsdd.SPEAKERS),
)
