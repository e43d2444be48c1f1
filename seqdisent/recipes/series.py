"""Recipes of time series."""

from __future__ import annotations

from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.frames import FrameConfig
from seqdisent.recipes.recipe import Recipe, by_name
from seqdisent.schedule import TrainConfig

FRAME = FrameConfig(kind="mlp", width=16, features=64)


def dbse_waves() -> Recipe:
    """DBSE on made-up series, which need no download."""
    config = DBSEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dbse", "waves", config, TrainConfig(2000, batch_size=32))


def dbse_air_quality() -> Recipe:
    """DBSE on months of air in Beijing."""
    config = DBSEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dbse", "air-quality", config, TrainConfig(2000, batch_size=32))


def dsvae_air_quality() -> Recipe:
    """DSVAE, full q, on months of air in Beijing."""
    config = DSVAEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dsvae", "air-quality", config, TrainConfig(2000, batch_size=32))


def dbse_air_quality_days() -> Recipe:
    """DBSE on days of air in Beijing."""
    config = DBSEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dbse", "air-quality-days", config, TrainConfig(2000, batch_size=32))


def dbse_etth1() -> Recipe:
    """DBSE on the loads of a transformer."""
    config = DBSEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dbse", "etth1", config, TrainConfig(2000, batch_size=32))


def dbse_physionet2012() -> Recipe:
    """DBSE on stays in intensive care."""
    config = DBSEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dbse", "physionet2012", config, TrainConfig(2000, batch_size=32))


def dbse_csv() -> Recipe:
    """DBSE on your own tables (`seqdisent data csv`)."""
    config = DBSEConfig(static_size=8, dynamic_size=8, hidden=64, frame=FRAME)
    return Recipe("dbse", "csv", config, TrainConfig(2000, batch_size=32))


RECIPES = by_name(
    dbse_waves, dbse_air_quality, dsvae_air_quality, dbse_air_quality_days, dbse_etth1, dbse_physionet2012,
    dbse_csv,
)
