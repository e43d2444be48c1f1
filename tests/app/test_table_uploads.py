"""Tables that visitors bring, good and bad, through the functions behind the page."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from demo.core import catalog, code_maps, generation, swapping, tables, uploads
from demo.core.messages import ColumnChoice
from demo.core.upload_store import SECONDS, UploadStore
from demo.errors import RequestError
from demo.tabs.upload import table_payload as table_payloads
from seqdisent.spec import Variable
from seqdisent.tables import match_variables
from seqdisent.tables.column_roles import Roles
from tests.fixtures.tables import KNOWN, NAMES, PICTURES, frame, split_of, written

pytestmark = pytest.mark.usefixtures("checkpoints")


WAVES, AIR, TINY = NAMES["waves"], NAMES["air-quality"], NAMES["tiny"]


def bring(data: str, content: bytes, wishes: dict | None = None) -> tables.TableUpload:
    sheet = tables.read(NAMES[data], content, "mine.csv")
    return tables.make(NAMES[data], sheet.key, tables.plan_from(sheet, wishes))


def same(upload: tables.TableUpload, index: int, within: float = 1e-3) -> None:
    """The model sees the test sequence, and gives it the same codes."""
    it = catalog.load(upload.checkpoint)
    known = it.dataset[index]
    assert torch.equal(upload.batch.mask, known.mask)
    assert torch.equal(upload.batch.x.isnan(), known.x.isnan())
    torch.testing.assert_close(upload.batch.x, known.x, atol=within, rtol=0, equal_nan=True)
    codes = generation.encode(upload.checkpoint, index)
    torch.testing.assert_close(upload.latents.static, codes.static, atol=within, rtol=1e-3)
    there = known.mask[0]
    torch.testing.assert_close(
        upload.latents.dynamic[0, there], codes.dynamic[0, there], atol=within, rtol=1e-3
    )


# -- what a sequence is written as does not matter -----------------------------------------------


def long(table: pd.DataFrame) -> pd.DataFrame:
    return table.melt("when", var_name="parameter", value_name="value").dropna()


PARTS = ("year", "month", "day", "hour")
DIALECTS = {
    "plain": lambda t: written(t),
    "semicolons": lambda t: written(t, sep=";", decimal=","),
    "tabs": lambda t: written(t, sep="\t", na_rep="NA"),
    "utf-16": lambda t: written(t, encoding="utf-16"),
    "shuffled": lambda t: written(t.sample(frac=1, random_state=0)),
    "day first": lambda t: written(t, date_format="%d.%m.%Y %H:%M", sep=";"),
    "seconds": lambda t: written(t.assign(when=t["when"].astype("datetime64[s]").astype(int))),
    "years": lambda t: written(
        t.assign(**{p: getattr(t["when"].dt, p) for p in PARTS}).drop(columns="when")
    ),
    "long": lambda t: written(long(t)),
    "other capitals": lambda t: written(
        t.rename(columns=lambda n: f"  {n.upper().replace('.', '_')} [x]")
    ),
    "more columns": lambda t: written(t.assign(note="a", No=np.arange(len(t)), site="Here")),
    "title above": lambda t: b"Measured by me\n\n" + written(t),
    "two series": lambda t: written(
        pd.concat([t.assign(site="b", **{t.columns[1]: np.nan}), t.assign(site="a")])
    ),
    "more rows": lambda t: written(
        pd.concat([t.iloc[:, :1] + pd.Timedelta(len(t), "h"), t]).sort_values("when")
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("data", ["waves", "air-quality"])
def test_a_test_sequence_comes_back_as_itself(data: str, dialect: str) -> None:
    for index in (0, 11):
        same(bring(data, DIALECTS[dialect](frame(data, index))), index)


@pytest.mark.parametrize("index", range(0, KNOWN, 4))
def test_of_any_length(index: int) -> None:
    upload = bring("tiny", written(frame("tiny", index)))
    same(upload, index)
    assert upload.fitted.windows == split_of("tiny").steps[index]


def test_rows_without_a_time_are_steps() -> None:
    upload = bring("waves", written(frame("waves", 3, dates=False)))
    same(upload, 3)
    assert (
        "There is no time: each row is taken for 1 h." in upload.notes
        and upload.original.start is None
    )


def test_what_the_app_saves_can_be_brought(tmp_path) -> None:
    content = swapping.export(swapping.swap(AIR, 2, 3), "csv")
    same(bring("air-quality", content, {"series": "a"}), 2, within=0.02)


def test_a_known_sequence_lies_on_its_own_point() -> None:
    upload = bring("air-quality", written(frame("air-quality", 7)))
    pair = code_maps.maps(AIR, KNOWN, "pca")
    where = json.loads(json.dumps(uploads.place(AIR, upload.key, KNOWN, "pca")))
    for part in ("static", "dynamic"):
        plane = getattr(pair, part)
        assert where[part] == pytest.approx(plane[7].tolist(), abs=2e-3 * float(np.ptp(plane)))
        assert where["neighbours"][part][0] == 7


def test_a_swap_is_that_of_the_sequence() -> None:
    upload = bring("air-quality", written(frame("air-quality", 7)))
    own, known = uploads.swap(AIR, upload.key, 4), swapping.swap(AIR, 7, 4)
    for one, other in zip(own.clips, known.clips, strict=True):
        np.testing.assert_allclose(one.x, other.x, atol=1e-3)
        assert one.start == other.start
    assert (
        swapping.export(own, "csv").startswith(b"time,clip,PM2.5")
        and swapping.export(own, "png")[:4] == b"\x89PNG"
    )


# -- which column is which -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (
            ["pm25", "temp", "PRES", "wspm"],
            {"PM2.5": "pm25", "TEMP": "temp", "PRES": "PRES", "WSPM": "wspm"},
        ),
        (
            ["PM2.5 (µg/m³)", "TEMP_C", "pres [hPa]"],
            {"PM2.5": "PM2.5 (µg/m³)", "TEMP": "TEMP_C", "PRES": "pres [hPa]"},
        ),
        (["PM₂.₅ (ug/m3)", "Temperature"], {"PM2.5": "PM₂.₅ (ug/m3)", "TEMP": "Temperature"}),
        (["Pressure"], {"PRES": "Pressure"}),
        (["TEMP", "temp", "Temp."], {"TEMP": "TEMP"}),
        (["temp", "Temp."], {}),  # either
        (["pm10", "tempo 2", "pr", ""], {}),
    ],
)
def test_columns_are_known_by_their_letters(columns: list[str], found: dict) -> None:
    assert match_variables.match(split_of("air-quality").spec.variables, columns) == found


def test_columns_by_other_names_can_be_chosen() -> None:
    names = ["Zeit", "a", "b", "c", "d"]
    table = frame("air-quality", 5).set_axis(names, axis=1)
    sheet = tables.read(AIR, written(table))
    with pytest.raises(
        RequestError, match=r"takes PM2.5 \(µg/m³\), TEMP \(°C\), .*none of them.* At least 2 of 4"
    ):
        tables.make(AIR, sheet.key)
    with pytest.raises(RequestError, match="choose them first"):
        uploads.swap(AIR, sheet.key, 0)
    it = catalog.load(AIR)
    form = json.loads(table_payloads.form(it, sheet, None))
    assert (
        form["columns"] == names and form["times"][form["time"]] == "Zeit" and form["start"] == -1
    )
    sent = {
        **{k: form[k] for k in ("time", "id", "long")},
        "shown_long": form["long"],
        "columns": [1, 2, 3, 4],
    }
    plan = table_payloads.chosen(sheet, None, ColumnChoice(**sent, changed="columns"))
    same(tables.make(AIR, sheet.key, plan), 5)
    for bad in (
        {"time": 99},
        {"time": "0"},
        {"time": True},
        {"columns": [1]},
        {"columns": [1, 2, 3, 9]},
        {"id": -1},
        {"columns": [[], {}, 1, 2]},
    ):
        with pytest.raises((RequestError, ValidationError)):
            table_payloads.chosen(sheet, None, ColumnChoice(**sent | bad))


def test_a_bad_choice_leaves_what_was_there() -> None:
    upload = bring("air-quality", written(frame("air-quality", 5).assign(text="x")))
    for wishes, words in (
        ({"columns": {"TEMP": "PRES"}}, "two roles"),
        ({"time": "PRES"}, "."),
        ({"time": "gone"}, "no column gone"),
        ({"columns": {"TEMP": "", "PRES": "text", "WSPM": ""}}, "do not fit"),
        ({"series": "x"}, "no series x"),
        ({"start": "2019-01-01"}, "."),
        ({"start": "1999-01-01"}, "cannot start"),
        ({"start": "soon"}, "cannot start"),
    ):
        plan = tables.plan_from(upload.sheet, wishes)
        if words != ".":
            with pytest.raises(RequestError, match=words):
                tables.make(AIR, upload.key, plan)
            assert uploads.STORE.get(upload.key) is upload
    uploads.swap(AIR, upload.key, 0)


@pytest.mark.parametrize(
    "wishes",
    [
        3,
        "when",
        [],
        {"what": 1},
        {"time": 3},
        {"time": [3]},
        {"columns": []},
        {"columns": {"PM2.5": 3}},
        {"columns": {"x": "when"}},
        {"names": ["a"]},
        {"series": 3},
        {"start": ["a"]},
        {"id": {"a": 1}},
    ],
)
def test_roles_that_are_none_are_refused(wishes) -> None:
    sheet = tables.read(AIR, written(frame("air-quality", 5)))
    with pytest.raises(RequestError):
        tables.make(AIR, sheet.key, tables.plan_from(sheet, wishes))


def test_units_that_differ_are_told() -> None:
    table = frame("air-quality", 5)
    table["PRES"] *= 100
    table["TEMP"] += 273.15
    upload = bring(
        "air-quality",
        written(table.rename(columns={"PM2.5": "PM2.5 (mg/m3)", "PRES": "PRES (hpa)"})),
    )
    said = " ".join(tables.warnings(upload))
    assert (
        "The table gives PM2.5 in mg/m3, and the model takes µg/m³: nothing was converted." in said
    )
    assert "PRES is typically 101" in said and "Times 0.01 to hPa it would fit." in said
    assert (
        "From Kelvin to °C it would fit." in said and "PRES (hpa)" not in said and "clipped" in said
    )
    assert said.count("PRES is typically") == 1 and "The typical PRES" not in said
    assert float(upload.batch.x.nan_to_num().abs().max()) <= 30
    fine = bring("air-quality", written(frame("air-quality", 5)))
    assert (
        tables.warnings(fine) == []
        and f"{KNOWN} test recordings of Air" in fine.comparison.reference
    )


def test_amounts_are_not_negative_and_numbers_have_three_figures() -> None:
    table = frame("air-quality", 5)
    table.loc[3, "WSPM"] = -2.0
    assert any(
        "1 negative value of WSPM" in w
        for w in bring("air-quality", written(table)).fitted.warnings
    )
    assert [match_variables.number(v) for v in (0.0812, 101325.4, 1e30)] == [
        "0.0812",
        "101,325",
        "1e+30",
    ]
    assert match_variables.unit_hint(Variable("x", "", 0, 1), np.array([55.5])).endswith(
        "in the same unit?"
    )


# -- which part of it ----------------------------------------------------------------------------


def days(count: int, freq: str = "1h", start: str = "2016-03-01 05:00") -> pd.DataFrame:
    time = pd.date_range(
        start, periods=round(pd.Timedelta(days=count) / pd.Timedelta(freq)), freq=freq
    )
    rng = np.random.default_rng(0)
    columns = {"PM2.5": 50.0, "TEMP": 13.0, "PRES": 1010.0, "WSPM": 1.5}
    return pd.DataFrame(
        {"when": time, **{n: v + rng.normal(size=len(time)) for n, v in columns.items()}}
    )


def test_a_sequence_begins_at_the_same_hour_as_the_known_ones() -> None:
    table = days(10)
    table.loc[(table["when"] >= "2016-03-05") & (table["when"] < "2016-03-09"), "TEMP"] = np.nan
    upload = bring("air-quality", written(table))
    assert list(upload.fitted.starts) == [f"2016-03-0{k}" for k in range(2, 9)]
    assert upload.fitted.start_label == "2016-03-02" and upload.original.start == np.datetime64(
        "2016-03-02"
    )
    assert any(
        "latest of those with the fewest missing" in note and "168 steps" in note
        for note in upload.notes
    )
    other = bring("air-quality", written(table), {"start": "2016-03-06T12:00"})
    assert (
        other.fitted.start_label == "2016-03-06"
        and float(other.batch.x[0, ..., 1].isnan().float().mean()) == 1
    )


def test_finer_tables_are_averaged_and_coarser_ones_refused() -> None:
    fine = bring("air-quality", written(days(4, "10min")))
    assert (
        any("about 6, were averaged" in note for note in fine.notes)
        and tables.missing(fine).max() == 0
    )
    hourly = days(4, "10min").set_index("when").resample("h").mean()
    expected = hourly.loc["2016-03-02":"2016-03-04 23:00", "TEMP"].to_numpy()
    np.testing.assert_allclose(fine.fitted.x[..., 1].ravel() * 11.2 + 13.4, expected, rtol=1e-3)
    half = bring("air-quality", written(days(4, "2h", "2016-03-01 00:00")))
    assert tables.missing(half).tolist() == [0.5] * 4 and any(
        "2 h apart: the steps between" in n for n in half.notes
    )
    with pytest.raises(RequestError, match="3 h apart, and this model takes steps of 1 h"):
        bring("air-quality", written(days(6, "3h")))


def test_short_tables_have_gaps_at_the_ends_and_shorter_ones_are_refused() -> None:
    upload = bring("air-quality", written(days(2, start="2016-03-01")))
    assert any("24 steps are missing at its ends" in note for note in upload.notes)
    assert tables.missing(upload) == pytest.approx([1 / 3] * 4)
    with pytest.raises(
        RequestError, match="too short: a sequence is 72 steps .3 days., and the series has 24"
    ):
        bring("air-quality", written(days(1, start="2016-03-01")))


def test_of_more_series_one_is_taken_or_chosen() -> None:
    table = pd.concat(
        [days(4).assign(site=site, TEMP=level) for site, level in (("x", 1.0), ("y", 9.0))]
    )
    for wishes, level in ((None, 1.0), ({"series": "y"}, 9.0)):
        upload = bring("air-quality", written(table), wishes)
        assert upload.fitted.series == ("x", "y")
        assert float(upload.fitted.x[0, 0, 1]) * 11.2 + 13.4 == pytest.approx(level, abs=0.01)
    it = catalog.load(AIR)
    form = json.loads(table_payloads.form(it, upload.sheet, upload))
    assert (
        form["series"] == ["x", "y"] and form["starts"][form["start"]] == upload.fitted.start_label
    )
    sent = {k: form[k] for k in ("time", "id", "long", "start")}
    sent |= {"shown_long": form["long"], "chosen": 0, "changed": "series"}
    sent["columns"] = [variable["column"] for variable in form["variables"]]
    plan = table_payloads.chosen(upload.sheet, upload, ColumnChoice(**sent))
    assert plan.series == "x" and plan.start is None and plan.columns == upload.sheet.plan.columns


def test_many_rows_have_not_too_many_beginnings() -> None:
    table = ("north,east\n" + "1,2\n" * 210_000).encode()
    upload = bring("waves", table)
    assert any("first 200,000 were used" in note for note in upload.notes)
    assert 500 < len(upload.fitted.starts) <= 1000
    assert len(table_payloads.form(catalog.load(WAVES), upload.sheet, upload)) < 1e5


# -- what cannot be used -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 xl/workbook", "Excel workbook"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"north,east\n1,2\n", "one row below its column names"),
        (b"<!doctype html><p>", "a web page"),
        (b"north,east\n1,2\n3,4\n", "too short: a sequence is 288 steps"),
        (bytes(25 * 2**20 + 1), "larger than 25 MB"),
        (b"a,b\n" + b"1,2\n" * 300, "none of them, by these names"),
        (b"north east\n" + b"1 2\n" * 300, "do not fit"),
        (b"north,east\n" + b",\n" * 300 + b"1,\n", "do not fit"),
        (b"north,east\n" + b"x,y\n" * 300, "do not fit"),
    ],
)
def test_bad_tables_are_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        bring("waves", content)


def test_other_checkpoints_take_no_tables() -> None:
    for name, words in (
        (PICTURES, "takes pictures, not tables: choose a checkpoint of"),
        ("none", "there is no 'none'"),
    ):
        with pytest.raises(RequestError, match=words):
            tables.read(name, written(frame("waves", 0)))


def test_people_s_words_are_clipped_and_never_markup() -> None:
    table = (
        frame("waves", 0)
        .assign(site="<img src=x>" * 30)
        .rename(columns={"north": "<b>north</b>" * 20})
    )
    sheet = tables.read(WAVES, written(table), "../../" + "<script>" * 30)
    upload = tables.make(WAVES, sheet.key)
    assert len(sheet.name) <= 40 and len(upload.original.caption) < 150
    for text in (
        table_payloads.findings(catalog.load(WAVES), upload),
        table_payloads.form(catalog.load(WAVES), upload.sheet, upload),
    ):
        assert json.loads(text) and "<b>north</b>" * 6 not in text


# -- what is kept --------------------------------------------------------------------------------


def test_tables_are_kept_for_an_hour_and_within_bounds(monkeypatch) -> None:
    content = written(frame("waves", 0))
    clock = [0.0]
    store = UploadStore(megabytes=0.05, timer=lambda: clock[0])  # of three
    monkeypatch.setattr(uploads, "STORE", store)
    keys = [bring("waves", content).key for _ in range(6)]
    size = uploads.STORE.get(keys[-1]).size
    assert 3000 < size < 40_000 and list(uploads.STORE) == keys[6 - int(0.05 * 2**20 // size) :]
    with pytest.raises(RequestError, match="no longer kept; record it again, or upload it again"):
        uploads.place(WAVES, keys[0], KNOWN, "pca")
    with pytest.raises(RequestError, match="for another checkpoint"):
        tables.make(AIR, keys[-1])
    clock[0] = SECONDS + 1
    with pytest.raises(RequestError, match="no longer kept"):
        tables.make(WAVES, keys[-1])
    assert not len(uploads.STORE)


def test_a_correction_takes_the_place_of_what_was_there() -> None:
    upload = bring("air-quality", written(days(10)))
    again = tables.make(AIR, upload.key, replace(upload.sheet.plan, start="2016-03-03"))
    assert (
        again.key == upload.key
        and uploads.STORE.get(upload.key) is again
        and again.fitted.start_label == "2016-03-03"
    )
    assert again.sheet.table is upload.sheet.table
    timeless = tables.make(AIR, upload.key, replace(upload.sheet.plan, roles=Roles(None)))
    assert timeless.original.start is None and timeless.fitted.starts[0] == "step 0"
