"""The app as a visitor meets it: Chromium clicks through it."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError

from seqdisent.data.download import DownloadFailed
from seqdisent.data.source import DownloadedSource
from tests.fixtures.app import STAGE


def pair(page: Page) -> list[int]:
    """The pair on the stage."""
    return [int(i) for i in page.locator(STAGE).get_attribute("data-pair").split(",")]


def wait_for_pair(page: Page, wanted: list[int]) -> None:
    page.wait_for_selector(f'#sd-stage [data-pair="{wanted[0]},{wanted[1]}"]', state="attached")


def point(page: Page, part: str, number: int) -> tuple[float, float, int]:
    """Middle of a point that nothing covers, and the sequence it stands for."""
    return tuple(
        page.evaluate(
            """([part, number]) => {
                const plot = document.querySelector(`.sd-plot[data-part="${part}"]`);
                const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
                const { xaxis, yaxis } = plot._fullLayout;
                const points = plot.data.filter((t) => t.customdata).flatMap((t) => t.customdata.map(
                    (i, k) => [box.left + xaxis.d2p(t.x[k]), box.top + yaxis.d2p(t.y[k]), i]));
                const gap = (p, q) => (q === p ? Infinity : Math.hypot(q[0] - p[0], q[1] - p[1]));
                const apart = (p) => Math.min(...points.map((q) => gap(p, q)));
                return points.sort((p, q) => apart(q) - apart(p))[number];
            }""",
            [part, number],
        )
    )


def click_until(page: Page, button: str, wanted: Locator, seconds: float = 120) -> None:
    """Click until something is there: what was typed reaches the page's state on its own, maybe after a click."""
    deadline = time.monotonic() + seconds
    while True:
        page.click(button)
        try:
            wanted.wait_for(state="attached", timeout=3000)
            return
        except TimeoutError:
            if time.monotonic() > deadline:
                raise


def test_a_first_pair_is_there_and_random_brings_another(page: Page) -> None:
    before = pair(page)
    assert page.locator("#sd-stage canvas").count() == 12  # six clips, six strips
    shown = page.evaluate("""() => {
        const canvas = document.querySelector('#sd-stage .sd-real canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value, i) => i % 4 < 3 && value > 60);
    }""")
    assert shown
    page.click("#sd-random")
    page.wait_for_function(
        "before => document.querySelector('#sd-stage [data-pair]').dataset.pair !== before",
        arg=",".join(map(str, before)),
    )
    # The address brings the pair back.
    after = pair(page)
    page.reload()
    wait_for_pair(page, after)


def test_player_steps_plays_and_rests_when_motion_is_unwelcome(page: Page) -> None:
    assert page.inner_text(".sd-play") == "▶ Play"
    assert page.inner_text(".sd-count") == "1 / 8"
    page.focus(".sd-stage")
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".sd-count") == "2 / 8"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text(".sd-count") == "8 / 8"
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('.sd-count').textContent === '2 / 8'")


def test_gallery_and_factors_choose(page: Page) -> None:
    a, b = pair(page)
    pick = page.locator("#sd-choose-b .sd-pick").first
    wanted = int(pick.get_attribute("data-index"))
    pick.click()
    wait_for_pair(page, [a, wanted])
    action = page.locator('#sd-choose-a select[name="action"]')
    other = "0" if action.input_value() != "0" else "1"
    action.select_option(other)
    page.wait_for_function(
        "a => Number(document.querySelector('#sd-choose-a [data-index]').dataset.index) !== a",
        arg=a,
    )
    assert action.input_value() == other
    assert (
        page.locator("#sd-choose-a .sd-chooser-note").inner_text() == ""
    )  # every character does every action


def test_download_is_made_on_click(page: Page, tmp_path) -> None:
    a, b = pair(page)
    for suffix, magic in (("gif", b"GIF89a"), ("mp4", b"ftyp")):
        with page.expect_download() as waiting:
            page.click(f"#sd-save-{suffix}")
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.name == f"vast-sprites-{a}-{b}.{suffix}"
        assert magic in path.read_bytes()[:16]


