"""Training: killed and resumed, diverging, on two processes, and from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from seqdisent.errors import TrainingDiverged
from seqdisent.training.config import TrainConfig
from seqdisent.training.module import random_passage
from seqdisent.training.sampler import BatchOrder
from seqdisent.training.state_io import load_state, save_state
from seqdisent.types import Sequences
from tests.fixtures.training_process import run

ROOT = Path(__file__).parents[3]


def start(folder, steps: int, devices: int = 1) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "tests.fixtures.training_process",
        str(folder),
        str(steps),
        str(devices),
    ]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)


def weights(folder) -> dict[str, torch.Tensor]:
    return load_state(Path(folder) / "last.safetensors")["state_dict"]


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_killed_and_resumed_equals_left_alone(tmp_path):
    """SIGKILL in the middle of an epoch; the resumed run ends with bit-identical weights."""
    process = start(tmp_path / "killed", steps=100_000)
    last = tmp_path / "killed" / "last.safetensors"
    deadline = time.monotonic() + 120
    while not last.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.13)  # somewhere inside an epoch, or while a state is being written
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    done = load_state(last)["global_step"]
    assert done >= 6
    steps = (done // 6 + 2) * 6
    # The schedule depends on the number of steps, so the run left alone starts with the long one too.
    alone = tmp_path / "alone"
    run(alone, 100_000, stop_after=steps // 6)
    run(tmp_path / "killed", 100_000, resume=True, stop_after=steps // 6)
    assert load_state(last)["global_step"] == steps
    assert same(weights(alone), weights(tmp_path / "killed"))


def test_seconds_add_up_over_sessions(tmp_path):
    def saved() -> float:
        callbacks = load_state(tmp_path / "last.safetensors")["callbacks"]
        return callbacks["Timer"]["time_elapsed"]["train"]

    run(tmp_path, 24, stop_after=2)
    before = saved()
    _, second = run(tmp_path, 24, resume=True)
    # The result is told in tenths of a second, the state keeps all digits.
    assert second.seconds >= round(saved(), 1) and saved() > before > 0 and second.steps == 24


def test_mixed_precision_trains_on_any_cpu(tmp_path):
    _, result = run(tmp_path, 6, precision="bf16-mixed")
    assert result.steps == 6
    assert all(weight.isfinite().all() for weight in weights(tmp_path).values())


def test_another_seed_ends_elsewhere(tmp_path):
    run(tmp_path / "a", 6)
    run(tmp_path / "b", 6, seed=4)
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "b"))


def test_training_lowers_the_loss_and_keeps_the_best(tmp_path):
    from tests.fixtures.video_models import build

    model, made = run(tmp_path, 60)
    before = build("vast-views")
    clips = __import__("seqdisent").load_dataset("sprites", "validation")[:20]
    loss = lambda m: m.eval().loss(clips, torch.Generator().manual_seed(0)).total
    assert loss(model) < 0.8 * loss(before)
    assert made.steps == 60
    best = load_state(tmp_path / "best.safetensors")["state_dict"]
    assert all(torch.equal(best[f"model.{k}"], v) for k, v in model.state_dict().items())
    logged = (tmp_path / "csv" / "version_0" / "metrics.csv").read_text()
    assert "validation/static_kl_nats" in logged and "train/loss_nats" in logged
    assert list((tmp_path / "tensorboard").rglob("events.*"))


def test_two_processes_agree(tmp_path):
    """DDP: every rank ends with the same weights, close to those of one process."""
    process = start(tmp_path / "two", 12, devices=2)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-2000:]
    ranks = [load_state(tmp_path / "two" / f"rank{r}.safetensors") for r in (0, 1)]
    assert same(*ranks)
    run(tmp_path / "one", 12)
    one = weights(tmp_path / "one")
    moved = torch.cat([(one[f"model.{k}"] - v).flatten() for k, v in ranks[0].items()])
    assert moved.abs().max() < 0.05  # other noise, same data: they stay together


@pytest.mark.parametrize("poison", [float("nan"), 1e9])
def test_divergence_stops_and_keeps_the_last_good_state(tmp_path, poison):
    from tests.fixtures.video_models import build

    model = build("vast-views")
    plain, calls = model.loss, []

    def loss(batch, generator=None):
        terms = plain(batch, generator)
        calls.append(1)
        if model.training and len(calls) > 20:
            terms.terms["static_kl"].add_(poison)
        return terms

    model.loss = loss
    with pytest.raises(TrainingDiverged, match="last good state is .*last.safetensors") as stopped:
        run(tmp_path, 60, model=model)
    assert "--learning-rate" in str(stopped.value)
    kept = load_state(tmp_path / "last.safetensors")
    assert kept["global_step"] >= 6
    assert all(w.isfinite().all() for w in kept["state_dict"].values())


def test_a_run_folder_is_not_overwritten_by_accident(tmp_path):
    run(tmp_path, 6)
    before = weights(tmp_path)
    with pytest.raises(FileExistsError, match="--resume"):
        run(tmp_path, 6)
    assert same(before, weights(tmp_path))


def test_batch_order_visits_every_row_once_a_pass_and_shares_them_between_ranks():
    config = TrainConfig(steps=10, batch_size=8, epoch_steps=5)
    both = [list(BatchOrder(40, config, 1, rank, 2)) for rank in (0, 1)]
    assert sorted(i for rank in both for batch in rank for i in batch) == list(range(40))
    later = BatchOrder(40, config, 1, 0, 1)
    first = list(later)
    later.set_epoch(1)
    assert list(later) != first


def test_short_epochs_see_a_part_of_many_sequences():
    config = TrainConfig(steps=10, batch_size=4, epoch_steps=5, short_epochs=1)
    order = BatchOrder(40, config, 1, 0, 1)
    assert [len(batch) for batch in order] == [32] * 5
    order.set_epoch(1)
    assert [len(batch) for batch in order] == [4] * 5
    x = torch.arange(16.0).expand(3, 16)[..., None]
    whole = Sequences(x, torch.ones(3, 16, dtype=torch.bool))
    seen = [random_passage(whole, 8, torch.Generator().manual_seed(seed)) for seed in range(40)]
    assert all(part.x.shape == (3, 2, 1) and (part.x.diff(dim=1) == 1).all() for part in seen)
    assert {int(part.x[0, 0, 0]) for part in seen} >= {0, 14}  # from the beginning to the end
    short = Sequences(x, torch.arange(16).expand(3, 16) < 9)
    with pytest.raises(ValueError, match="sequences of one length"):
        random_passage(short, 8, torch.Generator())


def test_run_state_round_trip(tmp_path):
    state = {"a": [1, (2.5, None)], "b": {0: torch.arange(3), "x": True}, "c": "text"}
    save_state(state, tmp_path / "s.safetensors")
    back = load_state(tmp_path / "s.safetensors")
    assert torch.equal(back["b"].pop(0), state["b"].pop(0)) and back == state
    with pytest.raises(TypeError, match="cannot hold a set"):
        save_state({"a": {1}}, tmp_path / "s.safetensors")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "bad", [{"steps": 0}, {"steps": 5, "batch_size": 0}, {"steps": 5, "epoch_steps": 0}]
)
def test_bad_settings(bad):
    with pytest.raises(ValueError, match="at least 1"):
        TrainConfig(**bad)


def test_train_from_the_command_line(tmp_path, monkeypatch, capsys):
    """Train, load what came out, and see that its config says how it was made."""
    import seqdisent
    from seqdisent.cli.main import main

    command = [
        "train",
        "dbse-sprites",
        "--steps",
        "2",
        "--batch-size",
        "2",
        "--epoch-steps",
        "1",
        "--run",
        str(tmp_path / "run"),
        "--accelerator",
        "cpu",
        "--quiet",
    ]
    monkeypatch.setattr(sys, "argv", ["seqdisent", *command])
    # The whole validation split would take most of the time of this test.
    small = lambda n, s, r: seqdisent.load_dataset(n, s, r).select(range(8))
    monkeypatch.setattr("seqdisent.recipes.base.load_dataset", small)
    assert main(command) == 0
    folder = tmp_path / "run" / "dbse-sprites"
    model, spec = seqdisent.load_checkpoint(folder)
    config = json.loads((folder / "config.json").read_text())
    assert spec.name == "sprites" and model.name == "dbse"
    assert config["recipe"]["command"].startswith("seqdisent train dbse-sprites --steps 2")
    assert config["recipe"]["steps"] == 2
    assert main(command) == 1
    assert "--resume" in capsys.readouterr().out
