"""A person's own table on its way in: what is read, what is repaired and said, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqdisent.errors import TableError
from seqdisent.tables import read_csv
from seqdisent.tables.read_csv import Table, read_table

HOURS = pd.date_range("2016-03-28", periods=60, freq="h")


def known() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(20, 300, (60, 3)).round(4), columns=["Wärme", "flow", "count"])
    frame["count"] = rng.integers(0, 5000, 60).astype(float)
    frame.loc[[3, 17], "flow"] = np.nan
    frame.insert(0, "station", ["north, east", "Süd"] * 30)
    frame.insert(0, "time", HOURS)
    return frame


def same(table: Table, frame: pd.DataFrame) -> None:
    assert list(table.frame) == list(frame)
    for name, column in frame.items():
        if column.dtype.kind in "fM":
            assert table.frame[name].dtype.kind == column.dtype.kind
        pd.testing.assert_series_equal(
            table.frame[name].reset_index(drop=True),
            column,
            check_dtype=False,
            check_names=False,
            rtol=1e-12,
        )


def refusal(content: bytes | str | Path) -> str:
    with pytest.raises(TableError) as error:
        read_table(content)
    return str(error.value)


def said(table: Table, words: str) -> bool:
    return any(words in note for note in table.notes)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("missing", ["", "NA", "?", "null", "-"])
def test_every_dialect_gives_the_same_values(separator, decimal, missing) -> None:
    text = known().to_csv(index=False, sep=separator, decimal=decimal, na_rep=missing)
    table = read_table(text)
    same(table, known())
    assert table.notes == (
        ("Decimal commas read as points in 3 columns.",) if decimal == "," else ()
    )


@pytest.mark.parametrize(
    "coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_gives_the_same_values(coding, end) -> None:
    table = read_table(known().to_csv(index=False, lineterminator=end).encode(coding))
    same(table, known())
    assert bool(table.notes) == (not coding.startswith("utf-8"))
    assert said(table, "UTF-16" if "16" in coding else "Windows-1252") or coding.startswith("utf-8")


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%SZ",
        "%d.%m.%Y %H:%M",
        "%d/%m/%Y %H:%M",
        "%m/%d/%Y %I:%M %p",
        "%d-%b-%Y %H:%M:%S",
        "%Y/%m/%d %H:%M",
    ],
)
def test_every_form_of_time_gives_the_same_times(form) -> None:
    same(read_table(known().to_csv(index=False, date_format=form)), known())


def test_the_order_of_day_and_month_is_the_one_with_even_steps_and_is_said() -> None:
    for form, order in (("%d/%m/%Y", "day before month"), ("%m/%d/%Y", "month before day")):
        days = pd.date_range("2020-01-01", periods=10, freq="D")
        table = read_table(
            "day,x\n" + "".join(f"{day.strftime(form)},{k % 3}\n" for k, day in enumerate(days))
        )
        assert (
            (table.frame["day"] == days.to_numpy()).all()
            and not said(table, "read as")
            or said(table, order)
        )


def test_the_index_counts_rows_as_in_the_file() -> None:
    table = read_table("a,b\n1,2\n\n3,4\n5,6\n")
    assert list(table.frame.index) == [2, 4, 5] and list(table.frame["b"]) == [2, 4, 6]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,234.5", "2,000.25", "7"], [1234.5, 2000.25, 7]),
        (["1.234,5", "2.000", "-7,25"], [1234.5, 2000, -7.25]),
        (["1 234 567", "2 000", "7"], [1234567, 2000, 7]),
        (["1'234.5", "2'000", "7"], [1234.5, 2000, 7]),
        (["1,234,567", "1,234", "7"], [1234567, 1234, 7]),
        (["\u22121.5", "2e3", " 7 "], [-1.5, 2000, 7]),
        (["0,123", "1,234", "7"], [0.123, 1.234, 7]),
    ],
)
def test_thousands_are_read_where_they_are_plain(cells, values) -> None:
    table = read_table("t\tx\n" + "".join(f"{k}\t{cell}\n" for k, cell in enumerate(cells)))
    assert table.frame["x"].tolist() == values


def test_commas_that_may_be_either_are_settled_by_the_other_columns_or_not_at_all() -> None:
    cells = ["1,234", "5,678", "9,100"]
    lone = read_table("x\ty\n" + "".join(f"{cell}\t{k}\n" for k, cell in enumerate(cells)))
    assert lone.frame["x"].tolist() == cells and said(lone, "read as text")
    points = read_table("x\ty\n" + "".join(f"{cell}\t{k}.5\n" for k, cell in enumerate(cells)))
    assert points.frame["x"].tolist() == [1234, 5678, 9100] and said(
        points, "Thousands separators left out in 1 column"
    )
    commas = read_table("x\ty\n" + "".join(f"{cell}\t{k},5\n" for k, cell in enumerate(cells)))
    assert commas.frame["x"].tolist() == [1.234, 5.678, 9.1] and said(
        commas, "Decimal commas read as points in 2 columns"
    )


def test_a_few_words_among_numbers_are_missing_and_more_are_text() -> None:
    def with_words(count: int) -> Table:
        return read_table(
            "t,x\n"
            + "".join(f"{k},{'12.3 mg' if k in range(40, 40 + count) else k}\n" for k in range(100))
        )

    few = with_words(4)
    assert np.flatnonzero(few.frame["x"].isna()).tolist() == [40, 41, 42, 43]
    assert few.notes == (
        'Not a number, so missing: 4 cells of column x (first: row 42, "12.3 mg").',
    )
    assert with_words(5).frame["x"].dtype == object and with_words(5).notes == ()


def test_numbers_that_stand_for_missing_are_found_or_suspected() -> None:
    clear = read_table("t,x,y\n0,1.5,-3000\n1,-999,-999\n2,3.5,5\n3,-999,8\n")
    assert clear.frame["x"].isna().tolist() == [False, True, False, True]
    assert said(clear, "-999 in column x (2 rows) stands for a missing value")
    assert clear.frame["y"].tolist() == [-3000, -999, 5, 8] and said(
        clear, "-999 in column y (1 row) may mean that a value is missing"
    )


def test_names_are_stripped_made_unique_or_made_up() -> None:
    table = read_table(" t , x,x,\n0,1,2,3\n1,5,6,7\n")
    assert list(table.frame) == ["t", "x", "x (2)", "column 4"]
    assert said(
        table, "Column 3 has a name that was there before, x: it is called x (2)."
    ) and said(table, "Column 4")
    bare = read_table("0,1.5\n1,2.5\n2,3.5\n")
    assert list(bare.frame) == ["column 1", "column 2"] and bare.frame["column 2"].tolist() == [
        1.5,
        2.5,
        3.5,
    ]
    assert said(bare, "The first row holds values and no names") and list(bare.frame.index) == [
        1,
        2,
        3,
    ]


def test_what_says_nothing_is_left_out() -> None:
    table = read_table("t;x;empty;\n0;1;NA;\n1;2;;\n;;;\n;;;\n")
    assert list(table.frame) == ["t", "x"] and len(table.frame) == 2
    assert table.notes == ("Left out, because nothing is in it: column empty.",)
    counted = read_table(known().to_csv())
    assert list(counted.frame) == list(known()) and counted.notes == (
        "The first column only counts the rows: left out.",
    )


@pytest.mark.parametrize(
    "above", ["# a comment, of two\n", "Station report\n\n", "sep=;\n", "Place;Graz\nBy;me\n"]
)
def test_what_stands_above_the_names_is_skipped(above) -> None:
    table = read_table(above + "t;x;y;z\n0;1;2;3\n1;4;5;6\n2;7;8;9\n")
    assert list(table.frame) == ["t", "x", "y", "z"] and said(table, "above the column names")
    assert table.frame.index[0] == 2 + above.count("\n")


def test_one_column_may_have_decimal_commas() -> None:
    assert read_table("x\n1,5\n2,5\n3\n").frame["x"].tolist() == [1.5, 2.5, 3]


def test_quotes_hold_separators_and_lines() -> None:
    table = read_table('t,"a ""b"", c",d\n0,"x, y\nz",1\n1,w,2\n')
    assert list(table.frame) == ["t", 'a "b", c', "d"] and table.frame.iloc[0, 1] == "x, y\nz"


def test_times_with_zones_are_in_utc() -> None:
    table = read_table("t,x\n2020-03-29T01:30:00+01:00,1\n2020-03-29T03:30:00+02:00,2\n")
    assert table.frame["t"].tolist() == [
        pd.Timestamp("2020-03-29 00:30"),
        pd.Timestamp("2020-03-29 01:30"),
    ]
    assert said(table, "UTC")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"a,b\n", "has no rows below its column names"),
        (b"a,b\n1,2\n", "has one row below its column names"),
        (
            b"PK\x03\x04" + bytes(30) + b"xl/workbook.xml",
            "This is an Excel workbook, not text: open it, export the sheet",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "This is an Excel workbook"),
        (b"PK\x03\x04" + bytes(30) + b"data.csv", "is a ZIP archive"),
        (b"%PDF-1.4\n\x00", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is a picture (PNG)"),
        (b"\xff\xd8\xff\xe0\0\0", "is a picture (JPEG)"),
        (b"<!DOCTYPE html>\n<html>", "is a web page"),
        (b'{"a": [1, 2]}', "is JSON"),
        (b'[\n  {"a": 1}]', "is JSON"),
        (b"a,b\n1,2\n3,\x004\n", "a NUL byte in line 3"),
        (bytes(range(256)) * 20, "is not text"),
        (
            b"a,b\n1,2\n3,4\n1,5,2\n",
            "Row 4 has 3 fields, and there are 2 column names. Correct it.",
        ),
        (
            b"a,b,c\n1,2\n3,4\n1,5,2\n",
            "2 rows have fewer fields than there are column names (3), the first is row 2",
        ),
        (b'a,b\n1,2\n3,"x\n5,6\n7,8\n', 'A quote (") is opened in row 3 and never closed'),
        (b'a,b\n1,2\n3,"' + b"x\n" * 70_000, 'A quote (") is opened in row 3 and never closed'),
        (b"a,b\nNA,\n,?\n", "has no values below its column names"),
        (
            (",".join(f"c{k}" for k in range(201)) + "\n").encode() * 3,
            "has 201 columns, and 200 are possible",
        ),
        (Path("nowhere") / "mine.csv", "mine.csv cannot be opened"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(content, words) -> None:
    assert words in refusal(content) and len(refusal(content)) < 220


def test_what_is_too_large_is_refused_or_cut(monkeypatch) -> None:
    assert "larger than 25 MB" in refusal(b"a,b\n" + b"1,2\n" * 7_000_000)
    monkeypatch.setattr(read_csv, "MAX_ROWS", 50)
    table = read_table("t,x\n" + "".join(f"{k},{k * k}\n" for k in range(7000)))
    assert len(table.frame) == 50 and table.notes == (
        "The table has about 7,000 rows: the first 50 were used.",
    )


def test_a_row_that_was_cut_off_is_filled_and_named() -> None:
    table = read_table("t,x,y\n" + "0,1,2\n" * 30 + "1,2")
    assert said(table, "Too few fields in 1 row (first: row 32)") and np.isnan(
        table.frame["y"].iloc[-1]
    )


def test_messages_hold_little_of_what_was_in_the_file() -> None:
    long = "secret" * 100
    rows = "".join(f"{k},{long if k == 5 else k}\n" for k in range(50))
    table = read_table(f"t,{long}\n{rows}", name=long)
    assert all(note.count("secret") < 8 for note in table.notes) and said(table, "row 7")
    with pytest.raises(TableError) as error:
        read_table(b"", name=long)
    assert len(str(error.value)) < 120


def test_a_path_is_a_file_and_a_str_is_text(tmp_path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(known().to_csv(index=False), encoding="utf-8")
    same(read_table(file), known())
    assert "no rows" in refusal(str(file))
