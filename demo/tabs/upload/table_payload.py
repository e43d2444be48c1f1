"""What the tab for a visitor's own table is sent, and what its form sends back: positions in lists, never names."""

from __future__ import annotations

import json

from pandas.api.types import is_numeric_dtype as is_number

from demo.core import service, tables
from demo.core.service import ServiceError
from demo.core.tables import Sheet, TableUpload
from demo.tabs.upload.payload import part
from seqdisent.data.timeseries.fit_table import Plan, needs
from seqdisent.data.timeseries.normalise import step_seconds
from seqdisent.tables.column_roles import Roles, describe
from seqdisent.tables.read_csv import plural, short
from seqdisent.tables.resample import duration

MOST_SERIES = 500
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}
MEANING = (
    "So what the model makes of it may be wrong. Are the columns and units those that it takes?"
)
INSIDE = (
    "It lies within {known} in all that is measured. That is no promise: a series can be foreign in ways that are not "
    "measured."
)
FORMER = "What you see below was made before, with other columns."


def refused(
    error: Exception, there: TableUpload | Sheet | None = None, it: service.Loaded | None = None
) -> str:
    """Why a table or a choice of columns was not taken, above what is still there."""
    below = [_read(there), _done(there.table.notes)] if isinstance(there, Sheet) else []
    if isinstance(there, TableUpload):
        below = [part("former", "Still shown", [], FORMER), *_parts(it, there)]
    return json.dumps({"refused": str(error), "parts": below})


def findings(it: service.Loaded, upload: TableUpload) -> str:
    """What was found in a table, what was done to it, and whether the model knows its like."""
    return json.dumps({"parts": _parts(it, upload)})


def _parts(it: service.Loaded, upload: TableUpload) -> list[dict]:
    known, step, fitted = upload.outside.reference, step_seconds(it.spec), upload.fitted
    shares = tables.missing(upload)
    named = {v.name: share for v, share in zip(it.spec.variables, shares, strict=True)}
    gaps = [f"{name}: {_percent(share)} missing" for name, share in named.items() if share > 0]
    steps = fitted.windows * it.spec.event_shape[0]
    lead = (
        f"{plural(steps, 'step')} of {duration(step)} from {fitted.start_label} on, {duration(step * steps)} in all; "
        f"{sum(share < 1 for share in shares)} of {len(shares)} variables; "
        f"{_percent(shares.mean()) + ' is missing, and left open' if shares.any() else 'nothing is missing'}."
    )
    parts = [part("facts", "What the model sees", gaps if len(gaps) <= 12 else [], lead)]
    if warnings := tables.warnings(upload):
        parts.insert(0, part("outside", "⚠ Outside what the model knows", warnings, MEANING))
    elif known:
        parts.append(
            part("inside", "Is it like what the model knows?", [], INSIDE.format(known=known))
        )
    return [*parts, _read(upload.sheet), _done(upload.notes)]


def _done(notes: tuple[str, ...]) -> dict:
    return part(
        "notes",
        "What was done to it",
        notes,
        "" if notes else "Nothing: it came as the model wants it.",
    )


def _read(sheet: Sheet) -> dict:
    frame, plan = sheet.table.frame, sheet.plan
    coded = "" if any("not in UTF-8" in note for note in sheet.table.notes) else ", UTF-8"
    between = SEPARATORS.get(sheet.table.separator)
    between = (
        f"separated by {between}"
        if between
        else f"without {', '.join(SEPARATORS.values())} between columns"
    )
    what = [
        f"{plural(len(frame), 'row')}, {plural(len(frame.columns), 'column')}, {between}{coded}."
    ]
    return part("read", "What was found", [*what, *describe(plan.roles)])


def form(it: service.Loaded, sheet: Sheet, upload: TableUpload | None, refused: str = "") -> str:
    """The form that shows what the columns are taken for, to be corrected, as JSON text.

    Args:
        upload: what was made of it last.
        refused: why the choice that it shows was not taken.
    """
    plan, (times, ids, longs) = sheet.plan, _offers(sheet)
    held = tables.holders(sheet, plan.roles.long)
    spec = it.spec
    series, starts = (
        (upload.fitted.series[:MOST_SERIES], upload.fitted.starts) if upload else ((), ())
    )
    place = lambda some, one: some.index(one) if one in some else -1
    return json.dumps(
        {
            "refused": refused,
            "needs": f"The model takes {needs(spec)}.",
            "times": [short(name, 60) if name else "None: each row is a step" for name in times],
            "time": place(times, plan.roles.time),
            "ids": [
                " and ".join(short(name, 30) for name in some) or "None: one series" for some in ids
            ],
            "id": place(ids, plan.roles.id),
            "longs": [
                "A column for each variable",
                *(f"{short(n, 24)} names, {short(v, 24)} holds" for n, v in longs[1:]),
            ],
            "long": place(longs, plan.roles.long),
            "columns": [short(name, 60) for name in held],
            "variables": [
                {"name": v.name, "unit": v.unit, "column": place(held, plan.columns.get(v.name))}
                for v in spec.variables
            ],
            "series": [short(name, 60) or "the only one" for name in series],
            "chosen": place(series, upload.fitted.chosen) if upload else -1,
            "starts": list(starts),
            "start": place(starts, upload.fitted.start_label) if upload else -1,
        }
    )


def chosen(sheet: Sheet, upload: TableUpload | None, sent: dict) -> Plan:
    """What a visitor chose in the form; ServiceError for what it cannot have sent."""
    times, ids, longs = _offers(sheet)

    def pick(at: object, some: tuple | list):
        if type(at) is not int or not 0 <= at < len(some):
            raise ServiceError("That is not one of the choices. Choose once more.")
        return some[at]

    roles = Roles(
        pick(sent.get("time"), times), pick(sent.get("id"), ids), long=pick(sent.get("long"), longs)
    )
    if sent.get("held") != sent.get(
        "long"
    ):  # then variables are looked for in another place than before
        return Plan(roles, tables.by_name(sheet, roles.long))
    held, wanted = tables.holders(sheet, roles.long), sent.get("columns")
    names = [v.name for v in service.spec_of(sheet.checkpoint).variables]
    if not isinstance(wanted, list) or len(wanted) != len(names):
        raise ServiceError("That is not one of the choices. Choose once more.")
    columns = {name: pick(at, held) for name, at in zip(names, wanted, strict=True) if at != -1}
    if upload is None or sent.get("changed") not in ("series", "start"):
        return Plan(roles, columns)
    series = (
        pick(sent.get("chosen"), upload.fitted.series[:MOST_SERIES])
        if len(upload.fitted.series) > 1
        else None
    )
    start = pick(sent.get("start"), upload.fitted.starts) if sent["changed"] == "start" else None
    return Plan(roles, columns, series, start)


def _offers(sheet: Sheet) -> tuple[list, list, list]:
    """What may be chosen as time, as series, and as columns of names and values."""
    frame, guess = sheet.table.frame, sheet.guess.roles
    columns = list(frame)
    first = lambda some: list(dict.fromkeys(some))
    texts = [name for name in columns if not is_number(frame[name])][:12]
    numbers = [name for name in columns if is_number(frame[name])]
    pairs = [(name, value) for name in texts for value in numbers][:36]
    if guess.long:
        pairs.insert(0, guess.long)
    return (
        first([None, guess.time, *columns]),
        first([(), guess.id, *((c,) for c in columns)]),
        first([None, *pairs]),
    )


def _percent(share: float) -> str:
    return "less than 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
