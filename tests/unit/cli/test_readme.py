"""The README: its Python runs, its commands exist, its front matter fits the repository."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from seqdisent.cli.main import parser

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code):
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize(
    "line",
    [li for block in blocks("bash") for li in block.splitlines() if li.startswith("seqdisent")],
)
def test_commands_parse(line):
    parser().parse_args(shlex.split(line, comments=True)[1:])


def test_front_matter_and_pins_agree():
    front = README.split("---")[1]
    pins = (ROOT / "requirements.txt").read_text()
    assert (ROOT / re.search(r"app_file: (\S+)", front)[1]).is_file()
    version = re.search(r"sdk_version: (\S+)", front)[1]
    assert f"gradio=={version}\n" in pins
    assert len(re.search(r"short_description: (.*)", front)[1]) <= 60


def test_pictures_are_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)h][^)]*)\)", README):
        assert (ROOT / path).is_file(), path


def test_the_results_table_is_what_the_metrics_say():
    from seqdisent.experiments import readme_tables

    assert readme_tables.with_tables(README) == README, (
        "run python -m seqdisent.experiments.readme_tables"
    )
