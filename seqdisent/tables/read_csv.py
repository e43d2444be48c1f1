"""The user's tables of time series, read from CSV in the widest sense; every repair is noted."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mode

import charset_normalizer
import numpy as np
import pandas as pd

from seqdisent.errors import TableError
from seqdisent.tables.parse_columns import (
    MISSING,
    plural,
    short,
    typed,
)

MAX_MEGABYTES, MAX_ROWS, MAX_COLUMNS = 25, 200_000, 200
WAY_OUT = "Give a CSV file: text, a row a line, with the column names in the first."
EXPORT = "This is an Excel workbook, not text: open it, export the sheet as CSV, and give that."
# First bytes of files that users take for tables.
KINDS = {
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"SQLite": "an SQLite database",
    b"{\\rtf": "RTF",
}
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
NO_SEPARATOR = "\x1f"  # a character that is in no table
OPEN_QUOTE = 'A quote (") is opened in row {:,} and never closed. Close or delete it.'


@dataclass(frozen=True)
class Table:
    """The content of a file.

    Args:
        frame: a column each: float64, datetime64 (UTC if the file named a zone), or objects (str; NaN where missing).
            The index holds the row in the file, where the names are in row 1.
        notes: a sentence for each thing that was repaired, left out or guessed.
        separator: what stood between the fields; "" if there was only one column.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    separator: str = ""


def read_table(content: bytes | str | Path, name: str = "the file") -> Table:
    """The table in a file (a ``Path``), in its bytes, or in pasted text (a ``str`` is never taken for a path).

    Raises :class:`TableError` for what is not a table, is damaged, or larger than 25 MB or 200 columns. Of more than
    200,000 rows the first are used.
    """
    if isinstance(content, Path):
        content, name = _file(content)
    raw = content.encode(errors="replace") if isinstance(content, str) else bytes(content)
    name = "The file" if name == "the file" else short(name)
    notes: list[str] = []
    if len(raw) > MAX_MEGABYTES * 2**20:
        raise TableError(
            f"{name} is larger than {MAX_MEGABYTES} MB. Leave out rows or columns that are not needed."
        )
    text = _text(raw, name, notes)
    separator = _separator(text)
    names, columns = _columns(text, separator, name, notes)
    named = dict(zip(_unique(names, columns, notes), columns, strict=True))
    frame = typed(named, separator, notes)
    if not names[0]:
        frame = _without_row_numbers(frame, notes)
    if not len(frame.columns):
        raise TableError(
            f"{name} has no values below its column names. Export it again, with values."
        )
    is_shown = separator.isprintable() or separator == "\t"
    return Table(frame, tuple(notes), separator if is_shown else "")


