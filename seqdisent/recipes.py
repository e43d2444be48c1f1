"""Recipes: a model (or judge) on a data set with the settings that the shipped checkpoints have.

Each recipe is a Python function without arguments; an unknown name is an error. The published
weights "reconstruction w : static KL : dynamic KL" are ``sigma = (2 w) ** -0.5`` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from seqdisent.checkpoint import JUDGE
from seqdisent.data import dataset_spec
from seqdisent.evaluation.judge import Judge
from seqdisent.models import build_model
from seqdisent.models.base import VAEConfig
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.frames import FrameConfig
from seqdisent.schedule import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """What to train on what, and for how long.

    Args:
        kind: a model's name, or ``"judge"``.
        config: the model's config; ``None`` for a judge.
        cut: after training, cut both codes down to their signal (:mod:`seqdisent.signal_rank`).
    """

    kind: str
    dataset: str
    config: VAEConfig | None
    train: TrainConfig
    cut: bool = False

    def build(self) -> nn.Module:
        """A freshly initialised model or judge for the recipe's data set."""
        spec = dataset_spec(self.dataset)
        if self.kind == JUDGE:
            return Judge(spec)
        return build_model(self.kind, spec, self.config)


def _sigma(weight: float) -> float:
    """The likelihood's sigma for a published weight of the summed squared error."""
    return (2 * weight) ** -0.5


def _dbse(dataset: str, steps: int) -> Recipe:
    """DBSE with what it takes to put the direction, which never changes, into the dynamic code.

    Beside the paper's loss: the dynamic posterior sees scrambled colours, so it cannot tell the
    identity; the static posterior pools over the picture and sees mirrored frames, so it can hardly
    tell the direction; the decoder lays out by z and modulates by s. What is left of either in the
    wrong code lies mostly below the noise that the decoder met, and is cut off after training.
    """
    config = DBSEConfig(
        dynamic_size=16,
        sigma=_sigma(60),
        static_weight=5.0,
        dynamic_weight=2.0,
        perturb="colours+mirror",
        static_path="pooled",
        frame=FrameConfig(kind="modulated"),
    )
    return Recipe("dbse", dataset, config, TrainConfig(steps, batch_size=32, learning_rate=2e-3), cut=True)


def _dsvae(dataset: str, steps: int) -> Recipe:
    """DSVAE, full q, with the paper's loss; the KL weights are those that suit a pixel likelihood."""
    config = DSVAEConfig(sigma=_sigma(60), static_weight=10.0)
    # At 2e-3 the dynamic code collapses.
    return Recipe("dsvae", dataset, config, TrainConfig(steps, batch_size=32, learning_rate=1e-3))


def _judge(dataset: str) -> Recipe:
    return Recipe(JUDGE, dataset, None, TrainConfig(steps=1000, learning_rate=2e-3))


def dbse_lpc_sprites() -> Recipe:
    """DBSE on the Sprites of the papers."""
    return _dbse("lpc-sprites", 6000)


def dbse_sprites() -> Recipe:
    """DBSE on the drawn sprites, which need no download."""
    return _dbse("sprites", 5000)


def dsvae_lpc_sprites() -> Recipe:
    """DSVAE on the Sprites of the papers."""
    return _dsvae("lpc-sprites", 1300)


def dsvae_sprites() -> Recipe:
    """DSVAE on the drawn sprites, which need no download."""
    return _dsvae("sprites", 1300)


def judge_lpc_sprites() -> Recipe:
    """The judge of swaps on the Sprites of the papers."""
    return _judge("lpc-sprites")


def judge_sprites() -> Recipe:
    """The judge of swaps on the drawn sprites."""
    return _judge("sprites")


def judge_sprites_32() -> Recipe:
    """The judge of swaps on the drawn sprites at 32x32."""
    return _judge("sprites-32")


RECIPES: dict[str, Callable[[], Recipe]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        dbse_sprites, dsvae_sprites, judge_sprites,
        dbse_lpc_sprites, dsvae_lpc_sprites, judge_lpc_sprites,
        judge_sprites_32,
    )
}  # fmt: skip


def recipe(name: str) -> Recipe:
    """The recipe called ``name``; ``ValueError`` names the recipes there are."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; choose from {sorted(RECIPES)}")
    return RECIPES[name]()
