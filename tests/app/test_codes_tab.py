"""Codes of a visitor's own model, as a visitor and as a program bring them to the running app."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import Page

from demo.core import code_uploads
from seqdisent.evaluation.leakage import QUICK

COUNT, STEPS = 200, 4
TAG = "<img src=x onerror=alert(1)>"
REPORT = "#sd-codes-leakage .sd-leakage[data-key]"


@pytest.fixture(autouse=True)
def small_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    effort = replace(QUICK, families=("linear",), nulls=0, permutations=19, resamples=20)
    monkeypatch.setattr(code_uploads, "EFFORT", effort)


@pytest.fixture(scope="module")
def content() -> bytes:
    """A file in which the dynamic code contains who speaks, and a class whose name is a tag."""
    rng = np.random.default_rng(0)
    who, what = np.arange(COUNT) % 2, rng.integers(3, size=COUNT)
    dynamic = np.concatenate([np.eye(3)[what], np.eye(2)[who]], 1)[:, None]
    buffer = io.BytesIO()
    arrays = {
        "static": np.eye(2)[who] + 0.1 * rng.normal(size=(COUNT, 2)),
        "dynamic": dynamic + 0.1 * rng.normal(size=(COUNT, STEPS, 5)),
        "static/who": np.array([TAG, "b"])[who],
        "dynamic/what": what,
    }
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def upload(page: Page, content: bytes) -> None:
    file = {"name": "mine.npz", "mimeType": "application/octet-stream", "buffer": content}
    page.set_input_files("#sd-codes-file input[type=file]", file)


def test_codes_are_read_measured_shown_and_saved(
    page: Page, app_url: str, content: bytes, tmp_path: Path
) -> None:
    page.goto(f"{app_url}?tab=codes")
    page.wait_for_selector("#sd-codes-file:visible")
    upload(page, b"hello")
    page.get_by_text("This is not an NPZ file").wait_for()
    assert page.locator("#sd-codes-measure").is_hidden()

    upload(page, content)
    page.get_by_text("200 sequences: static codes of 2 numbers").wait_for()
    assert f"who: 2 classes ({TAG}, b)" in page.inner_text("#sd-codes-read")
    plot = page.locator('#sd-codes-maps [data-part="dynamic"][data-ready]')
    plot.wait_for()
    assert plot.get_attribute("data-colour") == "what"
    page.locator("#sd-codes-colour-dynamic input").click()
    page.get_by_role("option", name="who").click()
    page.locator('#sd-codes-maps [data-part="dynamic"][data-colour="who"]').wait_for()
    legend = page.locator('#sd-codes-maps [data-part="dynamic"] .legend')
    assert TAG in (legend.text_content() or "")

    page.locator("#sd-codes-measure").click()
    page.wait_for_selector(REPORT)
    leak = page.locator(f'{REPORT} li[data-factor="who"][data-level="leak"]')
    assert "dynamic code" in leak.inner_text()
    assert page.locator(f"{REPORT} .sd-heat-tile[data-code]").count() == 4
    assert page.locator("img[src=x]").count() == 0
    with page.expect_download() as saved:
        page.locator("#sd-codes-save-json").click()
    path = tmp_path / "report.json"
    saved.value.save_as(path)
    assert json.loads(path.read_text())["leakage"]["test_sequences"] == 50
    page.wait_for_selector("#sd-codes-cancel[disabled]")


def test_programs_send_a_file_and_get_the_report(
    client: Client, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    kept = len(code_uploads.STORE)
    found = client.predict(handle_file(path), api_name="/codes")
    assert (found["sequences"], found["measured"]) == (COUNT, COUNT)
    assert found["report"]["summary"]["off_target_bits"]["dynamic_code"] > 0.9
    assert any("50 test sequences" in sentence for sentence in found["how"])
    assert len(code_uploads.STORE) == kept
    path.write_bytes(b"hello")
    with pytest.raises(Exception, match="not an NPZ file"):
        client.predict(handle_file(path), api_name="/codes")
