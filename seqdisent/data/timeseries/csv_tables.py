"""People's own tables: one or more CSV files in ``csv`` in the data folder, or in the folder given as ``root``.

What the columns are is guessed and written to ``roles.json`` beside the files by ``seqdisent data csv``; correct it
there. Each series is cut into windows, and runs of windows are the sequences. Where there are ten series or more,
whole series are held out, about 80/10/10; else the last parts of each, 70/15/15 in order of time. The normaliser is
fitted on the training split. Several files are read as one table each, with the file's name as part of the series'.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import DataNotReady
from seqdisent.data.source import Root, UserSource
from seqdisent.data.timeseries.csv_folder import NAME, ROLES, WINDOWS, Read, read, say
from seqdisent.data.timeseries.normalise import fitted
from seqdisent.data.timeseries.windows import sequences, series_spec
from seqdisent.spec import DatasetSpec, Factor, Source

BY_SERIES = 10  # series from which on whole ones are held out
LEAST = 30  # sequences needed in all, or there is nothing to learn from
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

OUTLINE = series_spec(
    1,
    WINDOWS[0],
    (),
    name=NAME,
    title="Your tables",
    factors=(),
    splits=(),
    source=Source(url="", licence="yours", credit="those who measured"),
)


def spec(root: Root = None) -> DatasetSpec:
    """The declaration of what is there. Raises :class:`DataNotReady`."""
    return _made(read(root))[0]


def load_split(split: str, root: Root = None) -> SequenceDataset:
    """Sequences of a split; ``x`` is ``[B, K, W, C]``."""
    return _made(read(root))[1][split]


def _places(found: Read) -> dict[str, list[tuple[int, int]]]:
    """Sequences of every split: (series, first window)."""
    places: dict[str, list[tuple[int, int]]] = {"train": [], "validation": [], "test": []}
    whole = len(found.series) >= BY_SERIES
    order = sorted(
        range(len(found.series)), key=lambda k: hashlib.sha256(found.series[k].id.encode()).digest()
    )
    held = max(1, round(len(order) / 10))
    of = {
        k: "test" if n < held else "validation" if n < 2 * held else "train"
        for n, k in enumerate(order)
    }
    for k, series in enumerate(found.series):
        count = len(series.values) // found.window
        ends = (
            {of[k]: (0, count)}
            if whole
            else {
                "train": (0, round(0.7 * count)),
                "validation": (round(0.7 * count), round(0.85 * count)),
                "test": (round(0.85 * count), count),
            }
        )
        for split, (first, end) in ends.items():
            # Training sequences begin at every window; of the others none shares a window with another, if there are
            # enough.
            stride = 1 if split == "train" or not whole else found.windows
            places[split] += [(k, at) for at in range(first, end - found.windows + 1, stride)]
    return places


@lru_cache(maxsize=2)
def _made(found: Read) -> tuple[DatasetSpec, dict[str, SequenceDataset]]:
    places = _places(found)
    total = sum(map(len, places.values()))
    if total < LEAST or not all(places.values()):
        raise DataNotReady(
            f"{NAME}: {len(found.series)} series give {total} sequences of {found.windows} windows of {found.window} "
            f"steps; {LEAST} are needed, some in each split. Bring longer or more series, or make window and windows "
            f"in {ROLES} smaller."
        )
    labels, factors = _labels(found, places)
    length = found.window * found.windows
    values = {
        split: np.stack([found.series[k].values[at * found.window :][:length] for k, at in some])
        for split, some in places.items()
    }
    train = values["train"]
    heavy = [_heavy(column) for column in np.moveaxis(train, -1, 0)]
    variables = fitted(
        train, [(name, "", log) for name, log in zip(found.variables, heavy, strict=True)]
    )
    counts = tuple((split, len(some)) for split, some in places.items())
    made = series_spec(
        found.window,
        found.windows,
        variables,
        name=NAME,
        title="Your tables",
        factors=factors,
        source=OUTLINE.source,
        splits=counts,
        rate_hz=1 / (found.step_seconds * found.window),
    )
    return made, {
        split: sequences(
            made,
            values[split],
            labels[split],
            source=np.array([_source(found, k, at) for k, at in some]),
            titles=np.array([_title(found, k, at) for k, at in some]),
            starts=_starts(found, some),
        )
        for split, some in places.items()
    }


def _heavy(column: np.ndarray) -> bool:
    """Whether a variable is an amount that is mostly small and sometimes huge: better seen as a logarithm."""
    known = column[np.isfinite(column)]
    return bool(len(known) and known.min() >= 0 and known.mean() > 3 * np.median(known))


def _source(found: Read, k: int, at: int) -> int:
    """Sequences of one series that share windows are of one source."""
    return k * 100_000 + (0 if len(found.series) >= BY_SERIES else at // found.windows)


def _title(found: Read, k: int, at: int) -> str:
    series = found.series[k]
    when = (
        f"step {at * found.window}"
        if series.start is None
        else str(_start(found, k, at).astype("M8[m]"))
    )
    when = when.replace("T", " ").removesuffix(" 00:00")
    return f"{series.id}, {when}" if series.id else when


def _start(found: Read, k: int, at: int) -> np.datetime64:
    step = np.timedelta64(round(found.step_seconds * 1000), "ms")
    return found.series[k].start.astype("M8[ms]") + at * found.window * step


def _starts(found: Read, some: list[tuple[int, int]]) -> np.ndarray | None:
    dated = all(series.start is not None for series in found.series)
    return np.array([_start(found, k, at) for k, at in some]) if dated else None


def _labels(
    found: Read, places: dict
) -> tuple[dict[str, dict[str, np.ndarray]], tuple[Factor, ...]]:
    """Labels of every split by factor, and the factors: the table's labels, the series, the month and the weekday."""
    factors: list[Factor] = []
    labels: dict[str, dict[str, np.ndarray]] = {split: {} for split in places}

    def add(name: str, kind: str, classes: tuple[str, ...], of) -> None:
        if len(classes) < 2 or any(f.name == name for f in factors):
            return
        factors.append(Factor(name, kind, classes))
        for split, some in places.items():
            labels[split][name] = np.array([of(k, at) for k, at in some])

    for name in found.series[0].labels:
        columns = [series.labels[name] for series in found.series]
        classes = tuple(sorted({str(v) for c in columns for v in np.atleast_1d(c)} - {""}))
        number = {value: i for i, value in enumerate(classes)}
        if all(isinstance(column, str) for column in columns):
            add(name, "static", classes, lambda k, at, c=columns, n=number: n.get(c[k], -1))
            continue
        coded = [
            np.array([number.get(str(v), -1) for v in np.broadcast_to(c, len(s.values))])
            for c, s in zip(columns, found.series, strict=True)
        ]
        add(name, "dynamic", classes, lambda k, at, c=coded: _by_window(found, c[k], at))
    if 2 <= len(found.series) < BY_SERIES:  # else the test series are others than those of training
        add("series", "static", tuple(s.id for s in found.series), lambda k, at: k)
    if all(series.start is not None for series in found.series):
        from seqdisent.data.timeseries.air_quality import MONTHS

        span = found.window * found.windows * found.step_seconds
        if span < 100 * 86_400:
            middle = lambda k, at: _start(found, k, at) + np.timedelta64(round(span * 500), "ms")
            add(
                "month",
                "static",
                MONTHS,
                lambda k, at: int(middle(k, at).astype("M8[M]").astype(int) % 12),
            )
        if abs(found.window * found.step_seconds - 86_400) < 1:
            first = lambda k, at: int((_start(found, k, at).astype("M8[D]").astype(int) + 3) % 7)
            add(
                "weekday",
                "dynamic",
                WEEKDAYS,
                lambda k, at: (first(k, at) + np.arange(found.windows)) % 7,
            )
    return labels, tuple(factors)


def _by_window(found: Read, codes: np.ndarray, at: int) -> np.ndarray:
    """The most frequent known class of each window, ``[K]``; -1 where none is known."""
    rows = codes[at * found.window :][: found.window * found.windows].reshape(
        found.windows, found.window
    )
    count = np.stack([(rows == c).sum(1) for c in range(codes.max(initial=0) + 1)], 1)
    return np.where(count.any(1), count.argmax(1), -1)


CSV = UserSource(OUTLINE, spec, load_split, say)
