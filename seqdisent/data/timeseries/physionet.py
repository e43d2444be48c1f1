"""PhysioNet 2012: the first 48 hours of stays in intensive care (Silva et al. 2012; Goldberger et al. 2000).

Ten variables, hour by hour, in windows of four hours, padded to 80 hours as in the papers (GLR, DBSE). Stays with more
than 60 % of the values missing or fewer than 40 hours are left out. The heart rate is a label only.

- ``physionet2012``: set a, hours counted from admission, one stay in five at random for test; 1,784 stays are kept.
- ``physionet2012-published``: set a as in the released code of DBSE. Hours are counted from the first measurement of
  any parameter; an hour holds its end and not its beginning; the last, incomplete one is dropped. The first fifth of
  the record ids is test, the rest is shuffled 80/20 (the order is ours). 1,856 stays are kept.
- ``physionet2012-b`` and ``-c``: trained on set a and tested on all of set b or c, hours counted from admission.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import data_root, fetch, verify
from seqdisent.data.source import SPLITS, DownloadedSource, Progress, Root
from seqdisent.data.timeseries.windows import (
    sequences,
    series_spec,
)
from seqdisent.io import Arrays, cached_arrays
from seqdisent.spec import DatasetSpec, Factor, Source, Variable

FOLDER = "physionet2012"
CHECKSUMS = {
    "set-a.tar.gz": "f817d02c5b35cccbf97842896c7f3c6c0b7a5af939fa2f65c7223a64a98128da",
    "set-b.tar.gz": "ae6b8ab625f239782673c230272a5e9b01b8092f0d87ce100c411438f5ac0571",
    "set-c.tar.gz": "0d8f6cd34989fd6a465faa104f6ec64b40ba544fb85d04dcc1467cc8cbdd2c34",
    "Outcomes-a.txt": "2613ea60ccda29f87571a7d6b09ad130858a8ccd66325bd073365925026883c2",
    "Outcomes-b.txt": "1305f29734da374a809483229a99f33a9230aa8d4fa74b1a2d6ad788136423d5",
    "Outcomes-c.txt": "0b32dcb7753c0f18f2f5fde498a28618b8879c5e527ce0dae8ad120dd7e205c9",
}
WINDOW, WINDOWS, HOURS = 4, 20, 49  # the last measurements are at 48:00
MISSING, SHORTEST = 0.6, 40
PULSE = "HR"
Clock = Literal["admission", "first measurement"]
Parts = dict[str, np.ndarray]
# What the files state about a patient at 00:00, which is no measurement.
DESCRIPTION = ("RecordID", "Age", "Gender", "Height", "ICUType", "Weight")
# Values outside are slips of a sensor or a pen: a blood pressure of 0, a temperature of -17.8.
PLAUSIBLE = {
    "DiasABP": (10, 200),
    "GCS": (3, 15),
    "HCT": (5, 75),
    "MAP": (20, 250),
    "NIDiasABP": (10, 200),
    "NIMAP": (20, 250),
    "NISysABP": (30, 300),
    "RespRate": (2, 80),
    "SysABP": (30, 300),
    "Temp": (28, 43),
}
COLUMNS = tuple(PLAUSIBLE)
ICUS = ("coronary", "cardiac surgery", "medical", "surgical")
VARIABLES = (
    Variable("DiasABP", "mmHg", 59.3245, 12.2768),
    Variable("GCS", "points", 11.7289, 3.9311),
    Variable("HCT", "%", 30.5621, 4.8774),
    Variable("MAP", "mmHg", 79.4067, 15.4719),
    Variable("NIDiasABP", "mmHg", 57.4745, 14.499),
    Variable("NIMAP", "mmHg", 76.1562, 14.4942),
    Variable("NISysABP", "mmHg", 118.05, 21.1798),
    Variable("RespRate", "breaths/min", 19.5961, 5.4061),
    Variable("SysABP", "mmHg", 119.2745, 22.7935),
    Variable("Temp", "°C", 37.1261, 0.8517),
)
PUBLISHED_VARIABLES = (
    Variable("DiasABP", "mmHg", 59.3, 12.211),
    Variable("GCS", "points", 11.6631, 3.9417),
    Variable("HCT", "%", 30.5267, 4.7946),
    Variable("MAP", "mmHg", 79.638, 15.321),
    Variable("NIDiasABP", "mmHg", 57.411, 14.458),
    Variable("NIMAP", "mmHg", 76.304, 14.496),
    Variable("NISysABP", "mmHg", 118.234, 21.327),
    Variable("RespRate", "breaths/min", 19.7636, 5.3956),
    Variable("SysABP", "mmHg", 120.052, 22.872),
    Variable("Temp", "°C", 37.1543, 0.8429),
)

SPEC = series_spec(
    WINDOW,
    WINDOWS,
    VARIABLES,
    name="physionet2012",
    title="Intensive care",
    factors=(
        Factor("ICU", "static", ICUS),
        Factor("outcome", "static", ("survived", "died")),
        Factor("age", "static", unit="years"),
        Factor("heart rate", "dynamic", unit="beats/min"),
    ),
    source=Source(
        url="https://physionet.org/files/challenge-2012/1.0.0/",
        licence="ODC-BY 1.0",
        credit="PhysioNet/Computing in Cardiology Challenge 2012",
        download_bytes=20_114_204,
    ),
    splits=(("train", 1249), ("validation", 178), ("test", 357)),
    rate_hz=1 / (3600 * WINDOW),
    identity=("ICU",),
)
PUBLISHED_SPEC = replace(
    SPEC,
    name="physionet2012-published",
    title="Intensive care, published split",
    splits=(("train", 1188), ("validation", 297), ("test", 371)),
    variables=PUBLISHED_VARIABLES,
)


def ready(root: Root = None) -> None:
    """Raise :class:`~seqdisent.data.download.DataNotReady` unless all files are there and whole."""
    verify(data_root(root) / FOLDER, CHECKSUMS, SPEC.name)


def get(root: Root = None, progress: Progress | None = None) -> int:
    """Download the files that are not there."""
    return fetch(SPEC.name, SPEC.source.url, CHECKSUMS, data_root(root) / FOLDER, progress)


def stays(name: str, root: Root = None, clock: Clock = "admission") -> Arrays:
    """All stays of set ``"a"``, ``"b"`` or ``"c"``, see :func:`parse`."""
    ready(root)
    archive = data_root(root) / FOLDER / f"set-{name}.tar.gz"
    outcomes = data_root(root) / FOLDER / f"Outcomes-{name}.txt"
    key = f"physionet-2-{clock.replace(' ', '-')}-{CHECKSUMS[archive.name][:16]}"
    return cached_arrays("series", key, lambda: parse(archive, outcomes, clock))


def parse(archive: Path, outcomes: Path, clock: Clock) -> Arrays:
    """A set from its files.

    Args:
        clock: from when hours are counted.

    Returns:
        ``values [N, 49, 10]`` in units, the mean of each hour; ``hours [N]``, how many there are; ``record [N]``;
        labels ``[N]`` (``pulse [N, 49]``).
    """
    record, table = _read(archive)
    about = (
        table[table["parameter"].isin(["ICUType", "Age"])]
        .groupby(["stay", "parameter"])["value"]
        .first()
        .unstack()
        .reindex(np.arange(len(record)))
    )
    if clock == "admission":
        table = table.assign(hour=table["minute"] // 60)
        available = np.full(len(record), HOURS)
    else:
        table, available = _from_first_measurement(table, len(record))

    names = [*COLUMNS, PULSE]
    inside = (table["hour"] >= 0) & (table["hour"] < available[table["stay"]])
    table = table[table["parameter"].isin(names) & inside]
    bounds = {**PLAUSIBLE, PULSE: (10, 300)}
    low, high = (table["parameter"].map({n: b[end] for n, b in bounds.items()}) for end in (0, 1))
    table = table[table["value"].between(low, high)]
    mean = table.groupby(["stay", "hour", "parameter"], sort=False)["value"].mean()
    values = np.full((len(record), HOURS, len(names)), np.nan, np.float32)
    stay, hour, parameter = (mean.index.get_level_values(i) for i in range(3))
    values[stay, hour, parameter.map({n: i for i, n in enumerate(names)})] = mean.to_numpy()

    died = pd.read_csv(outcomes).set_index("RecordID")["In-hospital_death"].reindex(record)
    hours = _last_hour(values[..., :-1]) if clock == "admission" else available
    return {
        "record": record,
        "values": values[..., :-1],
        "hours": hours,
        "pulse": values[..., -1],
        "died": died.fillna(-1).to_numpy(np.int64),
        "icu": about["ICUType"].fillna(0).to_numpy(np.int64) - 1,
        "age": about["Age"].where(about["Age"] > 0).to_numpy(np.float64),
    }


def _read(archive: Path) -> tuple[np.ndarray, pd.DataFrame]:
    """Record ids ``[N]``, ascending, and the lines of all files: stay, minute, parameter, value."""
    with tarfile.open(archive) as tar:
        texts: dict[int, bytes] = {}
        for member in tar:
            file = tar.extractfile(member) if member.name.endswith(".txt") else None
            if file is not None:
                texts[int(Path(member.name).stem)] = file.read()
    record = np.array(sorted(texts))
    lines = [texts[number] for number in record]
    table = pd.read_csv(
        io.BytesIO(b"".join(lines)),
        header=None,
        names=["time", "parameter", "value"],
        dtype=str,
        na_filter=False,
    )
    table["stay"] = np.repeat(np.arange(len(record)), [text.count(b"\n") for text in lines])
    table = table[table["time"] != "Time"]
    time = table["time"].str.split(":")
    table = table.assign(
        minute=60 * time.str[0].astype(int) + time.str[1].astype(int),
        value=pd.to_numeric(table["value"], errors="coerce").astype(np.float32),
    )
    return record, table


def _from_first_measurement(table: pd.DataFrame, stays: int) -> tuple[pd.DataFrame, np.ndarray]:
    """The table with hours counted as in the released code of DBSE, and how many hours each stay has ``[N]``.

    There ``pandas.cut`` bins at ``arange(first, last, 60)`` minutes, closed on the right.
    """
    described = (table["minute"] == 0) & table["parameter"].isin(DESCRIPTION)
    minute = table["minute"][~described].groupby(table["stay"][~described])
    first, last = (
        found.reindex(range(stays), fill_value=0) for found in (minute.min(), minute.max())
    )
    since = table["minute"] - first.to_numpy()[table["stay"]]
    # An hour holds its end and not its beginning: minute 60 is in hour 0, minute 0 in none.
    hour = (since - 1) // 60
    edges = np.ceil((last - first) / 60).to_numpy(int)
    return table.assign(hour=hour), np.maximum(edges - 1, 0)


def _last_hour(values: np.ndarray) -> np.ndarray:
    """Hours until the last value, ``[N]``, of ``values [N, 49, 10]``."""
    some = np.isfinite(values).any(2)
    return np.where(some.any(1), HOURS - some[:, ::-1].argmax(1), 0)


def kept_stays(found: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Which stays are not too short nor too empty, and the hours of each: ``[n]`` rows and ``[n]``."""
    known, hours = np.isfinite(found["values"]), found["hours"]
    there = (np.arange(HOURS) < hours[:, None])[..., None]
    share = (known & there).sum((1, 2)) / np.maximum(hours, 1) / known.shape[2]
    rows = np.flatnonzero((hours >= SHORTEST) & (share >= 1 - MISSING))
    return rows, hours[rows]


