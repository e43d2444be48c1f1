"""The command line: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import errno
import importlib
import pkgutil

import imageio.v3 as imageio
import pytest

import seqdisent
from seqdisent.audio.decode import AudioError
from seqdisent.cli import catalog
from seqdisent.cli.main import main
from seqdisent.errors import RunExists, SeqdisentError, TrainingDiverged
from seqdisent.tables.read_csv import TableError
from tests.fixtures.video_models import build


@pytest.fixture
def folder(tmp_path):
    return str(seqdisent.save_checkpoint(tmp_path / "m", build("vast"), kind="vast", recipe={}))


def test_list_names_everything(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name in (*seqdisent.MODELS, *seqdisent.DATASETS, *seqdisent.list_checkpoints()):
        assert name[:9] in printed


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "seqdisent train vast-sprites" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_swap_writes_a_clip(folder, tmp_path, suffix):
    out = tmp_path / f"swap{suffix}"
    assert main(["swap", folder, "3", "700", "-o", str(out)]) == 0
    frames = imageio.imread(out)
    assert len(frames) % 8 == 0 and frames.shape[1] >= 2 * 64 * 4


def test_sample_keeps_and_draws(folder, tmp_path):
    out = tmp_path / "s.gif"
    assert (
        main(["sample", folder, "-n", "4", "--frames", "12", "--static-of", "5", "-o", str(out)])
        == 0
    )
    first = out.read_bytes()
    assert imageio.imread(out).shape[0] == 12
    main(["sample", folder, "-n", "4", "--frames", "12", "--static-of", "5", "-o", str(out)])
    assert out.read_bytes() == first  # the seed makes it repeatable


def test_data_of_drawn_sprites_needs_nothing(capsys):
    assert main(["data", "sprites"]) == 0
    assert "nothing to download" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["swap", "nope", "1", "2"], "no checkpoint 'nope'"),
        (["swap", "{}", "1", "99999"], "numbered 0 to 2663"),
        (
            ["swap", "{}", "1", "2", "-o", "x.txt"],
            "sprites has pictures; write to .mp4, .gif or .webp",
        ),
        (["sample", "{}", "-n", "0"], "between 1 and 64"),
        (["sample", "{}", "--frames", "0"], "at least 1"),
        (["train", "nope"], "no recipe 'nope'"),
        (["data", "nope"], "no data set 'nope'"),
        (["data", "lpc-sprites", "--data-root", "/dev/null"], "error"),
    ],
)
def test_errors_are_one_clear_line(folder, capsys, arguments, message):
    assert main([a.format(folder) for a in arguments]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert message in printed and "Traceback" not in printed


def test_prune_writes_a_checkpoint_with_a_record_of_how_it_was_made(
    folder, tmp_path, capsys, monkeypatch
):
    def few(name, split, root=None):
        return seqdisent.load_dataset(name, split, root).select(range(64))

    monkeypatch.setattr("seqdisent.cli.train.load_dataset", few)
    to = tmp_path / "pruned"
    assert main(["prune", folder, "--tolerance", "0.5", "--to", str(to)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    model, _ = seqdisent.load_checkpoint(to)
    assert (
        f"{model.config.static_rank} of 6 static directions" in printed
        and "signal to noise ratios" in printed
    )
    assert "seqdisent prune m --tolerance 0.5 --to pruned" in (to / "config.json").read_text()
    assert main(["prune", str(to), "--to", str(tmp_path / "again")]) == 1
    assert "already" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "former, message",
    [
        (["cut", "m", "--to", "x"], "`seqdisent cut` is now `seqdisent prune`"),
        (["bits"], "`seqdisent bits` is now `seqdisent rate-distortion`"),
        (["--debug", "rollouts"], "`seqdisent rollouts` is now `seqdisent transitions`"),
        (["evaluate", "m", "--stand-in", "leaky"], "--stand-in is now --control"),
    ],
)
def test_a_former_name_points_to_the_new_one(former, message, capsys):
    assert main(former) == 1
    assert message in " ".join(capsys.readouterr().out.split())


def failing(error: Exception):
    def run(args, console):
        raise error

    return run


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), FileNotFoundError(errno.ENOENT, "no such file"), KeyError("k")]
)
def test_a_bug_is_raised(error, monkeypatch):
    monkeypatch.setattr(catalog, "list_all", failing(error))
    with pytest.raises(type(error)):
        main(["list"])


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "Permission denied", "/data/x"),
        TrainingDiverged("loss is nan"),
        RunExists("folder holds a run"),
        AudioError("silence"),
        TableError("no rows"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_a_traceback_with_debug(error, monkeypatch, capsys):
    monkeypatch.setattr(catalog, "list_all", failing(error))
    assert main(["list"]) == 1
    printed = capsys.readouterr().out
    assert printed == f"error: {error}\n"
    for arguments in (["--debug", "list"], ["list", "--debug"]):
        with pytest.raises(type(error)):
            main(arguments)


def test_every_own_error_is_one_for_users():
    """An exception class of the package that does not derive from the base is shown as a bug."""
    found = {}
    for module in pkgutil.walk_packages(seqdisent.__path__, "seqdisent."):
        for name, value in vars(importlib.import_module(module.name)).items():
            is_error = isinstance(value, type) and issubclass(value, Exception)
            if is_error and value.__module__.startswith("seqdisent."):
                found[name] = value
    assert {"CheckpointError", "DataNotReady", "NoJudge", "TableError"} <= set(found)
    for name, value in found.items():
        assert issubclass(value, (SeqdisentError, Warning)), name


def test_a_sweep_names_its_points(capsys):
    assert main(["frontier", "--points", "dbse", "nonsense"]) == 1
    printed = capsys.readouterr().out
    assert "no point nonsense" in printed and "dsvae-full" in printed
