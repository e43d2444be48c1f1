"""A user's table as one sequence of the kind that a model takes, with a sentence for each thing that was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from pandas.api.types import is_numeric_dtype as is_number

from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.timeseries.normalise import scaled, step_seconds, with_unit
from seqdisent.data.timeseries.start_positions import StartPositions
from seqdisent.errors import TableError
from seqdisent.spec import DatasetSpec
from seqdisent.tables import match_variables
from seqdisent.tables.column_roles import Roles, guess_roles
from seqdisent.tables.parse_columns import plural, short
from seqdisent.tables.read_csv import Table
from seqdisent.tables.resample import Regular, Series, regular
from seqdisent.tables.time_steps import duration

LIMIT = 30.0  # standard deviations; values beyond are clipped before a model sees them
COARSEST = 2  # steps from value to value
MAX_LISTED = 12  # names in a message


@dataclass(frozen=True)
class Plan:
    """How the columns of a table are used.

    Args:
        roles: time and id columns; of a long table also its columns of names and values.
        columns: by variable of the model the column (of a long table the name) that holds it; others are missing.
        series: which series is taken; None for the one with the fewest missing values.
        start: one of the possible start positions (:attr:`Fitted.starts`), or a time; None for the latest of those
            with the fewest missing values.
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
        start: when it starts, if times count from a date.
        series: names of all series of the table.
        chosen: the name of the series used.
        starts: labels of the possible start positions.
        start_label: the one of this sequence.
        notes: a sentence for each thing that was done.
        warnings: a sentence for each thing that looks wrong.
    """

    x: np.ndarray
    windows: int
    start: np.datetime64 | None
    series: tuple[str, ...]
    chosen: str
    starts: tuple[str, ...]
    start_label: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def guess_plan(table: Table, spec: DatasetSpec) -> Plan:
    """A plan from the names of the columns: variables by their names, the others as :func:`guess_roles` finds."""
    by_column = match_variables.match(spec.variables, table.frame)
    rest = table.frame.drop(columns=list(by_column.values()))
    roles = guess_roles(Table(rest)) if len(rest.columns) else Roles(None)
    if roles.long:
        names = rest[roles.long[0]].dropna().astype(str).unique()
        by_name = match_variables.match(spec.variables, names)
        if len(by_name) > len(by_column):
            return Plan(Roles(roles.time, roles.id, long=roles.long), by_name)
    return Plan(Roles(roles.time, roles.id), by_column)


def needs(spec: DatasetSpec) -> str:
    """What a table must contain, in a sentence."""
    step = step_seconds(spec)
    total = duration(step * spec.frames * spec.event_shape[0])
    variables = _listed([with_unit(variable) for variable in spec.variables])
    return f"{variables}, every {duration(step)} for {total}"


def fit(table: Table, plan: Plan, like: SequenceDataset) -> Fitted:
    """The sequence that a model of ``like`` is shown.

    Args:
        like: the test split of the model's data: its variables, step and length, and the time of day at which its
            sequences start.

    Raises:
        TableError: columns that do not fit, a table that is too coarse or too short, or what
            :func:`~seqdisent.tables.resample.regular` refuses.
    """
    spec = like.spec
    step = step_seconds(spec)
    notes: list[str] = []
    columns = _usable_columns(table, plan, spec, notes)
    roles = replace(plan.roles, variables=tuple(columns.values()), labels=())
    found = regular(table, roles, step_seconds=step)
    notes += _resampling_notes(found.notes, plan, step)
    _check_density(found, table, plan, step, notes)
    positions = {series.id: StartPositions.of(series, like) for series in found.series}
    series = _chosen_series(found, positions, plan, step, notes)
    starts = positions[series.id]
    position = starts.best() if plan.start is None else starts.find(plan.start, step)
    label = starts.labels(step)[position]
    values = _passage(series, starts, position, found, columns, spec)
    if not np.isfinite(values).any():
        raise TableError(
            f"Nothing was measured in the {duration(step * starts.length)} from {label} on. Choose another start."
        )
    notes += _passage_notes(starts, position, plan, label, step)
    warnings = list(_unit_warnings(values, columns, spec))
    x = _clipped(scaled(values, spec.variables), values, spec, warnings)
    padded = np.full((spec.frames, *spec.event_shape), np.nan, np.float32)
    windows = starts.length // spec.event_shape[0]
    padded[:windows] = x.reshape(windows, *spec.event_shape)
    return Fitted(
        padded,
        windows,
        starts.time(position, step),
        tuple(positions),
        series.id,
        tuple(starts.labels(step)),
        label,
        tuple(notes),
        tuple(warnings),
    )


def _passage(
    series: Series,
    starts: StartPositions,
    position: int,
    found: Regular,
    columns: dict[str, str],
    spec: DatasetSpec,
) -> np.ndarray:
    """Values ``[steps, C]`` of a series from a position on, in the model's order of variables; NaN where missing."""
    values = np.full((starts.length, len(spec.variables)), np.nan)
    first = starts.first[position]
    begin = max(0, first)
    end = min(len(series.values), first + starts.length)
    for target, variable in enumerate(spec.variables):
        if variable.name in columns:
            source = found.variables.index(columns[variable.name])
            values[begin - first : end - first, target] = series.values[begin:end, source]
    return values