def test_click_on_a_map_sets_the_source_and_shift_click_the_target(page: Page) -> None:
    a, b = pair(page)
    page.get_by_role("tab", name="Maps").click()
    page.wait_for_selector("#sd-maps [data-count='888']")
    x, y, i = point(page, "static", 0)
    page.mouse.move(x, y)
    page.wait_for_selector(".sd-tip:not([hidden]) canvas:not([hidden])")
    source = int(page.locator(".sd-tip").get_attribute("data-index"))
    page.mouse.click(x, y)
    page.wait_for_selector(f'.sd-plot[data-part="dynamic"][data-chosen="{source},{b}"]')
    x, y, i = point(page, "dynamic", 3)
    page.mouse.move(x, y)
    page.wait_for_function(
        "before => document.querySelector('.sd-tip').dataset.index !== before", arg=str(source)
    )
    target = int(page.locator(".sd-tip").get_attribute("data-index"))
    page.keyboard.down("Shift")
    page.mouse.click(x, y)
    page.keyboard.up("Shift")
    page.wait_for_selector(f'.sd-plot[data-part="static"][data-chosen="{source},{target}"]')
    page.click("#sd-see")
    page.wait_for_selector(STAGE, state="visible")
    assert pair(page) == [source, target]
    assert f"test sequence {source}" in page.inner_text("#sd-choose-a")
    assert f"test sequence {target}" in page.inner_text("#sd-choose-b")


def test_maps_recolour_keep_zoom_and_work_without_a_mouse(page: Page) -> None:
    _, b = pair(page)
    page.get_by_role("tab", name="Maps").click()
    page.wait_for_selector("#sd-maps [data-count='888']")
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.sd-plot'), {'xaxis.range': [0, 0.01]})"
    )
    page.locator("#sd-colour-static input").click()
    page.get_by_role("option", name="action").click()
    page.wait_for_selector('.sd-plot[data-part="static"][data-colour="action"]')
    assert (
        page.evaluate("() => document.querySelector('.sd-plot')._fullLayout.xaxis.range[1]") == 0.01
    )
    page.get_by_text("Choose by number").click()
    page.locator("#sd-number input").fill("17")
    page.keyboard.press("Tab")
    chosen = page.locator(f'.sd-plot[data-part="static"][data-chosen="17,{b}"]')
    click_until(page, "#sd-make-a", chosen)


def test_visitors_do_not_see_each_others_choices(
    page: Page, browser: Browser, app_url: str
) -> None:
    mine = pair(page)
    with browser.new_context(reduced_motion="reduce") as context:
        other = context.new_page()
        other.goto(f"{app_url}?a=5&b=6")
        wait_for_pair(other, [5, 6])
        pick = page.locator("#sd-choose-a .sd-pick").nth(2)
        wanted = int(pick.get_attribute("data-index"))
        pick.click()
        wait_for_pair(page, [wanted, mine[1]])
        pick = other.locator("#sd-choose-b .sd-pick").nth(4)
        theirs = int(pick.get_attribute("data-index"))
        pick.click()
        wait_for_pair(other, [5, theirs])
    assert pair(page) == [wanted, mine[1]]


@pytest.mark.parametrize(
    "query",
    ["?checkpoint=../x&a=1&b=2", "?a=-1&b=99999999999", "?a=<b>&b=%00&checkpoint=judge-sprites"],
)
def test_a_strange_link_is_no_crash(page: Page, app_url: str, query: str) -> None:
    page.goto(f"{app_url}{query}")
    page.wait_for_selector(STAGE)
    assert all(0 <= i < 2664 for i in pair(page))


def test_data_that_are_not_there_are_offered(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source, root=None, progress=None) -> int:
        raise DownloadFailed("no network today")

    page.locator("#sd-checkpoint input").click()
    page.get_by_role("option", name="VAST · LPC sprites").click()
    page.wait_for_selector("#sd-notice")
    words = page.inner_text("#sd-notice")
    assert "CC-BY-SA" in words and "Liberated Pixel Cup" in words and "MB" in words
    monkeypatch.setattr(DownloadedSource, "get", fail)
    page.click("#sd-download")
    page.wait_for_function(
        "() => document.querySelector('#sd-progress').innerText.includes('no network today')"
    )
    assert page.is_enabled("#sd-download")
    page.locator("#sd-checkpoint input").click()
    page.get_by_role("option", name="DSVAE · Drawn sprites").click()
    page.wait_for_selector(STAGE, state="visible")


def test_a_phone_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    for tab in ("Swap", "Leakage", "Maps"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(500)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
