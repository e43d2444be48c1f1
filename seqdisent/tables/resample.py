"""From the rows of a table to series of equal steps, with NaN where nothing was measured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from seqdisent.errors import TableError
from seqdisent.tables.column_roles import Roles, check_roles, times
from seqdisent.tables.parse_columns import plural, short
from seqdisent.tables.read_csv import Table
from seqdisent.tables.time_steps import DAY, MONTH, USUAL, duration, moment, usual_step

MAX_VALUES = 5_000_000


@dataclass(frozen=True)
class Series:
    """One series of equal steps.

    Args:
        id: what tells it apart; empty if there is only one.
        start: the time of its first step; None if times do not count from a date.
        values: float32 ``[n, C]``; NaN where missing.
        labels: for each label one str, if it never changes, or objects ``[n]`` of str (empty where missing).
    """

    id: str
    start: np.datetime64 | None
    values: np.ndarray
    labels: dict[str, np.ndarray | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Regular:
    """All series of a table: ``variables`` names the ``C`` columns of their values; a sentence for each repair."""

    series: tuple[Series, ...]
    variables: tuple[str, ...]
    step_seconds: float
    notes: tuple[str, ...] = ()


@dataclass
class _Rows:
    """Rows that have a time, sorted by it, with the series (an index of ``names``) and variable (-1: all) of each."""

    frame: pd.DataFrame
    names: list[str]
    group: np.ndarray
    variable: np.ndarray
    seconds: np.ndarray
    dated: bool

    def at(self, k: int) -> str:
        """``" 2016-03-02 01:00 in Wanliu"``, for messages."""
        name = self.names[self.group[k]]
        return moment(self.seconds[k], self.dated) + (f" in {short(name)}" if name else "")


def regular(table: Table, roles: Roles, *, step_seconds: float | None = None) -> Regular:
    """Series of equal steps; what falls into one step is averaged, and steps without rows are NaN.

    Args:
        table: as :func:`~seqdisent.tables.read_csv.read_table` gives it.
        roles: what its columns are.
        step_seconds: the step; by default the typical one, or a second if rows are the steps.

    Raises:
        TableError: roles that do not fit, more than five million values, nothing that is two steps long.
    """
    if step_seconds is not None and not 0 < step_seconds < np.inf:
        raise TableError(f"A step of {step_seconds} s is not possible: give more than 0.")
    check_roles(table, roles)
    notes: list[str] = []
    rows = _rows(table, roles, notes)
    values = _values(rows, roles, notes)
    if roles.time is None:
        step, steady = step_seconds or 1.0, True
        rows.seconds = rows.seconds * step
        notes.append("There is no time: each row is a step.")
    else:
        step, steady = usual_step(rows.seconds, rows.group, step_seconds, notes)
        _note_repeats(rows, notes)
    _check_size(rows, step, roles)
    place, origin = _bins(rows, step, steady)
    return _filled(rows, values, roles, place, origin, step, notes)


def _rows(table: Table, roles: Roles, notes: list[str]) -> _Rows:
    frame = table.frame
    variable = np.full(len(frame), -1)
    if roles.long:
        variable = pd.Categorical(
            frame[roles.long[0]].astype(str), categories=list(roles.variables)
        ).codes.astype(int)
    known = pd.Series(variable >= 0 if roles.long else True, frame.index)
    keep = known & frame[list(roles.id)].notna().all(axis=1)
    if gone := int((known & ~keep).sum()):
        first = (known & ~keep).idxmax()
        notes.append(
            f"{plural(gone, 'row')} without {short(' and '.join(roles.id), 36)} left out (first: row {first:,})."
        )
    seconds, dated = (
        times(table, roles) if roles.time is not None else (pd.Series(0.0, frame.index), False)
    )
    timeless = keep & ~np.isfinite(seconds)
    if timeless.any():
        notes.append(
            f"{plural(int(timeless.sum()), 'row')} without a time left out (first: row {timeless.idxmax():,})."
        )
    keep = (keep & ~timeless).to_numpy()
    frame, variable, seconds = frame[keep], variable[keep], seconds.to_numpy()[keep]
    if not len(frame):
        raise TableError("No row has all of a series, a time and a variable. Choose other columns.")
    group, names = np.zeros(len(frame), int), [""]
    if roles.id:
        grouped = frame.groupby(list(roles.id), sort=True)
        group = grouped.ngroup().to_numpy()
        firsts = frame.iloc[np.unique(group, return_index=True)[1]]
        names = [
            " / ".join(map(_text, row)) for row in firsts[list(roles.id)].itertuples(index=False)
        ]
    if roles.time is None:
        seconds = frame.groupby([group, variable]).cumcount().to_numpy().astype(np.float64)
    order = np.lexsort((variable, seconds, group))
    unsorted = (group[1:] == group[:-1]) & (np.diff(seconds) < 0)
    if roles.time is not None and unsorted.any():
        row = frame.index[1 + int(np.argmax(unsorted))]
        notes.append(f"The rows were sorted by time (row {row:,} is earlier than the one before).")
    return _Rows(frame.iloc[order], names, group[order], variable[order], seconds[order], dated)


def _text(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value == np.floor(value) else str(value)


def _values(rows: _Rows, roles: Roles, notes: list[str]) -> np.ndarray:
    """float64 ``[rows, C]``, or ``[rows, 1]`` of a long table."""
    names = [roles.long[1]] if roles.long else list(roles.variables)
    values = rows.frame[names].to_numpy(np.float64, copy=True)
    wrong = np.abs(values) > np.finfo(np.float32).max
    if wrong.any():
        first, column = np.unravel_index(np.argmax(wrong), wrong.shape)
        notes.append(
            f"{plural(int(wrong.sum()), 'infinite value')} taken as missing (first: row "
            f"{rows.frame.index[first]:,}, column {short(names[column])})."
        )
        values[wrong] = np.nan
    return values


def _note_repeats(rows: _Rows, notes: list[str]) -> None:
    same = np.diff(rows.seconds) == 0
    for key in (rows.group, rows.variable):
        same &= key[1:] == key[:-1]
    if same.any():
        k = 1 + int(np.argmax(same))
        notes.append(
            f"{plural(int(same.sum()), 'row')} at a time that was there before (first: row "
            f"{rows.frame.index[k]:,}, {rows.at(k)}): averaged."
        )


def _check_size(rows: _Rows, step: float, roles: Roles) -> None:
    width = len(roles.variables)
    firsts = np.flatnonzero(np.diff(rows.group, prepend=-1))
    lasts = np.flatnonzero(np.diff(rows.group, append=-1))
    spans = rows.seconds[lasts] - rows.seconds[firsts]
    if (count := width * float((spans / step + 1).sum())) > MAX_VALUES:
        fitting = [usual for usual in USUAL if width * (spans / usual + 1).sum() < 0.9 * MAX_VALUES]
        way = (
            f"give a step of {duration(fitting[0])}, " if fitting and roles.time is not None else ""
        )
        raise TableError(
            f"In steps of {duration(step)} these are {count:,.0f} values, and {MAX_VALUES:,} are "
            f"possible: {way}choose fewer variables, or cut out a shorter time."
        )


def _bins(rows: _Rows, step: float, steady: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which step of its series each row is in, and the seconds at which each series starts."""
    firsts = np.flatnonzero(np.diff(rows.group, prepend=-1))
    months = round(step / MONTH)
    if months and rows.dated and abs(step / MONTH - months) < 1e-3:
        bins = (
            rows.seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) // months
        )
        starts = (
            (bins[firsts] * months)
            .astype("datetime64[M]")
            .astype("datetime64[s]")
            .astype(np.float64)
        )
        return bins - bins[firsts][rows.group], starts
    if steady:
        starts = rows.seconds[firsts]
        return np.round((rows.seconds - starts[rows.group]) / step).astype(np.int64), starts
    # Weeks begin on Mondays; 1970 began on a Thursday.
    shift = 4 * DAY if rows.dated and step % (7 * DAY) == 0 else 0.0
    bins = np.floor((rows.seconds - shift) / step + 1e-6).astype(np.int64)
    return bins - bins[firsts][rows.group], bins[firsts] * step + shift


