"""Rollouts: an oracle is perfect, a frozen picture is not, seeds are put together rightly, and the command runs."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

import seqdisent
from seqdisent.checkpoint import save_checkpoint
from seqdisent.cli.main import main
from seqdisent.data.video.bouncing_balls import SMALL
from seqdisent.distributions import DiagonalGaussian
from seqdisent.experiments.transitions import compare as results
from seqdisent.experiments.transitions import measure as rollouts
from seqdisent.experiments.transitions.points import DATASET, POINTS, sweep_run
from seqdisent.experiments.transitions.tables import tables
from seqdisent.models.dsvae import DSVAEConfig
from seqdisent.recipes import RECIPES, Recipe, recipe
from seqdisent.training.config import TrainConfig
from seqdisent.types import Encoding, Latents
from tests.fixtures.video_models import SMALL as SIZES

N = 6


@pytest.fixture(scope="module")
def data():
    return SMALL.of_length("test", rollouts.SEEN + rollouts.AFTER, N)


@pytest.fixture(scope="module")
def real():
    """What is measured of real frames."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollouts, "MEAN_OF", 40)
        patch.setattr(rollouts, "N", N)
        return rollouts.measure_real()


def small(transition: str = "stochastic") -> seqdisent.SequentialVAE:
    torch.manual_seed(0)
    config = DSVAEConfig(transition=transition, sigma=None, **SIZES)
    return seqdisent.build_model("dsvae", SMALL.outline, config).eval()


class Oracle:
    """It knows every sequence: codes are a row and the numbers of frames. ``frozen``, nothing moves after the start."""

    def __init__(self, data, frozen: bool = False) -> None:
        self.x, self.frozen = data[np.arange(len(data))].x, frozen

    def encode(self, x, *, sample=True, generator=None) -> Encoding:
        rows = (x[:, None, 0] - self.x[None, :, 0]).square().sum((2, 3, 4)).argmin(1)
        return Encoding(
            self._codes(rows, x.shape[1]), *[DiagonalGaussian(torch.zeros(1), torch.zeros(1))] * 2
        )

    def extend(self, start, frames, *, generator=None) -> Latents:
        last = start.dynamic[:, -1:]
        after = (
            last.expand(-1, frames, -1)
            if self.frozen
            else last + torch.arange(1.0, frames + 1)[None, :, None]
        )
        return Latents(start.static, torch.cat([start.dynamic, after], dim=1))

    def sample(self, n, frames, *, generator=None) -> Latents:
        return self._codes(torch.arange(n), frames)

    def decode(self, latents) -> torch.Tensor:
        return self.x[latents.static.long(), latents.dynamic[..., 0].long()]

    def _codes(self, rows, frames) -> Latents:
        return Latents(
            rows[:, None].float(), torch.arange(float(frames)).expand(len(rows), -1)[..., None]
        )


def values(figures) -> dict[str, float]:
    return {name: figure["value"] for name, figure in figures.items()}


def test_the_true_continuation_is_perfect(data):
    found = values(
        {**rollouts.prediction(Oracle(data), data), **rollouts.obedience(Oracle(data), data)}
    )
    for who in ("best of 20", "one", "mean of 20", "reconstruction"):
        assert all(
            found[f"prediction/{who}/{h}"] == pytest.approx(0, abs=1e-6) for h in rollouts.HORIZONS
        )
    assert all(found[f"centres/best of 20/{h}"] < 0.05 for h in rollouts.HORIZONS)  # pixels
    assert all(found[f"centres seen/one/{h}"] == 1 for h in rollouts.HORIZONS)
    for who in ("future", "reconstruction", "prior"):
        assert found[f"physics/{who}/number kept"] > 0.98 and found[f"physics/{who}/outside"] == 0
    assert (
        found["physics/future/speed distance"] == 0 and found["physics/prior/speed distance"] < 0.01
    )
    assert found["physics/future/energy kept"] == found["physics/future/energy known"] == 1
    assert found["physics/future/energy, median"] == pytest.approx(1, abs=0.02)


