"""Checkpoints of series for the tests of people's own tables: untrained, of few sequences, and tables of those."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from app_fixtures import forget_app
from series_fixtures import labelled

import seqdisent
from seqdisent.data import SequenceDataset, Source
from seqdisent.data.timeseries import waves
from seqdisent.data.timeseries.normalise import in_units
from seqdisent.data.timeseries.windows import series_spec
from seqdisent.media.timeseries import step_seconds
from seqdisent.nn.config import FrameConfig
from seqdisent.spec import Variable

KNOWN = 40
AIR = series_spec(
    24,
    3,
    (
        Variable("PM2.5", "µg/m³", 3.9, 1.1, log=True),
        Variable("TEMP", "°C", 13.4, 11.2),
        Variable("PRES", "hPa", 1010.6, 10.4),
        Variable("WSPM", "m/s", 0.9, 0.4, log=True),
    ),
    name="air-quality",
    title="Air",
    factors=waves.SPEC.factors,
    splits=(("train", 0), ("test", KNOWN)),
    source=Source("", "MIT", "tests"),
)
DAYS = np.datetime64("2016-01-01") + 3 * np.arange(KNOWN)


def airy() -> SequenceDataset:
    """Days that begin at midnight, of four variables with units."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(KNOWN, 3, 24, 4)).clip(-2, 2)
    x[rng.random(x.shape) < 0.04] = np.nan
    labels = {
        f.name: np.zeros(KNOWN if f.kind == "static" else (KNOWN, 3), np.int64) for f in AIR.factors
    }
    static, dynamic = (
        {f.name: labels[f.name] for f in part} for part in (AIR.static_factors, AIR.dynamic_factors)
    )
    return SequenceDataset(AIR, x.astype(np.float32), static, dynamic, starts=DAYS)


def tiny() -> SequenceDataset:
    """Sequences of two to six windows, one variable of which is an amount, so not negative."""
    known = labelled(KNOWN, 0)
    known.frames[..., 1] = known.frames[..., 1].clip(-2)
    return known


DATA = {
    "waves": waves.load_split("test").select(np.arange(KNOWN)),
    "tiny": tiny(),
    "air-quality": airy(),
}
PICTURES = "dsvae-sprites"
NAMES = {"waves": "dbse-waves", "tiny": "dbse-tiny", "air-quality": "dbse-air-quality"}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a small untrained checkpoint of each, and of pictures."""
    folder = tmp_path_factory.mktemp("checkpoints")
    specs = {name: DATA[data].spec for data, name in NAMES.items()} | {
        PICTURES: seqdisent.dataset_spec("sprites")
    }
    for name, spec in specs.items():
        torch.manual_seed(0)
        frame = FrameConfig("mlp", width=8, features=32)
        config = seqdisent.models.model_class("dbse").Config(
            static_size=8, dynamic_size=4, hidden=16, frame=frame
        )
        if spec.modality == "video":
            config = replace(config, frame=FrameConfig("space-to-depth", width=8, features=32))
        model = seqdisent.build_model("dbse", spec, config)
        seqdisent.save_checkpoint(folder / name, model, kind="dbse", recipe={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQDISENT_CHECKPOINTS", str(folder))
        patch.setenv("SEQDISENT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(seqdisent, "load_dataset", lambda name, split: DATA[name])
        from demo.core import catalog as store

        patch.setattr(store, "is_ready", lambda name: name in DATA)
        forget_app()
        yield folder
    forget_app()


def frame(data: str, index: int, *, dates: bool = True) -> pd.DataFrame:
    """A test sequence as a table in units, with or without times."""
    known = DATA[data]
    x = known.frames[index, : known.steps[index]].reshape(-1, len(known.spec.variables))
    table = pd.DataFrame(
        in_units(x, known.spec.variables), columns=[v.name for v in known.spec.variables]
    )
    if dates:
        start = DAYS[index] if known.starts is not None else np.datetime64("2020-02-28")
        step = pd.Timedelta(seconds=step_seconds(known.spec))
        table.insert(0, "when", pd.date_range(start, periods=len(table), freq=step))
    return table


def written(table: pd.DataFrame, **how) -> bytes:
    """A table as a file."""
    buffer = io.BytesIO()
    table.to_csv(buffer, index=False, **how)
    return buffer.getvalue()
