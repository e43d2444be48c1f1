"""What the columns of a table are taken for, and which choices are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqdisent.errors import TableError
from seqdisent.tables.column_roles import Roles, check_roles, describe, guess_roles, times
from seqdisent.tables.read_csv import Table, read_table

RNG = np.random.default_rng(0)


def read(**columns) -> Table:
    return read_table(pd.DataFrame(columns).to_csv(index=False))


def air(hours: int = 96) -> Table:
    """Split times and a counter, as in the air quality of Beijing."""
    t = pd.date_range("2013-03-01", periods=hours, freq="h")
    parts = {"year": t.year, "month": t.month, "day": t.day, "hour": t.hour}
    frames = [
        pd.DataFrame(
            {
                "No": np.arange(1, hours + 1),
                **parts,
                "PM2.5": RNG.random(hours).round(3),
                "wd": RNG.choice(list("NESW"), hours),
                "altitude": height,
                "station": name,
            }
        )
        for name, height in (("Wanliu", 50), ("Gucheng", 70))
    ]
    return read_table(pd.concat(frames).to_csv(index=False))


def long() -> Table:
    """A row a value, with hours and minutes since admission, as in PhysioNet."""
    rows = ["RecordID,Time,Parameter,Value"]
    for record in (132539, 132540, 132541):
        rows += [
            f"{record},{k // 2:02d}:{30 * (k % 2) + record % 7:02d},{name},{k}.5"
            for k in range(60)
            for name in ("HR", "Temp")
            if name == "HR" or k % 3 == 0
        ]
    return read_table("\n".join(rows))


def test_stations_with_split_times() -> None:
    roles = guess_roles(air())
    assert roles == Roles("year + month + day + hour", ("station",), ("PM2.5",), ("wd", "altitude"))
    seconds, dated = times(air(), roles)
    assert (
        dated
        and seconds.iloc[0] == pd.Timestamp("2013-03-01").timestamp()
        and (seconds.diff().iloc[1:96] == 3600).all()
    )
    check_roles(air(), roles)


def test_a_long_table() -> None:
    roles = guess_roles(long())
    assert roles == Roles("Time", ("RecordID",), ("HR", "Temp"), (), ("Parameter", "Value"))
    seconds, dated = times(long(), roles)
    assert not dated and seconds.max() == 29 * 3600 + (30 + 132541 % 7) * 60
    check_roles(long(), roles)


@pytest.mark.parametrize("clock", ["%H:%M", "%H:%M:%S", "%H.%M.%S"])
def test_dates_and_clocks_are_joined(clock) -> None:
    t = pd.date_range("2004-03-10 18:00", periods=50, freq="h")
    table = read(Date=t.strftime("%d/%m/%Y"), Time=t.strftime(clock), CO=RNG.random(50))
    roles = guess_roles(table)
    assert roles == Roles("Date + Time", (), ("CO",))
    assert (pd.to_datetime(times(table, roles)[0], unit="s").to_numpy() == t.to_numpy()).all()


def test_dates_and_hours_are_joined_and_counters_left_out() -> None:
    t = pd.date_range("2011-01-01", periods=60, freq="h")
    table = read(
        instant=range(1, 61), dteday=t.strftime("%Y-%m-%d"), hr=t.hour, cnt=RNG.integers(0, 99, 60)
    )
    assert guess_roles(table) == Roles("dteday + hr", (), ("cnt",))


@pytest.mark.parametrize(
    ("name", "cells", "step", "dated"),
    [
        ("seconds", np.arange(40) * 5, 5, False),
        ("time_ms", np.arange(40) * 20, 0.02, False),
        ("elapsed hours", np.arange(40) * 0.5, 1800, False),
        ("TimeMin", np.arange(40) * 2, 120, False),
        ("t", np.arange(40) * 0.1, 0.1, False),
        ("timestamp", 1.5e9 + np.arange(40) * 60, 60, True),
        ("timestamp", (1.5e9 + np.arange(40) * 60) * 1000, 60, True),
        ("date", pd.date_range("2020-01-01", periods=40).strftime("%Y%m%d"), 86_400, True),
        ("year", 1950 + np.arange(40), None, True),
    ],
)
def test_numbers_are_times_in_the_unit_of_their_name(name, cells, step, dated) -> None:
    table = read(**{name: cells, "x": RNG.random(40)})
    roles = guess_roles(table)
    seconds, found = times(table, roles)
    assert roles == Roles(name, (), ("x",)) and found == dated
    assert (
        np.allclose(seconds.diff().iloc[1:], step)
        if step
        else seconds.diff().iloc[1:].between(3.15e7, 3.17e7).all()
    )


def test_whole_numbers_tell_series_apart_where_times_repeat_and_the_order_of_rows_does_not_matter() -> (
    None
):
    table = read(
        unit=np.repeat([1, 2, 3], 30),
        cycle=np.tile(np.arange(1, 31), 3),
        s1=RNG.random(90),
        sex=np.repeat(["f", "m", "f"], 30),
        age=np.repeat([31, 42, 50], 30),
    )
    roles = guess_roles(table)
    assert roles == Roles("cycle", ("unit",), ("s1",), ("sex", "age"))
    mixed = Table(table.frame.sample(frac=1, random_state=0))
    assert guess_roles(mixed) == roles


def test_two_columns_may_be_needed_to_tell_series_apart() -> None:
    table = read(
        subject=np.repeat([1, 2, 3], 40),
        trial=np.tile(np.repeat([1, 2], 20), 3),
        t=np.tile(np.arange(20) * 0.5, 6),
        x=RNG.random(120),
    )
    assert guess_roles(table).id == ("subject", "trial")


def test_without_a_time_rows_are_steps() -> None:
    roles = guess_roles(read(a=RNG.random(20), b=RNG.random(20), note=["x", "y"] * 10))
    assert roles == Roles(None, (), ("a", "b"), ("note",))
    assert describe(roles) == (
        "There is no time: each row is a step.",
        "Variables: a, b.",
        "Label: note.",
    )


def test_roles_are_described_in_short_sentences() -> None:
    assert describe(guess_roles(long())) == (
        "Time is in Time.",
        "A series for each RecordID.",
        "A row for each value: Parameter names the variable, Value holds it.",
        "Variables: HR, Temp.",
    )
    many = describe(Roles("t", ("a", "b"), tuple("vwxyz")))
    assert "A series for each a and b." in many and "Variables: v, w, x and 2 more." in many


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (Roles("when", (), ("x",)), "There is no column when. There are: day, x, y, who, word."),
        (Roles("day", ("who",), ("x", "x")), "Column x has two roles"),
        (Roles("day", ("who",), ("x",), ("who",)), "Column who has two roles"),
        (Roles("day", ("who",), ()), "No variable is chosen"),
        (Roles("day", (), ("word",)), 'Column word is not of numbers (row 3: "two")'),
        (Roles("x", (), ("day",)), "Column day is not of numbers (row 2"),
        (Roles("word", (), ("x",)), 'Column word holds no time that can be read in row 2 ("1")'),
        (Roles("day", (), ("x",), (), ("word", "who")), "Column who is not of numbers"),
        (Roles("day", (), ("HR",), (), ("word", "x")), "Column word has no HR"),
        (Roles("day + gone", (), ("x",)), "There is no column gone"),
    ],
)
def test_roles_that_do_not_fit_are_refused(roles, words) -> None:
    table = read(
        day=pd.date_range("2020-01-01", periods=4),
        x=RNG.random(4),
        y=RNG.random(4),
        who=list("abab"),
        word=["1", "two", "3", "four"],
    )
    with pytest.raises(TableError) as error:
        check_roles(table, roles)
    assert words in str(error.value)
