"""A table of one's own as a visitor and as a program bring it to the running app."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import gradio as gr
import httpx
import pandas as pd
import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import BrowserContext, Page

from demo.core import uploads
from demo.core.upload_store import UploadStore
from demo.tabs.upload.tab import UploadTab
from tests.fixtures.browser import TIMEOUT_MS
from tests.fixtures.tables import KNOWN, NAMES, PICTURES, frame, written

NAME = NAMES["air-quality"]
READ, FORM = "#sd-own-read", "#sd-own-roles"


@pytest.fixture
def page(context: BrowserContext, app_url: str):
    """The tab for one's own; an error on it fails the test."""
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    page.goto(f"{app_url}?checkpoint={NAME}&tab=voice")
    page.wait_for_selector("#sd-own-file:visible")
    yield page
    page.close()
    assert problems == []


def upload(page: Page, name: str, content: bytes) -> None:
    page.set_input_files(
        "#sd-own-file input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def says(page: Page, words: str, where: str = READ) -> None:
    page.wait_for_function(
        "([where, words]) => document.querySelector(where)?.textContent.includes(words)",
        arg=[where, words],
    )


def menu(page: Page, label: str):
    named = page.locator("span", has_text=re.compile(f"^{re.escape(label)}"))
    return page.locator(f"{FORM} label", has=named).locator("select")


def test_a_table_is_put_right_seen_placed_and_swapped(page: Page, tmp_path: Path) -> None:
    table = frame("air-quality", 5).set_axis(
        ["Zeit", "<img src=x onerror=alert(1)>", "PRES", "c", "d"], axis=1
    )
    upload(page, "notes.csv", b"<!doctype html><p>hello")
    says(page, "notes.csv is a web page", f"{READ} .sd-refused")
    assert page.locator(FORM + " select").count() == 0

    upload(
        page,
        "mine.csv",
        written(pd.concat([table, table.assign(Zeit=table["Zeit"] + pd.Timedelta("3D"))])),
    )
    says(page, "The columns do not fit", f"{READ} .sd-refused")
    assert "144 rows, 5 columns, separated by commas" in page.inner_text(READ)
    assert (
        page.locator("#sd-own-swap").is_hidden()
        and page.locator("#sd-own-course .sd-stage").is_hidden()
    )
    for label, column in (
        ("PM2.5", "<img src=x onerror=alert(1)>"),
        ("TEMP", "PRES"),
        ("PRES", "c"),
        ("WSPM", "d"),
    ):
        menu(page, label).select_option(label=column)
    page.click(f"{FORM} .sd-apply")
    page.wait_for_selector("#sd-own-course [data-clip='0']")
    page.wait_for_selector("#sd-own-maps .sd-plot[data-part='static']:not([data-guest=''])")
    assert "mine.csv · 2016-01-19" in page.inner_text("#sd-own-course .sd-caption")
    assert page.locator("#sd-own-near .sd-part-dynamic li").count() == 5

    menu(page, "Starts").select_option(label="2016-01-16")
    says(page, "mine.csv · 2016-01-16", "#sd-own-course")
    says(page, "(5)", "#sd-own-near .sd-part-static li")  # as the test sequence that it is
    menu(page, "TEMP").select_option(label="d")
    page.click(f"{FORM} .sd-apply")
    says(page, "two roles", f"{READ} .sd-refused")
    says(page, "from the former choice")
    assert "mine.csv · 2016-01-16" in page.inner_text(
        "#sd-own-course .sd-caption"
    )  # is still there

    page.click("#sd-own-swap")
    page.wait_for_selector("#sd-own-plots [data-clip='4']")
    assert page.locator("#sd-own-plots [data-clip]").count() == 6
    with page.expect_download() as waiting:
        page.click("#sd-own-save-csv")
    waiting.value.save_as(tmp_path / "swap.csv")
    saved = pd.read_csv(tmp_path / "swap.csv")
    assert set(saved["clip"]) == {"a", "b", "a_again", "b_again", "a_like_b", "b_like_a"}
    assert saved["PM2.5 (µg/m³)"][:72].to_numpy() == pytest.approx(
        table.iloc[:, 1], rel=1e-3, nan_ok=True
    )
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_a_checkpoint_of_pictures_names_those_of_series(app_url: str) -> None:
    with gr.Blocks():
        tab = UploadTab()
        tab.layout()
    assert f"checkpoints of series, which take a table: {NAME}" in tab.others()
    assert PICTURES not in tab.others()


# -- for programs --------------------------------------------------------------------------------


def ask(
    client: Client, folder: Path, content: bytes, name: str = NAME, **more
) -> tuple[dict, bytes]:
    path = folder / "mine.csv"
    path.write_bytes(content)
    report, file = client.predict(name, handle_file(str(path)), api_name="/table", **more)
    return report, Path(file["path"] if isinstance(file, dict) else file).read_bytes()


def test_endpoint(client: Client, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "STORE", UploadStore())
    content = written(frame("air-quality", 5).rename(columns={"TEMP": "warm"}))
    report, file = ask(
        client, tmp_path, content, b=3, roles=json.dumps({"columns": {"TEMP": "warm"}})
    )
    assert report["roles"]["columns"]["TEMP"] == "warm" and report["roles"]["time"] == "when"
    assert report["b"] == 3 and report["steps"] == 72 and report["step_seconds"] == 3600
    assert report["starts"] == ["2016-01-16"] and 0 < report["missing"]["TEMP"] < 0.2
    assert [report["nearest"][part][0]["index"] for part in ("static", "dynamic")] == [5, 5]
    assert report["warnings"] == [] and f"{KNOWN} test recordings" in report["outside"]
    assert set(report["error"]) == {"a_again", "b_again"} and len(report["map"]["static"]) == 2
    assert list(pd.read_csv(io.BytesIO(file)))[:3] == ["time", "clip", "PM2.5 (µg/m³)"]
    assert not len(uploads.STORE) and json.dumps(report)
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert not [
        path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == content
    ]
    assert ask(client, tmp_path, content, format="png")[1][:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (b"", {}, "is empty"),
        (b"a,b\n1,2\n3,4\n", {}, "do not fit"),
        (written(frame("air-quality", 5)), {"name": PICTURES}, "takes pictures, not tables"),
        (written(frame("air-quality", 5)), {"b": 10**6}, "numbered 0 to"),
        (written(frame("air-quality", 5)), {"format": "exe"}, "Formats"),
        (written(frame("air-quality", 5)), {"roles": "{"}, "roles: JSON"),
        (written(frame("air-quality", 5)), {"roles": '{"time": 3}'}, "time: roles are"),
        (written(frame("air-quality", 5)), {"roles": '{"time": "x"}'}, "There is no column x"),
    ],
)
def test_what_cannot_be_used_is_told(
    client: Client, tmp_path: Path, content: bytes, more: dict, words: str, monkeypatch
) -> None:
    monkeypatch.setattr(uploads, "STORE", UploadStore())
    with pytest.raises(Exception, match=words):
        ask(client, tmp_path, content, **more)
    assert len(uploads.STORE) == 0


def test_only_what_was_uploaded_is_read(app_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(written(frame("air-quality", 5)))
    call = f"{app_url}gradio_api/call/table"
    for path in (str(secret), "/etc/passwd", "http://127.0.0.1:1/me.csv"):
        file = {
            "path": path,
            "meta": {"_type": "gradio.FileData"},
        }  # gradio's client would upload it
        event = httpx.post(call, json={"data": [NAME, file, 0, "", "csv"]})
        told = (
            httpx.get(f"{call}/{event.json()['event_id']}", timeout=60).text
            if event.is_success
            else "event: error"
        )
        assert "event: error" in told and "complete" not in told, path
    assert secret.exists()
