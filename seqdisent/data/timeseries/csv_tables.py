"""The user's tables: one or more CSV files in ``csv`` in the data folder, or in the folder given as ``root``.

How the columns are read is guessed, and written to ``roles.json`` next to the files by ``seqdisent data csv``; it can
be corrected there. Each series is cut into windows, and runs of windows are the sequences. With ten series or more,
complete series are held out, about 80/10/10; with fewer, the last parts of each, 70/15/15 in order of time. The
normaliser is fitted on the training split. Several files are read as one table each, with the file's name as part of
the ids of its series.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.source import SPLITS, Root, UserSource
from seqdisent.data.timeseries.csv_folder import (
    MIN_WINDOWS,
    NAME,
    ROLES,
    TableFolder,
    describe_folder,
    read_folder,
)
from seqdisent.data.timeseries.normalise import fitted
from seqdisent.data.timeseries.windows import MONTHS, sequences, series_spec
from seqdisent.errors import DataNotReady
from seqdisent.spec import DatasetSpec, Factor, Source

SERIES_TO_HOLD_OUT = 10  # with so many series, complete ones are held out
MIN_SEQUENCES = 30  # in all, or there is too little to learn from
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = 86_400
MAX_MONTH_SPAN = 100 * DAY  # longer sequences are of no month

OUTLINE = series_spec(
    1,
    MIN_WINDOWS,
    (),
    name=NAME,
    title="Your tables",
    factors=(),
    splits=(),
    source=Source(url="", licence="yours", credit="those who measured"),
)


class Place(NamedTuple):
    """Where a sequence is: the number of its series, and its first window there."""

    series: int
    window: int


Places = dict[str, list[Place]]  # by split
LabelOf = Callable[[Place], int | np.ndarray]


def spec(root: Root = None) -> DatasetSpec:
    """The declaration of the tables in the folder; raises :class:`~seqdisent.errors.DataNotReady`."""
    return _datasets(read_folder(root))[0]


def load_split(split: str, root: Root = None) -> SequenceDataset:
    """Sequences of a split; ``x`` is ``[B, K, W, C]``."""
    return _datasets(read_folder(root))[1][split]


def _places(folder: TableFolder) -> Places:
    """The sequences of every split."""
    places: Places = {split: [] for split in SPLITS}
    by_series = len(folder.series) >= SERIES_TO_HOLD_OUT
    split_of = _split_of_series(folder) if by_series else {}
    for number, series in enumerate(folder.series):
        count = len(series.values) // folder.window
        if by_series:
            ranges = {split_of[number]: (0, count)}
        else:
            first, second = round(0.7 * count), round(0.85 * count)
            ranges = {"train": (0, first), "validation": (first, second), "test": (second, count)}
        for split, (start, end) in ranges.items():
            # Training sequences start at every window. Others share no window with each other if whole series are
            # held out; of the last parts of series there is too little for that.
            stride = folder.windows if by_series and split != "train" else 1
            for window in range(start, end - folder.windows + 1, stride):
                places[split].append(Place(number, window))
    return places


def _split_of_series(folder: TableFolder) -> dict[int, str]:
    """The split of each series, in an order that is a hash of its id."""

    def order(number: int) -> bytes:
        return hashlib.sha256(folder.series[number].id.encode()).digest()

    numbers = sorted(range(len(folder.series)), key=order)
    held = max(1, round(len(numbers) / 10))
    splits = {}
    for position, number in enumerate(numbers):
        if position < held:
            splits[number] = "test"
        elif position < 2 * held:
            splits[number] = "validation"
        else:
            splits[number] = "train"
    return splits


@lru_cache(maxsize=2)
def _datasets(folder: TableFolder) -> tuple[DatasetSpec, dict[str, SequenceDataset]]:
    """The declaration and the splits of a folder of tables."""
    places = _places(folder)
    total = sum(len(some) for some in places.values())
    if total < MIN_SEQUENCES or not all(places.values()):
        raise DataNotReady(
            f"{NAME}: {len(folder.series)} series give {total} sequences of {folder.windows} windows of "
            f"{folder.window} steps; {MIN_SEQUENCES} are needed, some in each split. Give longer or more series, or "
            f"make window and windows in {ROLES} smaller."
        )
    labels, factors = _labels(folder, places)
    values = {split: _values(folder, some) for split, some in places.items()}
    columns = np.moveaxis(values["train"], -1, 0)
    scales = []
    for name, column in zip(folder.variables, columns, strict=True):
        scales.append((name, "", _needs_logarithm(column)))
    declared = series_spec(
        folder.window,
        folder.windows,
        fitted(values["train"], scales),
        name=NAME,
        title="Your tables",
        factors=factors,
        source=OUTLINE.source,
        splits=tuple((split, len(some)) for split, some in places.items()),
        rate_hz=1 / (folder.step_seconds * folder.window),
    )
    splits = {}
    for split, some in places.items():
        splits[split] = sequences(
            declared,
            values[split],
            labels[split],
            source=np.array([_source(folder, place) for place in some]),
            titles=np.array([_title(folder, place) for place in some]),
            starts=_starts(folder, some),
        )
    return declared, splits


def _values(folder: TableFolder, places: list[Place]) -> np.ndarray:
    """Values ``[N, K * W, C]`` of sequences, in the units of the table."""
    length = folder.window * folder.windows
    parts = []
    for place in places:
        first = place.window * folder.window
        parts.append(folder.series[place.series].values[first : first + length])
    return np.stack(parts)


def _needs_logarithm(column: np.ndarray) -> bool:
    """Whether values are amounts that are mostly small and sometimes huge, so that their logarithm is used."""
    known = column[np.isfinite(column)]
    return bool(len(known) and known.min() >= 0 and known.mean() > 3 * np.median(known))


def _source(folder: TableFolder, place: Place) -> int:
    """Sequences of one series that share windows are of one source."""
    if len(folder.series) >= SERIES_TO_HOLD_OUT:
        return place.series * 100_000
    return place.series * 100_000 + place.window // folder.windows


def _title(folder: TableFolder, place: Place) -> str:
    """``"Wanliu, 2016-05-01"``."""
    series = folder.series[place.series]
    start = _start(folder, place)
    if start is None:
        when = f"step {place.window * folder.window}"
    else:
        when = str(start.astype("M8[m]")).replace("T", " ").removesuffix(" 00:00")
    return f"{series.id}, {when}" if series.id else when


def _start(folder: TableFolder, place: Place) -> np.datetime64 | None:
    """When a sequence starts; None if the times of its series do not count from a date."""
    start = folder.series[place.series].start
    if start is None:
        return None
    step = np.timedelta64(round(folder.step_seconds * 1000), "ms")
    return start.astype("M8[ms]") + place.window * folder.window * step


def _starts(folder: TableFolder, places: list[Place]) -> np.ndarray | None:
    """When each sequence starts, datetime64 ``[N]``."""
    starts = [_start(folder, place) for place in places]
    return None if None in starts else np.array(starts)


# -- Labels ----------------------------------------------------------------------------------------


class _LabelTable:
    """Factors and the labels of every split, as they are added."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.factors: list[Factor] = []
        self.labels: dict[str, dict[str, np.ndarray]] = {split: {} for split in places}

    def add(
        self,
        name: str,
        kind: Literal["static", "dynamic"],
        classes: tuple[str, ...],
        label_of: LabelOf,
    ) -> None:
        """Add a factor, unless it has a single class or there is one of that name."""
        if len(classes) < 2 or any(factor.name == name for factor in self.factors):
            return
        self.factors.append(Factor(name, kind, classes))
        for split, places in self.places.items():
            self.labels[split][name] = np.array([label_of(place) for place in places])


