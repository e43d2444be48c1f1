"""The fields of a table: numbers, times and text from columns of strings, however they are written."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pandas as pd

_MISSING_WORDS = ("na", "n/a", "nan", "null", "none", "missing", "#n/a", "<na>", "nat")
MISSING = {"", "-", "--", "?", ".", "NaN", "NaT"}
for _word in _MISSING_WORDS:
    MISSING |= {_word, _word.upper(), _word.title()}
# "1,234" may be a decimal or have a thousands separator; a value that can only be one of the two decides.
DECIMAL = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+(?:[eE][+-]?\d+)?"
GROUPED = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?"
THOUSANDS = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %Y",
    "%m/%Y",
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H.%M.%S")
CLOCK = (
    r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"  # hours and minutes; or since a start, so beyond 24
)
SPACES = r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(?!\d))"  # between thousands
SENTINELS = (-200.0, -999.0, -999.9, -9999.0, -99999.0)


def short(text: object, most: int = 20) -> str:
    """Text of the user, on one line and clipped, for messages."""
    printable = [c if c.isprintable() else " " for c in str(text)[: 4 * most]]
    line = " ".join("".join(printable).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plural(count: int, noun: str) -> str:
    """``"1 row"``, ``"1,200 rows"``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def typed(columns: dict[str, pd.Series], separator: str, notes: list[str]) -> pd.DataFrame:
    """Numbers, times and text from columns of strings; what was repaired is appended to ``notes``.

    Args:
        columns: strings by name of the column.
        separator: what stands between fields: it tells how commas are used in numbers.
    """
    present: dict[str, pd.Series] = {}  # which fields hold something
    numbers: dict[str, pd.Series] = {}
    texts: dict[str, pd.Series] = {}  # NaN where missing
    for name, fields in columns.items():
        present[name] = ~fields.isin(MISSING)
        numbers[name] = _plain(fields, present[name])
        if numbers[name].count() < present[name].sum():
            fields = pd.Series(
                [field.strip() for field in fields], index=fields.index, dtype=object
            )
            present[name] = ~fields.isin(MISSING)
        texts[name] = fields.where(present[name])
    empty = [name for name in texts if not present[name].any()]
    _note_empty(empty, notes)
    for name in empty:
        del texts[name]

    odd = {name: texts[name][present[name] & numbers[name].isna()] for name in texts}
    styles = {name: _style(odd[name], int(present[name].sum())) for name in texts}
    usual = _usual(styles, texts, separator)
    counts = {"decimal": 0, "thousands": 0}
    frame: dict[str, pd.Series] = {}
    for name, text in texts.items():
        style = usual if styles[name] == "unclear" else styles[name]
        if style == "unclear":
            notes.append(
                f"The commas in column {short(name)} may be decimal points, or stand between thousands: "
                "read as text. Write the numbers without."
            )
        values = _repaired(text, odd[name], numbers[name], style)
        bad = present[name] & values.isna()
        is_number = bool(bad.sum() < 0.05 * present[name].sum())
        if is_number:
            counts[style] = counts.get(style, 0) + 1
            frame[name] = _without_sentinels(name, values, notes)
        else:
            times = _times(name, text, notes)
            frame[name] = text if times is None else times
            bad = present[name] & frame[name].isna()
        _note_bad(name, text, bad, "number" if is_number else "time", notes)
    if counts["decimal"]:
        notes.append(f"Decimal commas read as points in {plural(counts['decimal'], 'column')}.")
    if counts["thousands"]:
        notes.append(f"Thousands separators left out in {plural(counts['thousands'], 'column')}.")
    return pd.DataFrame(frame)


def _note_empty(names: list[str], notes: list[str]) -> None:
    """Note columns that are left out, but for those without a name: lines may end with separators."""
    named = [short(name) for name in names if not re.match(r"column( \d+)?( \(\d+\))?$", name)]
    if named:
        more = " and others" if len(named) > 1 else ""
        notes.append(f"Left out, because nothing is in it: column {named[0]}{more}.")


def _note_bad(name: str, text: pd.Series, bad: pd.Series, kind: str, notes: list[str]) -> None:
    if bad.any():
        row = bad.idxmax()
        notes.append(
            f"Not a {kind}, so missing: {plural(int(bad.sum()), 'cell')} of column {short(name)} "
            f'(first: row {row:,}, "{short(text[row])}").'
        )