def _filled(
    rows: _Rows,
    values: np.ndarray,
    roles: Roles,
    place: np.ndarray,
    origin: np.ndarray,
    step: float,
    notes: list[str],
) -> Regular:
    lasts = np.flatnonzero(np.diff(rows.group, append=-1))
    sizes = place[lasts] + 1
    ends, width = np.cumsum(sizes), len(roles.variables)
    total = int(ends[-1])
    flat = (ends - sizes)[rows.group] + place
    grid = np.full((total, width), np.nan, np.float32)
    for c in range(width):
        mine = rows.variable == c if roles.long else slice(None)
        column, there = values[mine, 0 if roles.long else c], flat[mine]
        known = ~np.isnan(column)
        counts = np.bincount(there[known], minlength=total)
        sums = np.bincount(there[known], column[known], minlength=total)
        np.divide(sums, counts, out=grid[:, c], where=counts > 0, casting="unsafe")
    if roles.time is not None:
        _note_gaps(rows, flat, step, notes)
    labels = {name: _labels(rows.frame[name], flat, ends - sizes, sizes) for name in roles.labels}
    series, short_ones = [], []
    for k, name in enumerate(rows.names):
        part = grid[ends[k] - sizes[k] : ends[k]]
        if len(part) < 2 or np.isnan(part).all():
            short_ones.append(name)
            continue
        start = np.datetime64(round(origin[k] * 1e6), "us") if rows.dated else None
        series.append(
            Series(name, start, part, {label: found[k] for label, found in labels.items()})
        )
    if not series:
        raise TableError(
            "No series has two steps with values. Choose another step, time or id column."
        )
    if short_ones:
        notes.append(
            f"Left out, with fewer than two steps or no values: {len(short_ones):,} series "
            f"(first: {short(short_ones[0])})."
        )
    return Regular(tuple(series), roles.variables, step, tuple(notes))


def _note_gaps(rows: _Rows, flat: np.ndarray, step: float, notes: list[str]) -> None:
    lost = np.where(rows.group[1:] == rows.group[:-1], np.diff(flat) - 1, 0)
    if (lost > 0).any():
        k, count = int(np.argmax(lost)), int((lost > 0).sum())
        gaps = "1 gap of" if count == 1 else f"{count:,} gaps, the longest"
        notes.append(f"{gaps} {duration(lost[k] * step)} after {rows.at(k)}.")


def _labels(
    column: pd.Series, flat: np.ndarray, starts: np.ndarray, sizes: np.ndarray
) -> list[np.ndarray | str]:
    """What each series has as its label; of more in a step, the last."""
    codes, found = pd.factorize(column)
    names = np.array([*map(_text, found), ""], object)
    grid = np.full(int(sizes.sum()), -1)
    grid[flat[codes >= 0]] = codes[codes >= 0]
    parts = [grid[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    kinds = [np.unique(part[part >= 0]) for part in parts]
    return [
        names[part] if len(kind) > 1 else str(names[kind[0]]) if len(kind) else ""
        for part, kind in zip(parts, kinds, strict=True)
    ]
