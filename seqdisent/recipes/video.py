"""Recipes of video: sprites, bouncing balls and moving digits."""

from __future__ import annotations

from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.vast import VASTConfig
from seqdisent.nn.config import MODULATED, FrameConfig
from seqdisent.recipes.base import Recipe, by_name, judge, sigma
from seqdisent.training.config import TrainConfig

# Narrow: balls are simple to draw, and steps of training count for more than channels here.
BALLS_FRAME = FrameConfig(width=16, features=128)


def _sprites_vast(dataset: str, steps: int) -> Recipe:
    """VAST, which puts the direction, constant in a sequence, into the dynamic code.

    The dynamic posterior sees scrambled colours, so it cannot encode the identity; the static posterior
    pools over the picture and sees mirrored frames, so it can hardly encode the direction; the decoder
    builds the layout from z and modulates it by s. What is left of either in the wrong code lies mostly
    below the noise of the posterior, and is pruned after training.
    """
    config = VASTConfig(
        dynamic_size=16,
        sigma=sigma(60),
        static_weight=5.0,
        dynamic_weight=2.0,
        augmentation="colours+mirror",
        static_path="pooled",
        frame=FrameConfig(kind=MODULATED),
    )
    train = TrainConfig(steps, batch_size=32, learning_rate=2e-3)
    return Recipe("vast", dataset, config, train, prune=True)


def _sprites_dbse(dataset: str, steps: int) -> Recipe:
    """DBSE with the paper's loss, sizes and rate for Sprites; the frame networks are ours."""
    config = DBSEConfig(static_size=256, dynamic_size=256, hidden=64, sigma=sigma(5))
    train = TrainConfig(steps, batch_size=32, learning_rate=2e-3)
    return Recipe("dbse", dataset, config, train)


def _sprites_dsvae(dataset: str, steps: int) -> Recipe:
    """DSVAE, full q, with the paper's loss: the evidence lower bound, no weights; the frame networks are ours."""
    config = DSVAEConfig(static_size=256, dynamic_size=32, hidden=256, sigma=sigma(60))
    train = TrainConfig(steps, batch_size=32, learning_rate=1e-3)
    return Recipe("dsvae", dataset, config, train)


def vast_lpc_sprites() -> Recipe:
    """VAST on the Sprites of the papers."""
    return _sprites_vast("lpc-sprites", 6000)


def vast_sprites() -> Recipe:
    """VAST on the drawn sprites, which need no download."""
    return _sprites_vast("sprites", 5000)


# The methods of the papers see as many sequences as VAST does.


def dbse_lpc_sprites() -> Recipe:
    """DBSE on the Sprites of the papers."""
    return _sprites_dbse("lpc-sprites", 6000)


def dbse_sprites() -> Recipe:
    """DBSE on the drawn sprites, which need no download."""
    return _sprites_dbse("sprites", 5000)


def dsvae_lpc_sprites() -> Recipe:
    """DSVAE on the Sprites of the papers."""
    return _sprites_dsvae("lpc-sprites", 6000)


def dsvae_sprites() -> Recipe:
    """DSVAE on the drawn sprites, which need no download."""
    return _sprites_dsvae("sprites", 5000)


def judge_lpc_sprites() -> Recipe:
    """The judge of swaps on the Sprites of the papers."""
    return judge("lpc-sprites")


def judge_sprites() -> Recipe:
    """The judge of swaps on the drawn sprites."""
    return judge("sprites")


def judge_sprites_32() -> Recipe:
    """The judge of swaps on the drawn sprites at 32x32."""
    return judge("sprites-32")


def _balls_dsvae(transition: str) -> Recipe:
    """DSVAE, full q, with the evidence lower bound as its loss: no weights, and a learned variance.

    The three transitions differ in nothing else, so that they can be compared.
    """
    config = DSVAEConfig(
        static_size=16,
        dynamic_size=16,
        hidden=128,
        sigma=None,
        transition=transition,
        frame=BALLS_FRAME,
    )
    train = TrainConfig(5000, 16, 2e-3, epoch_steps=500, short_epochs=4)
    return Recipe("dsvae", "bouncing-balls", config, train)


def dsvae_bouncing_balls() -> Recipe:
    """DSVAE on bouncing balls, stochastic transition."""
    return _balls_dsvae("stochastic")


def dsvae_deterministic_bouncing_balls() -> Recipe:
    """DSVAE on bouncing balls, deterministic transition: the paper's contrast."""
    return _balls_dsvae("deterministic")


def dsvae_linear_bouncing_balls() -> Recipe:
    """DSVAE on bouncing balls, linear-Gaussian transition: the baseline."""
    return _balls_dsvae("linear")


def judge_bouncing_balls() -> Recipe:
    """The judge of swaps on bouncing balls."""
    return judge("bouncing-balls")


def vast_moving_digits() -> Recipe:
    """VAST on moving digits.

    An anchor frame shows where the digit is, and differences from it only how far it has moved: with DBSE's loss
    the static code holds the position. Here it pools local features, which are the same everywhere in the picture,
    and any frame is an anchor, since in any one of them a digit may be hidden by the other.
    """
    config = VASTConfig(
        static_size=32,
        dynamic_size=8,
        sigma=None,
        random_anchor=True,
        anchor_rule="mean",
        static_path="pooled",
        frame=FrameConfig(width=24, features=128),
    )
    train = TrainConfig(4500, 16, 2e-3, epoch_steps=500, short_epochs=3)
    return Recipe("vast", "moving-digits", config, train)


def judge_moving_digits() -> Recipe:
    """The judge of swaps on moving digits."""
    return judge("moving-digits", steps=1500)


RECIPES = by_name(
    vast_sprites,
    dbse_sprites,
    dsvae_sprites,
    judge_sprites,
    vast_lpc_sprites,
    dbse_lpc_sprites,
    dsvae_lpc_sprites,
    judge_lpc_sprites,
    judge_sprites_32,
    dsvae_bouncing_balls,
    dsvae_deterministic_bouncing_balls,
    dsvae_linear_bouncing_balls,
    judge_bouncing_balls,
    vast_moving_digits,
    judge_moving_digits,
)
