"""The Generate tab as a visitor meets it: Chromium clicks through it."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.fixtures.app import STAGE

TAB = "#sd-generate .sd-generate"


@pytest.fixture
def opened(page: Page) -> Page:
    page.get_by_role("tab", name="Generate").click()
    page.wait_for_selector(f"{TAB}[data-made='9']")
    return page


def mode(page: Page, name: str, key: str) -> None:
    page.locator(".sd-modes").get_by_text(name, exact=True).click()
    page.wait_for_selector(f"{TAB}[data-mode='{key}']")


def pixels(page: Page, selector: str) -> list[int]:
    return page.evaluate(
        """selector => {
            const canvas = document.querySelector(selector);
            return [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data];
        }""",
        selector,
    )


def test_a_roll_fills_the_grid_and_its_seed_brings_it_back(opened: Page) -> None:
    first = [pixels(opened, f".sd-vars [data-number='{number}'] canvas") for number in range(9)]
    assert len({bytes(one) for one in first}) == 9
    opened.click(".sd-roll")
    opened.wait_for_selector(f"{TAB}:not([data-seed='0'])")
    assert pixels(opened, ".sd-vars [data-number='0'] canvas") != first[0]
    opened.fill(".sd-seed input", "0")
    opened.keyboard.press("Tab")
    opened.wait_for_selector(f"{TAB}[data-seed='0']")
    assert pixels(opened, ".sd-vars [data-number='0'] canvas") == first[0]
    assert "seed=0" in opened.url and "mode=roll" in opened.url


def test_what_cannot_be_is_told_and_what_was_there_stays(opened: Page) -> None:
    told = opened.locator(f"{TAB} > .sd-refused")
    assert not told.is_visible()
    opened.fill(".sd-seed input", "seven")
    opened.keyboard.press("Tab")
    told.wait_for()
    assert (
        "whole number from 0" in told.inner_text()
        and opened.locator(".sd-vars [data-number]").count() == 9
    )
    mode(opened, "Partial swap", "partial")
    assert not told.is_visible()  # it begins with something of B
    opened.get_by_label("motion, by time (frames): none").click()
    told.wait_for()
    assert "A partial swap of nothing" in told.inner_text()
    opened.get_by_label("motion, by dimension, as numbers").fill("0, 2-3")
    opened.keyboard.press("Tab")
    opened.wait_for_function(
        "() => document.querySelector('.sd-one-said').textContent.includes('3 of 4 dynamic')"
    )
    assert not told.is_visible() and "dynamic=0%2C2%2C3" in opened.url


def test_the_slider_walks_from_a_to_b_at_once(opened: Page) -> None:
    mode(opened, "Interpolate", "interpolate")
    slider = opened.get_by_label("From A to B")
    assert (
        opened.locator(".sd-vars [data-number]").count() == 9
        and slider.get_attribute("max") == "16"
    )
    slider.press("Home")
    start = pixels(opened, ".sd-one canvas")
    slider.press("ArrowRight")  # a stop between those of the grid
    assert opened.locator(TAB).get_attribute("data-chosen") == "1"
    slider.press("End")
    assert pixels(opened, ".sd-one canvas") != start
    assert pixels(opened, ".sd-one canvas") == pixels(opened, ".sd-vars [data-number='16'] canvas")


def test_futures_mark_off_what_was_given(opened: Page) -> None:
    mode(opened, "Extrapolate", "continue")
    badge = opened.locator(".sd-vars [data-number='3'] .sd-badge")
    assert badge.inner_text() == "given"
    opened.focus(".sd-gen-main")
    for _ in range(4):
        opened.keyboard.press("ArrowRight")
    assert badge.inner_text() == "generated" and opened.locator(".sd-vars .sd-real").count() == 1


def test_a_made_one_becomes_a_and_is_on_the_maps(opened: Page) -> None:
    opened.focus(".sd-vars [data-number='0']")
    opened.keyboard.press("ArrowRight")
    opened.wait_for_selector(f"{TAB}[data-chosen='1']")
    opened.get_by_role("button", name="Use as A").click()
    opened.wait_for_selector(f"{STAGE[:-1]}*='number']")
    assert "A, generated" in opened.inner_text(
        "#sd-stage"
    ) and "seed 0, no. 2" in opened.inner_text("#sd-choose-a")
    link = opened.url
    opened.get_by_role("tab", name="Generate").click()
    opened.wait_for_function(
        "() => document.querySelector('.sd-gen-pair').textContent.includes('generated:')"
    )
    opened.get_by_role("button", name="Show on maps").click()
    opened.wait_for_selector("#sd-maps [data-guest]:not([data-guest=''])")
    opened.goto(link)
    opened.wait_for_selector(f"{STAGE[:-1]}*='number']")


def test_all_and_one_can_be_downloaded(opened: Page, tmp_path) -> None:
    for name, label, magic in (
        ("all.gif", "all of them as GIF", b"GIF89a"),
        ("1.npz", "this one as NPZ", b"PK"),
    ):
        with opened.expect_download() as waiting:
            opened.get_by_label(f"Download {label}").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.name == f"vast-sprites-roll-0-{name}" and path.read_bytes().startswith(magic)
    assert np.load(path)["frames"].shape == (1, 8, 64, 64, 3)


@pytest.mark.parametrize(
    "query",
    ["mode=traverse&code=dynamic&dimension=99", "mode=<b>&seed=%00", "mode=continue&prefix=-1"],
)
def test_a_strange_link_still_shows_something(page: Page, app_url: str, query: str) -> None:
    page.goto(f"{app_url}?tab=generate&{query}")
    page.wait_for_selector(f"{TAB}[data-made='9']")


def test_sound_and_series_are_shown_as_they_are_elsewhere(page: Page, app_url: str) -> None:
    for name, clip in (("vast-voices", ".sd-clip"), ("vast-waves", ".sd-plots")):
        page.goto(f"{app_url}?tab=generate&checkpoint={name}&mode=roll")
        page.wait_for_selector(f"{TAB}[data-made='9']")
        assert page.locator(f"#sd-generate {clip}").count() == 10
        page.locator("#sd-generate .sd-choose").nth(3).click()
        page.wait_for_selector(f"{TAB}[data-chosen='3']")


def test_a_phone_does_not_scroll_sideways(opened: Page) -> None:
    opened.set_viewport_size({"width": 360, "height": 780})
    for name, key in (
        ("Partial swap", "partial"),
        ("Extrapolate", "continue"),
        ("Interpolate", "interpolate"),
    ):
        mode(opened, name, key)
        assert opened.evaluate("() => document.documentElement.scrollWidth") <= 360
