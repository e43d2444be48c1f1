"""Settings of every test. The fixtures that tests share are plugins, so that no test imports a fixture by name."""

from __future__ import annotations

import pytest
import torch

pytest_plugins = ["tests.fixtures.video_models", "tests.fixtures.app", "tests.fixtures.tables"]

torch.set_num_threads(2)


@pytest.fixture(autouse=True)
def shipped_checkpoints(request, monkeypatch) -> None:
    """The app's tests point to a folder of their own; every other test means the shipped checkpoints."""
    if "checkpoints" not in request.fixturenames:
        monkeypatch.delenv("SEQDISENT_CHECKPOINTS", raising=False)
