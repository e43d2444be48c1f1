"""ETTh1: loads and oil temperature of an electricity transformer, hourly, July 2016 to June 2018 (Zhou et al. 2021).

A sequence is 28 days of six loads, a window a day; the target is each day's mean oil temperature, which no model sees.

- ``etth1``: twelve months of thirty days for training, four for validation, four for test, in order of time, as its
  authors split it; a sequence begins on every day of a split and ends in it.
- ``etth1-interleaved`` also tests on weeks between those of training: loads of one winter do not predict the
  temperature of the next.
- ``etth1-published``: as in the released code of DBSE, the first 28 days of each calendar month; the six months of
  2016 are test, the seventeen of 2017 and 2018 training and validation, shuffled 85/15 (the order is ours: theirs
  depends on the state of a generator). It tests on 6 sequences and trains on 14.

The released code pairs temperatures with other days; here both come from one table by one index.
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


def _published() -> Runs:
    """The first 28 days of every month: those of 2016 are test, the others training and validation."""
    first_day = np.datetime64("2016-07-01")
    months = np.arange("2016-07", "2018-06", dtype="M8[M]")  # June 2018 ends after 26 days
    starts = (months.astype("M8[D]") - first_day).astype(int)
    tested = months < np.datetime64("2017-01")
    shuffled = starts[~tested][np.random.RandomState(0).permutation((~tested).sum())]
    train = int(0.85 * len(shuffled))
    parts = {"train": shuffled[:train], "validation": shuffled[train:], "test": starts[tested]}
    return {
        split: tuple((start, start + DAYS) for start in sorted(part.tolist()))
        for split, part in parts.items()
    }


PUBLISHED = _published()
VARIABLES = (
    Variable("HUFL", "", 7.9377, 5.8127),
    Variable("HULL", "", 2.021, 2.0901),
    Variable("MUFL", "", 5.0798, 5.5188),
    Variable("MULL", "", 0.7462, 1.9264),
    Variable("LUFL", "", 2.7818, 1.0235),
    Variable("LULL", "", 0.7885, 0.6302),
)
PUBLISHED_VARIABLES = (
    Variable("HUFL", "", 6.159, 7.5757),
    Variable("HULL", "", 1.6608, 1.9504),
    Variable("MUFL", "", 3.1373, 7.4494),
    Variable("MULL", "", 0.2867, 1.7291),
    Variable("LUFL", "", 3.0584, 1.1358),
    Variable("LULL", "", 0.8974, 0.4825),
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
PUBLISHED_SPEC = replace(
    SPEC,
    name="etth1-published",
    title="Transformer ETTh1, published split",
    splits=_counts(PUBLISHED),
    variables=PUBLISHED_VARIABLES,
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
ETTH1_PUBLISHED = DownloadedSource(
    PUBLISHED_SPEC, partial(load_split, PUBLISHED_SPEC, PUBLISHED), ready, get
)