def random_parts(count: int) -> Parts:
    """Positions of each split among ``count`` stays of set a, in an order of numpy's legacy seed 2012: 70/10/20 %."""
    return _parts(np.random.RandomState(2012).permutation(count), 0.7, 0.8)


def all_but_test_parts(count: int) -> Parts:
    """The same if the test split is another set: 85/15/0 %."""
    return _parts(np.random.RandomState(2012).permutation(count), 0.85, 1.0)


def published_parts(count: int) -> Parts:
    """The same as in the released code: the first fifth in the order of record ids is test, the rest shuffled 80/20."""
    tested = int(0.2 * count)
    others = tested + np.random.RandomState(2012).permutation(count - tested)
    train = int(0.8 * len(others))
    return {
        "train": np.sort(others[:train]),
        "validation": np.sort(others[train:]),
        "test": np.arange(tested),
    }


def _parts(order: np.ndarray, train: float, validation: float) -> Parts:
    """An order cut at two shares of its length."""
    ends = [round(train * len(order)), round(validation * len(order))]
    parts = (np.sort(part) for part in np.split(order, ends))
    return dict(zip(SPLITS, parts, strict=True))


def load_split(
    spec: DatasetSpec,
    split: str,
    root: Root = None,
    *,
    parts: Callable[[int], Parts],
    clock: Clock = "admission",
    test_set: str = "a",
) -> SequenceDataset:
    """Stays of a split; ``x`` is ``[B, 20, 4, 10]``, of which the windows after the stay do not exist.

    Args:
        parts: number of stays that are kept of set a -> their positions by split.
        test_set: the set that is tested on.
    """
    other_set = test_set != "a" and split == "test"
    found = stays(test_set if other_set else "a", root, clock)
    rows, hours = kept_stays(found)
    if not other_set:
        part = parts(len(rows))[split]
        rows, hours = rows[part], hours[part]
    values = np.full((len(rows), WINDOW * WINDOWS, len(COLUMNS)), np.nan, np.float32)
    pulse = np.full((len(rows), WINDOW * WINDOWS), np.nan)
    there = np.arange(HOURS) < hours[:, None]
    values[:, :HOURS][there], pulse[:, :HOURS][there] = (
        found["values"][rows][there],
        found["pulse"][rows][there],
    )
    pulse_windows = pulse.reshape(len(rows), WINDOWS, WINDOW)
    known = np.isfinite(pulse_windows).sum(2)
    labels = {
        "ICU": found["icu"][rows],
        "outcome": found["died"][rows],
        "age": found["age"][rows],
        "heart rate": np.where(known, np.nansum(pulse_windows, 2) / np.maximum(known, 1), np.nan),
    }
    titles = np.array([f"patient {number}" for number in found["record"][rows]])
    return sequences(spec, values, labels, lengths=-(-hours // WINDOW), titles=titles)


def _counts(*counts: int) -> tuple[tuple[str, int], ...]:
    return tuple(zip(SPLITS, counts, strict=True))


def _tested_on(test_set: str, tests: int) -> DownloadedSource:
    """Set a for training and validation, another set for test."""
    spec = replace(
        SPEC,
        name=f"physionet2012-{test_set}",
        title=f"Intensive care, tested on set {test_set}",
        splits=_counts(1516, 268, tests),
    )
    read = partial(load_split, spec, parts=all_but_test_parts, test_set=test_set)
    return DownloadedSource(spec, read, ready, get)


SET_A = DownloadedSource(SPEC, partial(load_split, SPEC, parts=random_parts), ready, get)
SET_B = _tested_on("b", 1797)
SET_C = _tested_on("c", 1796)
PUBLISHED = DownloadedSource(
    PUBLISHED_SPEC,
    partial(load_split, PUBLISHED_SPEC, parts=published_parts, clock="first measurement"),
    ready,
    get,
)
