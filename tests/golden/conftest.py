"""What the golden tests share: one thread, and the app with the shipped checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
import torch

from tests.golden.golden_values import use_shipped


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums are taken in the same order on every machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped checkpoints, and no downloaded data."""
    use_shipped(monkeypatch, tmp_path)


@pytest.fixture(scope="session")
def shipped_app(tmp_path_factory: pytest.TempPathFactory) -> gr.Blocks:
    """The app, built but not launched."""
    with pytest.MonkeyPatch.context() as patch:
        use_shipped(patch, tmp_path_factory.mktemp("shipped"))
        from demo.app import build

        return build()
