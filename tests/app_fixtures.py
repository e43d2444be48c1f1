"""A running app with untrained checkpoints of made-up sprites, voices and waves, small reports, and a browser."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from gradio_client import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import seqdisent
from seqdisent.checkpoint import checkpoint_hash
from seqdisent.data.speech import voices
from seqdisent.evaluation import speech
from seqdisent.evaluation.judge import Judge, JudgeConfig
from seqdisent.evaluation.leakage import Effort
from seqdisent.evaluation.report import Sample, evaluate, write_metrics
from seqdisent.modalities import modality_of
from seqdisent.nn.config import FrameConfig
from seqdisent.reporting.verdicts import verdicts

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
]

# What gradio's client says when a page is left while it still waits for an answer.
LEFT = ("AbortError: signal is aborted", "Connection errored out")
STAGE = "#sd-stage [data-pair]"
SOUND = "#sd-sound [data-pair]"
SERIES = "#sd-series [data-pair]"
# Measured in two seconds, and in as many parts as a real report.
TINY = Sample(
    train=240,
    validation=60,
    test=120,
    pairs=20,
    effort=Effort(permutations=19, draws=50, epochs=0.05),
)
UNLABELLED = "hair"  # in the report of dsvae-sprites
# (speaker, word, take) of the recordings that stand for the made-up voices: three women and three men.
VOICES = {
    split: [(speaker, word, take) for speaker in (0, 9, 20, 25, 34, 47) for word in range(6)]
    for take, split in enumerate(("train", "validation", "test"))
}


def forget_app() -> None:
    """Empty what the app keeps: the next module may mean other recordings by the same name."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "demo":
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a small untrained judge, DBSE and DSVAE checkpoints, which the package is told to use.

    The two of the drawn sprites have reports; that of DSVAE lacks the labels of one factor. The made-up voices are
    a few of theirs, :data:`VOICES`.
    """
    folder = tmp_path_factory.mktemp("checkpoints")
    cache = tmp_path_factory.mktemp("cache")
    empty = tmp_path_factory.mktemp("data")  # so that no data that happen to be here are used
    for name in (
        "dbse-sprites",
        "dbse-lpc-sprites",
        "dsvae-sprites",
        "dsvae-lpc-sprites",
        "dbse-voices",
        "dbse-waves",
    ):
        kind, dataset = name.split("-", 1)
        torch.manual_seed(0)
        frame = FrameConfig(
            "mlp" if dataset in ("voices", "waves") else "space-to-depth", width=8, features=32
        )
        config = seqdisent.models.model_class(kind).Config(
            static_size=8, dynamic_size=4, hidden=16, frame=frame
        )
        model = seqdisent.build_model(kind, seqdisent.dataset_spec(dataset), config)
        seqdisent.save_checkpoint(folder / name, model, kind=kind, recipe={})
    for dataset in ("sprites", "voices", "waves"):
        data_spec = seqdisent.dataset_spec(dataset)
        spec = modality_of(data_spec).judge_spec(data_spec)
        judge = Judge(spec, JudgeConfig(hidden=8, frame=FrameConfig(width=4, features=16)))
        right = {"judge": {name: {"value": 0.9} for name in judge.heads}}
        seqdisent.save_checkpoint(
            folder / f"judge-{dataset}", judge, kind="judge", recipe={}, metrics=right
        )
    chosen = {"SEQDISENT_CHECKPOINTS": folder, "SEQDISENT_CACHE": cache, "SEQDISENT_DATA": empty}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in chosen.items():
            patch.setenv(name, str(value))
        for split, takes in VOICES.items():
            patch.setitem(voices._TAKES, split, takes)
        # The pitch of swaps takes minutes, and no tab shows it.
        patch.setattr(speech, "speech_report", lambda *arguments, **options: {})
        report, rows = evaluate(
            "dbse-sprites", sample=TINY, command="seqdisent evaluate dbse-sprites"
        )
        write_metrics("dbse-sprites", report, rows)
        theirs = without_labels(report, UNLABELLED) | {
            "checkpoint": "dsvae-sprites",
            "weights_sha256_16": checkpoint_hash("dsvae-sprites"),
        }
        write_metrics(
            "dsvae-sprites", theirs, {k: v for k, v in rows.items() if f"/{UNLABELLED}/" not in k}
        )
        from demo.core import reports

        patch.setattr(reports, "SAMPLE", TINY)
        forget_app()
        yield folder
    forget_app()


def without_labels(report: dict, factor: str) -> dict:
    """A report as it would be if a factor had no labels."""
    report = json.loads(json.dumps(report))
    leakage = report["leakage"]
    for part in ("cells", "steps"):
        leakage[part] = [entry for entry in leakage[part] if entry["factor"] != factor]
    about = next(f for f in leakage["factors"] if f["name"] == factor)
    about |= {
        "not_measurable": "there are no labels in the test split",
        "entropy_bits": None,
        "chance": None,
        "majority": None,
    }
    leakage["verdicts"] = verdicts(leakage)
    return report


@pytest.fixture(scope="module")
def app_url(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, running in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        from demo.app import build, launch_options
        from demo.core import service
        from demo.tabs.swap import payload as payloads

        # What the pages ask for first is made before a browser competes for the processor.
        name = service.default_checkpoint()
        payloads.warm(name)
        service.maps(name, service.MAP_SIZE, "pca")
        app = build()
        _, url, _ = app.launch(
            prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options()
        )
        yield url
        app.close()


@pytest.fixture(scope="module")
def client(app_url: str, tmp_path_factory) -> Client:
    """The app as programs use it."""
    return Client(app_url, download_files=str(tmp_path_factory.mktemp("downloads")), verbose=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the tests of the page need one and say so."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail(
            "no Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM to its path"
        )
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What the pages of a module share: the cache, so that the page's scripts are read once."""
    with browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    ) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, app_url: str) -> Iterator[Page]:
    """A page of the app; errors in its console and requests to other hosts fail the test."""
    page = context.new_page()
    page.set_default_timeout(60_000)
    problems: list[str] = []
    local = (app_url, "data:", "blob:")
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith(local) else problems.append(f"asked for {r.url}"),
    )
    page.goto(app_url)
    page.wait_for_selector(STAGE)
    yield page
    page.close()
    problems = [text for text in problems if not any(left in text for left in LEFT)]
    assert not problems, problems
