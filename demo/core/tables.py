"""Tables that visitors bring to checkpoints of series, kept as :mod:`demo.core.uploads` says.

A table is read first, and kept also if its columns do not fit, so that they can be chosen; what is then made of it
takes its place, and stays if the next choice is a bad one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from demo.core import service, uploads
from demo.core.service import Loaded, ServiceError
from demo.core.sources import Original
from seqdisent.data.timeseries.fit_table import Fitted, Plan, fit, guess_plan
from seqdisent.errors import TableError
from seqdisent.tables import match_variables
from seqdisent.tables.column_roles import Roles
from seqdisent.tables.parse_columns import short
from seqdisent.tables.read_csv import Table, read_table
from seqdisent.types import Sequences

NAME = "your table"
KEYS = ("time", "id", "names", "columns", "series", "start")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as it was read, and what its columns are taken for.

    Args:
        guess: what they seemed to be.
        size: bytes.
    """

    key: str
    checkpoint: str
    name: str
    table: Table
    guess: Plan
    plan: Plan
    size: int


@dataclass(frozen=True, eq=False)
class TableUpload(uploads.Upload):
    """A table as a model sees it: ``x [1, K, W, C]``; ``notes`` are those of reading and of fitting."""

    sheet: Sheet
    fitted: Fitted

    @property
    def size(self) -> int:
        return self.sheet.size


def read(checkpoint: str, content: bytes, name: str = "") -> Sheet:
    """A table by its content; nothing is made of it yet.

    Args:
        name: of the file, for people.

    Raises:
        ServiceError: for a checkpoint of something else, and for what
            :func:`seqdisent.tables.read_csv.read_table` refuses.
    """
    it = _load(checkpoint)
    name = short(name, 40) or NAME
    try:
        table = read_table(content, name)
        plan = guess_plan(table, it.spec)
    except TableError as error:
        raise ServiceError(str(error)) from error
    size = int(table.frame.memory_usage(deep=True).sum())
    sheet = Sheet(uploads.new_key(), checkpoint, name, table, plan, plan, size)
    uploads.keep(sheet)
    return sheet


def sheet_of(checkpoint: str, key: str) -> Sheet:
    """The table that is kept under a token, with the last choice that fitted."""
    found = uploads.of(checkpoint, key)
    return found.sheet if isinstance(found, TableUpload) else found


def make(checkpoint: str, key: str, plan: Plan | None = None) -> TableUpload:
    """What the model is shown of a table, by a choice of columns or else as they seem to be.

    Raises:
        ServiceError: for what does not fit; what was made before is then kept.
    """
    it, sheet = _load(checkpoint), sheet_of(checkpoint, key)
    plan = plan or sheet.plan
    try:
        found = fit(sheet.table, plan, it.dataset)
    except TableError as error:
        raise ServiceError(str(error)) from error
    spec = it.spec
    x = torch.from_numpy(found.x[None])
    mask = torch.arange(spec.frames)[None] < found.windows
    caption = " · ".join(filter(None, [sheet.name, short(found.chosen, 40), found.start_label]))
    original = Original(NAME, caption, {}, Sequences(x, mask), title=caption, start=found.start)
    notes = (*sheet.table.notes, *found.notes)
    upload = TableUpload(
        key,
        checkpoint,
        original,
        notes,
        *uploads.seen(it, original),
        sheet=replace(sheet, plan=plan),
        fitted=found,
    )
    uploads.keep(upload)
    return upload


def asked(sheet: Sheet, wishes: Mapping | None) -> Plan:
    """What a program wants the columns to be; what it does not say stays as it seems.

    Args:
        wishes: any of "time" (a column, or several to be joined; "" if rows are the steps), "id" (columns), "names"
            (the columns of names and of values; [] if each variable has its own column), "columns" (by variable; ""
            for none), "series" and "start".

    Raises:
        ServiceError: for anything else; whether the columns are there is seen later.
    """
    wishes = {} if wishes is None else wishes
    if not isinstance(wishes, Mapping) or not set(wishes) <= set(KEYS):
        raise ServiceError(f"Roles are a JSON object with any of {', '.join(KEYS)}.")
    listed = lambda value: (
        tuple(value) if isinstance(value, (list, tuple)) else (value,) if value else ()
    )
    time, id, names = (listed(wishes.get(key)) for key in KEYS[:3])
    columns, single = (
        {} if wishes.get("columns") is None else wishes["columns"],
        [wishes.get(key) for key in KEYS[4:]],
    )
    if (
        not isinstance(columns, Mapping)
        or len(names) not in (0, 2)
        or not all(
            isinstance(v, str)
            for v in (*time, *id, *names, *columns, *(v for v in columns.values() if v))
        )
        or not all(v is None or isinstance(v, str) for v in single)
    ):
        raise ServiceError(
            'Roles are names of columns, as {"time": "when", "columns": {"PM2.5": "pm25"}}.'
        )
    known = [v.name for v in service.spec_of(sheet.checkpoint).variables]
    if unknown := set(columns) - set(known):
        raise ServiceError(
            f"This model has no variable {short(min(unknown))}. It has {short(', '.join(known), 80)}."
        )
    roles = sheet.guess.roles
    time = roles.time if "time" not in wishes else " + ".join(time) or None
    id = roles.id if "id" not in wishes else id
    long = roles.long if "names" not in wishes else names or None
    found = {**by_name(sheet, long), **columns}
    return Plan(
        Roles(time, id, long=long),
        {v: c for v, c in found.items() if c},
        *(one or None for one in single),
    )


def by_name(sheet: Sheet, long: tuple[str, str] | None) -> dict[str, str]:
    """Which columns (of a long table, names) are which variables, as far as their names tell."""
    if long == sheet.guess.roles.long:
        return sheet.guess.columns
    return match_variables.match(service.spec_of(sheet.checkpoint).variables, holders(sheet, long))


def holders(sheet: Sheet, long: tuple[str, str] | None) -> list[str]:
    """Where variables may be: columns, or the names of a long table, at most 500."""
    frame = sheet.table.frame
    if long is None:
        return list(frame)
    return (
        [] if long[0] not in frame else frame[long[0]].dropna().astype(str).unique()[:500].tolist()
    )


def warnings(upload: TableUpload) -> list[str]:
    """What looks wrong: units, then what lies outside of what the model knows; of a level it is said once."""
    said = upload.fitted.warnings
    names = [v.name for v in service.spec_of(upload.checkpoint).variables]
    twice = tuple(
        f"The typical {name}, " for name in names if any(w.startswith(f"{name} is") for w in said)
    )
    return [*said, *(w for w in upload.outside.warnings if not w.startswith(twice))]


def missing(upload: TableUpload) -> np.ndarray:
    """The share of each variable that is missing, ``[C]``."""
    x = upload.fitted.x[: upload.fitted.windows]
    return np.isnan(x).mean((0, 1))


def _load(checkpoint: str) -> Loaded:
    spec = service.spec_of(checkpoint)  # before anything is loaded
    if spec.modality != "timeseries":
        takes = {"video": "pictures", "speech": "sound"}[spec.modality]
        raise ServiceError(
            f"{service.title(checkpoint)} takes {takes}, not tables: choose a checkpoint of series."
        )
    return service.load(checkpoint)
