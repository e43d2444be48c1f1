"""Air at twelve stations in Beijing, hourly, March 2013 to February 2017 (Zhang et al. 2017; UCI 501).

``air-quality`` has months: the first 28 days of a month at a station, a window a day, as in the papers (GLR: Tonekaboni
et al. 2022; DBSE). Test is 2016. Validation is one January, one February and so on of the other years, at all stations,
for stations breathe the same air: a month of one station is no test for the same month of another. Training has every
run of 28 days that begins and ends in one of the other months. ``air-quality-days`` has days of 24 hours, split alike.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from seqdisent.data.archive import contents, read_archive
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import DataNotReady, data_root, fetch_archive
from seqdisent.data.source import DownloadedSource, Progress, Root
from seqdisent.data.timeseries.windows import (
    MONTHS,
    sequences,
    series_spec,
)
from seqdisent.io import Arrays, cached_arrays
from seqdisent.spec import Factor, Source, Variable

ARCHIVE = "beijing-air-quality.zip"
CONTENTS = "f4c9c303bcce9d86a4cc73f978f69fbb15a00f7eb96cc22a9cffc692fb49171c"  # sha256 over the twelve tables
SUFFIX = "_20130301-20170228.csv"
STATIONS = (
    "Aotizhongxin",
    "Changping",
    "Dingling",
    "Dongsi",
    "Guanyuan",
    "Gucheng",
    "Huairou",
    "Nongzhanguan",
    "Shunyi",
    "Tiantan",
    "Wanliu",
    "Wanshouxigong",
)
WINDS = ("north", "east", "south", "west")
_COMPASS = (
    "NNW N NNE NE",
    "ENE E ESE SE",
    "SSE S SSW SW",
    "WSW W WNW NW",
)  # the sixteen directions of the tables
SEASONS = ("winter", "spring", "summer", "autumn")
TEST_YEAR = 2016
# Year by month, January first.
VALIDATION = (2015, 2014, 2014, 2015, 2013, 2014, 2015, 2013, 2014, 2015, 2013, 2014)
DAYS, HOURS = 28, 24
WET_MM = 0.1  # of rain a day; the gauges have a resolution of 0.1 mm
COLUMNS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3", "TEMP", "PRES", "DEWP", "WSPM")

VARIABLES = (
    Variable("PM2.5", "µg/m³", 3.9426, 1.0992, log=True),
    Variable("PM10", "µg/m³", 4.3015, 0.9998, log=True),
    Variable("SO2", "µg/m³", 2.3434, 1.0176, log=True),
    Variable("NO2", "µg/m³", 3.7192, 0.7936, log=True),
    Variable("CO", "µg/m³", 6.8203, 0.8387, log=True),
    Variable("O3", "µg/m³", 3.4118, 1.3307, log=True),
    Variable("TEMP", "°C", 13.4209, 11.2391),
    Variable("PRES", "hPa", 1010.5869, 10.4318),
    Variable("DEWP", "°C", 2.7233, 13.4365),
    Variable("WSPM", "m/s", 0.8925, 0.4172, log=True),
)

_LABELS = (
    Factor("month", "static", MONTHS),
    Factor("season", "static", SEASONS),
    Factor("station", "static", STATIONS),
)
_SOURCE = Source(
    url="https://archive.ics.uci.edu/static/public/501/beijing+multi+site+air+quality+data.zip",
    licence="CC-BY 4.0",
    credit="Song Chen, UCI Machine Learning Repository, data set 501",
    download_bytes=8_693_624,
)
SPEC = series_spec(
    HOURS,
    DAYS,
    VARIABLES,
    name="air-quality",
    title="Beijing air, months",
    factors=(
        *_LABELS,
        Factor("rain", "dynamic", unit="mm"),
        Factor("weather", "dynamic", ("dry", "wet")),
    ),
    source=_SOURCE,
    splits=(("train", 984), ("validation", 144), ("test", 144)),
    identity=("station",),
)
DAYS_SPEC = series_spec(
    1,
    HOURS,
    VARIABLES,
    name="air-quality-days",
    title="Beijing air, days",
    factors=(
        *_LABELS,
        Factor("rain", "static", unit="mm"),
        Factor("weather", "static", ("dry", "wet")),
        Factor("wind from", "dynamic", WINDS),
    ),
    source=_SOURCE,
    splits=(("train", 8760), ("validation", 4380), ("test", 4392)),
    identity=("station",),
    rate_hz=1 / 3600,
)


def check(path: Path) -> None:
    """Raise :class:`DataNotReady` unless ``path`` is an archive with the twelve tables of the publisher."""
    if contents(path, SUFFIX, SPEC.name) != CONTENTS:
        raise DataNotReady(
            f"{path} does not hold the tables of UCI data set 501 (half a file, or another version). "
            "Delete it and run `seqdisent data air-quality`."
        )


def hours(root: Root = None) -> Arrays:
    """Every hour there is: ``values [12, H, 10]`` in units, ``rain [12, H]`` in mm, ``wind [12, H]`` in :data:`WINDS`
    or -1, ``time [H]``."""
    path = data_root(root) / ARCHIVE
    check(path)
    return cached_arrays(
        "series", f"air-quality-1-{CONTENTS[:16]}", lambda: _parse(read_archive(path, SUFFIX))
    )


def _parse(tables: dict[str, bytes]) -> Arrays:
    columns = ["year", "month", "day", "hour", *COLUMNS, "RAIN", "wd", "station"]
    table = pd.concat(
        [pd.read_csv(io.BytesIO(content), usecols=columns) for content in tables.values()]
    )
    time = (
        pd.to_datetime(table[["year", "month", "day", "hour"]]).to_numpy().astype("datetime64[h]")
    )
    station = table["station"].map(STATIONS.index).to_numpy()
    first = time.min()
    hour = (time - first).astype(int)
    values = np.full((len(STATIONS), hour.max() + 1, len(COLUMNS) + 1), np.nan, np.float32)
    values[station, hour] = table[[*COLUMNS, "RAIN"]].to_numpy(np.float32)
    quarter = {name: number for number, names in enumerate(_COMPASS) for name in names.split()}
    wind = np.full(values.shape[:2], -1)
    wind[station, hour] = table["wd"].map(quarter).fillna(-1).to_numpy(int)
    time = first + np.arange(hour.max() + 1)
    return {"values": values[..., :-1], "rain": values[..., -1], "wind": wind, "time": time}


def _days(root: Root) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values ``[12, D, 24, 10]``, rain ``[12, D]`` in mm and the date ``[D]`` of every day."""
    found = hours(root)
    days = len(found["time"]) // HOURS
    values = found["values"][:, : days * HOURS].reshape(len(STATIONS), days, HOURS, -1)
    rain = found["rain"][:, : days * HOURS].reshape(len(STATIONS), days, HOURS)
    known = np.isfinite(rain).any(2)
    return (
        values,
        np.where(known, np.nansum(rain, 2), np.nan),
        found["time"][: days * HOURS : HOURS].astype("M8[D]"),
    )


