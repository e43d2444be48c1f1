"""Recipes of time series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.models.vast import VASTConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.recipes.base import Recipe, by_name
from seqdisent.training.config import TrainConfig

FRAME = FrameConfig(kind="mlp", width=32, features=128)


def _vast(dataset: str, steps: int, learning_rate: float = 1e-3, **settings: Any) -> Recipe:
    """VAST whose anchor is any window: a random one in training, the mean over all of them afterwards.

    With a fixed first day as anchor, as DBSE has it, the static code holds that day's weather; its authors choose
    another day for each data set.

    Args:
        settings: of :class:`VASTConfig`, instead of those that all series share.
    """
    shared: dict[str, Any] = {
        "static_size": 16,
        "dynamic_size": 8,
        "hidden": 64,
        "static_weight": 0.3,
        "anchor_rule": "mean",
        "random_anchor": True,
        "frame": FRAME,
    }
    config = VASTConfig(**{**shared, **settings})
    train = TrainConfig(steps, batch_size=32, learning_rate=learning_rate)
    return Recipe("vast", dataset, config, train)


def vast_waves() -> Recipe:
    """VAST on simulated series, which need no download."""
    return _vast(
        "waves",
        2500,
        static_size=8,
        dynamic_size=16,
        static_weight=1.0,
        dynamic_weight=0.5,
        agreement_weight=3.0,
    )


def vast_air_quality() -> Recipe:
    """VAST on months of air in Beijing."""
    return _vast("air-quality", 1500)


def dsvae_air_quality() -> Recipe:
    """DSVAE, full q, on months of air in Beijing."""
    config = DSVAEConfig(static_size=16, dynamic_size=8, hidden=64, static_weight=0.3, frame=FRAME)
    return Recipe("dsvae", "air-quality", config, TrainConfig(1500, batch_size=32))


def vast_air_quality_days() -> Recipe:
    """VAST on days of air in Beijing."""
    return _vast("air-quality-days", 3000)


def _etth1(dataset: str) -> Recipe:
    return _vast(dataset, 1500, static_size=8, static_weight=1.0)


def vast_etth1() -> Recipe:
    """VAST on the loads of a transformer."""
    return _etth1("etth1")


def vast_etth1_interleaved() -> Recipe:
    """VAST on the loads of a transformer, tested on weeks between those of training."""
    return _etth1("etth1-interleaved")


def vast_etth1_published() -> Recipe:
    """VAST on the loads of a transformer, by calendar months as published."""
    return _etth1("etth1-published")


def _physionet(dataset: str) -> Recipe:
    return _vast(dataset, 4000, 3e-3, presence_weight=1.0)


def vast_physionet2012() -> Recipe:
    """VAST on stays in intensive care, which also predicts what was measured."""
    return _physionet("physionet2012")


def vast_physionet2012_published() -> Recipe:
    """VAST on stays in intensive care, split as published."""
    return _physionet("physionet2012-published")


def _physionet_tested_on(part: str) -> Callable[[], Recipe]:
    def recipe() -> Recipe:
        return _physionet(f"physionet2012-{part}")

    recipe.__name__ = f"vast_physionet2012_{part}"
    recipe.__doc__ = f"VAST on stays in intensive care of set a, tested on set {part}."
    return recipe


def vast_csv() -> Recipe:
    """VAST on your own tables (`seqdisent data csv`)."""
    return _vast("csv", 2000)


RECIPES = by_name(
    vast_waves,
    vast_air_quality,
    dsvae_air_quality,
    vast_air_quality_days,
    vast_etth1,
    vast_etth1_interleaved,
    vast_etth1_published,
    vast_physionet2012,
    vast_physionet2012_published,
    _physionet_tested_on("b"),
    _physionet_tested_on("c"),
    vast_csv,
)
