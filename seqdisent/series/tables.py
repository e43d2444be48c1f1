"""A person's own table of time series, read from CSV in the widest sense; every repair is stated."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from statistics import mode

import charset_normalizer
import numpy as np
import pandas as pd

MAX_MEGABYTES, MAX_ROWS, MAX_COLUMNS = 25, 200_000, 200
WAY_OUT = "Give a CSV file: text, a row a line, with the column names in the first."
EXPORT = "This is an Excel workbook, not text: open it, export the sheet as CSV, and give that."
# What files start with that people take for tables.
KINDS = {
    b"\xd0\xcf\x11\xe0": "an Excel workbook", b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF", b"\x89PNG": "a picture (PNG)", b"\xff\xd8\xff": "a picture (JPEG)", b"GIF8": "a picture (GIF)",
    b"\x89HDF": "an HDF5 file", b"\x93NUMPY": "a NumPy array", b"SQLite": "an SQLite database", b"{\\rtf": "RTF",
}  # fmt: skip
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WORDS = ("na", "n/a", "nan", "null", "none", "missing", "#n/a", "<na>", "nat")
MISSING = {"", "-", "--", "?", "."}.union(*({w, w.upper(), w.title()} for w in _WORDS), {"NaN", "NaT"})
# "1,234" is both a decimal and a thousand; what is only one of the two settles its column.
DECIMAL = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+(?:[eE][+-]?\d+)?"
GROUPED = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?"
THOUSANDS = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y",
    "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%m/%Y",
)  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H.%M.%S")
CLOCK = r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"  # hours and minutes; or since a start, so beyond 24
SPACES = r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(?!\d))"  # between thousands
SENTINELS = (-200.0, -999.0, -999.9, -9999.0, -99999.0)
OPEN_QUOTE = 'A quote (") is opened in row {:,} and never closed. Close or delete it.'


class TableError(ValueError):
    """A table that cannot be used. The message names the problem and the way out, and is shown as it is."""


@dataclass(frozen=True)
class Table:
    """What was in a file.

    Args:
        frame: a column each: float64, datetime64 (UTC if the file named a zone), or objects (str; NaN where missing).
            The index holds the row in the file, where the names are in row 1.
        notes: a sentence for each thing that was repaired, left out or guessed.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def short(text: object, most: int = 20) -> str:
    """What a person wrote, on one line and clipped, for messages."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plural(count: int, noun: str) -> str:
    """``"1 row"``, ``"1,200 rows"``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def read_table(content: bytes | str | Path, name: str = "the file") -> Table:
    """The table in a file (a ``Path``), in its bytes, or in pasted text (a ``str`` is never taken for a path).

    Raises :class:`TableError` for what is not a table, is damaged, or larger than 25 MB or 200 columns. Of more than
    200,000 rows the first are used.
    """
    if isinstance(content, Path):
        content, name = _file(content)
    content = content.encode(errors="replace") if isinstance(content, str) else bytes(content)
    name, notes = (short(name) if name != "the file" else "The file"), []
    if len(content) > MAX_MEGABYTES * 2**20:
        raise TableError(f"{name} is larger than {MAX_MEGABYTES} MB. Leave out rows or columns that are not needed.")
    text = _text(content, name, notes)
    separator = _separator(text)
    names, columns = _columns(text, separator, name, notes)
    frame = _typed(dict(zip(_unique(names, columns, notes), columns, strict=True)), separator, notes)
    if not names[0] and "column 1" in frame and (frame["column 1"].diff().iloc[1:] == 1).all():
        frame = frame.drop(columns="column 1")
        notes[:] = ["The first column only counts the rows: left out.", *(n for n in notes if "Column 1 " not in n)]
    if not len(frame.columns):
        raise TableError(f"{name} has no values below its column names. Export it again, with values.")
    return Table(frame, tuple(notes))


def _file(path: Path) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            return file.read(MAX_MEGABYTES * 2**20 + 1), path.name
    except OSError as error:
        raise TableError(f"{short(path.name)} cannot be opened: {error.strerror}.") from None


