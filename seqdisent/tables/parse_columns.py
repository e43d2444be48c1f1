"""The cells of a table: numbers, times and text from columns of str, whatever their dialect."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pandas as pd

_WORDS = ("na", "n/a", "nan", "null", "none", "missing", "#n/a", "<na>", "nat")
MISSING = {"", "-", "--", "?", "."}.union(
    *({w, w.upper(), w.title()} for w in _WORDS), {"NaN", "NaT"}
)
# "1,234" is both a decimal and a thousand; what is only one of the two settles its column.
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
    """What a person wrote, on one line and clipped, for messages."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plural(count: int, noun: str) -> str:
    """``"1 row"``, ``"1,200 rows"``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def typed(columns: dict[str, pd.Series], separator: str, notes: list[str]) -> pd.DataFrame:
    """Numbers, times and text of columns of str."""
    frame, there, empty = {}, {}, []
    for name, cells in columns.items():
        there[name] = ~cells.isin(MISSING)
        frame[name] = _plain(cells, there[name])
        if frame[name].count() < there[name].sum():
            cells = pd.Series(list(map(str.strip, cells)), index=cells.index, dtype=object)
            there[name] = ~cells.isin(MISSING)
        columns[name] = cells.where(there[name])
        if not there[name].any():
            empty.append(name)
    if said := [short(name) for name in empty if not re.match(r"column( \d+)?( \(\d+\))?$", name)]:
        notes.append(
            f"Left out, because nothing is in it: column {said[0]}{' and others' if len(said) > 1 else ''}."
        )
    columns = {name: cells for name, cells in columns.items() if name not in empty}
    frame = {name: frame[name] for name in columns}
    odd = {name: cells[there[name] & frame[name].isna()] for name, cells in columns.items()}
    styles = {name: _style(cells, int(there[name].sum())) for name, cells in odd.items()}
    usual, counts = _usual(styles, columns, separator), {"decimal": 0, "thousands": 0}
    for name, cells in columns.items():
        style = usual if styles[name] == "unclear" else styles[name]
        if style == "unclear":
            notes.append(
                f"The commas in column {short(name)} may be decimal points, or stand between thousands: "
                "read as text. Write the numbers without."
            )
        values = _mended(cells, odd.pop(name), frame[name], style)
        bad = there[name] & values.isna()
        if few := bad.sum() < 0.05 * there[name].sum():
            counts[style] = counts.get(style, 0) + 1
            values = _without_marks(name, values, notes)
        else:
            times = _times(name, cells, notes)
            values, bad = (
                (cells, bad & False) if times is None else (times, there[name] & times.isna())
            )
        frame[name] = values
        if bad.any():
            notes.append(
                f"Not a {'number' if few else 'time'}, so missing: {plural(int(bad.sum()), 'cell')} of column "
                f'{short(name)} (first: row {bad.idxmax():,}, "{short(cells[bad.idxmax()])}").'
            )
    for style, what in (
        ("decimal", "Decimal commas read as points"),
        ("thousands", "Thousands separators left out"),
    ):
        if counts[style]:
            notes.append(f"{what} in {plural(counts[style], 'column')}.")
    return pd.DataFrame(frame)


def _plain(cells: pd.Series, there: pd.Series) -> pd.Series:
    """Numbers, without another look at all cells if there are hardly any in a sample."""
    sample = cells[there].iloc[:: len(cells) // 200 + 1]
    if pd.to_numeric(sample, errors="coerce").count() < 0.1 * len(sample):
        return pd.Series(np.nan, cells.index)
    return pd.to_numeric(cells, errors="coerce").astype(np.float64).where(there)


def _tidy(cells: pd.Series) -> pd.Series:
    """Without spaces between thousands, and with hyphens for minus."""
    joined = "".join(cells)
    if not any(character in joined for character in " '\u2019\u00a0\u202f\u2212"):
        return cells
    return cells.str.replace(SPACES, "", regex=True).str.replace("\u2212", "-", regex=False)


def _style(odd: pd.Series, count: int) -> str:
    """How what is no plain number is written: with ``"decimal"`` commas or ``"thousands"`` separators, ``"unclear"``
    (either), ``"plain"`` but for a few cells, or ``"text"``."""
    if not len(odd):
        return "plain"
    share, odd = len(odd) / count, odd.iloc[:: len(odd) // 2000 + 1]
    tidy = _tidy(odd)
    decimal, thousands = (tidy.str.fullmatch(form).astype(bool) for form in (DECIMAL, THOUSANDS))
    mended = pd.to_numeric(tidy, errors="coerce").notna()
    if (~(decimal | thousands | mended)).mean() * share >= 0.05:
        return "text"
    clear = {"decimal": (decimal & ~thousands).any(), "thousands": (thousands & ~decimal).any()}
    if all(clear.values()) or not (decimal | thousands).any():
        return (
            "thousands"
            if not any(clear.values()) and (mended & (tidy.str.len() < odd.str.len())).any()
            else "plain"
        )
    return next((style for style, found in clear.items() if found), "unclear")


def _usual(styles: dict[str, str], columns: dict[str, pd.Series], separator: str) -> str:
    """What commas are where a column alone does not tell."""
    if separator == ";" or "decimal" in styles.values() or "unclear" not in styles.values():
        return "decimal"
    plain = (columns[name].dropna() for name, style in styles.items() if style == "plain")
    return "thousands" if any("." in "".join(cells) for cells in plain) else "unclear"


def _mended(cells: pd.Series, odd: pd.Series, values: pd.Series, style: str) -> pd.Series:
    """Numbers, also where they are written in a style that must be repaired."""
    if not len(odd) or style == "text":
        return values
    odd = _tidy(odd)
    if style == "thousands":
        odd = odd.where(
            ~odd.str.fullmatch(THOUSANDS).astype(bool), odd.str.replace(",", "", regex=False)
        )
    elif style == "decimal":
        if "." in "".join(odd) and odd.str.fullmatch(GROUPED).any():  # then 1.234 is a thousand too
            odd = pd.concat([odd, cells[values.notna()]])
            odd = odd.where(
                ~odd.str.fullmatch(GROUPED).astype(bool), odd.str.replace(".", "", regex=False)
            )
        odd = pd.Series([cell.replace(",", ".") for cell in odd], index=odd.index, dtype=object)
    return (
        pd.to_numeric(odd, errors="coerce").astype(np.float64).reindex(values.index).fillna(values)
    )


def _times(name: str, text: pd.Series, notes: list[str]) -> pd.Series | None:
    """Dates or times in one of the usual forms, or None."""
    known = text.dropna()
    sample = known.iloc[:: len(known) // 50 + 1]
    found: dict[str, pd.Series] = {}
    if (
        sample.str.fullmatch(r".{0,20}\d.{0,20}").mean() < 0.95
        or sample.str.fullmatch(CLOCK).mean() > 0.05
    ):
        return None
    for form in ("ISO8601", *map("".join, product(DATES, CLOCKS))):
        if "ISO8601" not in found and _parsed(sample, form).notna().mean() >= 0.95:
            found[form] = _parsed(text, form)
    if not found:
        return None
    most = max(values.count() for values in found.values())
    found = {form: values for form, values in found.items() if values.count() == most}
    # The right order of day and month gives the fewest different steps.
    best = min(found, key=lambda form: found[form].drop_duplicates().sort_values().diff().nunique())
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


def _without_marks(name: str, values: pd.Series, notes: list[str]) -> pd.Series:
    """Without numbers that stand for a missing value."""
    marks = values.isin(SENTINELS)
    rest = values[~marks & np.isfinite(values)] if marks.any() else []
    if not len(rest):
        return values
    mark, count = values[marks.idxmax()], plural(int(marks.sum()), "row")
    if rest.min() - values[marks].max() > 2 * np.ptp(rest) or (rest.min() >= 0 and mark <= -999):
        notes.append(
            f"{mark:g} in column {short(name)} ({count}) stands for a missing value: read as missing."
        )
        return values.where(~marks)
    if mark <= -999:
        notes.append(
            f"{mark:g} in column {short(name)} ({count}) may mean that a value is missing: if so, empty the cells."
        )
    return values