def _without_row_numbers(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Without a first column that has no name and counts the rows, and without the note about its name."""
    if "column 1" not in frame or not (frame["column 1"].diff().iloc[1:] == 1).all():
        return frame
    others = [note for note in notes if "Column 1 " not in note]
    notes[:] = ["The first column only counts the rows: left out.", *others]
    return frame.drop(columns="column 1")


def _file(path: Path) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            return file.read(MAX_MEGABYTES * 2**20 + 1), path.name
    except OSError as error:
        raise TableError(f"{short(path.name)} cannot be opened: {error.strerror}.") from None


def _text(raw: bytes, name: str, notes: list[str]) -> str:
    """The text of a file; raises for files of other kinds."""
    kind = next((kind for start, kind in KINDS.items() if raw.startswith(start)), "")
    is_zipped_workbook = b"xl/" in raw or b"opendocument.spread" in raw
    if kind == "an Excel workbook" or (kind == "a ZIP archive" and is_zipped_workbook):
        raise TableError(f"{name} cannot be read. {EXPORT}")
    mark = next((mark for mark in MARKS if raw.startswith(mark)), b"")
    coding = MARKS.get(mark) or ("utf-8" if kind else _wide_coding(raw))
    text = raw[len(mark) :].decode(coding, "replace")
    if not mark and coding == "utf-8" and "\ufffd" in text:
        coding = _guessed(raw)
        text = raw.decode(coding, "replace")
    kind = kind or _other_kind(text)
    if kind:
        raise TableError(f"{name} is {kind}, and cannot be read as a table. {WAY_OUT}")
    if not text.strip():
        raise TableError(f"{name} is empty. {WAY_OUT}")
    if coding != "utf-8":
        named = coding.upper().removesuffix("-LE").removesuffix("-BE")
        if coding == "cp1252":
            named = "Windows-1252"
        notes.append(
            f"The text is not in UTF-8: it was read as {named}. Check the letters in names."
        )
    return text


def _wide_coding(raw: bytes) -> str:
    """UTF-16 without a mark, if nearly every second byte is zero; else UTF-8."""
    if b"\0" not in raw:
        return "utf-8"
    pairs = np.frombuffer(raw[: min(len(raw), 2**16) // 2 * 2] or b"  ", np.uint8).reshape(-1, 2)
    zeros = np.mean(pairs == 0, axis=0)
    if max(zeros) <= 0.4 or min(zeros) >= 0.1:
        return "utf-8"
    return "utf-16-le" if zeros[1] > 0.4 else "utf-16-be"


def _other_kind(text: str) -> str:
    """What a text is that is no table; "" if it may be one."""
    head = text[:4096].lstrip().lower()
    if re.match(r"<(!doctype|html|\?xml|table|svg|head|body|!--)", head):
        return "a web page or XML"
    if re.match(r'\{\s*"|\[\s*[\[{]', head):
        return "JSON"
    if "\0" in text:
        line = text.count("\n", 0, text.find("\0")) + 1
        return f"not text, or damaged (a NUL byte in line {line:,})"
    control_characters = re.findall(r"[\x01-\x08\x0e-\x1f]", text[:4096])
    return "not text" if len(control_characters) > 40 else ""


def _guessed(raw: bytes) -> str:
    """The encoding of what is not UTF-8."""
    lines = re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*", raw[: 2**20])[:200]
    sample = b"\n".join(lines)
    high = len(re.findall(rb"[\x80-\xff]", sample))
    runs = len(re.findall(rb"[\x80-\xff]{2,}", sample))
    # Western languages have single letters beyond ASCII; others write words of them.
    if not high or runs <= 0.15 * high:
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best is not None else "cp1252"


def _separator(text: str) -> str:
    """What stands between fields; a character that is nowhere, if there is only one column."""
    sample = text[: 2**16]
    if len(text) > len(sample):  # without the last line, which may be incomplete
        sample = sample[: sample.rfind("\n") + 1 or None]
    best, found = 0.5, NO_SEPARATOR
    for separator in "\t;|,":
        rows = [row for _, block in _blocks(sample, separator) for row in block]
        counts = [len(row) for row in rows]
        usual = mode(counts)
        score = 0.0
        if usual > 1 and not _is_decimal_column(rows, usual):
            score = counts.count(usual) / len(rows) + (counts[0] == usual)
        if score > best:
            best, found = score, separator
    return found


def _is_decimal_column(rows: list[list[str]], width: int) -> bool:
    """Whether rows of two fields are one column of decimal commas: there is none in its name."""
    if width != 2 or len(rows[0]) != 1:
        return False
    return all(re.fullmatch(r"[+-]?\d*", row[0]) for row in rows[1:])


def _blocks(text: str, separator: str) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows that are not blank, up to 2,000 at a time, and where they are in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    start = 1
    while True:
        rows: list[list[str]] = []
        try:
            rows.extend(islice(reader, 2000))
        except csv.Error:
            raise TableError(OPEN_QUOTE.format(start + len(rows))) from None
        at = [number for number, row in enumerate(rows, start) if row]
        start += len(rows)
        if at:
            yield at, [row for row in rows if row]
        if not rows:
            return


def _columns(
    text: str, separator: str, name: str, notes: list[str]
) -> tuple[list[str], list[pd.Series]]:
    """Column names, and the fields of each by their row in the file."""
    blocks = _blocks(text, separator)
    where, rows = next(blocks, ([], []))
    if not any(any(map(str.strip, row)) for row in rows):
        raise TableError(f"{name} is empty. {WAY_OUT}")
    first = _header(rows)
    names = [cell.strip() for cell in rows[first]]
    names[0] = names[0].lstrip("# ")
    if len(names) > MAX_COLUMNS:
        raise TableError(
            f"{name} has {len(names):,} columns, and {MAX_COLUMNS} are possible. Leave some out."
        )
    if first:
        notes.append(f"What stands above the column names was left out ({plural(first, 'row')}).")
    if _holds_values(names, rows[first + 1 : first + 2]):
        names, first = [f"column {k}" for k in range(1, len(names) + 1)], first - 1
        notes.append(
            "The first row holds values and no names: the columns were named column 1, column 2 and so on."
        )
    are_short = len(text) < 6 * text.count(separator)
    stored: dict[str, str] = {}
    where, rows = where[first + 1 :], rows[first + 1 :]
    cells: list[list[str]] = [[] for _ in names]
    at: list[int] = []
    lacking: list[int] = []
    while where and len(at) <= MAX_ROWS:
        lacking += _even(where, rows, len(names), separator)
        at += where
        for column, more in zip(cells, zip(*rows, strict=True), strict=True):
            # Short fields are often equal: then each is stored once.
            column.extend(
                [stored.setdefault(field, field) for field in more] if are_short else more
            )
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
        raise TableError(
            f"{name} has {'one row' if at else 'no rows'} below its column names: a series needs at "
            "least two. Export it again, with all rows."
        )
    if len(lacking) > max(1, 0.05 * len(at)):
        raise TableError(
            f"{len(lacking):,} rows have fewer fields than there are column names ({len(names)}), the "
            f"first is row {lacking[0]:,}. Correct them."
        )
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
            raise TableError(
                f"Row {where[k]:,} has {plural(len(row), 'field')}, and there are "
                f"{plural(width, 'column name')}. Correct it.{comma}"
            )
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
    alike = [
        kind
        for kind, other in zip(kinds, under, strict=False)
        if kind == other and kind in ("decimal", "time")
    ]
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