def _wet(rain: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(rain), -1, rain >= WET_MM)


def _month_of(date: np.ndarray) -> np.ndarray:
    """Months since January of year 0, ``[D]``: 12 * year + month - 1."""
    return date.astype("M8[M]").astype(int) + 12 * 1970


def _split_of(month: np.ndarray) -> np.ndarray:
    """The split that every month belongs to."""
    validation = [12 * year + number for number, year in enumerate(VALIDATION)]
    split = np.where(np.isin(month, validation), "validation", "train")
    return np.where(month // 12 == TEST_YEAR, "test", split)


def load_months(split: str, root: Root = None) -> SequenceDataset:
    """Months of a split; ``x`` is ``[B, 28, 24, 10]``."""
    values, rain, date = _days(root)
    month = _month_of(date)
    starts = np.arange(len(date) - DAYS + 1)
    inside = month[starts] == month[starts + DAYS - 1]
    first = month[starts] != np.where(starts > 0, month[starts - 1], -1)
    starts = starts[inside & (_split_of(month[starts]) == split) & (first | (split == "train"))]
    station = np.tile(np.arange(len(STATIONS)), len(starts))
    start = np.repeat(starts, len(STATIONS))
    rows = start[:, None] + np.arange(DAYS)
    fallen = rain[station[:, None], rows]
    which = month[start]
    labels = {**_static(which, station), "rain": fallen, "weather": _wet(fallen)}
    titles = [
        f"{STATIONS[s]}, {MONTHS[m % 12]} {m // 12}" for s, m in zip(station, which, strict=True)
    ]
    return sequences(
        SPEC,
        values[station[:, None], rows],
        labels,
        source=which,
        titles=np.array(titles),
        starts=date[start],
    )


def load_days(split: str, root: Root = None) -> SequenceDataset:
    """Days of a split; ``x`` is ``[B, 24, 1, 10]``."""
    values, rain, date = _days(root)
    day = np.flatnonzero(_split_of(_month_of(date)) == split)
    station = np.tile(np.arange(len(STATIONS)), len(day))
    day = np.repeat(day, len(STATIONS))
    which, fallen = _month_of(date)[day], rain[station, day]
    wind = hours(root)["wind"][station[:, None], day[:, None] * HOURS + np.arange(HOURS)]
    labels = {**_static(which, station), "rain": fallen, "weather": _wet(fallen), "wind from": wind}
    titles = [f"{STATIONS[s]}, {d}" for s, d in zip(station, date[day].astype(str), strict=True)]
    return sequences(
        DAYS_SPEC,
        values[station, day],
        labels,
        source=which,
        titles=np.array(titles),
        starts=date[day],
    )


def _static(month: np.ndarray, station: np.ndarray) -> dict[str, np.ndarray]:
    return {"month": month % 12, "season": (month % 12 + 1) % 12 // 3, "station": station}


def _ready(root: Root = None) -> None:
    check(data_root(root) / ARCHIVE)


def _fetch(root: Root = None, progress: Progress | None = None) -> int:
    fetched = fetch_archive(SPEC.name, _SOURCE.url, data_root(root) / ARCHIVE, check)
    if progress:
        progress(1, 1)
    return fetched


MONTHLY = DownloadedSource(SPEC, load_months, _ready, _fetch)
DAILY = DownloadedSource(DAYS_SPEC, load_days, _ready, _fetch)
