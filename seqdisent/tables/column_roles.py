"""What the columns of a table are: time, which series a row belongs to, variables and labels."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype as is_dated
from pandas.api.types import is_numeric_dtype as is_number
from pandas.api.typing import DataFrameGroupBy

from seqdisent.errors import TableError
from seqdisent.tables.parse_columns import CLOCK, short
from seqdisent.tables.read_csv import Table

MAX_LABELS, MAX_NAMES = 50, 200  # different values of a label; variables of a long table
TIME = r"(date|time|timestamp|datetime|when|t|clock|epoch|seconds?|minutes?|hours?|days?|weeks?|elapsed|step|cycles?|"
TIME += r"zeit|datum|uhrzeit)"
COUNTER = r"(no|nr|row|index|instant|number|nummer|#)"
OFFSET = CLOCK + r"|[0-2]?\d\.[0-5]\d\.[0-5]\d"  # 18.00.00 is a time too, where it is no date
CLOCKS = r"(time|timestamp|datetime|date|elapsed|cycles?)"  # a part of the name is enough
ID = r"(id|ids|subject|patient|person|participant|user|unit|machine|engine|device|sensor|station|site|series|record|"
ID += r"recordid|case|trial|session|run|animal|household|store|shop|country|city|region|location|name)"
SURE_ID = r"(id|ids|subject|patient|person|participant|recordid)"
LABEL = r"(label|class|target|activity|state|status|category|type|group|gender|sex|condition|phase|event|holiday)"
NAME = r"(variable|parameter|measure|metric|item|indicator|pollutant|signal|channel|quantity)"
VALUE = r"(value|val|values)"
PARTS = (
    r"(year|yr|yyyy)",
    r"(month|mon|mnth)",
    r"(day|dd|dom)",
    r"(hour|hr|hh)",
    r"(minute|min)",
    r"(second|sec)",
)
UNITS = {
    r"(ms|msec|millis|milliseconds?)": 1e-3,
    r"(min|mins|minutes?)": 60.0,
    r"(h|hr|hrs|hours?)": 3600.0,
    r"(d|days?)": 86_400.0,
    r"(w|weeks?)": 604_800.0,
    r"(months?)": 2_629_800.0,
    r"(y|years?)": 31_557_600.0,
}


@dataclass(frozen=True)
class Roles:
    """What each column is.

    Args:
        time: a column of times or numbers, or several that are joined, as ``"year + month + day + hour"``; None if the
            rows are the steps.
        id: columns that together tell the series apart.
        variables: columns of numbers; of a long table, what is in its column of names.
        labels: columns of what is known about a series or a step.
        long: of a table with a row a value: the column with the variables' names, and that with the values.
    """

    time: str | None
    id: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    long: tuple[str, str] | None = None


def time_columns(roles: Roles, frame: pd.DataFrame) -> list[str]:
    """The columns that the time is in."""
    if roles.time is None:
        return []
    return [roles.time] if roles.time in frame else roles.time.split(" + ")


def times(table: Table, roles: Roles) -> tuple[pd.Series, bool]:
    """Seconds (float64, NaN where missing) by row, and whether they count from 1970, and not from some start.

    Raises :class:`TableError` for a column that holds no times.
    """
    frame, names = table.frame, time_columns(roles, table.frame)
    years = frame[names[0]].dropna()
    if _is(PARTS[0], names[0]) and is_number(years) and years.between(1600, 2400).all():
        parts = [frame[name] for name in names] + [pd.Series(1.0, frame.index)] * (3 - len(names))
        if not all(map(is_number, parts)):
            raise TableError(
                f"The time {short(roles.time, 40)} has to be of columns of numbers. Choose others."
            )
        fields = dict(
            zip(("year", "month", "day", "hour", "minute", "second"), parts, strict=False)
        )
        whole = pd.to_datetime(pd.DataFrame(fields), errors="coerce")
        return _times(whole, " + ".join(names))
    parts = [_times(frame[name], name) for name in names]
    return sum(seconds for seconds, _ in parts), parts[0][1]


def _times(values: pd.Series, name: str) -> tuple[pd.Series, bool]:
    known = values.dropna()
    if is_dated(values):
        seconds = values.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        return pd.Series(seconds, values.index).where(values.notna()), True
    if is_number(values):
        if len(known) and known.between(1.9e7, 2.1e7).all() and (known % 1 == 0).all():  # 20160302
            days = pd.to_datetime(known.astype(int).astype(str), format="%Y%m%d", errors="coerce")
            if days.notna().all():
                return _times(days.reindex(values.index), name)
        for scale in (1.0, 1e-3, 1e-6, 1e-9):  # since 1970, and later than 2000
            if len(known) and (known * scale).between(9.4e8, 4.2e9).all():
                return values * scale, True
        return values * (_unit(name) or 1.0), False
    wrong = ~known.astype(str).str.fullmatch(OFFSET).astype(bool)
    if wrong.any() or not len(known):
        where = (
            f' in row {wrong.idxmax():,} ("{short(known[wrong.idxmax()])}")' if len(known) else ""
        )
        raise TableError(
            f"Column {short(name)} holds no time that can be read{where}. Write 2016-03-02 14:00, or "
            "seconds, or choose another column."
        )
    clock = (
        known.str.replace(".", ":", n=2, regex=False)
        if not known.str.contains(":").any()
        else known
    )
    clock = clock.str.replace(r"^(\d+:\d+)$", r"\1:00", regex=True)
    return pd.to_timedelta(clock).dt.total_seconds().reindex(values.index), False


def _unit(name: str) -> float | None:
    """Seconds of the unit that a name ends with."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    units = [
        unit for word in words[-1:] for form, unit in UNITS.items() if re.fullmatch(form, word)
    ]
    return units[0] if units else None


