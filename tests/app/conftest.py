"""One app for all tests of this folder: its checkpoints, its address, and a client for programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client

from demo.app import build, launch_options
from demo.core import catalog, code_maps, pairs
from demo.tabs.swap import payload as payloads
from tests.fixtures.app import app_settings, save_checkpoints, write_reports


@pytest.fixture(scope="package")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of small checkpoints, some with reports, which the package is told to use."""
    home = tmp_path_factory.mktemp("app")
    folder = home / "checkpoints"
    save_checkpoints(folder)
    with app_settings(home):
        write_reports()
        yield folder


@pytest.fixture(scope="package")
def app_url(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, running in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        # What the pages ask for first is made before a browser competes for the processor.
        name = catalog.default_checkpoint()
        payloads.warm(name)
        code_maps.maps(name, pairs.MAP_SIZE, "pca")
        app = build()
        _, url, _ = app.launch(
            prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options()
        )
        yield url
        app.close()


@pytest.fixture(scope="package")
def client(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The app as programs use it."""
    return Client(app_url, download_files=str(tmp_path_factory.mktemp("downloads")), verbose=False)
