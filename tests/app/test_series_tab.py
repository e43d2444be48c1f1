"""Swaps of series as programs and visitors meet them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import Page

from demo.core import catalog, pairs, swapping
from demo.core import text as words
from demo.modalities import swap_clips
from demo.modalities import timeseries as courses
from demo.tabs.swap import payload as payloads
from tests.fixtures.app import SERIES, STAGE

NAME = "vast-waves"


def read(file) -> bytes:
    return Path(file["path"] if isinstance(file, dict) else file).read_bytes()


@pytest.mark.usefixtures("checkpoints")
def test_a_swap_is_what_the_model_says_and_what_was_measured() -> None:
    it, swap = catalog.load(NAME), swapping.swap(NAME, 3, 7)
    a, b = (it.dataset[i].x for i in (3, 7))
    codes = [it.model.encode(x, sample=False).latents for x in (a, b)]
    told = it.model.likelihood(codes[0].with_dynamic(codes[1]))
    made = swap.clips[swap_clips.A_LIKE_B]
    np.testing.assert_allclose(made.x, told.mean[0].flatten(0, 1).detach(), atol=1e-4)
    np.testing.assert_allclose(made.scale, told.log_std[0].flatten(0, 1).exp().detach(), rtol=1e-3)
    np.testing.assert_array_equal(swap.clips[swap_clips.A].x, a[0].flatten(0, 1))
    # The judge speaks of what a sequence has one label of.
    assert [v.factor for v in swap.verdicts[swap_clips.A_LIKE_B]] == ["level", "trend"]
    assert swap.title(swap_clips.A_LIKE_B) == "B's dynamics at A's baseline"


@pytest.mark.usefixtures("checkpoints")
def test_words_are_of_whole_sequences() -> None:
    it = catalog.load(NAME)
    values, said = pairs.labels(it.dataset), pairs.describe(it.dataset, 3)
    counts = np.bincount(it.dataset.dynamic["season"][3], minlength=3)
    assert counts[values["season"][3]] == counts.max() and said["season"].startswith("mostly ")
    assert payloads.caption(it, 3) == f"series 3 · level {said['level']}, trend {said['trend']}"
    assert [f.name for f in words.headline_factors(it.spec)] == ["level", "trend"]


def test_packed_numbers_keep_gaps() -> None:
    import base64

    sent = np.frombuffer(
        base64.b64decode(courses.packed(np.array([[0.5, np.nan, -40, 1.2345]]))), "<i2"
    )
    assert sent.tolist() == [500, courses.MISSING, courses.MISSING, 1234]


def test_endpoints_speak_of_series(client: Client) -> None:
    report, file = client.predict(NAME, 3, 7, "", api_name="/swap")
    table = pd.read_csv(io.BytesIO(read(file)))
    assert table["clip"].unique().tolist() == list(swap_clips.CLIPS) and "north low" in table
    assert (
        set(report["error"]) == {"a_again", "b_again"}
        and report["error"]["a_again"]["north"]["mean_absolute"] > 0
    )
    assert set(report["correlation"]) == {"a_again", "a_like_b", "b_like_a", "b_again"}
    assert set(report["units"]) == {"north", "east", "south", "west"} and "psnr_db" not in report
    _, picture = client.predict(NAME, 3, 7, "png", api_name="/swap")
    with Image.open(io.BytesIO(read(picture))) as image:
        assert image.format == "PNG" and image.width > 900
    drawn = client.predict(NAME, 2, 1, "dynamic", 9, api_name="/sample")
    assert pd.read_csv(io.BytesIO(read(drawn)))["clip"].unique().tolist() == [
        "sample 0",
        "sample 1",
    ]
    assert len(client.predict(NAME, 5, api_name="/encode")["dynamic"]) == 12
    found = client.predict(NAME, 296, "pca", api_name="/map")
    assert len(found["ids"]) == 296 and found["factors"]["season"]["said"] == "mostly"
    with pytest.raises(Exception, match="csv, png.*makes series"):
        client.predict(NAME, 3, 7, "mp4", api_name="/swap")
    with pytest.raises(Exception, match="numbered 0 to 599"):
        client.predict(NAME, 3, 600, "", api_name="/swap")


@pytest.fixture
def seen(page: Page, app_url: str) -> Page:
    """The page with the waves on its stage."""
    page.goto(f"{app_url}?checkpoint={NAME}&a=3&b=7")
    page.wait_for_selector(SERIES)
    return page


def test_a_visitor_reads_searches_saves_and_maps_series(seen: Page, tmp_path) -> None:
    assert (
        seen.locator("#sd-stage .sd-stage").is_hidden() and seen.locator("#sd-save-gif").is_hidden()
    )
    assert seen.locator("#sd-series svg.sd-course").count() == 6
    path = seen.locator('[data-clip="0"] .sd-own').first.get_attribute("d")
    assert path.count("M") > 3  # gaps are left open
    assert seen.locator('[data-clip="3"] .sd-band').count() == 4
    assert "correlation" in seen.inner_text('[data-clip="3"] .sd-metric')
    assert "mean north" in seen.locator('[data-clip="0"] svg').get_attribute("aria-label")
    # Variables go and come; keys read values off.
    seen.get_by_role("button", name="east").click()
    assert seen.locator('[data-clip="3"] .sd-band').count() == 3
    seen.focus("#sd-series .sd-stage")
    seen.keyboard.press("ArrowRight")
    assert seen.locator(".sd-value").count() == 18 and "north" in seen.inner_text(
        "#sd-series [role=status]"
    )
    seen.get_by_text("The same as a table").click()
    assert seen.locator(".sd-twin tbody tr").count() == 4
    # Found by name.
    search = seen.locator("#sd-choose-b .sd-search input")
    search.fill("series 999999")
    search.press("Enter")
    assert "No test sequence is called" in seen.inner_text("#sd-choose-b .sd-chooser-note")
    search.fill("series 21")
    search.press("Enter")
    seen.wait_for_selector('#sd-series [data-pair="3,21"]')
    with seen.expect_download() as waiting:
        seen.click("#sd-save-series-csv")
    waiting.value.save_as(tmp_path / "swap.csv")
    assert (
        waiting.value.suggested_filename == f"{NAME}-3-21.csv"
        and len(pd.read_csv(tmp_path / "swap.csv")) == 6 * 288
    )
    # A phone shows it without scrolling sideways.
    seen.set_viewport_size({"width": 360, "height": 780})
    seen.wait_for_timeout(300)
    assert seen.evaluate("() => document.documentElement.scrollWidth") <= 360
    seen.set_viewport_size({"width": 1280, "height": 900})
    seen.get_by_role("tab", name="Maps").click()
    seen.wait_for_selector("#sd-maps [data-count]")
    assert seen.locator(".sd-plot[data-part='static']").get_attribute("data-colour") == "trend"
    seen.locator("#sd-checkpoint input").click()
    seen.get_by_role("option", name="DSVAE · Drawn sprites").click()
    seen.get_by_role("tab", name="Swap").click()
    seen.wait_for_selector(STAGE, state="visible")
    assert seen.locator("#sd-series .sd-stage").is_hidden()
