"""Settings of every test. The fixtures that tests share are plugins, so that no test imports a fixture by name."""

from __future__ import annotations

import os
from pathlib import Path

# Tests run side by side, each on one thread. Libraries read this when they are imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import pytest  # noqa: E402 (after the settings above)
import torch  # noqa: E402 (after the settings above)
from hypothesis import settings  # noqa: E402 (after the settings above)

# The same few examples at every run; seconds are counted for the whole suite, not for an example.
settings.register_profile("suite", derandomize=True, deadline=None, max_examples=12, database=None)
settings.load_profile("suite")

pytest_plugins = ["tests.fixtures.video_models", "tests.fixtures.browser"]

ROOT = Path(__file__).parents[1]
MOST_WORKERS = 4  # each imports the package and its libraries, which costs seconds and a gigabyte

torch.set_num_threads(1)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Whole folders are shared between workers; for chosen files starting workers costs more than it saves."""
    chosen = [Path(argument.split("::")[0]) for argument in config.args]
    if any(path.suffix == ".py" for path in chosen):
        return 0
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A worker takes a file as a whole, and one worker takes all tests of the running app."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        group = "app" if {"checkpoints", "browser"} & set(fixtures) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def shipped_checkpoints(request, monkeypatch) -> None:
    """The app's tests point to a folder of their own; every other test means the shipped checkpoints."""
    if "checkpoints" not in request.fixturenames:
        monkeypatch.delenv("SEQDISENT_CHECKPOINTS", raising=False)