def _plain(fields: pd.Series, present: pd.Series) -> pd.Series:
    """Numbers; if a sample has hardly any, the others are not looked at."""
    sample = fields[present].iloc[:: len(fields) // 200 + 1]
    if pd.to_numeric(sample, errors="coerce").count() < 0.1 * len(sample):
        return pd.Series(np.nan, fields.index)
    return pd.to_numeric(fields, errors="coerce").astype(np.float64).where(present)


def _tidy(fields: pd.Series) -> pd.Series:
    """Without spaces between thousands, and with hyphens for minus."""
    joined = "".join(fields)
    if not any(character in joined for character in " '\u2019\u00a0\u202f\u2212"):
        return fields
    without_spaces = fields.str.replace(SPACES, "", regex=True)
    return without_spaces.str.replace("\u2212", "-", regex=False)


def _style(odd: pd.Series, count: int) -> str:
    """How fields are written that are no plain numbers.

    Args:
        odd: these fields.
        count: the number of fields that hold something.

    Returns:
        ``"decimal"`` for decimal commas, ``"thousands"`` for separators, ``"unclear"`` for either, ``"plain"`` if all
        but a few are plain numbers, or ``"text"``.
    """
    if not len(odd):
        return "plain"
    share = len(odd) / count
    sample = odd.iloc[:: len(odd) // 2000 + 1]
    tidy = _tidy(sample)
    decimal = tidy.str.fullmatch(DECIMAL).astype(bool)
    thousands = tidy.str.fullmatch(THOUSANDS).astype(bool)
    number = pd.to_numeric(tidy, errors="coerce").notna()
    if (~(decimal | thousands | number)).mean() * share >= 0.05:
        return "text"
    surely_decimal = bool((decimal & ~thousands).any())
    surely_thousands = bool((thousands & ~decimal).any())
    if surely_decimal and surely_thousands:
        return "plain"
    if not (decimal | thousands).any():
        has_spaces = (number & (tidy.str.len() < sample.str.len())).any()
        return "thousands" if has_spaces else "plain"
    if surely_decimal:
        return "decimal"
    return "thousands" if surely_thousands else "unclear"


def _usual(styles: dict[str, str], columns: dict[str, pd.Series], separator: str) -> str:
    """The use of commas where a column alone does not decide."""
    if separator == ";" or "decimal" in styles.values() or "unclear" not in styles.values():
        return "decimal"
    for name, style in styles.items():
        if style == "plain" and "." in "".join(columns[name].dropna()):
            return "thousands"
    return "unclear"


def _repaired(text: pd.Series, odd: pd.Series, numbers: pd.Series, style: str) -> pd.Series:
    """Numbers, also those that are written with decimal commas or thousands separators."""
    if not len(odd) or style == "text":
        return numbers
    odd = _tidy(odd)
    if style == "thousands":
        odd = _without(odd, THOUSANDS, ",")
    elif style == "decimal":
        if "." in "".join(odd) and odd.str.fullmatch(GROUPED).any():  # then 1.234 is a thousand too
            odd = _without(pd.concat([odd, text[numbers.notna()]]), GROUPED, ".")
        odd = pd.Series([field.replace(",", ".") for field in odd], index=odd.index, dtype=object)
    repaired = pd.to_numeric(odd, errors="coerce").astype(np.float64)
    return repaired.reindex(numbers.index).fillna(numbers)


def _without(fields: pd.Series, form: str, separator: str) -> pd.Series:
    """Fields, those of a form without a separator."""
    has_form = fields.str.fullmatch(form).astype(bool)
    return fields.where(~has_form, fields.str.replace(separator, "", regex=False))


def _times(name: str, text: pd.Series, notes: list[str]) -> pd.Series | None:
    """Dates or times in one of the usual forms, or None."""
    known = text.dropna()
    sample = known.iloc[:: len(known) // 50 + 1]
    has_digits = sample.str.fullmatch(r".{0,20}\d.{0,20}").mean() >= 0.95
    is_clock = sample.str.fullmatch(CLOCK).mean() > 0.05
    if not has_digits or is_clock:
        return None
    forms = ["ISO8601", *(date + clock for date, clock in product(DATES, CLOCKS))]
    found: dict[str, pd.Series] = {}
    for form in forms:
        if _parsed(sample, form).notna().mean() >= 0.95:
            found[form] = _parsed(text, form)
        if form == "ISO8601" and found:
            break
    if not found:
        return None
    most = max(values.count() for values in found.values())
    found = {form: values for form, values in found.items() if values.count() == most}

    def different_steps(form: str) -> int:
        return int(found[form].drop_duplicates().sort_values().diff().nunique())

    # The right order of day and month gives the fewest different steps.
    best = min(found, key=different_steps)
    if len(found) > 1:
        order = "day before month" if best.index("%d") < best.index("%m") else "month before day"
        notes.append(
            f"Dates such as {short(known.iloc[0])} in column {short(name)} were read as {order}."
        )
    if best == "ISO8601" and sample.str.contains(r":\d.*(?:Z|[+-]\d\d:?\d\d)$").any():
        notes.append(f"The times of column {short(name)} were changed to UTC.")
    return found[best]


def _parsed(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, format=form, errors="coerce", utc=True).dt.tz_localize(None)


def _without_sentinels(name: str, values: pd.Series, notes: list[str]) -> pd.Series:
    """Without numbers that stand for a missing value."""
    marks = values.isin(SENTINELS)
    if not marks.any():
        return values
    rest = values[~marks & np.isfinite(values)]
    if not len(rest):
        return values
    mark, count = values[marks.idxmax()], plural(int(marks.sum()), "row")
    is_far = rest.min() - values[marks].max() > 2 * np.ptp(rest)
    if is_far or (rest.min() >= 0 and mark <= -999):
        notes.append(
            f"{mark:g} in column {short(name)} ({count}) stands for a missing value: read as missing."
        )
        return values.where(~marks)
    if mark <= -999:
        notes.append(
            f"{mark:g} in column {short(name)} ({count}) may mean that a value is missing: if so, empty the cells."
        )
    return values
