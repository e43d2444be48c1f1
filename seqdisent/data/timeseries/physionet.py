"""PhysioNet 2012: the first 48 hours of stays in intensive care (Silva et al. 2012; Goldberger et al. 2000).

Ten variables, hour by hour, in windows of four hours, padded to 80 hours as in the papers (GLR, DBSE). Stays with more
than 60 % of the values missing or fewer than 40 hours are left out. The papers use set a, ``physionet2012``, of which
we test on one stay in five; ``physionet2012-b`` and ``-c`` train on set a and test on all of set b or c. The heart
rate is a label only: models do not see it.
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from functools import partial
from pathlib import Path

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
    splits=(("train", 0), ("validation", 0), ("test", 0)),
    rate_hz=1 / (3600 * WINDOW),
    identity=("ICU",),
)


def ready(root: Root = None) -> None:
    """Raise :class:`~seqdisent.data.download.DataNotReady` unless all files are there and whole."""
    verify(data_root(root) / FOLDER, CHECKSUMS, SPEC.name)


def get(root: Root = None, progress: Progress | None = None) -> int:
    """Download the files that are not there."""
    return fetch(SPEC.name, SPEC.source.url, CHECKSUMS, data_root(root) / FOLDER, progress)


def stays(name: str, root: Root = None) -> Arrays:
    """All stays of set ``"a"``, ``"b"`` or ``"c"``: ``values [N, 49, 10]`` in units, labels ``[N]`` (``pulse``
    ``[N, 49]``), and ``record [N]``."""
    ready(root)
    archive = data_root(root) / FOLDER / f"set-{name}.tar.gz"
    outcomes = data_root(root) / FOLDER / f"Outcomes-{name}.txt"
    return cached_arrays(
        "series", f"physionet-{CHECKSUMS[archive.name][:16]}", lambda: parse(archive, outcomes)
    )


def parse(archive: Path, outcomes: Path) -> Arrays:
    """A set from its files, all stays in one table: (stay, hour, parameter) -> mean of the values."""
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
    table = table.assign(
        hour=table["time"].str.split(":").str[0].astype(int),
        value=pd.to_numeric(table["value"], errors="coerce").astype(np.float32),
    )
    about = (
        table[table["parameter"].isin(["ICUType", "Age"])]
        .groupby(["stay", "parameter"])["value"]
        .first()
        .unstack()
    )
    about = about.reindex(np.arange(len(record)))

    names = [*COLUMNS, PULSE]
    table = table[table["parameter"].isin(names) & (table["hour"] < HOURS)]
    bounds = {**PLAUSIBLE, PULSE: (10, 300)}
    low, high = (table["parameter"].map({n: b[end] for n, b in bounds.items()}) for end in (0, 1))
    table = table[table["value"].between(low, high)]
    mean = table.groupby(["stay", "hour", "parameter"], sort=False)["value"].mean()
    values = np.full((len(record), HOURS, len(names)), np.nan, np.float32)
    stay, hour, parameter = (mean.index.get_level_values(i) for i in range(3))
    values[stay, hour, parameter.map({n: i for i, n in enumerate(names)})] = mean.to_numpy()

    died = pd.read_csv(outcomes).set_index("RecordID")["In-hospital_death"].reindex(record)
    return {
        "record": record,
        "values": values[..., :-1],
        "pulse": values[..., -1],
        "died": died.fillna(-1).to_numpy(np.int64),
        "icu": about["ICUType"].fillna(0).to_numpy(np.int64) - 1,
        "age": about["Age"].where(about["Age"] > 0).to_numpy(np.float64),
    }


def kept_stays(found: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Which stays are not too short nor too empty, and the hours of each: ``[n]`` rows and ``[n]``."""
    known = np.isfinite(found["values"])
    some = np.any(known, axis=2)
    hours = np.where(some.any(1), HOURS - some[:, ::-1].argmax(1), 0)
    there = (np.arange(HOURS) < hours[:, None])[..., None]
    share = (known & there).sum((1, 2)) / np.maximum(hours, 1) / known.shape[2]
    rows = np.flatnonzero((hours >= SHORTEST) & (share >= 1 - MISSING))
    return rows, hours[rows]


def _part(count: int, split: str, *, tested: bool) -> np.ndarray:
    """Positions of a split among ``count`` stays of set a, in an order of numpy's legacy seed 2012: 70/10/20 %, or,
    if the test is another set, 85/15/0 %."""
    order = np.random.RandomState(2012).permutation(count)
    train, validation = (0.7, 0.8) if tested else (0.85, 1.0)
    ends = {"train": (0, train), "validation": (train, validation), "test": (validation, 1.0)}[
        split
    ]
    return np.sort(order[round(ends[0] * count) : round(ends[1] * count)])


def load_split(test_set: str, spec: DatasetSpec, split: str, root: Root = None) -> SequenceDataset:
    """Stays of a split; ``x`` is ``[B, 20, 4, 10]``, of which the windows after the stay do not exist."""
    apart = test_set != "a"
    found = stays(test_set if split == "test" else "a", root)
    rows, hours = kept_stays(found)
    if not (apart and split == "test"):
        part = _part(len(rows), split, tested=not apart)
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


def _source(test_set: str, counts: tuple[int, int, int]) -> DownloadedSource:
    spec = replace(SPEC, splits=tuple(zip(SPLITS, counts, strict=True)))
    if test_set != "a":
        name, title = f"physionet2012-{test_set}", f"Intensive care, tested on set {test_set}"
        spec = replace(spec, name=name, title=title)
    return DownloadedSource(spec, partial(load_split, test_set, spec), ready, get)


SET_A = _source("a", (1249, 178, 357))
SET_B = _source("b", (1516, 268, 1797))
SET_C = _source("c", (1516, 268, 1796))