def _usable_columns(
    table: Table, plan: Plan, spec: DatasetSpec, notes: list[str]
) -> dict[str, str]:
    """Columns by variable, without those that hold no numbers; raises if fewer than half of the variables are left."""
    columns = {v.name: plan.columns[v.name] for v in spec.variables if v.name in plan.columns}
    for name, column in list(columns.items()):
        if not plan.roles.long and column in table.frame and not is_number(table.frame[column]):
            del columns[name]
            notes.append(f"Column {short(column)} is not of numbers: {short(name)} is missing.")
    if 2 * len(columns) < len(spec.variables) or not columns:
        there = f"has {_listed(list(columns))}" if columns else "has none of them, by these names"
        raise TableError(
            f"The columns do not fit. This model takes {_listed([with_unit(v) for v in spec.variables])}; the table "
            f"{there}. At least {-(-len(spec.variables) // 2)} of {len(spec.variables)} are needed: choose their "
            "columns, or give a table that has them."
        )
    lacking = [with_unit(v) for v in spec.variables if v.name not in columns]
    if lacking:
        notes.append(f"Not in the table, so missing all the time: {_listed(lacking)}.")
    return columns


def _resampling_notes(notes: tuple[str, ...], plan: Plan, step: float) -> Iterator[str]:
    """What was repaired; of rows without a time also the step that they are taken for."""
    for note in notes:
        if plan.roles.time is None and note.startswith("There is no time"):
            note = f"There is no time: each row is taken for {duration(step)}."
        yield note


def _check_density(found: Regular, table: Table, plan: Plan, step: float, notes: list[str]) -> None:
    """Note how values were averaged or spread over steps; raise if there are far fewer values than steps."""
    if plan.roles.time is None:
        return
    filled = [np.flatnonzero(np.isfinite(series.values).any(1)) for series in found.series]
    apart = np.concatenate([np.diff(steps) for steps in filled])
    usual = float(np.median(apart)) if len(apart) else 1.0
    if usual > COARSEST:
        raise TableError(
            f"The values are typically {duration(usual * step)} apart, and this model takes steps of {duration(step)}: "
            f"most would be missing. Give a table with values at least every {duration(COARSEST * step)}, or choose "
            "another time column."
        )
    if usual > 1:
        notes.append(
            f"The values are typically {duration(usual * step)} apart: the steps between are missing."
        )
    rows_a_time = max(1, len(found.variables)) if plan.roles.long else 1
    steps = max(1, sum(len(one) for one in filled))
    rows = len(table.frame) / rows_a_time / steps
    if rows >= 1.5:
        notes.append(
            f"The model takes steps of {duration(step)}: the rows in a step, about {rows:.3g}, were averaged."
        )