def test_a_frozen_picture_fails_and_is_no_better_than_the_last_frame(data, real):
    frozen = Oracle(data, frozen=True)
    found = values({**rollouts.prediction(frozen, data), **rollouts.obedience(frozen, data)})
    for h in rollouts.HORIZONS:
        assert found[f"prediction/best of 20/{h}"] == pytest.approx(
            real[f"prediction/last frame/{h}"]["value"], rel=1e-4
        )
        assert found[f"centres/one/{h}"] == pytest.approx(
            real[f"centres/last frame/{h}"]["value"], abs=0.05
        )
    assert found["prediction/one/84"] > 50 and found["physics/future/speed distance"] > 1
    down = (
        data.frames.made.world.gravity > 0
    )  # what does not fall keeps its potential energy; nothing else stays
    assert found["physics/future/energy kept"] <= down.mean()


def test_real_frames_are_the_measure(real):
    found = values(real)
    assert found["physics/real/number kept"] > 0.99 and found["physics/real/energy kept"] == 1
    assert 0 < found["physics/real/speed distance"] < 1  # two halves of so few differ
    assert (
        found["prediction/last frame/1"]
        < found["prediction/training mean/1"]
        < found["prediction/last frame/84"]
    )
    assert (
        found["tracker/as drawn/number right"] > 0.99
        and found["tracker/very blurred/position error, 95 %"] < 0.3
    )


@pytest.mark.parametrize("transition", POINTS)
def test_every_transition_is_measured(transition, data):
    model = small(transition)
    found = rollouts.bound(model, data)
    for frames in (32, 132):
        terms = [found[f"bound/{frames}/{name}"]["value"] for name in rollouts.TERMS]
        assert found[f"bound/{frames}/total"]["value"] == pytest.approx(sum(terms), rel=1e-4)
    batch = data[np.arange(N)]
    x = seqdisent.Sequences(batch.x[:, :32], batch.mask[:, :32])
    with torch.inference_mode():
        by_hand = (
            model.loss(x, torch.Generator().manual_seed(0)).terms["reconstruction"].mean() / 32
        )
    assert found["bound/32/reconstruction"]["value"] == pytest.approx(float(by_hand), rel=0.01)
    told = rollouts.prediction(model, data)
    for h in rollouts.HORIZONS:
        mean, one = (told[f"prediction/{who}/{h}"]["value"] for who in ("mean of 20", "one"))
        assert mean <= one + 1e-4 and np.isfinite(
            one
        )  # the error of a mean is at most the mean error
    assert sum(
        told[f"prediction/best of 20/{h}"]["value"] for h in rollouts.HORIZONS
    ) <= 1.02 * sum(told[f"prediction/one/{h}"]["value"] for h in rollouts.HORIZONS)


def test_the_recipes_differ_in_the_transition_alone():
    assert set(POINTS.values()) <= set(RECIPES)
    for name, one in POINTS.items():
        made = recipe(one)
        assert made.dataset == DATASET and made.config.transition == name
        assert made.train == recipe(POINTS["linear"]).train


def put(run, point: str, seed: int, **figures: float) -> None:
    told = {
        name.replace("__", "/"): {"value": value, "low": 0, "high": 1}
        for name, value in figures.items()
    }
    sweep_run(point, seed, run).measure(rollouts.RESULTS, rollouts.settings(), lambda: told)


def test_seeds_are_put_together_and_the_winner_is_told_from_the_interval(tmp_path):
    for seed, luck in enumerate((-1.0, 0.0, 1.0)):
        for point, bound, kept in (
            ("stochastic", 10, 0.9),
            ("deterministic", 20, 0.9),
            ("linear", 15, 0.1),
        ):
            put(
                tmp_path,
                point,
                seed,
                bound__32__total=bound + luck,
                **{"physics__future__number kept": kept + luck / 50},
            )
    points = results.collect(tmp_path)
    assert list(points) == list(POINTS) and points["linear"]["seeds"] == [0, 1, 2]
    found = points["stochastic"]["figures"]["bound/32/total"]
    assert found["value"] == 10 and found["high"] - 10 == pytest.approx(
        4.303 / np.sqrt(3), rel=1e-3
    )
    bound, number = results.differences(points)
    assert (bound["better"], bound["value"]) == ("stochastic", -10) and number[
        "better"
    ] == "neither"
    # Welch's with equal spreads: t of four degrees of freedom, times s sqrt(2 / n).
    assert bound["high"] + 10 == pytest.approx(2.776 * np.sqrt(2 / 3), rel=1e-3)
    for point in ("stochastic", "deterministic"):
        points[point]["figures"]["physics/future/number kept"]["by_seed"] = (
            [0.2, 0.21] if point == "stochastic" else [0.8, 0.81]
        )
    assert (
        results.differences(points)[1]["better"] == "deterministic"
    )  # of balls that are kept, more is better


