"""The user's tables as a data set: splits, labels, settings, and what is asked for when they do not do."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from seqdisent.data import data_source
from seqdisent.errors import DataNotReady
from tests.contracts.dataset_contract import check_split

CSV = data_source("csv")


def table(seed: int, hours: int, series: int) -> pd.DataFrame:
    """Hourly temperatures and flows at several sites, with a label that stays and one that changes."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(series):
        part = pd.DataFrame(
            {
                "time": pd.date_range("2020-01-06", periods=hours, freq="h"),
                "site": f"s{number}",
                "temp": rng.normal(10, 3, hours).round(3),
                "flow": np.exp(rng.normal(0, 2, hours)).round(4),
                "kind": "ab"[number % 2],
                "status": np.where(rng.random(hours) < 0.5, "on", "off"),
            }
        )
        part.loc[rng.random(hours) < 0.05, "temp"] = np.nan
        parts.append(part)
    return pd.concat(parts)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "csv").mkdir()
    return tmp_path / "csv"


def test_few_series_are_split_in_order_of_time(folder):
    table(0, 24 * 60, 3).to_csv(folder / "a.csv", index=False)
    spec = CSV.spec(folder.parent)
    assert spec.event_shape == (24, 2) and spec.frames == 4
    assert [(v.name, v.log) for v in spec.variables] == [("temp", False), ("flow", True)]
    assert {f.name: f.kind for f in spec.factors} == {
        "kind": "static",
        "status": "dynamic",
        "series": "static",
        "month": "static",
        "weekday": "dynamic",
    }
    ends = {}
    for split, count in spec.splits:
        check_split(CSV, split, folder.parent)
        data = CSV.load(split, folder.parent)
        assert len(data) == count
        ends[split] = (data.starts.min(), data.starts.max() + np.timedelta64(4, "D"))
    assert ends["train"][1] <= ends["validation"][0] and ends["validation"][1] <= ends["test"][0]
    monday = CSV.load("train", folder.parent)
    assert monday.starts[0] == np.datetime64("2020-01-06") and monday.titles[0] == "s0, 2020-01-06"
    assert monday.dynamic["weekday"][0].tolist() == [0, 1, 2, 3]


def test_many_series_are_held_out_complete(folder):
    table(1, 24 * 20, 14).to_csv(folder / "a.csv", index=False)
    sites = {}
    for split in ("train", "validation", "test"):
        data = CSV.load(split, folder.parent)
        sites[split] = {title.split(",")[0] for title in data.titles}
    assert [len(some) for some in sites.values()] == [12, 1, 1]
    assert len(set.union(*sites.values())) == 14
    assert "series" not in [factor.name for factor in CSV.spec(folder.parent).factors]


def test_settings_are_written_corrected_and_read(folder):
    table(0, 24 * 60, 3).to_csv(folder / "a.csv", index=False)
    notes = CSV.notes(folder.parent)
    assert "3 series; a step is 1 h, a window 24 steps, a sequence 4 windows." in notes
    settings = json.loads((folder / "roles.json").read_text())
    settings |= {"window": 12, "labels": ["kind"]}
    (folder / "roles.json").write_text(json.dumps(settings))
    spec = CSV.spec(folder.parent)
    assert spec.event_shape == (12, 2) and "status" not in [f.name for f in spec.factors]


def test_several_files_are_one_data_set(folder):
    for seed, name in enumerate(("a", "b")):
        table(seed, 24 * 40, 2).to_csv(folder / f"{name}.csv", index=False)
    titles = CSV.load("train", folder.parent).titles
    assert {title.split(",")[0] for title in titles} == {"a s0", "a s1", "b s0", "b s1"}


@pytest.mark.parametrize(
    "files, message",
    [
        ({}, "no table in .*--data-root"),
        ({"a.csv": table(6, 30, 2).to_csv(index=False)}, "30 are needed, some in each split"),
        ({"a.csv": "%PDF-1.4"}, "a.csv is a PDF"),
        ({"a.csv": "a\n1\n2\n", "roles.json": "{"}, "roles.json cannot be read"),
        ({"a.csv": "a\n1\n2\n", "roles.json": '{"window": -1}'}, "are positive numbers"),
    ],
)
def test_what_does_not_do_is_explained(folder, files, message):
    for name, content in files.items():
        (folder / name).write_text(content)
    assert not CSV.ready(folder.parent)
    with pytest.raises(DataNotReady, match=message):
        CSV.spec(folder.parent)