def _is(form: str, name: str) -> bool:
    return re.fullmatch(form, name.strip().lower()) is not None


def _names(form: str, name: str) -> bool:
    """Whether a word of a column name is one of a form's."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return _is(form, name) or any(_is(form, word) for word in words)


def guess_roles(table: Table) -> Roles:
    """What the columns seem to be, from their names, types and repetitions."""
    frame = table.frame
    time = _guess_time(frame)
    roles = Roles(time)
    used = set(time_columns(roles, frame))
    try:
        seconds = times(table, roles)[0] if time else None
    except TableError:
        time, seconds, used = None, None, set()
    texts = [
        n for n in frame if n not in used and not is_number(frame[n]) and not is_dated(frame[n])
    ]
    numbers = [n for n in frame if n not in used and is_number(frame[n])]
    long = _guess_long(frame, texts, numbers)
    used |= set(long or ())
    id = _guess_id(
        frame, seconds, [n for n in frame if n not in used and not is_dated(frame[n])], long
    )
    used |= set(id)
    groups = frame.groupby(list(id), sort=False) if id else None
    rest = [n for n in (*texts, *numbers) if n not in used]
    same = [n for n in rest if _most_values(frame, groups, n) <= 1]
    labels = [
        n
        for n in texts
        if n in rest and (n in same or frame[n].nunique() <= min(MAX_LABELS, len(frame) // 2))
    ]
    labels += [
        n
        for n in numbers
        if n in rest and (n in same or (_names(LABEL, n) and frame[n].nunique() <= MAX_LABELS))
    ]
    variables = [n for n in numbers if n in rest and n not in labels]
    variables = [n for n in variables if not _counts(frame, groups, n)] or variables
    if long:
        variables = [str(v) for v in frame[long[0]].value_counts().index[:MAX_NAMES]]
        variables = [v for v in map(str, frame[long[0]].dropna().unique()) if v in set(variables)]
    return Roles(time, id, tuple(variables), tuple(n for n in frame if n in labels), long)


def _counts(frame: pd.DataFrame, groups: DataFrameGroupBy | None, name: str) -> bool:
    """Whether a number only counts rows, and so holds no information."""
    step = (frame if groups is None else groups)[name].diff().dropna()
    starts = frame[name].min() in (0, 1) or _is(COUNTER, name)
    return bool(starts and (step > 0).all() and (step == 1).mean() > 0.9)


def _most_values(frame: pd.DataFrame, groups: DataFrameGroupBy | None, name: str) -> int:
    """Number of different values of a column; within groups, that of the group with most of them."""
    if groups is None:
        return frame[name].nunique()
    return groups[name].nunique().max()


def _guess_time(frame: pd.DataFrame) -> str | None:
    dated = [n for n in frame if is_dated(frame[n])]
    clocks = [
        n
        for n in frame
        if not is_number(frame[n])
        and n not in dated
        and frame[n].dropna().astype(str).str.fullmatch(OFFSET).all()
        and frame[n].notna().any()
    ]
    parts = [
        next((n for n in frame if _is(form, n) and is_number(frame[n])), None) for form in PARTS
    ]
    best = max(dated, key=lambda n: (bool(_names(TIME, n)), frame[n].nunique()), default=None)
    if best:
        whole = (frame[best].dropna() == frame[best].dropna().dt.normalize()).all()
        hour = (
            parts[3]
            if parts[3] is not None and frame[parts[3]].dropna().between(0, 24).all()
            else None
        )
        clock = (clocks + [hour] * (hour is not None))[:1] if whole else []
        return " + ".join([best, *clock])
    if parts[0] is not None and frame[parts[0]].dropna().between(1600, 2400).all():
        leading = itertools.takewhile(lambda part: part is not None, parts)
        return " + ".join(map(str, leading))
    if clocks:
        return clocks[0]
    numbers = [n for n in frame if is_number(frame[n]) and frame[n].nunique() > 2]
    named = [n for n in numbers if _is(TIME, n)] or [n for n in numbers if _names(CLOCKS, n)]
    return named[0] if named else None


def _guess_long(
    frame: pd.DataFrame, texts: list[str], numbers: list[str]
) -> tuple[str, str] | None:
    values = [n for n in numbers if _is(VALUE, n)] or (numbers if len(numbers) == 1 else [])
    names = [n for n in texts if _names(NAME, n) and 2 <= frame[n].nunique() <= MAX_NAMES]
    return (
        (names[0], values[0])
        if names and values and frame[names[0]].nunique() < len(frame) / 2
        else None
    )


def _guess_id(
    frame: pd.DataFrame, seconds: pd.Series | None, names: list[str], long: tuple[str, str] | None
) -> tuple:
    """The fewest columns with which no time comes twice; what is named like an id comes first."""

    def repeats(columns: tuple[str, ...]) -> float:
        keys = frame[[*columns, *(long or ())[:1]]].assign(**{"\0": seconds})
        return float(keys.duplicated().mean())

    kinds = {n: frame[n].nunique() for n in names}
    whole = [
        n
        for n in names
        if 2 <= kinds[n] <= len(frame) / 2
        and (not is_number(frame[n]) or (frame[n].dropna() % 1 == 0).all())
    ]
    named = [n for n in whole if _names(ID, n)]
    if seconds is None:
        return tuple(named[:1])
    order = sorted(whole, key=lambda n: (n not in named, is_number(frame[n]), kinds[n]))
    alone = repeats(())
    enough = {n: repeats((n,)) for n in order}
    if alone < 0.05:  # then only a name can show it
        return tuple(n for n in named if _names(SURE_ID, n) or not is_number(frame[n]))[:1]
    limit = max(0.02, 1.1 * min(enough.values(), default=1.0))
    single = [n for n in order if enough[n] <= limit and enough[n] < alone / 3]
    if single and enough[single[0]] < 0.1:
        return (single[0],)
    pairs = [pair for pair in combinations(order[:6], 2) if repeats(pair) < 0.05]
    return tuple(sorted(pairs[0], key=names.index)) if pairs else tuple(single[:1])


def check_roles(table: Table, roles: Roles) -> None:
    """Raises :class:`TableError` for a column that is not there, has two roles, or is not what its role needs."""
    frame = table.frame
    columns = [
        *time_columns(roles, frame),
        *roles.id,
        *roles.labels,
        *(roles.long or roles.variables),
    ]
    for k, name in enumerate(columns):
        if name not in frame:
            raise TableError(
                f"There is no column {short(name)}. There are: {short(', '.join(map(str, frame)), 36)}."
            )
        if name in columns[:k]:
            raise TableError(f"Column {short(name)} has two roles. Give it one.")
    if not roles.variables:
        raise TableError("No variable is chosen: choose at least one column of numbers.")
    for name in (roles.long[1],) if roles.long else roles.variables:
        _check_numbers(frame[name], name)
    if roles.long:
        there = set(frame[roles.long[0]].dropna().astype(str))
        lacking = [name for name in roles.variables if name not in there]
        if lacking or len(set(roles.variables)) < len(roles.variables):
            what = (
                f"has no {short(lacking[0])}" if lacking else "is asked for the same variable twice"
            )
            raise TableError(
                f"Column {short(roles.long[0])} {what}. Choose variables that are in it, each once."
            )
    if roles.time is not None and not times(table, roles)[0].notna().any():
        raise TableError(
            f"No time in {short(roles.time, 40)} can be read. Write 2016-03-02 14:00, or seconds."
        )


def _check_numbers(values: pd.Series, name: str) -> None:
    if is_number(values):
        return
    known = values.dropna()
    wrong = known if is_dated(values) else known[pd.to_numeric(known, errors="coerce").isna()]
    cell = f' (row {wrong.index[0]:,}: "{short(wrong.iloc[0])}")' if len(wrong) else ""
    raise TableError(
        f"Column {short(name)} is not of numbers{cell}, so it is no variable. Correct it, or choose others."
    )


def describe(roles: Roles) -> tuple[str, ...]:
    """Short sentences about the roles."""
    sentences = [
        f"Time is in {short(roles.time, 40)}."
        if roles.time
        else "There is no time: each row is a step."
    ]
    if roles.id:
        sentences.append(f"A series for each {' and '.join(map(short, roles.id))}.")
    if roles.long:
        sentences.append(
            f"A row for each value: {short(roles.long[0])} names the variable, {short(roles.long[1])} holds it."
        )
    for what, names in (("Variable", roles.variables), ("Label", roles.labels)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            sentences.append(
                f"{what}{'s' if len(names) > 1 else ''}: {', '.join(map(short, names[:3]))}{more}."
            )
    return tuple(sentences)
