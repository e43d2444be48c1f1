"""A running app with untrained checkpoints of the drawn sprites, and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import seqdisent
from seqdisent.nn.frames import FrameConfig

CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with small untrained DBSE and DSVAE checkpoints, which the package is told to use."""
    folder = tmp_path_factory.mktemp("checkpoints")
    cache = tmp_path_factory.mktemp("cache")
    empty = tmp_path_factory.mktemp("data")  # so that no data that happen to be here are used
    for kind in ("dbse", "dsvae"):
        for dataset in ("sprites", "lpc-sprites"):
            torch.manual_seed(0)
            config = seqdisent.models.model_class(kind).Config(
                static_size=8, dynamic_size=4, hidden=16, frame=FrameConfig(width=8, features=32)
            )
            model = seqdisent.build_model(kind, seqdisent.dataset_spec(dataset), config)
            seqdisent.save_checkpoint(folder / f"{kind}-{dataset}", model, kind=kind, recipe={})
    chosen = {"SEQDISENT_CHECKPOINTS": folder, "SEQDISENT_CACHE": cache, "SEQDISENT_DATA": empty}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in chosen.items():
            patch.setenv(name, str(value))
        yield folder


@pytest.fixture(scope="session")
def app_url(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, running in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        from demo import payloads, service
        from demo.app import build, launch_options

        # What the pages ask for first is made before a browser competes for the processor.
        name = service.default_checkpoint()
        payloads.warm(name)
        service.maps(name, service.MAP_SIZE, "pca")
        app = build()
        _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
        yield url
        app.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the tests of the page need one and say so."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail("no Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM to its path")
    return found