def _labels(
    folder: TableFolder, places: Places
) -> tuple[dict[str, dict[str, np.ndarray]], tuple[Factor, ...]]:
    """Labels of every split by factor, and the factors: the table's labels, the series, the month and the weekday."""
    table = _LabelTable(places)
    for name in folder.series[0].labels:
        _add_column(table, folder, name)
    # Where complete series are held out, those of the test split are no classes of training.
    if 2 <= len(folder.series) < SERIES_TO_HOLD_OUT:
        ids = tuple(series.id for series in folder.series)
        table.add("series", "static", ids, lambda place: place.series)
    if all(series.start is not None for series in folder.series):
        _add_calendar(table, folder)
    return table.labels, tuple(table.factors)


def _add_column(table: _LabelTable, folder: TableFolder, name: str) -> None:
    """Add a label column: static if it never changes within a series, else one label a window."""
    columns = [series.labels[name] for series in folder.series]
    found: set[str] = set()
    for column in columns:
        found.update(str(value) for value in np.atleast_1d(column))
    classes = tuple(sorted(found - {""}))
    number = {value: position for position, value in enumerate(classes)}
    if all(isinstance(column, str) for column in columns):
        of_series = [number.get(str(column), -1) for column in columns]
        table.add(name, "static", classes, lambda place: of_series[place.series])
        return
    codes = []
    for column, series in zip(columns, folder.series, strict=True):
        values = np.broadcast_to(column, len(series.values))
        codes.append(np.array([number.get(str(value), -1) for value in values]))
    table.add(name, "dynamic", classes, lambda place: _by_window(folder, codes, place))


def _add_calendar(table: _LabelTable, folder: TableFolder) -> None:
    """Add the month in the middle of a sequence, and the weekday of each window that is a day."""
    span = folder.window * folder.windows * folder.step_seconds

    def month(place: Place) -> int:
        start = _start(folder, place)
        assert start is not None
        middle = start + np.timedelta64(round(span * 500), "ms")
        return int(middle.astype("M8[M]").astype(int) % 12)

    def weekdays(place: Place) -> np.ndarray:
        start = _start(folder, place)
        assert start is not None
        first = start.astype("M8[D]").astype(int) + 3  # 1970 began on a Thursday
        return (first + np.arange(folder.windows)) % 7

    if span < MAX_MONTH_SPAN:
        table.add("month", "static", MONTHS, month)
    if abs(folder.window * folder.step_seconds - DAY) < 1:
        table.add("weekday", "dynamic", WEEKDAYS, weekdays)


def _by_window(folder: TableFolder, codes: list[np.ndarray], place: Place) -> np.ndarray:
    """The most frequent known class of each window, ``[K]``; -1 where none is known."""
    first = place.window * folder.window
    rows = codes[place.series][first : first + folder.window * folder.windows]
    rows = rows.reshape(folder.windows, folder.window)
    classes = range(codes[place.series].max(initial=0) + 1)
    count = np.stack([(rows == label).sum(1) for label in classes], 1)
    return np.where(count.any(1), count.argmax(1), -1)


CSV = UserSource(OUTLINE, spec, load_split, describe_folder)
