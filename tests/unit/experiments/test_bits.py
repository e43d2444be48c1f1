"""Quality against bits: what codes cost, what a codec costs, and how the two are put side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.checkpoint import checkpoints_root
from seqdisent.cli.main import main
from seqdisent.evaluation.codes import Codes, ModelSubject
from seqdisent.evaluation.judge import Judge
from seqdisent.experiments.rate_distortion import h264 as h264
from seqdisent.experiments.rate_distortion import measure as measuring
from seqdisent.experiments.rate_distortion.measure import (
    bits_a_frame,
    envelope_errors,
    figures,
    measure_point,
)
from seqdisent.experiments.rate_distortion.points import (
    DATA,
    MODELS,
    POINTS,
    SIZES,
    Point,
    sweep_run,
)
from seqdisent.experiments.rate_distortion.tables import collect, table, write_results
from seqdisent.experiments.readme_tables import bits_table
from seqdisent.modalities.base import JudgeBudget
from seqdisent.modalities.video import Video
from seqdisent.reporting.figures import bits as figure
from seqdisent.training.config import TrainConfig
from seqdisent.types import Latents, Sequences
from tests.fixtures.video_models import build

PUT = {
    "psnr_db": 20.0,
    "mean_psnr_db": 15.0,
    "static_bits": 4.0,
    "dynamic_bits": 6.0,
    "bits": 10.0,
    "judge": True,
    "leak/dynamic": 2.5,
    "entropy/dynamic": 10.0,
    "swap": 0.4,
    "swap_chance": 0.001,
    "swap_judge": 0.99,
}


@cache
def few(dataset: str, split: str) -> seqdisent.data.dataset.SequenceDataset:
    return seqdisent.load_dataset(dataset, split).select(3 * np.arange(96))


@pytest.mark.parametrize("name", POINTS)
def test_every_point_can_be_built_and_the_baseline_never_has_less(name):
    point = POINTS[name]
    model = point.recipe.build()
    assert model.spec.name == point.recipe.dataset and model.name == point.recipe.kind
    other = POINTS[name.replace("frame-vae", "dsvae")]
    assert 0 <= point.numbers - other.numbers <= 0.5
    assert point.recipe.config.sigma is None
    assert {point.recipe.config.static_weight, point.recipe.config.dynamic_weight} == {1.0}
    assert (
        point.recipe.train == other.recipe.train
        and point.recipe.config.frame == other.recipe.config.frame
    )


def test_there_is_a_point_for_every_data_set_model_and_size():
    assert len(POINTS) == len(DATA) * len(MODELS) * len(SIZES)


def test_bits_a_frame_count_the_frames_that_exist():
    latents = Latents(torch.zeros(2, 3), torch.zeros(2, 4, 2))
    free = Codes(latents, latents, torch.zeros(2, 3), torch.zeros(2, 4), {}, np.arange(2))
    assert bits_a_frame(free, np.array([4, 4])) == {"static_bits": 0, "dynamic_bits": 0, "bits": 0}
    nats = float(np.log(2))
    paid = replace(
        free,
        static_kl=torch.full((2, 3), nats),
        dynamic_kl=torch.tensor([[nats] * 4, [nats, nats, 0, 0]]),
    )
    told = bits_a_frame(paid, np.array([4, 2]))
    assert told["static_bits"] == pytest.approx(1) and told["dynamic_bits"] == pytest.approx(1)
    assert told["bits"] == pytest.approx(2)


def test_a_model_is_measured_and_one_without_a_static_code_pays_nothing_for_it():
    data = (few("sprites-32", "train"), few("sprites-32", "validation"), few("sprites-32", "test"))
    both = figures(ModelSubject(build("dsvae-full-32")), None, data)
    assert (
        both["bits"] == pytest.approx(both["static_bits"] + both["dynamic_bits"])
        and both["static_bits"] > 0
    )
    assert both["swap"] is None and both["judge"] is False and both["moving_r2"] is None
    assert 2 < both["entropy/static"] < 3.2 and 0 <= both["leak/static"] <= both["entropy/static"]
    error = (data[2][:].x - data[0][np.arange(0, 96, 8)].x.mean(0)).square().mean()
    assert both["mean_psnr_db"] == pytest.approx(-10 * np.log10(float(error)), abs=1e-3)
    recipe = POINTS["sprites-32-frame-vae-1"].recipe
    torch.manual_seed(0)
    alone = figures(ModelSubject(recipe.build().eval()), None, data)
    assert alone["static_bits"] == 0 and alone["leak/static"] == 0 and alone["dynamic_bits"] > 0


def test_errors_of_the_envelope_are_in_decibels_and_leave_out_the_rest():
    data = few("voices", "test").select(np.arange(6))

    class Louder:
        def decode(self, latents: Latents) -> Sequences:
            x = data[:].x.clone()
            x[..., :64] += 0.1  # 2 dB in every band
            x[..., 64:] = 9.0  # pitch and breath are no envelope
            return Sequences(x, data[:].mask)

    latents = Latents(torch.zeros(6, 1), torch.zeros(6, data.spec.frames, 1))
    told = envelope_errors(Louder(), data, latents, data[0].x[0])
    assert told["envelope_db"] == pytest.approx(2.0, abs=1e-4) and told["mean_envelope_db"] > 2


def test_h264_of_a_black_clip_is_nearly_free_and_of_noise_is_not():
    black = np.zeros((8, 32, 32, 3), np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, black.shape).astype(np.uint8)
    streams = [h264.stream(clip, 18) for clip in (black, noise)]
    free, dear = map(h264.picture_bytes, streams)
    assert free < 200 and dear > 20 * free
    assert all(
        600 < len(s) - h264.picture_bytes(s) < 900 for s in streams
    )  # the same headers for both
    clips = h264.decoded(streams, black.shape)
    assert clips[0].max() <= 2 and np.abs(clips[1].astype(int) - noise).mean() < 20


def test_a_curve_is_monotone_and_read_between_its_points():
    found = h264.curve(few("sprites-32", "test"), clips=3, crfs=(18, 36))
    assert found[0]["psnr_db"] > found[1]["psnr_db"] + 5
    assert all(
        a > b for a, b in zip(list(found[0].values())[2:], list(found[1].values())[2:], strict=True)
    )
    assert all(p["bits"] > p["picture_bits"] > 0 for p in found)
    between = h264.at_quality(found, (found[0]["psnr_db"] + found[1]["psnr_db"]) / 2)
    assert between["crf"] == pytest.approx(27)
    assert between["bits"] == pytest.approx(np.sqrt(found[0]["bits"] * found[1]["bits"]))
    assert h264.at_quality(found, 99)["psnr_db"] == found[0]["psnr_db"]


def test_a_clip_that_the_encoder_refuses_is_an_error_with_its_words():
    with pytest.raises(RuntimeError, match="ffmpeg failed: .+"):
        h264.stream(np.zeros((8, 0, 0, 3), np.uint8), 18)


def test_speech_has_no_codec(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "split", few)
    assert measuring.codec_curve("voices", tmp_path) == [] and not list(tmp_path.iterdir())


def put(run: Path, name: str, seed: int, **changed) -> None:
    point = POINTS[name]
    needed = measuring.settings(point)
    sweep_run(point, seed, run).measure(measuring.RESULTS, needed, lambda: {**PUT, **changed})


def results(run: Path) -> list[dict]:
    for seed, quality in enumerate((20.0, 21.0, 22.0)):
        put(run, "sprites-32-dsvae-8", seed, psnr_db=quality)
    put(run, "sprites-32-frame-vae-8", 0, bits=40.0, swap=None, swap_chance=None, swap_judge=None)
    put(run, "voices-dsvae-8", 0, envelope_db=5.0, mean_envelope_db=9.0)
    curve = [
        {"crf": c, "psnr_db": 60.0 - c, "bits": 900.0, "picture_bits": 200.0} for c in (30, 42)
    ]
    (run / "h264-sprites-32.json").write_text(json.dumps(curve))
    return collect(run)


def test_rows_hold_seeds_and_baselines(tmp_path):
    rows = {(r["dataset"], r["model"]): r for r in results(tmp_path)}
    assert set(rows) == {
        ("sprites-32", "dsvae"),
        ("sprites-32", "frame-vae"),
        ("sprites-32", "training mean"),
        ("sprites-32", "H.264"),
        ("voices", "dsvae"),
        ("voices", "training mean"),
    }
    quality = rows["sprites-32", "dsvae"]["figures"]["psnr_db"]
    assert rows["sprites-32", "dsvae"]["seeds"] == 3 and quality["value"] == 21
    assert quality["high"] - 21 == pytest.approx(4.303 / np.sqrt(3), rel=1e-3)
    assert rows["sprites-32", "H.264"]["figures"]["crf"]["value"] == pytest.approx(
        39
    )  # where its PSNR is 21 too
    mean = rows["sprites-32", "training mean"]["figures"]
    assert mean["bits"]["value"] == 0 and mean["psnr_db"]["value"] == 15
    assert "swap" not in rows["sprites-32", "frame-vae"]["figures"]
    assert rows["voices", "training mean"]["figures"]["envelope_db"]["value"] == 9


def test_results_are_written_as_numbers_page_and_figure(tmp_path):
    made = results(tmp_path)
    folder = write_results(made, tmp_path / "out")
    page = (folder / "results.md").read_text()
    assert (
        table(made) in page
        and "1 to 3 seeds a point" in page
        and "40.0 (chance 0.1, judge 99.0)" in page
    )
    assert "| sprites-32 | H.264 |  |  | 21.0 | - | 900.0 (without headers 200.0) |" in page
    assert json.loads((folder / "results.json").read_text()) == made
    assert "2.50 of 10.00" in bits_table(folder / "results.json")
    assert (folder / "bits.html").stat().st_size > 1e6
    with pytest.raises(ValueError, match="seqdisent rate-distortion"):
        write_results([], tmp_path)


def test_the_figure_has_a_panel_a_data_set_and_better_is_up(tmp_path):
    drawn = figure(results(tmp_path))
    lines = {(t.name, t.xaxis): t for t in drawn.data if t.mode == "lines+markers+text"}
    assert lines["DSVAE: static code, and D numbers a frame", "x"].text == ("8",)
    assert [t.x[0] for t in drawn.data if t.name == "H.264"] == pytest.approx([900.0])
    assert drawn.layout.yaxis2.autorange == "reversed" and drawn.layout.yaxis.autorange is True
    assert drawn.layout.xaxis.type == drawn.layout.xaxis2.type == "log"


def test_a_point_is_trained_and_measured_once_and_again_when_a_judge_has_come(
    tmp_path, monkeypatch
):
    original = POINTS["sprites-32-dsvae-1"].recipe
    point = Point(1, replace(original, train=TrainConfig(2, 16, 1e-3)))
    run = sweep_run(point, 7, tmp_path)
    monkeypatch.setattr("seqdisent.experiments.sweep.split", few)
    monkeypatch.setattr(measuring, "split", few)
    monkeypatch.setattr(Video, "judge_budget", JudgeBudget(sweep_pairs=20))
    monkeypatch.setattr(measuring, "load_judge", lambda name: (None, {}))
    run.train(accelerator="cpu", devices=1)
    made = measure_point(point, run)
    assert made["swap"] is None and made["bits"] > 0
    with monkeypatch.context() as patch:
        patch.setattr(measuring, "figures", lambda *_: pytest.fail("it has been measured"))
        assert measure_point(point, run) == made
    judge = Judge(few("sprites-32", "test").spec).eval()
    monkeypatch.setattr(measuring, "load_judge", lambda name: (judge, {}))
    reports: list[str] = []
    again = measure_point(point, run, reports.append)
    assert reports == ["sprites-32-dsvae-1-s7: measured anew: settings changed"]
    assert 0 <= again["swap"] <= 1 and 0 < again["swap_chance"] < 0.1 and again["judge"]
    assert again["psnr_db"] == pytest.approx(made["psnr_db"])


@pytest.mark.parametrize(
    "words, said",
    [
        (["--data", "faces"], "no data set faces in this sweep; choose from sprites-32"),
        (["--sizes", "3"], "no size 3 in this sweep; choose from 1, 2, 4, 8, 16, 32"),
    ],
)
def test_what_the_sweep_does_not_have_is_named(words, said, capsys, tmp_path):
    assert main(["rate-distortion", *words, "--run", str(tmp_path)]) == 1
    assert said in capsys.readouterr().out


def test_the_readme_says_what_the_results_say():
    path = checkpoints_root() / "bits" / "results.json"
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
    assert bits_table() in readme, (
        "run python -m seqdisent.experiments.readme_tables and paste its last table"
    )
    assert (
        table(json.loads(path.read_text(encoding="utf-8")))
        in (path.parent / "results.md").read_text()
    )
