"""What the Upload tab says about a table, and the form for its columns, which sends back positions, never names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pandas.api.types import is_numeric_dtype

from demo.core import catalog, tables
from demo.core.catalog import Loaded
from demo.core.messages import ColumnChoice
from demo.core.tables import Sheet, TableUpload
from demo.errors import RequestError
from demo.tabs.upload.findings import DONE, comparison, part
from seqdisent.data.timeseries.fit_table import Plan, needs
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.tables.column_roles import Roles, describe
from seqdisent.tables.parse_columns import plural, short
from seqdisent.tables.resample import duration

MOST_SERIES = 500
MOST_GAPS = 12  # variables whose missing share is listed
MOST_TEXT_COLUMNS, MOST_LONG = 12, 36  # offered for tables with a value a row
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}
MEANING = "So what the model generates from it may be wrong. Are the columns and units those that it takes?"
FORMER = "What you see below was made from the former choice of columns."


def refused(
    error: Exception, there: TableUpload | Sheet | None = None, it: Loaded | None = None
) -> str:
    """Why a table or a choice of columns was not taken, above what is still there."""
    below = []
    if isinstance(there, Sheet):
        below = [_read(there), _notes(there.table.notes)]
    elif there is not None and it is not None:
        below = [part("former", "Still shown", [], FORMER), *_parts(it, there)]
    return json.dumps({"refused": str(error), "parts": below})


def findings(it: Loaded, upload: TableUpload) -> str:
    """What was found in a table, what was done to it, and whether it is like the test sequences."""
    return json.dumps({"parts": _parts(it, upload)})


def _parts(it: Loaded, upload: TableUpload) -> list[dict[str, Any]]:
    facts = _facts(it, upload)
    warnings = tables.warnings(upload)
    compared = comparison(upload, warnings, MEANING, "series")
    first = [*compared, facts] if warnings else [facts, *compared]
    return [*first, _read(upload.sheet), _notes(upload.notes)]


def _facts(it: Loaded, upload: TableUpload) -> dict[str, Any]:
    """What the model is given."""
    fitted, step = upload.fitted, step_seconds(it.spec)
    shares = tables.missing(upload)
    steps = fitted.windows * it.spec.event_shape[0]
    gaps = []
    for variable, share in zip(it.spec.variables, shares, strict=True):
        if share > 0:
            gaps.append(f"{variable.name}: {_percent(share)} missing")
    measured = int((shares < 1).sum())
    missing = "nothing is missing"
    if shares.any():
        missing = f"{_percent(shares.mean())} is missing, and left open"
    lead = (
        f"{plural(steps, 'step')} of {duration(step)} from {fitted.start_label} on, {duration(step * steps)} in all; "
        f"{measured} of {len(shares)} variables; {missing}."
    )
    return part("facts", "What the model sees", gaps if len(gaps) <= MOST_GAPS else [], lead)


def _notes(notes: tuple[str, ...]) -> dict[str, Any]:
    return part("notes", DONE, notes, "" if notes else "Nothing: it came as the model needs it.")


def _read(sheet: Sheet) -> dict[str, Any]:
    frame = sheet.table.frame
    encoding = ", UTF-8"
    if any("not in UTF-8" in note for note in sheet.table.notes):
        encoding = ""
    separator = SEPARATORS.get(sheet.table.separator)
    between = f"without {', '.join(SEPARATORS.values())} between columns"
    if separator:
        between = f"separated by {separator}"
    size = f"{plural(len(frame), 'row')}, {plural(len(frame.columns), 'column')}"
    return part(
        "read", "What was found", [f"{size}, {between}{encoding}.", *describe(sheet.plan.roles)]
    )


def form(it: Loaded, sheet: Sheet, upload: TableUpload | None, refused: str = "") -> str:
    """The form that shows what the columns are taken for, to be corrected, as JSON text.

    Args:
        upload: the sequence that was made of it last.
        refused: why the choice that it shows was not taken.
    """
    plan, (times, ids, longs) = sheet.plan, _offers(sheet)
    columns = tables.candidates(sheet, plan.roles.long)
    series: Sequence[str] = ()
    starts: Sequence[str] = ()
    if upload:
        series, starts = upload.fitted.series[:MOST_SERIES], upload.fitted.starts
    variables = []
    for variable in it.spec.variables:
        position = _position(columns, plan.columns.get(variable.name))
        variables.append({"name": variable.name, "unit": variable.unit, "column": position})
    return json.dumps(
        {
            "refused": refused,
            "needs": f"The model takes {needs(it.spec)}.",
            "times": [short(one, 60) if one else "None: each row is a step" for one in times],
            "time": _position(times, plan.roles.time),
            "ids": [_joined(one) or "None: one series" for one in ids],
            "id": _position(ids, plan.roles.id),
            "longs": [_long_label(one) for one in longs],
            "long": _position(longs, plan.roles.long),
            "columns": [short(name, 60) for name in columns],
            "variables": variables,
            "series": [short(name, 60) or "the only one" for name in series],
            "chosen": _position(series, upload.fitted.chosen) if upload else -1,
            "starts": list(starts),
            "start": _position(starts, upload.fitted.start_label) if upload else -1,
        }
    )


def _position(some: Sequence[Any], one: Any) -> int:
    return list(some).index(one) if one in some else -1


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(short(name, 30) for name in names)


def _long_label(columns: tuple[str, str] | None) -> str:
    if columns is None:
        return "A column for each variable"
    names, values = columns
    return f"Names in {short(names, 24)}, values in {short(values, 24)}"


def chosen(sheet: Sheet, upload: TableUpload | None, choice: ColumnChoice) -> Plan:
    """What a visitor chose in the form; RequestError for what it cannot have sent."""
    times, ids, longs = _offers(sheet)
    long = _picked("long", longs, choice.long)
    roles = Roles(_picked("time", times, choice.time), _picked("id", ids, choice.id), long=long)
    if choice.shown_long != choice.long:
        # Variables are then looked for in another place than before.
        return Plan(roles, tables.by_name(sheet, long))
    columns = _chosen_columns(sheet, long, choice)
    if upload is None or choice.changed not in ("series", "start"):
        return Plan(roles, columns)
    series = start = None
    if len(upload.fitted.series) > 1:
        series = _picked("series", upload.fitted.series[:MOST_SERIES], choice.chosen)
    if choice.changed == "start":
        start = _picked("start", upload.fitted.starts, choice.start)
    return Plan(roles, columns, series, start)


def _chosen_columns(
    sheet: Sheet, long: tuple[str, str] | None, choice: ColumnChoice
) -> dict[str, str]:
    candidates = tables.candidates(sheet, long)
    variables = catalog.spec_of(sheet.checkpoint).variables
    if len(choice.columns) != len(variables):
        raise RequestError(f"columns: one for each of the {len(variables)} variables.")
    columns = {}
    for variable, position in zip(variables, choice.columns, strict=True):
        if position != -1:
            columns[variable.name] = _picked("columns", candidates, position)
    return columns


def _picked(name: str, some: Sequence[Any], position: int) -> Any:
    if not 0 <= position < len(some):
        raise RequestError(f"{name}: 0 to {len(some) - 1}, not {position}. Choose once more.")
    return some[position]


def _offers(
    sheet: Sheet,
) -> tuple[list[str | None], list[tuple[str, ...]], list[tuple[str, str] | None]]:
    """What may be chosen as time, as series, and as columns of names and values; the guess comes first."""
    frame, guess = sheet.table.frame, sheet.guess.roles
    columns = list(frame)
    texts = [name for name in columns if not is_numeric_dtype(frame[name])][:MOST_TEXT_COLUMNS]
    numbers = [name for name in columns if is_numeric_dtype(frame[name])]
    longs = [(name, value) for name in texts for value in numbers][:MOST_LONG]
    if guess.long:
        longs.insert(0, guess.long)
    times = dict.fromkeys([None, guess.time, *columns])
    ids = dict.fromkeys([(), guess.id, *((column,) for column in columns)])
    return list(times), list(ids), list(dict.fromkeys([None, *longs]))


def _percent(share: float) -> str:
    return "less than 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
