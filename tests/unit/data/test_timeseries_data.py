"""Series: made ones, and published ones from files made here in the publishers' layout."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from seqdisent import DATASETS, load_dataset
from seqdisent.data import is_ready
from seqdisent.data.archive import contents
from seqdisent.data.download import DataNotReady
from seqdisent.data.timeseries import air_quality, etth1, physionet, waves
from seqdisent.data.timeseries.normalise import fitted, in_units
from tests.fixtures import timeseries as made
from tests.fixtures.timeseries import every_hour, measured, stay

SPLITS = ("train", "validation", "test")
PUBLISHED = [name for name in DATASETS if name.startswith(("air-quality", "etth1", "physionet"))]
FILES = {
    "air-quality": made.AIR,
    "air-quality-days": made.AIR,
    "etth1": "ETTh1.csv",
    "etth1-interleaved": "ETTh1.csv",
    "etth1-published": "ETTh1.csv",
    "physionet2012": "physionet2012/set-a.tar.gz",
    "physionet2012-published": "physionet2012/Outcomes-a.txt",
    "physionet2012-b": "physionet2012/Outcomes-b.txt",
    "physionet2012-c": "physionet2012/set-c.tar.gz",
}
PUBLISHED_STAYS = "physionet2012-published"
FOUR = {"MAP": 80.0, "GCS": 9.0, "Temp": 36.0, "RespRate": 12.0}  # of ten variables: just enough
# Set b holds one stay for each rule. The first has two values of an hour, slips, and another patient's heart.
STAYS = {
    1001: stay(
        1001,
        every_hour(49, FOUR)
        + measured(30, "MAP", 86)
        + measured(61, "Temp", -17.8)
        + measured(62, "HCT", 76)
        + measured(63, "HCT", 30)
        + measured(64, "MAP", 0)
        + measured(65, "pH", 7.3)
        + "".join(
            measured(60 * h, "HR", hr) for h, hr in ((0, 60), (2, 90), (5, 100), (5, 500), (9, 5))
        ),
    ),
    1002: stay(1002, every_hour(41, FOUR), icu=1, age=-1),
    1003: stay(1003, every_hour(40, FOUR), icu=4),
    1004: stay(1004, every_hour(39, FOUR)),  # too short
    1005: stay(1005, every_hour(48, dict(list(FOUR.items())[:3]))),  # too empty
    1006: stay(1006, ""),  # nothing was measured
}
DIED = {1001: 1, 1002: 0, 1003: 1, 1004: 0, 1005: 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("series")
    made.write_air(root / made.AIR)
    made.write_transformer(root / "ETTh1.csv")
    usual = {r: stay(r, every_hour(44, FOUR), icu=1 + r % 4) for r in range(2000, 2020)}
    sets = {"a": (usual, {r: r % 2 for r in usual}), "b": (STAYS, DIED), "c": (usual, {})}
    sums = [made.write_stays(root / "physionet2012", which, *of) for which, of in sets.items()]
    return root, {name: value for part in sums for name, value in part.items()}


@pytest.fixture
def root(folder, monkeypatch):
    """The folder of those files, with loaders that are told their checksums."""
    where, sums = folder
    monkeypatch.setenv("SEQDISENT_CACHE", str(where / "cache"))
    monkeypatch.setattr(air_quality, "CONTENTS", contents(where / made.AIR, air_quality.SUFFIX))
    monkeypatch.setattr(etth1, "CHECKSUMS", {"ETTh1.csv": made.digest(where / "ETTh1.csv")})
    monkeypatch.setattr(physionet, "CHECKSUMS", sums)
    return where


def test_waves_are_what_they_declare():
    for split, count in waves.SPEC.splits:
        data = load_dataset("waves", split)
        assert (
            len(data) == count
            and data[:3].x.shape == (3, 12, 24, 4)
            and len(set(data.titles)) == count
        )
    again = waves.simulate(4, seed=2, missing=False)
    held, full = waves.simulate(4, seed=2).values, again.values
    known = np.isfinite(held)
    assert (
        0.9 < known.mean() < 0.96 and np.isfinite(full).all() and (held[known] == full[known]).all()
    )
    # Whoever knows the factors can tell the series, but for noise and the hour of an event.
    of = lambda table, name: np.array(list(table.values()))[again.labels[name]]
    north = of(waves.LEVELS, "level")[:, None] + of(waves.TRENDS, "trend")[:, None] * np.arange(288)
    north = north + of(waves.SEASONS, "season").repeat(24, 1) * np.sin(
        2 * np.pi * np.arange(288) / 24
    )
    quiet = (again.labels["event"] == 0).repeat(24, 1)
    assert (full[..., 0] - north)[quiet].std() == pytest.approx(waves.NOISE, rel=0.1)
    with pytest.raises(ValueError, match="at least one"):
        waves.simulate(0, seed=0)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", ["air-quality", "air-quality-days"])
def test_air_values_and_labels_are_those_of_their_hours(name, split, root):
    data = load_dataset(name, split, root)
    assert len(data) == dict(data.spec.splits)[split]
    months = data.starts.astype("M8[M]").astype(int) % 12
    assert (data.static["month"] == months).all()
    assert (data.source == data.starts.astype("M8[M]").astype(int) + 12 * 1970).all()
    seasons = np.roll(
        np.repeat(["winter", "spring", "summer", "autumn"], 3), -1
    )  # January is the second of winter
    assert (np.array(air_quality.SEASONS)[data.static["season"]] == seasons[months]).all()
    values = in_units(data.frames, data.spec.variables).reshape(len(data), -1, 10)
    hours = (data.starts - made.FIRST).astype(int)[:, None] * 24 + np.arange(values.shape[1])
    for station in range(12):
        rows = data.static["station"] == station
        assert rows.sum() == len(data) / 12
        for column in range(10):
            np.testing.assert_allclose(
                values[rows][..., column], made.air(station, hours[rows], column), rtol=1e-4
            )
        fell = made.rain(station, hours[rows].reshape(rows.sum(), -1, 24))
        known = np.isfinite(fell).any(2) & (air_quality.STATIONS[station] in made.HELD)
        fell = np.where(known, np.nansum(fell, 2), np.nan).reshape(
            data.labels()["rain"][rows].shape
        )
        np.testing.assert_allclose(data.labels()["rain"][rows], fell, atol=1e-6)
        wet = data.labels()["weather"][rows]
        assert (wet == np.select([np.isnan(fell), fell > 0.05], [-1, 1], 0)).all()
        if name == "air-quality-days":
            said, blown = data.dynamic["wind from"][rows], made.wind(hours[rows])
            written = np.isin(hours[rows] % 24, made.SEEN) & (
                air_quality.STATIONS[station] in made.HELD
            )
            assert ((said == -1) == ((blown < 0) | ~written)).all()
            turned = (
                said * 90 - blown * 22.5 + 180
            ) % 360 - 180  # between what was said and what was written
            assert (np.abs(turned[said >= 0]) <= 45).all() and air_quality.WINDS == (
                "north",
                "east",
                "south",
                "west",
            )
    assert data.titles[0].startswith(f"{air_quality.STATIONS[data.static['station'][0]]}, ")


@pytest.mark.parametrize("name", ["air-quality", "air-quality-days"])
def test_no_month_is_in_two_splits(name, root):
    data = {split: load_dataset(name, split, root) for split in SPLITS}
    length = 28 if name == "air-quality" else 1
    days = {
        s: {x for start in d.starts for x in start + np.arange(length)} for s, d in data.items()
    }
    months = {split: {str(day.astype("M8[M]")) for day in found} for split, found in days.items()}
    assert (
        not (months["train"] & (months["validation"] | months["test"]))
        and not months["validation"] & months["test"]
    )
    assert months["test"] == {f"2016-{m:02}" for m in range(1, 13)}
    assert sorted(m[5:] for m in months["validation"]) == [f"{m:02}" for m in range(1, 13)]
    if name == "air-quality":
        assert all(
            s.astype("M8[M]") == (s + 27).astype("M8[M]") for d in data.values() for s in d.starts
        )
        assert all(
            (data[s].starts.astype("M8[M]") == data[s].starts).all() for s in ("validation", "test")
        )
        assert (
            len(set(zip(data["train"].starts, data["train"].static["station"], strict=True))) == 984
        )


def test_the_publishers_zip_in_a_zip_is_the_same(root, tmp_path):
    made.write_air(tmp_path / made.AIR, nested=True)
    assert contents(tmp_path / made.AIR, air_quality.SUFFIX) == air_quality.CONTENTS
    one, other = (load_dataset("air-quality", "test", where).frames for where in (root, tmp_path))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", ["etth1", "etth1-interleaved", "etth1-published"])
def test_oil_temperatures_are_those_of_the_same_hours(name, split, root):
    """In this table a load is twice the oil temperature of its hour and three; others tell the day and the hour."""
    data = load_dataset(name, split, root)
    assert len(data) == dict(data.spec.splits)[split] and data.frames.shape[1:] == (28, 24, 6)
    loads = in_units(data.frames, data.spec.variables)
    np.testing.assert_allclose(
        (loads[..., 0].mean(2) - 3) / 2, data.dynamic["oil temperature"], atol=1e-3
    )
    day = (data.starts - np.datetime64("2016-07-01")).astype(int)[:, None] + np.arange(28)
    np.testing.assert_allclose(
        loads[..., 1], np.broadcast_to(day[..., None], loads.shape[:3]), atol=1e-3
    )
    np.testing.assert_allclose(
        loads[..., 2], np.broadcast_to(np.arange(24), loads.shape[:3]), atol=1e-3
    )
    assert (data.static["month"] == (data.starts + 14).astype("M8[M]").astype(int) % 12).all()
    others = [load_dataset(name, other, root).starts for other in SPLITS if other != split]
    held = {d for starts in others for start in starts for d in start + np.arange(28)}
    assert not held & {d for start in data.starts for d in start + np.arange(28)}


def test_the_published_split_of_the_transformer_is_by_calendar_month(root):
    starts = {split: load_dataset("etth1-published", split, root).starts for split in SPLITS}
    assert (
        starts["test"].astype("M8[M]").tolist()
        == np.arange("2016-07", "2017-01", dtype="M8[M]").tolist()
    )
    others = np.sort(np.concatenate([starts["train"], starts["validation"]]))
    assert (
        others.astype("M8[M]").tolist() == np.arange("2017-01", "2018-06", dtype="M8[M]").tolist()
    )
    assert len(starts["train"]) == 14
    for found in starts.values():
        assert (found == found.astype("M8[M]")).all()  # a sequence begins on the first of its month
    sources = load_dataset("etth1-published", "test", root).sources
    assert len(np.unique(sources)) == 6


def test_stays_become_hours_and_windows(root):
    data = load_dataset("physionet2012-b", "test", root)
    assert data.titles.tolist() == [
        "patient 1001",
        "patient 1002",
        "patient 1003",
    ]  # the rest is too short or empty
    assert data.steps.tolist() == [13, 11, 10]
    assert data.static["ICU"].tolist() == [2, 0, 3] and data.static["outcome"].tolist() == [1, 0, 1]
    np.testing.assert_array_equal(data.static["age"], [54, np.nan, 54])
    batch, values = data[:], in_units(data.frames, data.spec.variables)
    assert batch.x.shape == (3, 20, 4, 10) and batch.x[~batch.mask].isnan().all()
    hourly, column = values.reshape(3, 80, 10), physionet.COLUMNS.index
    known = np.isfinite(hourly)
    for patient, hours in enumerate((49, 41, 40)):
        for name, first in FOUR.items():
            expected = np.where(np.arange(80) < hours, first + np.arange(80) / 10, np.nan)
            if (patient, name) == (0, "MAP"):
                expected[0] = (
                    83  # the mean of 80 and 86; the pressure of 0 an hour later does not count
                )
            if name == "GCS":
                expected[expected > 15] = np.nan  # no such points
            np.testing.assert_allclose(hourly[patient, :, column(name)], expected, rtol=1e-4)
    assert (
        hourly[0, 1, column("HCT")] == pytest.approx(30) and known[0, :, column("HCT")].sum() == 1
    )
    assert not np.delete(known, [column(name) for name in (*FOUR, "HCT")], 2).any()


def test_the_heart_rate_is_a_label_only(root):
    data = load_dataset("physionet2012-b", "test", root)
    assert physionet.PULSE not in [v.name for v in data.spec.variables]
    first, *rest = data.dynamic["heart rate"]
    np.testing.assert_array_equal(
        first, [75, 100, *[np.nan] * 18]
    )  # of (60, 90), (100, a slip), (a slip)
    assert np.isnan(rest).all()


def test_stays_are_shared_out_once(root):
    splits = [set(load_dataset("physionet2012", split, root).titles) for split in SPLITS]
    assert [len(s) for s in splits] == [14, 2, 4] and len(set.union(*splits)) == 20
    apart = [set(load_dataset("physionet2012-b", split, root).titles) for split in SPLITS]
    assert [len(s) for s in apart] == [17, 3, 3] and len(set.union(*apart)) == 23
    train = load_dataset("physionet2012", "train", root)
    record = np.array([int(title.split()[1]) for title in train.titles])
    assert (train.static["ICU"] == record % 4).all() and (
        train.static["outcome"] == record % 2
    ).all()
    assert (
        load_dataset("physionet2012-c", "test", root).static["outcome"] == -1
    ).all()  # nobody knows


def test_the_published_split_of_stays_tests_the_first_fifth_of_record_ids(root):
    record = {
        split: [
            int(title.split()[1]) for title in load_dataset(PUBLISHED_STAYS, split, root).titles
        ]
        for split in SPLITS
    }
    assert record["test"] == [2000, 2001, 2002, 2003]
    assert sorted(record["train"] + record["validation"]) == list(range(2004, 2020))
    assert len(record["train"]) == 12
    # From the first measurement at 0:05 to the last at 43:05, without the last hour.
    assert (load_dataset(PUBLISHED_STAYS, "test", root).steps == 11).all()


def test_hours_are_counted_from_the_first_measurement(tmp_path):
    text = (
        measured(90, "HR", 80)
        + measured(91, "MAP", 70)
        + measured(150, "MAP", 80)
        + measured(151, "MAP", 90)
        + measured(275, "GCS", 9)
    )
    made.write_stays(tmp_path, "a", {7: stay(7, text), 8: stay(8, "")}, {7: 1, 8: 0})
    files = tmp_path / "set-a.tar.gz", tmp_path / "Outcomes-a.txt"
    found = physionet.parse(*files, "first measurement")
    pressure = found["values"][0, :, physionet.COLUMNS.index("MAP")]
    np.testing.assert_array_equal(pressure[:3], [75, 90, np.nan])
    # The first minute and the incomplete last hour are in no hour.
    assert found["hours"].tolist() == [3, 0]
    assert np.isnan(found["pulse"]).all()
    assert np.isnan(found["values"][0, :, physionet.COLUMNS.index("GCS")]).all()
    admitted = physionet.parse(*files, "admission")
    pressure = admitted["values"][0, :, physionet.COLUMNS.index("MAP")]
    np.testing.assert_array_equal(pressure[:3], [np.nan, 70, 85])
    assert admitted["hours"].tolist() == [5, 0]


@pytest.mark.parametrize("name", PUBLISHED)
def test_missing_half_and_damaged_files_say_what_to_do(name, root, tmp_path):
    assert is_ready(name, root) and not is_ready(name, tmp_path)
    with pytest.raises(DataNotReady, match="missing") as error:
        load_dataset(name, "test", tmp_path)
    assert re.search(r"seqdisent data ([\w-]+)", str(error.value))[1] in DATASETS
    assert FILES[name].split("/")[0] in str(error.value).split("a folder that holds")[1]
    path = tmp_path / FILES[name]
    path.parent.mkdir(exist_ok=True)
    for sound in (root / FILES[name]).parent.iterdir():
        if sound.is_file():
            (path.parent / sound.name).write_bytes(sound.read_bytes())
    assert is_ready(name, tmp_path)
    whole = path.read_bytes()
    half, first = len(whole) // 2, whole.find(b".csv") + 4  # where a compressed table begins
    damage = lambda at: whole[:at] + b"\xff" * 80 + whole[at + 80 :]
    for broken in (whole[:half], damage(half), damage(first), b"", b"<html>"):
        path.write_bytes(broken)
        assert not is_ready(name, tmp_path)
        with pytest.raises(DataNotReady, match="Delete it"):
            load_dataset(name, "test", tmp_path)
    with pytest.raises(ValueError, match="no split 'dev'"):
        load_dataset(name, "dev", root)


def test_files_are_parsed_once(root, monkeypatch):
    names = ("air-quality", "air-quality-days", "physionet2012-b", "physionet2012-c")
    first = [load_dataset(name, "test", root) for name in names]
    for module, parse in ((air_quality, "_parse"), (physionet, "parse")):
        monkeypatch.setattr(module, parse, lambda *args: pytest.fail("parsed again"))
    for name, before in zip(names, first, strict=True):
        np.testing.assert_array_equal(load_dataset(name, "test", root).frames, before.frames)
    monkeypatch.setenv("SEQDISENT_CACHE", str(root / "nothing here"))
    with pytest.raises(BaseException, match="parsed again"):
        load_dataset(names[0], "test", root)


@pytest.mark.parametrize(
    "name", ["waves", *(pytest.param(name, marks=pytest.mark.slow) for name in PUBLISHED)]
)
def test_the_real_data_are_what_is_declared(name):
    """With ``-m slow`` also of what must be downloaded first (``seqdisent data NAME``)."""
    if not is_ready(name):
        pytest.skip(f"not downloaded: seqdisent data {name}")
    train = load_dataset(name, "train")
    for split, count in train.spec.splits:
        load_dataset(name, split)
        start = time.monotonic()
        assert len(load_dataset(name, split)) == count
        assert time.monotonic() - start < 2
    if not name.endswith(
        ("-interleaved", "-b", "-c", "-days")
    ):  # those share the constants of another
        seen = train.frames.reshape(-1, *train.spec.event_shape)
        if train.starts is not None:  # runs overlap: every day of a place once
            place = train.static.get("station", np.zeros(len(train)))
            day = train.starts[:, None] + np.arange(train.spec.frames)
            key = np.stack([np.repeat(place, train.spec.frames), day.ravel().astype(float)])
            seen = seen[np.unique(key, axis=1, return_index=True)[1]]
        declared = train.spec.variables
        found = fitted(in_units(seen, declared), [(v.name, v.unit, v.log) for v in declared])
        for one, other in zip(found, declared, strict=True):
            assert one.mean == pytest.approx(other.mean, abs=0.01 * other.std)
            assert one.std == pytest.approx(other.std, rel=0.01)
