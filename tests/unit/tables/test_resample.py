"""From rows to equal steps: what is averaged, left out, or NaN; and what is said about it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqdisent.errors import TableError
from seqdisent.tables.column_roles import Roles, guess_roles
from seqdisent.tables.read_csv import Table
from seqdisent.tables.resample import Regular, regular
from seqdisent.tables.time_steps import default_window

BOTH = Roles("time", ("site",), ("a", "b"), ("kind", "sky"))


def sites(steps: int = 100, freq: str = "h") -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {
                "time": pd.date_range(start, periods=steps, freq=freq),
                "site": name,
                "a": rng.normal(size=steps),
                "b": rng.normal(size=steps),
                "kind": kind,
                "sky": rng.choice(["clear", "rain"], steps),
            }
        )
        for name, start, kind in (("Graz", "2016-03-02", "urban"), ("Linz", "2016-05-01", "rural"))
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame.index += 2
    return frame


def equal(one: Regular, other: Regular) -> None:
    assert one.variables == other.variables and one.step_seconds == other.step_seconds
    for left, right in zip(one.series, other.series, strict=True):
        assert (
            left.id == right.id
            and left.start == right.start
            and left.labels.keys() == right.labels.keys()
        )
        np.testing.assert_array_equal(left.values, right.values)
        assert all(np.array_equal(left.labels[name], right.labels[name]) for name in left.labels)


def said(found: Regular, words: str) -> bool:
    return any(words in note for note in found.notes)


def test_what_is_regular_stays_as_it_is() -> None:
    frame = sites()
    found = regular(Table(frame), BOTH)
    assert (
        found.notes == ()
        and found.step_seconds == 3600
        and [s.id for s in found.series] == ["Graz", "Linz"]
    )
    for series, rows in zip(found.series, (frame[:100], frame[100:]), strict=True):
        assert series.start == rows["time"].iloc[0] and series.values.dtype == np.float32
        np.testing.assert_array_equal(series.values, rows[["a", "b"]].to_numpy(np.float32))
        assert (
            series.labels["kind"] == rows["kind"].iloc[0]
            and series.labels["sky"].tolist() == rows["sky"].tolist()
        )


def test_the_order_of_rows_does_not_matter() -> None:
    mixed = regular(Table(sites().sample(frac=1, random_state=0)), BOTH)
    equal(mixed, regular(Table(sites()), BOTH))
    assert said(mixed, "The rows were sorted by time")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("freq", ["s", "15min", "h", "D", "7D", "MS", "QS", "YS"])
def test_rows_that_lack_are_missing_exactly_there(freq, seed) -> None:
    frame = sites(60, freq)
    inner = np.setdiff1d(np.arange(120), [0, 59, 60, 119])
    gone = np.sort(np.random.default_rng(seed).choice(inner, 15, replace=False))
    found = regular(Table(frame.drop(index=frame.index[gone])), BOTH)
    whole = np.concatenate([series.values for series in found.series])
    expected = frame[["a", "b"]].to_numpy(np.float32).copy()
    expected[gone] = np.nan
    np.testing.assert_array_equal(whole, expected)
    assert said(found, "gap")


def test_the_longest_gap_is_named() -> None:
    found = regular(Table(sites().drop(index=[5, 50, 51, 52, 53, 54, 120])), BOTH)
    assert found.notes == ("3 gaps, the longest 5 h after 2016-03-03 23:00 in Graz.",)


def test_missing_values_stay_missing_and_infinities_become_so() -> None:
    frame = sites()
    frame.loc[4, "a"], frame.loc[7, "b"] = np.nan, np.inf
    found = regular(Table(frame), BOTH)
    assert np.argwhere(np.isnan(found.series[0].values)).tolist() == [[2, 0], [5, 1]]
    assert found.notes == ("1 infinite value taken as missing (first: row 7, column b).",)


def test_repeated_times_are_averaged_and_the_first_is_named() -> None:
    twice = pd.concat([sites(), sites().loc[[4]].assign(a=10.0).set_axis([300])])
    found = regular(Table(twice), BOTH)
    assert said(
        found,
        "1 row at a time that was there before (first: row 300, 2016-03-02 02:00 in Graz): averaged",
    )
    assert found.series[0].values[2, 0] == pytest.approx((sites().loc[4, "a"] + 10) / 2)
    assert found.series[0].values[2, 1] == np.float32(sites().loc[4, "b"])


def test_times_that_jitter_are_regular() -> None:
    frame = sites()
    jitter = np.random.default_rng(0).uniform(-100, 100, 200).round()
    found = regular(
        Table(frame.assign(time=frame["time"] + pd.to_timedelta(jitter, unit="s"))), BOTH
    )
    assert found.step_seconds == 3600 and found.notes == ()
    np.testing.assert_array_equal(
        found.series[1].values, frame[["a", "b"]].to_numpy(np.float32)[100:]
    )


@pytest.mark.parametrize("step", [0.02, 1 / 3, 7.5, 90, 5400, 5 * 86_400])
def test_any_regular_step_is_found(step) -> None:
    frame = pd.DataFrame({"t": np.arange(5000) * step, "x": np.arange(5000.0)})
    found = regular(Table(frame), Roles("t", (), ("x",)))
    assert found.step_seconds == pytest.approx(step, rel=1e-5) and found.series[0].start is None
    np.testing.assert_array_equal(found.series[0].values[:, 0], np.arange(5000))


def test_months_are_those_of_the_calendar() -> None:
    ends = pd.DataFrame(
        {
            "time": pd.to_datetime(["2019-01-31", "2019-02-28", "2019-03-31", "2019-05-31"]),
            "x": [1.0, 2, 3, 5],
        }
    )
    found = regular(Table(ends), Roles("time", (), ("x",)))
    np.testing.assert_array_equal(found.series[0].values[:, 0], [1, 2, 3, np.nan, 5])
    assert default_window(found.step_seconds) == 12 and found.series[0].start == np.datetime64(
        "2019-01-01"
    )


def test_irregular_times_are_averaged_in_usual_steps() -> None:
    rng = np.random.default_rng(0)
    seconds = np.cumsum(rng.uniform(600, 3000, 400)).round()
    frame = pd.DataFrame(
        {
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(seconds, unit="s"),
            "x": rng.normal(size=400),
        }
    )
    found = regular(Table(frame), Roles("time", (), ("x",)))
    assert found.step_seconds == 1800 and said(found, "Times are irregular (typically")
    expected = frame.set_index("time")["x"].resample("30min").mean()
    assert found.series[0].start == expected.index[0]
    np.testing.assert_allclose(found.series[0].values[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("step", "rule"), [(86_400, "D"), (7 * 86_400, "W-SUN"), (2_629_800, "MS")]
)
def test_a_longer_step_averages_whole_days_weeks_and_months(step, rule) -> None:
    frame = sites(2000)
    found = regular(Table(frame), BOTH, step_seconds=step)
    expected = frame[:2000].set_index("time")[["a", "b"]].resample(rule).mean()
    np.testing.assert_allclose(found.series[0].values, expected, rtol=1e-4, atol=1e-6)
    assert found.step_seconds == step and said(
        found, "The rows are 1 h apart, and were put into steps of"
    )


def test_a_long_table_gives_what_a_wide_one_gives() -> None:
    wide = sites().drop(index=[9, 10])
    long = wide.melt(["time", "site", "kind", "sky"], ["a", "b"], "variable", "value").sample(
        frac=1, random_state=1
    )
    roles = Roles("time", ("site",), ("a", "b"), ("kind", "sky"), ("variable", "value"))
    equal(regular(Table(long), roles), regular(Table(wide), BOTH))


def test_without_a_time_rows_are_steps() -> None:
    found = regular(Table(sites().drop(columns="time")), Roles(None, ("site",), ("a",)))
    assert found.notes == ("There is no time: each row is a step.",) and found.step_seconds == 1
    assert [len(series.values) for series in found.series] == [100, 100] and found.series[
        0
    ].start is None


def test_ids_of_numbers_and_of_several_columns() -> None:
    frame = sites().assign(number=np.repeat([10.0, 9.0], 100))
    assert [s.id for s in regular(Table(frame), Roles("time", ("number",), ("a",))).series] == [
        "9",
        "10",
    ]
    both = regular(Table(frame), Roles("time", ("number", "site"), ("a",)))
    assert [s.id for s in both.series] == ["9 / Linz", "10 / Graz"]


def test_rows_without_time_or_id_and_series_of_a_step_are_left_out() -> None:
    frame = sites()
    frame.loc[3, "time"], frame.loc[4, "site"] = pd.NaT, np.nan
    frame = pd.concat([frame, frame.iloc[[50]].assign(site="Wels")])
    found = regular(Table(frame), BOTH)
    assert [series.id for series in found.series] == ["Graz", "Linz"] and np.isnan(
        found.series[0].values[1:3]
    ).all()
    assert said(found, "1 row without a time left out (first: row 3)") and said(
        found, "1 row without site left out"
    )
    assert said(found, "1 series (first: Wels)")


def test_too_fine_or_impossible_steps_are_refused() -> None:
    for step, words in (
        (0.01, "5,000,000 are possible: give a step of"),
        (1e-300, "are possible"),
        (-1.0, "not possible"),
    ):
        with pytest.raises(TableError, match=words):
            regular(Table(sites()), BOTH, step_seconds=step)
    bursts = pd.DataFrame({"t": [0.0, 1, 2, 3, 4, 1e9], "x": 1.0})
    with pytest.raises(TableError, match="give a step of"):
        regular(Table(bursts), Roles("t", (), ("x",)))


def test_nothing_left_is_refused() -> None:
    same = Table(sites().assign(time=pd.Timestamp("2020-01-01")))
    for table, words in (
        (same, "two different times"),
        (Table(sites().assign(a=np.nan, b=np.nan)), "two steps with values"),
    ):
        with pytest.raises(TableError, match=words):
            regular(table, BOTH)


def test_guessed_roles_lead_to_series() -> None:
    table = Table(sites())
    found = regular(table, guess_roles(table))
    assert found.variables == ("a", "b") and set(found.series[0].labels) == {"kind", "sky"}


def test_windows_are_days_weeks_and_years() -> None:
    steps = {
        1: 60,
        60: 60,
        900: 96,
        3600: 24,
        86_400: 7,
        604_800: 4,
        2_629_800: 12,
        0.02: 8,
        7200: 8,
        31_557_600: 8,
    }
    assert {step: default_window(step) for step in steps} == steps
