"""Series as tables, arrays, plots and small pictures."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from seqdisent.cli.main import main
from seqdisent.data import load_dataset
from seqdisent.data.timeseries.normalise import scaled
from seqdisent.data.timeseries.waves import SPEC
from seqdisent.media import sparklines, timeseries, timeseries_figure
from seqdisent.media.timeseries import SeriesClip
from seqdisent.spec import Variable

AIR = replace(SPEC, variables=(Variable("PM2.5", "µg/m³", 4.0, 1.0, log=True), *SPEC.variables[1:]))


@pytest.fixture
def real() -> SeriesClip:
    data = load_dataset("waves", "test")
    return timeseries.series_clip(data[3].x[0], data[3].mask[0])


@pytest.fixture
def made(real: SeriesClip) -> SeriesClip:
    """What a decoder would say that knows the course, and nothing of its size."""
    return SeriesClip(np.nan_to_num(real.x) * 0.5, np.full_like(real.x, 0.2))


def test_windows_that_do_not_exist_are_left_out_and_no_date_is_no_date() -> None:
    x, mask = torch.arange(24.0).reshape(3, 4, 2), torch.tensor([True, True, False])
    one = timeseries.series_clip(x, mask, start=np.datetime64("NaT"))
    assert one.x.shape == (8, 2) and one.x[-1].tolist() == [14, 15] and one.start is None


def test_a_band_holds_what_it_promises_and_amounts_are_never_negative() -> None:
    rng = np.random.default_rng(0)
    told = SeriesClip(np.zeros((4000, 4), np.float32), np.full((4000, 4), 0.7, np.float32))
    measured = SeriesClip(rng.normal(0, 0.7, (4000, 4)).astype(np.float32))
    for off in timeseries.reconstruction_errors(told, measured, AIR.variables):
        assert off["inside"] == pytest.approx(timeseries.BAND_SHARE, abs=0.02)
        assert off["deviations"] == pytest.approx(0.7 * np.sqrt(2 / np.pi), rel=0.05)
    wide = SeriesClip(np.full((1, 4), -4, np.float32), np.full((1, 4), 9, np.float32))
    low = wide.band(AIR.variables)[0]
    assert low[0, 0] == 0 and low[0, 1] < 0


def test_what_was_not_measured_is_not_compared(real: SeriesClip, made: SeriesClip) -> None:
    real.x[:, 2] = np.nan
    assert timeseries.reconstruction_errors(made, real, SPEC.variables)[2] == {
        "mean_absolute": None,
        "deviations": None,
        "inside": None,
    }
    follows = timeseries.correlations(made, real)
    assert follows[2] is None and follows[0] == pytest.approx(1, abs=1e-5)
    assert timeseries.averages(real, SPEC.variables)[2] is None


def test_a_table_has_units_dates_and_gaps(real: SeriesClip, made: SeriesClip) -> None:
    start = np.datetime64("2016-05-01")
    dated = {"a": replace(real, start=start), "a_again": replace(made, start=start)}
    table = pd.read_csv(io.StringIO(timeseries.csv(dated, AIR)))
    assert list(table.columns[:5]) == [
        "time",
        "clip",
        "PM2.5 (µg/m³)",
        "PM2.5 low (µg/m³)",
        "PM2.5 high (µg/m³)",
    ]
    assert table["time"][25] == "2016-05-02T01:00" and len(table) == 2 * 288
    one = table[table["clip"] == "a"]
    assert one["east low"].isna().all() and (one["east"].isna() == np.isnan(real.x[:, 1])).all()
    again = table[table["clip"] == "a_again"]
    assert (again["PM2.5 low (µg/m³)"] <= again["PM2.5 (µg/m³)"]).all()
    undated = pd.read_csv(io.StringIO(timeseries.csv({"a": real}, SPEC)))
    assert undated["hours"].tolist() == list(range(288))


def test_arrays_are_as_long_as_the_longest(made: SeriesClip) -> None:
    short = SeriesClip(made.x[:100], made.scale[:100])
    with np.load(io.BytesIO(timeseries.npz([made, short], SPEC))) as found:
        assert found["median"].shape == (2, 288, 4) and np.isnan(found["low"][1, 100:]).all()
        assert (
            found["variable"].tolist() == ["north", "east", "south", "west"]
            and found["hours"][-1] == 287
        )


def test_gaps_are_never_joined() -> None:
    values = np.array([np.nan, 1, 2, np.nan, 3, np.nan, np.nan])
    assert [run.tolist() for run in timeseries_figure.runs(values)] == [[1, 2], [4]]
    picture = sparklines.lines(values[None], 70, 20)[0]
    drawn = picture.any(0)
    assert drawn[15:22].all() and not drawn[31:33].any() and not drawn[55:].any()


def test_levels_are_seen_in_small_pictures() -> None:
    low, high = sparklines.lines(np.array([[-1.0] * 5, [1.0] * 5]), 30, 20)
    assert low.argmax(0).mean() > high.argmax(0).mean() + 5
    data = load_dataset("waves", "test")
    assert sparklines.draw(data, np.array([0, 5, 9]), 96, 64).shape == (3, 64, 96)


def test_marks_are_round_numbers_within_the_axis() -> None:
    low, high = scaled(np.array([[2.0], [900.0]]), AIR.variables[:1])[:, 0]
    assert [label for _, label in timeseries_figure.scale_marks(low, high, AIR.variables[0])] == [
        "3",
        "30",
        "300",
    ]
    plain = timeseries_figure.scale_marks(-1, 1, SPEC.variables[0])
    assert len(plain) >= 2 and all(-1 <= place <= 1 for place, _ in plain)
    one = SeriesClip(np.zeros((288, 4), np.float32), start=np.datetime64("2016-05-01"))
    assert [label for _, label in timeseries_figure.ticks(one, SPEC, 288)][:2] == ["1 May", "4 May"]
    assert [label for _, label in timeseries_figure.ticks(replace(one, start=None), SPEC, 48)][
        :2
    ] == ["0 h", "12 h"]


def test_a_figure_has_a_tile_for_every_course(real: SeriesClip, made: SeriesClip) -> None:
    tile = timeseries_figure.Tile("A’s course, µ", made, behind=real)
    sizes = []
    for tiles in ([tile], [tile] * 3):
        with Image.open(io.BytesIO(timeseries_figure.draw_figure(tiles, AIR, columns=2))) as image:
            assert len(image.getcolors(100_000)) > 20
            sizes.append(image.height)
    assert sizes[1] > 1.8 * sizes[0] - 100


@pytest.mark.parametrize(
    ("command", "suffix"),
    [("swap", "csv"), ("swap", "png"), ("sample", "csv"), ("sample", "png"), ("sample", "npz")],
)
def test_commands_write_series(waves_folder: str, tmp_path, command: str, suffix: str) -> None:
    out = tmp_path / f"x.{suffix}"
    numbers = ["3", "7"] if command == "swap" else ["-n", "2", "--static-of", "5"]
    assert main([command, waves_folder, *numbers, "-o", str(out)]) == 0
    if suffix == "csv":
        clips = (
            ["a", "b", "a_like_b", "b_like_a"] if command == "swap" else ["sample 0", "sample 1"]
        )
        assert pd.read_csv(out)["clip"].unique().tolist() == clips
    if suffix == "png":
        with Image.open(out) as image:
            assert image.format == "PNG"


@pytest.mark.parametrize(
    ("command", "suffix"), [("swap", "mp4"), ("swap", "npz"), ("sample", "wav")]
)
def test_a_suffix_that_does_not_fit_is_refused(
    waves_folder: str, capsys, command: str, suffix: str
) -> None:
    numbers = ["3", "7"] if command == "swap" else []
    assert main([command, waves_folder, *numbers, "-o", f"x.{suffix}"]) == 1
    assert "waves has series; write to .csv" in " ".join(capsys.readouterr().out.split())


@pytest.fixture(scope="module")
def waves_folder(tmp_path_factory) -> str:
    """An untrained checkpoint of waves."""
    import seqdisent
    from seqdisent.nn.config import FrameConfig

    config = seqdisent.models.model_class("vast").Config(
        static_size=4, dynamic_size=4, hidden=8, frame=FrameConfig("mlp", width=4, features=16)
    )
    folder = tmp_path_factory.mktemp("waves") / "vast-waves"
    seqdisent.save_checkpoint(
        folder, seqdisent.build_model("vast", SPEC, config), kind="vast", recipe={}
    )
    return str(folder)