def _chosen_series(
    found: Regular, positions: dict[str, StartPositions], plan: Plan, step: float, notes: list[str]
) -> Series:
    """The series that the plan names, or the one with the most values; raises if no sequence fits into it."""
    if plan.series is not None and plan.series not in positions:
        names = _listed([short(name) for name in positions])
        raise TableError(f"There is no series {short(plan.series)}. There are: {names}.")
    candidates = [series for series in found.series if plan.series in (None, series.id)]
    fitting = [series for series in candidates if len(positions[series.id].first)]
    if not fitting:
        raise TableError(_too_short(candidates, positions, plan, step))
    best = max(fitting, key=lambda series: positions[series.id].present.max())
    if len(found.series) > 1:
        why = "chosen" if plan.series is not None else "the one with the fewest missing values"
        notes.append(f"Of {len(found.series):,} series one is used: {short(best.id, 40)}, {why}.")
    return best


def _too_short(
    candidates: list[Series], positions: dict[str, StartPositions], plan: Plan, step: float
) -> str:
    longest = max(candidates, key=lambda series: len(series.values))
    length, size = positions[longest.id].length, len(longest.values)
    which = "the series" if len(candidates) == 1 else "the longest series"
    message = (
        f"The table is too short: a sequence is {plural(length, 'step')} ({duration(step * length)}), and {which} has "
        f"{size:,} ({duration(step * size)}). At least half is needed."
    )
    if longest.start is None and plan.roles.time:
        message += " If each row is a step, choose no time."
    return message


def _passage_notes(
    starts: StartPositions, position: int, plan: Plan, label: str, step: float
) -> Iterator[str]:
    """Sentences about the part of the series that is used, and about steps that it does not have."""
    first, size = int(starts.first[position]), len(starts.series.values)
    total = duration(step * starts.length)
    unused = size - (min(size, first + starts.length) - max(0, first))
    if unused:
        why = ""
        if plan.start is None:
            why = ", the latest of those with the fewest missing values"
        verb = "is" if unused == 1 else "are"
        others = f"the other {plural(unused, 'step')} of the series {verb} not"
        yield f"Used are {total} from {label} on{why}; {others}."
    lacking = max(0, -first) + max(0, first + starts.length - size)
    if lacking:
        verb = "is" if lacking == 1 else "are"
        yield (
            f"The series is shorter than a sequence, {total}: {plural(lacking, 'step')} {verb} missing at its ends."
        )


def _unit_warnings(values: np.ndarray, columns: dict[str, str], spec: DatasetSpec) -> Iterator[str]:
    """Sentences about values ``[n, C]`` that look as if they were in another unit than the model's."""
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
        hint = match_variables.unit_hint(variable, known)
        if hint:
            yield hint
        if variable.log and (known < 0).any():
            negative = plural(int((known < 0).sum()), "negative value")
            yield f"{negative} of {variable.name}, an amount: taken for 0."


def _clipped(
    x: np.ndarray, values: np.ndarray, spec: DatasetSpec, warnings: list[str]
) -> np.ndarray:
    """Values ``[n, C]`` in standard deviations, clipped so that none outweighs all others."""
    for c in np.flatnonzero((np.abs(x) > LIMIT).any(0)):
        far = np.flatnonzero(np.abs(x[:, c]) > LIMIT)
        first = match_variables.number(values[far[0], c])
        warnings.append(
            f"{plural(len(far), 'value')} of {spec.variables[c].name} (first: {first}) beyond {LIMIT:g} standard "
            "deviations of the training data: clipped."
        )
    return x.clip(-LIMIT, LIMIT)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(short(name, 40) for name in names[:MAX_LISTED]) + more
