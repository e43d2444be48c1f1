"""Swaps of sound as a visitor meets them: Chromium clicks, listens and looks."""

from __future__ import annotations

import pytest
import soundfile as sf
from playwright.sync_api import Page

from demo.core import catalog
from demo.tabs.swap import payload as payloads
from tests.fixtures.app import SOUND, STAGE, VOICES

NAME = "vast-voices"
HEARD = "() => window.sdAudio?.isRunning() && window.sdAudio.position() > 0.05"


@pytest.fixture
def heard(page: Page, app_url: str) -> Page:
    """The page with the made-up voices on its stage; what it asks for first is made before."""
    payloads.warm(NAME)
    page.goto(f"{app_url}?checkpoint={NAME}")
    page.wait_for_selector(SOUND)
    return page


def pair(page: Page) -> str:
    return page.locator(SOUND).get_attribute("data-pair")


def dark_pixels(page: Page, selector: str) -> int:
    """How much of a canvas is drawn on."""
    return page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4) {
                count += data[i + 3] > 0 && data[i] + data[i + 1] + data[i + 2] < 400;
            }
            return count;
        }""",
        selector,
    )


def test_six_clips_are_drawn_and_one_at_a_time_sounds(heard: Page) -> None:
    assert heard.locator("#sd-stage .sd-stage").is_hidden()
    assert heard.locator("#sd-sound [data-clip]").count() == 6
    assert dark_pixels(heard, '[data-clip="0"] canvas') > 1000
    assert "Hz" in heard.inner_text('[data-clip="0"] figcaption')
    assert not heard.evaluate("() => window.sdAudio.isRunning()")  # nothing sounds by itself
    heard.locator('[data-clip="0"] .sd-hear').click()
    heard.wait_for_function(HEARD)
    heard.wait_for_function(
        "() => Number(document.querySelector('[data-clip=\"0\"]').dataset.at) > 0.05"
    )
    heard.locator('[data-clip="4"] .sd-hear').click()
    heard.wait_for_selector('[data-clip="4"].sd-sounding')
    assert heard.locator(".sd-sounding").count() == 1
    heard.wait_for_selector(".sd-sounding", state="detached")  # it ends by itself


def test_keys_walk_through_a_clip_and_a_click_seeks(heard: Page) -> None:
    tile = heard.locator('[data-clip="3"]')
    strip = tile.get_by_role("slider")
    strip.focus()
    for _ in range(4):
        heard.keyboard.press("ArrowRight")
    assert float(tile.get_attribute("data-at")) == pytest.approx(0.2)
    assert strip.get_attribute("aria-valuetext").startswith("0.20 of ")
    heard.keyboard.press("Enter")
    heard.keyboard.press(" ")  # at once: the clip lasts half a second
    heard.wait_for_selector(".sd-sounding", state="detached")
    assert float(tile.get_attribute("data-at")) >= 0.2
    box = strip.bounding_box()
    strip.click(position={"x": 40, "y": box["height"] / 2})
    heard.wait_for_selector('[data-clip="3"].sd-sounding')


def test_all_play_in_turn_until_stopped(heard: Page) -> None:
    heard.click(".sd-in-turn")
    heard.wait_for_selector('[data-clip="0"].sd-sounding')
    assert heard.inner_text(".sd-in-turn") == "■ Stop"
    heard.wait_for_selector('[data-clip="2"].sd-sounding')
    heard.click(".sd-in-turn")
    heard.wait_for_selector(".sd-sounding", state="detached")
    heard.wait_for_timeout(500)
    assert heard.locator(".sd-sounding").count() == 0


def test_clips_are_downloaded_one_by_one_and_together(heard: Page, tmp_path) -> None:
    for selector, name in (
        ('[data-clip="4"] .sd-wav', f"{NAME}-b_like_a.wav"),
        ("#sd-save-sound-wav", None),
    ):
        with heard.expect_download() as waiting:
            heard.click(selector)
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        samples, rate = sf.read(path)
        assert rate == 16_000 and abs(samples).max() > 0.01 and (name is None or path.name == name)


def test_gallery_is_heard_without_choosing_and_a_click_chooses(heard: Page) -> None:
    before = pair(heard)
    heard.locator("#sd-choose-a .sd-listen .sd-hear").first.click()
    heard.wait_for_selector("#sd-choose-a .sd-listen.sd-sounding")
    assert pair(heard) == before
    pick = heard.locator("#sd-choose-b .sd-pick:not([aria-pressed='true'])").first
    wanted = pick.get_attribute("data-index")
    pick.click()
    heard.wait_for_selector(f'#sd-sound [data-pair$=",{wanted}"]')
    assert "pitch" in heard.inner_text("#sd-choose-b .sd-numbers")
    word = heard.locator('#sd-choose-a select[name="word"]')
    word.select_option("0" if word.input_value() != "0" else "1")
    heard.wait_for_function(
        f"before => document.querySelector('{SOUND}').dataset.pair.split(',')[0] !== before",
        arg=before.split(",")[0],
    )


def test_a_point_of_a_map_is_heard_and_chosen(heard: Page) -> None:
    heard.get_by_role("tab", name="Maps").click()
    heard.wait_for_selector(f"#sd-maps [data-count='{len(VOICES['test'])}']")
    heard.locator("#sd-colour-static input").click()
    heard.get_by_role("option", name="pitch").click()
    heard.wait_for_selector('.sd-plot[data-part="static"][data-colour="pitch"]')
    x, y = heard.evaluate("""() => {
        const plot = document.querySelector('.sd-plot[data-part="dynamic"]');
        const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
        const { xaxis, yaxis } = plot._fullLayout, { x, y } = plot.data[0];
        return [box.left + xaxis.d2p(x[0]), box.top + yaxis.d2p(y[0])];
    }""")
    heard.mouse.move(x, y)
    heard.wait_for_selector(".sd-tip:not([hidden]) canvas:not([hidden])")
    said = heard.inner_text(".sd-tip")
    assert "pitch: " in said and " Hz" in said
    index = heard.locator(".sd-tip").get_attribute("data-index")
    heard.mouse.click(x, y)
    heard.wait_for_selector(".sd-maps.sd-sounding")
    heard.wait_for_selector(f'.sd-plot[data-part="static"][data-chosen^="{index},"]')


def test_leakage_is_shown_over_parts_of_the_utterance(heard: Page) -> None:
    heard.get_by_role("tab", name="Leakage").click()
    heard.click("#sd-measure")
    heard.wait_for_selector(".sd-timeline[data-pair]", timeout=120_000)
    heard.locator(".sd-timeline .sd-scrub").fill("3")
    assert heard.inner_text(".sd-readout").startswith("Part 4 of 8 of the utterance")
    assert dark_pixels(heard, ".sd-films canvas") > 1000
    assert "whose voice it is" in heard.inner_text(".sd-code-static")
    heard.locator(".sd-actor .sd-hear").first.click()
    heard.wait_for_selector(".sd-actor.sd-sounding")


def test_pictures_and_sound_take_turns_on_the_stage(heard: Page) -> None:
    heard.locator("#sd-checkpoint input").click()
    heard.get_by_role("option", name="DSVAE · Drawn sprites").click()
    heard.wait_for_selector(STAGE, state="visible")
    assert (
        heard.locator("#sd-sound .sd-stage").is_hidden()
        and heard.locator("#sd-save-gif").is_visible()
    )
    assert "A moves like B" in heard.inner_text(".sd-how")
    heard.locator("#sd-checkpoint input").click()
    heard.get_by_role("option", name=catalog.title(NAME)).click()
    heard.wait_for_selector(SOUND, state="visible")
    assert (
        heard.locator("#sd-stage .sd-stage").is_hidden()
        and heard.locator("#sd-save-gif").is_hidden()
    )
    assert "A's words in B's voice" in heard.inner_text(".sd-how")


def test_a_phone_does_not_scroll_sideways(heard: Page) -> None:
    heard.set_viewport_size({"width": 360, "height": 780})
    for tab in ("Swap", "Maps"):
        heard.get_by_role("tab", name=tab).click()
        heard.wait_for_timeout(500)
        assert heard.evaluate("() => document.documentElement.scrollWidth") <= 360
