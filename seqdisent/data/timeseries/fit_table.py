"""A person's own table as one sequence of the kind that a model knows, with a sentence for everything that was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from pandas.api.types import is_numeric_dtype as is_number

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.timeseries.normalise import scaled, step_seconds, with_unit
from seqdisent.data.timeseries.start_positions import Places
from seqdisent.spec import DatasetSpec
from seqdisent.tables import match_variables
from seqdisent.tables.column_roles import Roles, guess_roles
from seqdisent.tables.read_csv import Table, TableError, plural, short
from seqdisent.tables.resample import Regular, Series, duration, regular

LIMIT = 30.0  # deviations: nothing beyond reaches a model
COARSEST = 2  # steps from value to value
NAMED = 12


@dataclass(frozen=True)
class Plan:
    """What the columns of a table are taken for.

    Args:
        roles: time and id columns; of a long table also its columns of names and values.
        columns: by variable of the model the column (of a long table the name) that holds it; others are missing.
        series: which series is taken; None for the one with the fewest missing values.
        start: which of the possible beginnings (:attr:`Fitted.starts`), or a time; None for the latest of those with
            the fewest missing values.
    """

    roles: Roles
    columns: dict[str, str]
    series: str | None = None
    start: str | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """A sequence as a model sees it.

    Args:
        x: float32 ``[K, W, C]``, NaN where missing.
        windows: how many of the K exist.
        start: when it begins, if times count from a date.
        series: names of all series of the table, and
        chosen: that of this one.
        starts: beginnings that are possible, and
        begins: the one of this one.
        notes: a sentence for each thing that was done, and
        warnings: for each that looks wrong.
    """

    x: np.ndarray
    windows: int
    start: np.datetime64 | None
    series: tuple[str, ...]
    chosen: str
    starts: tuple[str, ...]
    begins: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def guess_plan(table: Table, spec: DatasetSpec) -> Plan:
    """What the columns seem to be: variables by their names, the others as :func:`guess_roles` says."""
    found = match_variables.match(spec.variables, table.frame)
    rest = table.frame.drop(columns=list(found.values()))
    roles = guess_roles(Table(rest)) if len(rest.columns) else Roles(None)
    if roles.long:
        by_name = match_variables.match(
            spec.variables, rest[roles.long[0]].dropna().astype(str).unique()
        )
        if len(by_name) > len(found):
            return Plan(Roles(roles.time, roles.id, long=roles.long), by_name)
    return Plan(Roles(roles.time, roles.id), found)


def needs(spec: DatasetSpec) -> str:
    """What a table must bring, in a sentence."""
    step = step_seconds(spec)
    whole = duration(step * spec.frames * spec.event_shape[0])
    return f"{_listed([with_unit(v) for v in spec.variables])}, every {duration(step)} for {whole}"


def fit(table: Table, plan: Plan, like: SequenceDataset) -> Fitted:
    """The sequence that a model of ``like`` is shown.

    Args:
        like: the test split of the model's data: its variables, step and length, and whether it begins at midnight.

    Raises:
        TableError: columns that do not fit, a table that is too coarse or too short, or what
            :func:`~seqdisent.tables.resample.regular` refuses.
    """
    spec, notes, warnings = like.spec, [], []
    columns = _usable(table, plan, spec, notes)
    step = step_seconds(spec)
    found = regular(
        table, replace(plan.roles, variables=tuple(columns.values()), labels=()), step_seconds=step
    )
    notes += _told(found.notes, plan, step)
    _note_density(found, table, plan, step, notes)
    own = {name: found.variables.index(column) for name, column in columns.items()}
    places = {series.id: Places.of(series, like) for series in found.series}
    chosen = _chosen(found, places, plan, step, notes)
    at, series = places[chosen.id], chosen
    k = at.best() if plan.start is None else at.asked(plan.start, step)
    values = np.full((at.length, len(spec.variables)), np.nan)
    first = at.first[k]
    inside = slice(max(0, first), min(len(series.values), first + at.length))
    order = [c for c, v in enumerate(spec.variables) if v.name in own]
    values[inside.start - first : inside.stop - first, order] = series.values[
        inside, [own[spec.variables[c].name] for c in order]
    ]
    begins = at.labels(step)[k]
    if not np.isfinite(values).any():
        raise TableError(
            f"Nothing was measured in the {duration(step * at.length)} from {begins} on. Choose another "
            "beginning."
        )
    notes += _used(at, k, series, plan, begins, step)
    warnings += _units(values, columns, spec)
    x = _within_reach(scaled(values, spec.variables), values, spec, warnings)
    whole = np.full((spec.frames, *spec.event_shape), np.nan, np.float32)
    windows = at.length // spec.event_shape[0]
    whole[:windows] = x.reshape(windows, *spec.event_shape)
    return Fitted(
        whole,
        windows,
        at.time(k, step),
        tuple(places),
        chosen.id,
        tuple(at.labels(step)),
        begins,
        tuple(notes),
        tuple(warnings),
    )


def _usable(table: Table, plan: Plan, spec: DatasetSpec, notes: list[str]) -> dict[str, str]:
    """Columns by variable, without those that hold no numbers; raises if fewer than half of the variables are left."""
    columns = {v.name: plan.columns[v.name] for v in spec.variables if v.name in plan.columns}
    for name, column in list(columns.items()):
        if not plan.roles.long and column in table.frame and not is_number(table.frame[column]):
            del columns[name]
            notes.append(f"Column {short(column)} is not of numbers: {short(name)} is missing.")
    lacking = [v for v in spec.variables if v.name not in columns]
    if 2 * len(columns) < len(spec.variables) or not columns:
        there = f"has {_listed(list(columns))}" if columns else "has none of them, by these names"
        raise TableError(
            f"The columns do not fit. This model knows {_listed([with_unit(v) for v in spec.variables])}; the table "
            f"{there}. At least {-(-len(spec.variables) // 2)} of {len(spec.variables)} are needed: choose their "
            "columns, or bring a table that has them."
        )
    if lacking:
        notes.append(
            f"Not in the table, so missing all the time: {_listed([with_unit(v) for v in lacking])}."
        )
    return columns


def _told(said: tuple[str, ...], plan: Plan, step: float) -> Iterator[str]:
    """What was repaired; of rows without a time also what they are taken for."""
    for note in said:
        timeless = plan.roles.time is None and note.startswith("There is no time")
        yield f"There is no time: each row is taken for {duration(step)}." if timeless else note


def _note_density(found: Regular, table: Table, plan: Plan, step: float, notes: list[str]) -> None:
    """Say what was averaged; raise if there are far fewer values than steps."""
    if plan.roles.time is None:
        return
    filled = [np.flatnonzero(np.isfinite(series.values).any(1)) for series in found.series]
    apart = np.concatenate([np.diff(at) for at in filled])
    usual = float(np.median(apart)) if len(apart) else 1.0
    if usual > COARSEST:
        raise TableError(
            f"The values are typically {duration(usual * step)} apart, and this model takes steps of {duration(step)}: "
            f"most would be missing. Bring a table with values at least every {duration(COARSEST * step)}, or choose "
            "another time column."
        )
    if usual > 1:
        notes.append(
            f"The values are typically {duration(usual * step)} apart: the steps between are missing."
        )
    names = 1 if not plan.roles.long else max(1, len(found.variables))
    rows = len(table.frame) / names / max(1, sum(map(len, filled)))
    if rows >= 1.5:
        notes.append(
            f"The model takes steps of {duration(step)}: the rows in a step, about {rows:.3g}, were averaged."
        )


def _chosen(
    found: Regular, places: dict[str, Places], plan: Plan, step: float, notes: list[str]
) -> Series:
    """The series that is asked for, or the one with the most values, if a sequence fits into it."""
    if plan.series is not None and plan.series not in places:
        raise TableError(
            f"There is no series {short(plan.series)}. There are: {_listed(list(map(short, places)))}."
        )
    some = [s for s in found.series if plan.series in (None, s.id)]
    fitting = [s for s in some if len(places[s.id].first)]
    if not fitting:
        longest = max(some, key=lambda s: len(s.values))
        length = places[longest.id].length
        raise TableError(
            f"The table is too short: a sequence is {plural(length, 'step')} ({duration(step * length)}), and "
            f"{'the series' if len(some) == 1 else 'the longest series'} has {len(longest.values):,} "
            f"({duration(step * len(longest.values))}). At least half is needed."
            + (
                " If each row is a step, choose no time."
                if longest.start is None and plan.roles.time
                else ""
            )
        )
    best = max(fitting, key=lambda s: places[s.id].present.max())
    if len(found.series) > 1:
        why = "chosen" if plan.series is not None else "the one with the fewest missing values"
        notes.append(f"Of {len(found.series):,} series one is used: {short(best.id, 40)}, {why}.")
    return best


def _used(
    at: Places, k: int, series: Series, plan: Plan, begins: str, step: float
) -> Iterator[str]:
    first, size = int(at.first[k]), len(series.values)
    gone = size - (min(size, first + at.length) - max(0, first))
    if gone:
        why = (
            "" if plan.start is not None else ", the latest of those with the fewest missing values"
        )
        what = f"the other {plural(gone, 'step')} of the series {'is' if gone == 1 else 'are'} not"
        yield f"Used are {duration(step * at.length)} from {begins} on{why}; {what}."
    outside = max(0, -first) + max(0, first + at.length - size)
    if outside:
        yield (
            f"The series is shorter than a sequence, {duration(step * at.length)}: {plural(outside, 'step')} "
            f"{'is' if outside == 1 else 'are'} missing at its ends."
        )


def _units(values: np.ndarray, columns: dict[str, str], spec: DatasetSpec) -> Iterator[str]:
    """What looks as if it were in another unit than the model's."""
    for c, variable in enumerate(spec.variables):
        known = values[np.isfinite(values[:, c]), c]
        if not len(known):
            continue
        stated = match_variables.stated_unit(columns[variable.name])
        if stated and variable.unit and not match_variables.same_unit(stated, variable.unit):
            yield (
                f"The table gives {short(variable.name)} in {short(stated)}, and the model takes {variable.unit}: "
                "nothing was converted."
            )
        if hint := match_variables.unit_hint(variable, known):
            yield hint
        if variable.log and (known < 0).any():
            yield f"{plural(int((known < 0).sum()), 'negative value')} of {variable.name}, an amount: taken for 0."


def _within_reach(
    x: np.ndarray, values: np.ndarray, spec: DatasetSpec, warnings: list[str]
) -> np.ndarray:
    """Values ``[n, C]`` in deviations, and none so far out that it drowns all else."""
    for c in np.flatnonzero((np.abs(x) > LIMIT).any(0)):
        far = np.flatnonzero(np.abs(x[:, c]) > LIMIT)
        warnings.append(
            f"{plural(len(far), 'value')} of {spec.variables[c].name} "
            f"(first: {match_variables.number(values[far[0], c])}) "
            f"beyond {LIMIT:g} deviations from what the model knows: cut to that."
        )
    return x.clip(-LIMIT, LIMIT)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(short(name, 40) for name in names[:NAMED]) + more