def test_what_one_seed_cannot_tell_is_left_out_and_one_seed_has_no_interval(tmp_path):
    put(tmp_path, "linear", 0, a=1.0, b=2.0)
    put(tmp_path, "linear", 1, a=1.0, b=None)
    put(tmp_path, "stochastic", 0, a=1.0)
    points = results.collect(tmp_path)
    assert (
        set(points["linear"]["figures"]) == {"a"}
        and points["stochastic"]["figures"]["a"]["low"] is None
    )
    assert results.differences(points) == []


def test_a_checkpoint_of_other_data_is_refused(tmp_path):
    model = seqdisent.build_model(
        "dsvae", seqdisent.dataset_spec("sprites-32"), DSVAEConfig(**SIZES)
    )
    folder = save_checkpoint(tmp_path / "x" / "checkpoint", model, kind="dsvae", recipe={})
    with pytest.raises(
        ValueError, match="trained on sprites-32; rollouts are measured on bouncing-balls"
    ):
        rollouts.measure_checkpoint(folder)


def test_a_clip_marks_what_is_seen():
    clip = Image.open(io.BytesIO(results.futures([small(), small("deterministic")])))
    assert clip.n_frames == 132 and clip.size == (3 * 96 + 2 * 6, 3 * 96 + 2 * 6)
    edge = []
    for frame in (0, 31, 32, 131):
        clip.seek(frame)
        edge.append(np.asarray(clip.convert("RGB"))[:2, 4:90].mean())
    assert min(edge[:2]) > 230 and max(edge[2:]) < 120


def test_an_unknown_transition_is_named(capsys):
    assert main(["transitions", "--points", "quantum"]) == 1
    assert (
        "no transition quantum; choose from stochastic, deterministic, linear"
        in capsys.readouterr().out
    )


def test_the_command_trains_measures_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "seqdisent.experiments.sweep.split", lambda dataset, name: SMALL.of_length(name, 32, 32)
    )
    tiny = lambda name: Recipe(
        "dsvae",
        DATASET,
        DSVAEConfig(transition=recipe(name).config.transition, **SIZES),
        TrainConfig(2, 16, 1e-3),
    )
    monkeypatch.setattr("seqdisent.experiments.transitions.points.recipe", tiny)
    for name, value in {"N": 4, "MEAN_OF": 20, "FUTURES": 2}.items():
        monkeypatch.setattr(rollouts, name, value)
    monkeypatch.setattr(results, "LENGTHS", (5, 10))
    asked = [
        "transitions",
        "--points",
        "deterministic",
        "--run",
        str(tmp_path / "run"),
        "--to",
        str(tmp_path),
        "--quiet",
    ]
    assert main([*asked, "--seeds", "0", "1"]) == 0
    weights = tmp_path / "run" / "deterministic-s0" / "checkpoint" / "model.safetensors"
    made = json.loads((tmp_path / "results.json").read_text(), parse_constant=pytest.fail)  # no NaN
    assert made["points"]["deterministic"]["seeds"] == [0, 1] and made["sequences"] == 4
    assert made["points"]["deterministic"]["figures"]["bound/32/total"]["low"] is not None
    text = (tmp_path / "results.md").read_text()
    assert text == tables(made) and "deterministic: seeds 0, 1" in text
    assert "| real (speeds: one half from the other) |" in text and "Stochastic against" not in text
    assert (tmp_path / "futures.webp").stat().st_size < 1_500_000
    before = weights.stat().st_mtime_ns
    assert main([*asked, "--seeds", "0"]) == 0 and weights.stat().st_mtime_ns == before
