"""Tables that visitors upload to checkpoints of time series.

A table is read first, and kept also if its columns do not fit, so that they can be chosen; the sequence that is then
taken from it replaces it in the store, and stays if the next choice does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from demo.core import uploads
from demo.core.catalog import Loaded, load, spec_of, title
from demo.core.upload_store import new_key
from demo.errors import RequestError
from demo.modalities import view_of
from demo.modalities.base import SourceClip
from seqdisent.data.timeseries.fit_table import Fitted, Plan, fit, guess_plan
from seqdisent.errors import TableError
from seqdisent.tables import match_variables
from seqdisent.tables.column_roles import Roles
from seqdisent.tables.parse_columns import short
from seqdisent.tables.read_csv import Table, read_table
from seqdisent.types import Sequences

NAME = "your table"
MOST_NAMES = 500  # in a long table, of which variables may be chosen


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as it was read, and what its columns are taken for.

    Args:
        guess: what they seem to be.
        plan: what they are taken for.
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


def _as_names(value: Any) -> Any:
    """One column or several; none if rows are the steps, or there is one series."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_names)]


class ColumnRoles(BaseModel):
    """What a program says the columns are; what it leaves out stays as it seems.

    Args:
        time: a column, or several to be joined; none if rows are the steps.
        id: columns that tell the series apart.
        names: the columns of names and of values; none if each variable has its own column.
        columns: by variable the column; "" for none.
        series: which one.
        start: when it begins.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    time: Names = ()
    id: Names = ()
    names: Names = ()
    columns: dict[str, str | None] | None = None
    series: str | None = None
    start: str | None = None


def read(checkpoint: str, content: bytes, name: str = "") -> Sheet:
    """A table by its content; no sequence is taken from it yet.

    Args:
        name: of the file, for people.

    Raises:
        RequestError: for a checkpoint of something else, and for what
            :func:`seqdisent.tables.read_csv.read_table` refuses.
    """
    it = _load(checkpoint)
    name = short(name, 40) or NAME
    try:
        table = read_table(content, name)
        plan = guess_plan(table, it.spec)
    except TableError as error:
        raise RequestError(str(error)) from error
    size = int(table.frame.memory_usage(deep=True).sum())
    sheet = Sheet(new_key(), checkpoint, name, table, plan, plan, size)
    uploads.STORE.keep(sheet)
    return sheet


def sheet_of(checkpoint: str, key: str) -> Sheet:
    """The table that is kept under a token, with the last choice that fitted."""
    found = uploads.STORE.get_for(checkpoint, key)
    return found.sheet if isinstance(found, TableUpload) else found


def make(checkpoint: str, key: str, plan: Plan | None = None) -> TableUpload:
    """The sequence that the model is given of a table, by a choice of columns or else as they seem to be.

    Raises:
        RequestError: for what does not fit; the former sequence is then kept.
    """
    it, sheet = _load(checkpoint), sheet_of(checkpoint, key)
    plan = plan or sheet.plan
    try:
        fitted = fit(sheet.table, plan, it.dataset)
    except TableError as error:
        raise RequestError(str(error)) from error
    mask = torch.arange(it.spec.frames)[None] < fitted.windows
    caption = " · ".join(filter(None, [sheet.name, short(fitted.chosen, 40), fitted.start_label]))
    batch = Sequences(torch.from_numpy(fitted.x[None]), mask)
    original = SourceClip(NAME, caption, {}, batch, title=caption, start=fitted.start)
    notes = (*sheet.table.notes, *fitted.notes)
    examined = uploads.examine(it, original)
    sheet = replace(sheet, plan=plan)
    upload = TableUpload(key, checkpoint, original, notes, *examined, sheet=sheet, fitted=fitted)
    uploads.STORE.keep(upload)
    return upload


def plan_from(sheet: Sheet, roles: Any) -> Plan:
    """What a program wants the columns to be.

    Args:
        roles: the fields of :class:`ColumnRoles`; None for none.

    Raises:
        RequestError: for anything else; whether the columns are there is seen later.
    """
    asked = _validated({} if roles is None else roles)
    given = asked.model_fields_set
    columns = asked.columns or {}
    variables = [variable.name for variable in spec_of(sheet.checkpoint).variables]
    unknown = sorted(set(columns) - set(variables))
    if unknown:
        raise RequestError(
            f"columns: this model has no variable {short(unknown[0])}. It has {short(', '.join(variables), 80)}."
        )
    if len(asked.names) not in (0, 2):
        raise RequestError("names: two columns, that of names and that of values, or [].")
    guess = sheet.guess.roles
    time = " + ".join(asked.time) or None if "time" in given else guess.time
    series_id = asked.id if "id" in given else guess.id
    long = guess.long
    if "names" in given:
        long = (asked.names[0], asked.names[1]) if asked.names else None
    found = {**by_name(sheet, long), **columns}
    chosen = {variable: column for variable, column in found.items() if column}
    return Plan(
        Roles(time, series_id, long=long), chosen, asked.series or None, asked.start or None
    )


def _validated(roles: Any) -> ColumnRoles:
    try:
        return ColumnRoles.model_validate(roles)
    except ValidationError as error:
        fields = ", ".join(ColumnRoles.model_fields)
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "roles"
        raise RequestError(
            f"{where[:80]}: roles are a JSON object with any of {fields}, which are names of columns, as "
            '{"time": "when", "columns": {"PM2.5": "pm25"}}.'
        ) from error


def by_name(sheet: Sheet, long: tuple[str, str] | None) -> dict[str, str]:
    """Which columns (of a long table, names) are which variables, as far as their names tell."""
    if long == sheet.guess.roles.long:
        return sheet.guess.columns
    variables = spec_of(sheet.checkpoint).variables
    return match_variables.match(variables, candidates(sheet, long))


def candidates(sheet: Sheet, long: tuple[str, str] | None) -> list[str]:
    """What a variable may be taken from: columns, or the names of a long table."""
    frame = sheet.table.frame
    if long is None:
        return list(frame)
    if long[0] not in frame:
        return []
    return frame[long[0]].dropna().astype(str).unique()[:MOST_NAMES].tolist()


def warnings(upload: TableUpload) -> list[str]:
    """What looks wrong: units, then what is out of distribution; a baseline is not named twice."""
    about_units = upload.fitted.warnings
    named = []
    for variable in spec_of(upload.checkpoint).variables:
        if any(warning.startswith(f"{variable.name} is") for warning in about_units):
            named.append(f"The typical {variable.name}, ")
    others = [one for one in upload.comparison.warnings if not one.startswith(tuple(named))]
    return [*about_units, *others]


def missing(upload: TableUpload) -> np.ndarray:
    """The share of each variable that is missing, ``[C]``."""
    x = upload.fitted.x[: upload.fitted.windows]
    return np.isnan(x).mean((0, 1))


def _load(checkpoint: str) -> Loaded:
    modality = view_of(spec_of(checkpoint)).modality  # before anything is loaded
    if not modality.has_variables:
        raise RequestError(
            f"{title(checkpoint)} takes {modality.nouns.input}, not tables: choose a checkpoint of series."
        )
    return load(checkpoint)
