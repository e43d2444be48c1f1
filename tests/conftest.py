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
from xdist.scheduler import LoadScopeScheduling  # noqa: E402 (after the settings above)

# The same few examples at every run; seconds are counted for the whole suite, not for an example.
settings.register_profile("suite", derandomize=True, deadline=None, max_examples=12, database=None)
settings.load_profile("suite")

pytest_plugins = ["tests.fixtures.video_models", "tests.fixtures.browser"]

WITHOUT_APP = {"tests/app/test_uploads.py"}  # has checkpoints of its own
MOST_WORKERS = 4  # each imports the package and its libraries, which costs seconds and a gigabyte

torch.set_num_threads(1)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Whole folders are shared between workers; for chosen files starting workers costs more than it saves."""
    chosen = [Path(argument.split("::")[0]) for argument in config.args]
    if any(path.suffix == ".py" for path in chosen):
        return 0
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


class OneAppScheduling(LoadScopeScheduling):
    """A worker takes a file as a whole, and one worker takes all files that need the running app.

    ``--dist loadgroup`` does nothing with pytest 9.2: xdist marks the group in a name that pytest no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return "app" if path.startswith("tests/app/") and path not in WITHOUT_APP else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> OneAppScheduling:
    """How xdist distributes the tests."""
    return OneAppScheduling(config, log)


@pytest.fixture(autouse=True)
def shipped_checkpoints(request, monkeypatch) -> None:
    """The app's tests point to a folder of their own; every other test means the shipped checkpoints."""
    if "checkpoints" not in request.fixturenames:
        monkeypatch.delenv("SEQDISENT_CHECKPOINTS", raising=False)
