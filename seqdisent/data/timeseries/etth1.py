"""ETTh1: loads and oil temperature of an electricity transformer, hourly, July 2016 to June 2018 (Zhou et al. 2021).

A sequence is 28 days of six loads, a window a day; the target is each day's mean oil temperature, which no model sees.
Twelve months are for training, four for validation, four for test, in order of time, as its authors split it; a
sequence begins on every day of a split and ends in it. Loads of one winter do not predict the temperature of the next,
so ``etth1-interleaved`` also tests on weeks between those of training. The released DBSE code pairs temperatures with
other days; here both come from one table by one index.
"""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import data_root, fetch, verify
from seqdisent.data.source import DownloadedSource, Progress, Root
from seqdisent.data.timeseries.windows import MONTHS, sequences, series_spec
from seqdisent.spec import DatasetSpec, Factor, Source, Variable

COMMIT = "1d16c8f4f943005d613b5bc962e9eeb06058cf07"
FILE = "ETTh1.csv"
CHECKSUMS = {FILE: "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066"}
DAYS, HOURS = 28, 24
TARGET = "OT"
Runs = dict[str, tuple[tuple[int, int], ...]]
# Runs of days from the first: months of thirty days, as in Zhou et al.
CHRONOLOGICAL: Runs = {"train": ((0, 360),), "validation": ((360, 480),), "test": ((480, 600),)}
# Of every twenty weeks, twelve for training, four for validation, four for test.
_TWENTY = range(0, 700, 5 * DAYS)
INTERLEAVED: Runs = {
    "train": tuple((at, at + 3 * DAYS) for at in _TWENTY),
    "validation": tuple((at + 3 * DAYS, at + 4 * DAYS) for at in _TWENTY),
    "test": tuple((at + 4 * DAYS, at + 5 * DAYS) for at in _TWENTY),
}
VARIABLES = (
    Variable("HUFL", "", 7.9377, 5.8127),
    Variable("HULL", "", 2.021, 2.0901),
    Variable("MUFL", "", 5.0798, 5.5188),
    Variable("MULL", "", 0.7462, 1.9264),
    Variable("LUFL", "", 2.7818, 1.0235),
    Variable("LULL", "", 0.7885, 0.6302),
)


def _counts(runs: Runs) -> tuple[tuple[str, int], ...]:
    return tuple(
        (split, sum(end - first - DAYS + 1 for first, end in found))
        for split, found in runs.items()
    )


SPEC = series_spec(
    HOURS,
    DAYS,
    VARIABLES,
    name="etth1",
    title="Transformer ETTh1",
    factors=(Factor("month", "static", MONTHS), Factor("oil temperature", "dynamic", unit="°C")),
    source=Source(
        url=f"https://raw.githubusercontent.com/zhouhaoyi/ETDataset/{COMMIT}/ETT-small/",
        licence="CC-BY-ND 4.0",
        credit="Haoyi Zhou et al., ETDataset",
        download_bytes=2_589_657,
    ),
    splits=_counts(CHRONOLOGICAL),
)
INTERLEAVED_SPEC = replace(
    SPEC,
    name="etth1-interleaved",
    title="Transformer ETTh1, splits interleaved",
    splits=_counts(INTERLEAVED),
)


def ready(root: Root = None) -> None:
    """Raise :class:`~seqdisent.data.download.DataNotReady` unless the file is there and whole."""
    verify(data_root(root), CHECKSUMS, SPEC.name, own_folder=False)


def get(root: Root = None, progress: Progress | None = None) -> int:
    """Download the file if it is not there."""
    return fetch(SPEC.name, SPEC.source.url, CHECKSUMS, data_root(root), progress)


def load_split(spec: DatasetSpec, runs: Runs, split: str, root: Root = None) -> SequenceDataset:
    """Runs of 28 days; ``x`` is ``[B, 28, 24, 6]``."""
    ready(root)
    table = pd.read_csv(io.BytesIO((data_root(root) / FILE).read_bytes()), parse_dates=["date"])
    days = len(table) // HOURS
    table = table.iloc[: days * HOURS]
    loads = table[[v.name for v in VARIABLES]].to_numpy(np.float32).reshape(days, HOURS, -1)
    daily_mean = table[TARGET].to_numpy(np.float64).reshape(days, HOURS).mean(1)
    date = table["date"].to_numpy()[::HOURS].astype("M8[D]")

    starts = np.concatenate([np.arange(first, end - DAYS + 1) for first, end in runs[split]])
    rows = starts[:, None] + np.arange(DAYS)
    middle = date[starts + DAYS // 2]
    labels = {"month": middle.astype("M8[M]").astype(int) % 12, "oil temperature": daily_mean[rows]}
    titles = np.array([f"28 days from {day}" for day in date[starts].astype(str)])
    # Runs that share days are not independent: four weeks are a source.
    return sequences(
        spec, loads[rows], labels, source=starts // DAYS, titles=titles, starts=date[starts]
    )


ETTH1 = DownloadedSource(SPEC, partial(load_split, SPEC, CHRONOLOGICAL), ready, get)
ETTH1_INTERLEAVED = DownloadedSource(
    INTERLEAVED_SPEC, partial(load_split, INTERLEAVED_SPEC, INTERLEAVED), ready, get
)
