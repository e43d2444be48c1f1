"""The command line: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import imageio.v3 as imageio
import pytest

import seqdisent
from seqdisent.cli.main import main
from tests.fixtures.video_models import build


@pytest.fixture
def folder(tmp_path):
    return str(seqdisent.save_checkpoint(tmp_path / "m", build("dbse"), kind="dbse", recipe={}))


def test_list_names_everything(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name in (*seqdisent.MODELS, *seqdisent.DATASETS, *seqdisent.list_checkpoints()):
        assert name[:9] in printed


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "seqdisent train dbse-sprites" in capsys.readouterr().out


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


def test_cut_writes_a_checkpoint_that_says_how_it_was_made(folder, tmp_path, capsys):
    to = tmp_path / "cut"
    assert main(["cut", folder, "--tolerance", "0.5", "--to", str(to)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    model, _ = seqdisent.load_checkpoint(to)
    assert (
        f"{model.config.static_rank} of 6 static directions" in printed
        and "signal to noise ratios" in printed
    )
    assert "seqdisent cut m --tolerance 0.5 --to cut" in (to / "config.json").read_text()
    assert main(["cut", str(to), "--to", str(tmp_path / "again")]) == 1
    assert "cut already" in " ".join(capsys.readouterr().out.split())


def test_a_sweep_names_its_points(capsys):
    assert main(["frontier", "--points", "dbse", "nonsense"]) == 1
    printed = capsys.readouterr().out
    assert "no point nonsense" in printed and "dsvae-full" in printed
