"""Series for the tests: small files in the publishers' layout, whose every value is known, and a small data set."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import torch

import seqdisent
from seqdisent.data import Factor, SequenceDataset, Source
from seqdisent.data.timeseries import air_quality
from seqdisent.data.timeseries.windows import series_spec
from seqdisent.evaluation.downstream_tasks import Task
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.spec import Variable

FIRST, DAYS = (
    np.datetime64("2013-03-01"),
    1461,
)  # as published, so the splits are those of the whole data
HELD = ("Dongsi", "Wanliu")  # the stations of the small archive
SEEN = (0, 7, 23)  # hours of its days that have a row
COMPASS = [
    "N",
    "NNE",
    "NE",
    "ENE",
    "E",
    "ESE",
    "SE",
    "SSE",
    "S",
    "SSW",
    "SW",
    "WSW",
    "W",
    "WNW",
    "NW",
    "NNW",
]
AIR = "beijing-air-quality.zip"


def air(station: int, hour: np.ndarray, column: int) -> np.ndarray:
    """What the small archive says, in units, of a column at hours since the first; NaN where it says nothing."""
    value = (hour * 7 + column * 31 + station * 101) % 997 / 10 + 1
    gone = (hour + 3 * column + station) % 11 == 0
    written = np.isin(hour % 24, SEEN) & (air_quality.STATIONS[station] in HELD)
    return np.where(written & ~gone, value, np.nan)


def rain(station: int, hour: np.ndarray) -> np.ndarray:
    """Millimetres: dry, a tenth, and three tenths in two showers; every seventh day nobody measured."""
    day, of_day = hour // 24, hour % 24
    fallen = np.where(of_day == 7, 0.1 * (day % 3 > 0), 0.2 * ((of_day == 23) & (day % 3 == 2)))
    gone = (day % 7 == 0) | ((of_day == 0) & (day % 2 == 0)) | ~np.isin(of_day, SEEN)
    return np.where(gone, np.nan, fallen)


def wind(hour: np.ndarray) -> np.ndarray:
    """Index in :data:`COMPASS`, or -1."""
    return np.where(hour % 5 == 0, -1, (hour * 3 + hour // 24) % 16)


def write_air(path: Path, *, nested: bool = False) -> None:
    """The archive; ``nested`` as UCI serves it, a zip in a zip with other files beside it."""
    hour = (np.arange(DAYS)[:, None] * 24 + SEEN).ravel()
    time = pd.DatetimeIndex(FIRST.astype("M8[h]") + hour)
    folder, held = "PRSA_Data_20130301-20170228", io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr(f"{folder}/", "")
        for name in HELD:
            station = air_quality.STATIONS.index(name)
            at = dict(zip(air_quality.COLUMNS, range(10), strict=True))
            column = lambda c, at=at, station=station: air(station, hour, at[c]).round(1)
            table = pd.DataFrame(
                {
                    "No": hour + 1,
                    "year": time.year,
                    "month": time.month,
                    "day": time.day,
                    "hour": time.hour,
                    **{c: column(c) for c in air_quality.COLUMNS[:9]},
                    "RAIN": rain(station, hour).round(1),
                    "wd": [COMPASS[w] if w >= 0 else None for w in wind(hour)],
                    "WSPM": column("WSPM"),
                    "station": name,
                }
            )
            zipped.writestr(
                f"{folder}/PRSA_Data_{name}_20130301-20170228.csv",
                table.to_csv(index=False, na_rep="NA"),
            )
    if not nested:
        path.write_bytes(held.getvalue())
        return
    with ZipFile(path, "w") as outer:
        outer.writestr("PRSA2017_Data_20130301-20170228.zip", held.getvalue())
        outer.writestr("data.csv", "year,AirPassengers\n")


def write_transformer(path: Path) -> None:
    """ETTh1.csv: HUFL is twice the oil temperature of the same hour and three, HULL the day, MUFL the hour."""
    hours = np.arange(17_420)
    warm = np.random.default_rng(0).normal(20, 10, len(hours))
    pd.DataFrame(
        {
            "date": pd.date_range("2016-07-01", periods=len(hours), freq="h"),
            "HUFL": 2 * warm + 3,
            "HULL": hours // 24,
            "MUFL": hours % 24,
            "MULL": 0.0,
            "LUFL": 1.0,
            "LULL": 2.0,
            "OT": warm,
        }
    ).to_csv(path, index=False)


def measured(minutes: int, parameter: str, value: float) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02},{parameter},{value:g}\n"


def stay(record: int, text: str, *, icu: int = 3, age: float = 54) -> str:
    """A stay as PhysioNet writes it: who it is, then what was measured."""
    about = {
        "RecordID": record,
        "Age": age,
        "Gender": 0,
        "Height": -1,
        "ICUType": icu,
        "Weight": -1,
    }
    return "Time,Parameter,Value\n" + "".join(measured(0, k, v) for k, v in about.items()) + text


def every_hour(hours: int, values: dict[str, float]) -> str:
    """The same variables hour by hour, each value a tenth more than an hour before."""
    return "".join(
        measured(60 * h + 5, name, value + h / 10)
        for h in range(hours)
        for name, value in values.items()
    )


def write_stays(
    folder: Path, which: str, stays: dict[int, str], died: dict[int, int]
) -> dict[str, str]:
    """Both files of a set; their checksums."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / f"set-{which}.tar.gz", "w:gz") as tar:
        for record in sorted(stays, reverse=True):  # an archive need not be in order
            content = stays[record].encode()
            about = tarfile.TarInfo(f"set-{which}/{record}.txt")
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    rows = [f"{r},6,1,5,-1,{d}" for r, d in sorted(died.items())]
    outcomes = (
        "\n".join(["RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death", *rows]) + "\n"
    )
    (folder / f"Outcomes-{which}.txt").write_text(outcomes)
    return {
        name: digest(folder / name) for name in (f"set-{which}.tar.gz", f"Outcomes-{which}.txt")
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# -- a data set of six windows of four steps of three variables, for models and heads ------------

TINY = series_spec(
    4,
    6,
    (Variable("a", "mm", 1.0, 2.0), Variable("b", "", 0.5, 0.25, log=True), Variable("c")),
    name="tiny",
    title="Tiny",
    source=Source("", "MIT", "tests"),
    splits=(("train", 60), ("validation", 30), ("test", 30)),
    factors=(
        Factor("kind", "static", ("one", "two", "three")),
        Factor("size", "static", unit="m"),
        Factor("state", "dynamic", ("off", "on")),
        Factor("warmth", "dynamic", unit="°C"),
    ),
)
KIND, STATE = Task("kind", "static", ("accuracy",)), Task("state", "both", ("accuracy",))
SIZE, WARMTH = Task("size", "both", ("MAE",)), Task("warmth", "both", ("MAE",))
SMALL = {"static_size": 5, "dynamic_size": 3, "hidden": 8}
MLP, MODULATED = FrameConfig("mlp", 2, 10), FrameConfig("modulated", 2, 10)
# One table drives every contract: name -> (model, config).
VARIANTS = {
    "dsvae-factorised": ("dsvae", DSVAEConfig(q="factorised", frame=MLP, **SMALL)),
    "dsvae-full": ("dsvae", DSVAEConfig(q="full", frame=MODULATED, **SMALL)),
    "dsvae-presence": ("dsvae", DSVAEConfig(presence_weight=0.5, frame=MLP, **SMALL)),
    "dbse": ("dbse", DBSEConfig(frame=MLP, **SMALL)),
    "dbse-presence": (
        "dbse",
        DBSEConfig(presence_weight=1.0, frame=MODULATED, static_path="pooled", **SMALL),
    ),
    "dbse-agreeing": (
        "dbse",
        DBSEConfig(
            frame=MLP,
            random_anchor=True,
            agreement_weight=1.0,
            swap_weight=0.5,
            anchor_rule="mean",
            **SMALL,
        ),
    ),
    "dbse-largest": ("dbse", DBSEConfig(frame=MLP, anchor_rule="largest", **SMALL)),
}


def build(variant: str) -> seqdisent.SequentialVAE:
    """A small untrained model of the tiny data set, the same at every call."""
    torch.manual_seed(0)
    name, config = VARIANTS[variant]
    return seqdisent.build_model(name, TINY, config).eval()


def labelled(n: int, seed: int) -> SequenceDataset:
    """Sequences whose first value of every window is large when the state is on, and last one tells the kind."""
    rng = np.random.default_rng(seed)
    kind, state = rng.integers(0, 3, n), rng.integers(0, 2, (n, 6))
    x = rng.normal(size=(n, 6, 4, 3))
    x[:, :, 0, 0], x[:, :, 3, 2] = (
        4 * state + 0.1 * x[:, :, 0, 0],
        4 * kind[:, None] + 0.1 * x[:, :, 3, 2],
    )
    x[rng.random(x.shape) < 0.05] = np.nan
    steps = rng.integers(2, 7, n)
    past = np.arange(6) >= steps[:, None]
    x[past] = np.nan
    warmth = np.where(
        past | (rng.random((n, 6)) < 0.2), np.nan, state + rng.normal(size=(n, 6)) / 20
    )
    state = np.where(past | (rng.random((n, 6)) < 0.2), -1, state)
    size = np.where(np.arange(n) % 5 == 0, np.nan, kind * 2.5)
    return SequenceDataset(
        TINY,
        x.astype(np.float32),
        {"kind": kind, "size": size},
        {"state": state, "warmth": warmth},
        lengths=steps,
        source=np.arange(n) // 3,
    )