def _text(raw: bytes, name: str, notes: list[str]) -> str:
    kind = next((kind for start, kind in KINDS.items() if raw.startswith(start)), "")
    if kind == "an Excel workbook" or (kind == "a ZIP archive" and (b"xl/" in raw or b"opendocument.spread" in raw)):
        raise TableError(f"{name} cannot be read. {EXPORT}")
    even = np.frombuffer(raw[: min(len(raw), 2**16) // 2 * 2] or b"  ", np.uint8).reshape(-1, 2)
    zeros = np.mean(even == 0, axis=0)
    start, coding = next(((mark, coding) for mark, coding in MARKS.items() if raw.startswith(mark)), (b"", "utf-8"))
    if not start and not kind and b"\0" in raw and max(zeros) > 0.4 and min(zeros) < 0.1:
        coding = "utf-16-le" if zeros[1] > 0.4 else "utf-16-be"
    text = raw[len(start) :].decode(coding, "replace")
    if not start and coding == "utf-8" and "\ufffd" in text:
        coding = _guessed(raw)
        text = raw.decode(coding, "replace")
    head = text[:4096].lstrip().lower()
    if re.match(r"<(!doctype|html|\?xml|table|svg|head|body|!--)", head):
        kind = "a web page or XML"
    elif re.match(r'\{\s*"|\[\s*[\[{]', head):
        kind = "JSON"
    elif not kind and ("\0" in text or len(re.findall(r"[\x01-\x08\x0e-\x1f]", text[:4096])) > 40):
        kind = f"not text, or damaged (a NUL byte in line {text.count(chr(10), 0, text.find(chr(0))) + 1:,})"
        kind = kind if "\0" in text else "not text"
    if kind:
        raise TableError(f"{name} is {kind}, and cannot be read as a table. {WAY_OUT}")
    if not text.strip():
        raise TableError(f"{name} is empty. {WAY_OUT}")
    if coding != "utf-8":
        named = {"cp1252": "Windows-1252"}.get(coding, coding.upper().removesuffix("-LE").removesuffix("-BE"))
        notes.append(f"The text is not in UTF-8: it was read as {named}. Check the letters in names.")
    return text


def _guessed(raw: bytes) -> str:
    """The encoding of what is not UTF-8."""
    odd = re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*", raw[: 2**20])[:200]
    high, runs = (len(re.findall(what, b"\n".join(odd))) for what in (rb"[\x80-\xff]", rb"[\x80-\xff]{2,}"))
    # Western languages have single letters beyond ASCII; others write words of them.
    best = charset_normalizer.from_bytes(b"\n".join(odd)).best() if high and runs > 0.15 * high else None
    return best.encoding if best is not None else "cp1252"


def _separator(text: str) -> str:
    """What stands between fields; a character that is nowhere, if there is only one column."""
    sample, best, found = text[: 2**16], 0.5, "\x1f"
    sample = sample[: sample.rfind("\n") + 1 or None] if len(text) > len(sample) else sample
    for separator in "\t;|,":
        rows = [row for _, block in _blocks(sample, separator) for row in block]
        counts = [len(row) for row in rows]
        usual = mode(counts)
        score = (usual > 1) * (counts.count(usual) / len(rows) + (counts[0] == usual))
        # One column of decimal commas has none in its name.
        lone = usual == 2 and counts[0] == 1 and all(re.fullmatch(r"[+-]?\d*", row[0]) for row in rows[1:])
        if score > best and not lone:
            best, found = score, separator
    return found


def _blocks(text: str, separator: str) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows that are not blank, up to 2,000 at a time, and where they are in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    start, rows = 1, [[]]
    while rows:
        rows = []
        try:
            rows.extend(islice(reader, 2000))
        except csv.Error:
            raise TableError(OPEN_QUOTE.format(start + len(rows))) from None
        at = [number for number, row in enumerate(rows, start) if row]
        start += len(rows)
        if at:
            yield at, [row for row in rows if row] if len(at) < len(rows) else rows


def _columns(text: str, separator: str, name: str, notes: list[str]) -> tuple[list[str], list[pd.Series]]:
    """Column names, and the cells of each by their row in the file."""
    blocks, memo = _blocks(text, separator), {}
    where, rows = next(blocks, ([], []))
    if not any(any(map(str.strip, row)) for row in rows):
        raise TableError(f"{name} is empty. {WAY_OUT}")
    first = _header(rows)
    names = [cell.strip() for cell in rows[first]]
    names[0] = names[0].lstrip("# ")
    if len(names) > MAX_COLUMNS:
        raise TableError(f"{name} has {len(names):,} columns, and {MAX_COLUMNS} are possible. Leave some out.")
    if first:
        notes.append(f"What stands above the column names was left out ({plural(first, 'row')}).")
    if _holds_values(names, rows[first + 1 : first + 2]):
        names, first = [f"column {k}" for k in range(1, len(names) + 1)], first - 1
        notes.append("The first row holds values and no names: the columns were named column 1, column 2 and so on.")
    # Short cells are often equal: then each is stored once.
    kept = (lambda cells: map(memo.setdefault, cells, cells)) if len(text) < 6 * text.count(separator) else iter
    where, rows = where[first + 1 :], rows[first + 1 :]
    cells, at, lacking = [[] for _ in names], [], []
    while where and len(at) <= MAX_ROWS:
        lacking += _even(where, rows, len(names), separator)
        at += where
        for column, more in zip(cells, zip(*rows, strict=True), strict=True):
            column.extend(kept(more))
        where, rows = next(blocks, ([], []))
    while at and not any(column[-1].strip() for column in cells):
        at.pop()
        cells = [column[: len(at)] for column in cells]
    if text.count('"') % 2 and at and any("\n" in column[-1] for column in cells):
        raise TableError(OPEN_QUOTE.format(at[-1]))
    if len(at) > MAX_ROWS:
        total = max(text.count("\n"), text.count("\r")) - first - 1
        notes.append(f"The table has about {total:,} rows: the first {MAX_ROWS:,} were used.")
        at = at[:MAX_ROWS]
    if len(at) < 2:
        raise TableError(f"{name} has {'one row' if at else 'no rows'} below its column names: a series needs at "
                         "least two. Export it again, with all rows.")  # fmt: skip
    if len(lacking) > max(1, 0.05 * len(at)):
        raise TableError(f"{len(lacking):,} rows have fewer fields than there are column names ({len(names)}), the "
                         f"first is row {lacking[0]:,}. Correct them.")  # fmt: skip
    if lacking:
        notes.append(
            f"Too few fields in {plural(len(lacking), 'row')} (first: row {lacking[0]:,}): what lacks is missing."
        )
    return names, [pd.Series(column[: len(at)], index=at, dtype=object) for column in cells]


def _even(where: list[int], rows: list[list[str]], width: int, separator: str) -> list[int]:
    """Make rows as wide as the names, in place, or refuse; which had too few fields."""
    lacking = []
    for k in np.flatnonzero(np.fromiter(map(len, rows), int) != width):
        row = rows[k]
        if any(map(str.strip, row[width:])):
            comma = ' Numbers and text with commas need quotes ("1,5").' if separator == "," else ""
            raise TableError(f"Row {where[k]:,} has {plural(len(row), 'field')}, and there are "
                             f"{plural(width, 'column name')}. Correct it.{comma}")  # fmt: skip
        lacking += [where[k]] * (len(row) < width)
        row[width:] = [""] * max(0, width - len(row))
    return lacking


def _header(rows: list[list[str]]) -> int:
    """Which record holds the column names: titles and comments may stand above."""
    width = mode(map(len, rows[:1000]))
    for k, row in enumerate(rows[:50]):
        comment = row[0].startswith("#") and len(row) != width
        if not comment and sum(map(bool, map(str.strip, row))) > max(1, width // 2):
            return k if "text" in map(_kind, row) or rows[0][0].startswith("#") else 0
    return 0


def _kind(cell: str) -> str:
    """``"number"`` (a whole one, or missing), ``"decimal"``, ``"time"`` or ``"text"``."""
    if re.fullmatch(r"[+-]?\d+", cell.strip()) or cell.strip() in MISSING:
        return "number"
    if re.fullmatch(r"[+-]?\d*[.,]?\d+([eE][+-]?\d+)?", cell.strip()):
        return "decimal"
    return "time" if re.match(r"\s*\d{1,4}[-/.:]\d{1,2}([-/.: T]\d|$)", cell) else "text"


def _holds_values(names: list[str], below: list[list[str]]) -> bool:
    """Whether the first row is not one of names: it has no text, or looks like the second."""
    kinds, under = [_kind(name) for name in names], [_kind(cell) for cell in (below or [[]])[0]]
    alike = [kind for kind, other in zip(kinds, under, strict=False) if kind == other and kind in ("decimal", "time")]
    return bool(alike) or ("text" not in kinds and any(name not in MISSING for name in names))


def _unique(names: list[str], columns: list[pd.Series], notes: list[str]) -> list[str]:
    """Column names that are there, and differ."""
    found: list[str] = []
    for k, name in enumerate(names, 1):
        name, kept = name or f"column {k}", name
        number = 1
        while name in found:
            number += 1
            name = f"{kept or 'column'} ({number})"
        if name != kept and not columns[k - 1].isin(MISSING).all():  # lines may end with separators
            what = f"a name that was there before, {short(kept)}" if kept else "no name"
            notes.append(f"Column {k} has {what}: it is called {short(name, 30)}.")
        found.append(name)
    return found


def _typed(columns: dict[str, pd.Series], separator: str, notes: list[str]) -> pd.DataFrame:
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
        notes.append(f"Left out, because nothing is in it: column {said[0]}{' and others' if len(said) > 1 else ''}.")
    columns = {name: cells for name, cells in columns.items() if name not in empty}
    frame = {name: frame[name] for name in columns}
    odd = {name: cells[there[name] & frame[name].isna()] for name, cells in columns.items()}
    styles = {name: _style(cells, int(there[name].sum())) for name, cells in odd.items()}
    usual, counts = _usual(styles, columns, separator), {"decimal": 0, "thousands": 0}
    for name, cells in columns.items():
        style = usual if styles[name] == "unclear" else styles[name]
        if style == "unclear":
            notes.append(f"The commas in column {short(name)} may be decimal points, or stand between thousands: "
                         "read as text. Write the numbers without.")  # fmt: skip
        values = _mended(cells, odd.pop(name), frame[name], style)
        bad = there[name] & values.isna()
        if few := bad.sum() < 0.05 * there[name].sum():
            counts[style] = counts.get(style, 0) + 1
            values = _without_marks(name, values, notes)
        else:
            times = _times(name, cells, notes)
            values, bad = (cells, bad & False) if times is None else (times, there[name] & times.isna())
        frame[name] = values
        if bad.any():
            notes.append(f"Not a {'number' if few else 'time'}, so missing: {plural(int(bad.sum()), 'cell')} of column "
                         f'{short(name)} (first: row {bad.idxmax():,}, "{short(cells[bad.idxmax()])}").')  # fmt: skip
    for style, what in (("decimal", "Decimal commas read as points"), ("thousands", "Thousands separators left out")):
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
        return "thousands" if not any(clear.values()) and (mended & (tidy.str.len() < odd.str.len())).any() else "plain"
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
        odd = odd.where(~odd.str.fullmatch(THOUSANDS).astype(bool), odd.str.replace(",", "", regex=False))
    elif style == "decimal":
        if "." in "".join(odd) and odd.str.fullmatch(GROUPED).any():  # then 1.234 is a thousand too
            odd = pd.concat([odd, cells[values.notna()]])
            odd = odd.where(~odd.str.fullmatch(GROUPED).astype(bool), odd.str.replace(".", "", regex=False))
        odd = pd.Series([cell.replace(",", ".") for cell in odd], index=odd.index, dtype=object)
    return pd.to_numeric(odd, errors="coerce").astype(np.float64).reindex(values.index).fillna(values)


def _times(name: str, text: pd.Series, notes: list[str]) -> pd.Series | None:
    """Dates or times in one of the usual forms, or None."""
    known = text.dropna()
    sample = known.iloc[:: len(known) // 50 + 1]
    found: dict[str, pd.Series] = {}
    if sample.str.fullmatch(r".{0,20}\d.{0,20}").mean() < 0.95 or sample.str.fullmatch(CLOCK).mean() > 0.05:
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
        notes.append(f"Dates such as {short(known.iloc[0])} in column {short(name)} were read as {order}.")
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
        notes.append(f"{mark:g} in column {short(name)} ({count}) stands for a missing value: read as missing.")
        return values.where(~marks)
    if mark <= -999:
        notes.append(
            f"{mark:g} in column {short(name)} ({count}) may mean that a value is missing: if so, empty the cells."
        )
    return values
