"""A recording of one's own as a visitor brings it: Chromium speaks into a microphone that is a file."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile as sf
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, Page

from demo.core import uploads
from demo.core.upload_store import UploadStore
from seqdisent.data.speech.voices_art import SPEAKERS, say
from tests.fixtures.browser import SPEAKER, TIMEOUT_MS, spoken

NAME, PICTURES = "vast-voices", "vast-sprites"
RATE_HZ = 16_000
TAB = "?checkpoint={}&tab=voice"


def wav(wave: np.ndarray, rate_hz: int = RATE_HZ, coding: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, wave, rate_hz, format="WAV", subtype=coding)
    return buffer.getvalue()


def at_96_khz() -> np.ndarray:
    word = spoken()
    at = np.arange(6 * len(word)) / 6
    return np.stack([np.interp(at, np.arange(len(word)), word)] * 2, 1)


@pytest.fixture(scope="module")
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """The tab in a browser whose microphone says a word again and again."""
    uploads.warm(NAME)
    with browser.new_context(
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
        permissions=["microphone"],
    ) as context:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(app_url + TAB.format(NAME))
        page.wait_for_selector("#sd-own-audio .record-button", state="visible")
        yield page
    assert problems == []


def upload(page: Page, name: str, content: bytes) -> None:
    """Choose a file on the tab."""
    page.locator("#sd-own-audio [aria-label='Upload file']").click()
    page.set_input_files(
        "#sd-own-audio input[type=file]", {"name": name, "mimeType": "audio/wav", "buffer": content}
    )


def test_a_recording_is_seen_placed_and_swapped(page: Page, tmp_path: Path) -> None:
    page.click("#sd-own-audio .record-button")
    page.wait_for_timeout(1600)
    page.click("#sd-own-audio .stop-button")
    page.wait_for_selector("#sd-own-clip [data-clip='0']")
    assert page.locator("#sd-own-clip [data-clip]").count() == 1
    assert "median pitch" in page.inner_text("#sd-own-clip figcaption")
    notes = page.inner_text("#sd-own-found .sd-part-notes")
    assert "Resampled from" in notes and "Cut from" in notes
    said = page.inner_text("#sd-own-found .sd-part-facts")
    pitch = float(said.split("median pitch ")[1].split(" Hz")[0])
    assert pitch == pytest.approx(SPEAKERS[SPEAKER].pitch_hz, rel=0.2)
    for part in ("static", "dynamic"):
        page.wait_for_selector(f'#sd-own-maps .sd-plot[data-part="{part}"][data-guest*=","]')
    assert "placed exactly" in page.inner_text("#sd-own-maps .sd-trust >> nth=0")
    assert page.locator("#sd-own-near .sd-part-static li").count() == 5
    assert not page.evaluate("() => window.sdAudio.isRunning()")  # nothing sounds by itself
    page.click("#sd-own-swap")
    page.wait_for_selector("#sd-own-stage [data-clip='4']")
    assert page.locator("#sd-own-stage [data-clip]").count() == 6
    assert page.locator("#sd-own-stage .sd-verdict").count() == 4
    with page.expect_download() as waiting:
        page.click("#sd-own-stage [data-clip='4'] .sd-wav")
    waiting.value.save_as(tmp_path / "swapped.wav")
    samples, rate = sf.read(tmp_path / "swapped.wav")
    assert rate == RATE_HZ and np.abs(samples).max() > 0.01
    page.locator("#sd-own-clip .sd-hear").click()
    page.wait_for_selector("#sd-own-clip .sd-sounding")


def test_a_click_on_the_map_swaps_with_that_voice(page: Page) -> None:
    before = page.locator("#sd-own-partner input").input_value()
    x, y = page.evaluate("""() => {
        const plot = document.querySelector('#sd-own-maps .sd-plot[data-part="dynamic"]');
        plot.scrollIntoView({ block: "center" });
        const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
        const { xaxis, yaxis } = plot._fullLayout, { x, y } = plot.data[1];
        return [box.left + xaxis.d2p(x[0]), box.top + yaxis.d2p(y[0])];
    }""")
    page.mouse.click(x, y)
    page.wait_for_function(
        "before => document.querySelector('#sd-own-partner input').value !== before", arg=before
    )
    page.wait_for_selector("#sd-own-maps .sd-plot[data-part='static'][data-chosen^=',']")
    shown = page.locator("#sd-own-partner input").input_value().rsplit(" (", 1)[0]
    page.wait_for_function(
        "said => document.querySelector(`#sd-own-stage [data-clip='1'] .sd-caption`).textContent === said",
        arg=shown,
    )


def test_a_bad_file_is_told_and_the_next_one_is_taken(page: Page) -> None:
    for name, content, words in (
        ("diary.wav", b"Dear diary, I am no sound.\n" * 50, "is text, not sound"),
        ("silence.wav", wav(np.zeros(RATE_HZ)), "This is silence"),
    ):
        upload(page, name, content)
        page.wait_for_function(
            "words => document.querySelector('#sd-own-found .sd-refused')?.textContent.includes(words)",
            arg=words,
        )
        assert (
            page.locator("#sd-own-clip .sd-stage").is_hidden()
            and page.locator("#sd-own-swap").is_hidden()
        )
    upload(page, "me.wav", wav(spoken()))
    page.wait_for_selector("#sd-own-clip [data-clip='0']")
    assert "me.wav" in page.inner_text("#sd-own-clip figcaption")
    assert page.locator("#sd-own-found .sd-refused").count() == 0


def test_a_checkpoint_of_pictures_names_those_of_sound(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    page.goto(app_url + TAB.format(PICTURES))
    page.wait_for_selector("#sd-own-other:visible")
    assert NAME in page.inner_text("#sd-own-other") and page.locator("#sd-own-audio").is_hidden()


# -- for programs --------------------------------------------------------------------------------


def ask(
    client: Client, folder: Path, content: bytes, name: str = NAME, **more
) -> tuple[dict, Path]:
    path = folder / "me.wav"
    path.write_bytes(content)
    report, file = client.predict(name, handle_file(str(path)), api_name="/voice", **more)
    return report, Path(file["path"] if isinstance(file, dict) else file)


def test_endpoint(client: Client, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "STORE", UploadStore())
    report, file = ask(client, tmp_path, wav(spoken()), b=3, format="wav:b_like_a")
    samples, rate = sf.read(file)
    assert rate == RATE_HZ and len(samples) / rate == pytest.approx(report["seconds"], abs=0.05)
    assert report["pitch_hz"] == pytest.approx(SPEAKERS[SPEAKER].pitch_hz, rel=0.2)
    assert report["b"] == 3 and report["factors"]["speaker"] and len(report["median_pitch_hz"]) == 6
    assert [len(report["nearest"][part]) for part in ("static", "dynamic")] == [5, 5]
    assert "says" in report["nearest"]["static"][0]["caption"] and len(report["map"]["static"]) == 2
    assert isinstance(report["warnings"], list) and "test recordings" in report["outside"]
    assert len(uploads.STORE) == 0


def test_neither_the_recording_nor_anything_of_it_stays_on_disk(
    client: Client, tmp_path: Path
) -> None:
    content = wav(spoken()[123:])
    ask(client, tmp_path, content)
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert not [
        path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == content
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (wav(spoken(), coding="PCM_U8"), "8 bits"),
        (wav(at_96_khz(), 96_000), "Resampled from 96,000"),
        (wav(at_96_khz(), 96_000), "Mixed 2 channels"),
        (wav(spoken(61)), "Cut from"),
    ],
)
def test_what_was_mended_is_told(
    client: Client, tmp_path: Path, content: bytes, words: str
) -> None:
    assert any(words in note for note in ask(client, tmp_path, content)[0]["notes"])


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (b"", {}, "is empty"),
        (b"Dear diary, I am no sound.\n" * 50, {}, "is text, not sound"),
        (wav(np.zeros(RATE_HZ)), {}, "This is silence"),
        (wav(spoken()), {"name": PICTURES}, "takes pictures, not sound"),
        (wav(spoken()), {"b": 10**6}, "numbered 0 to"),
        (wav(spoken()), {"format": "exe"}, "Formats"),
    ],
)
def test_what_cannot_be_used_is_told(
    client: Client, tmp_path: Path, content: bytes, more: dict, words: str
) -> None:
    with pytest.raises(Exception, match=words):
        ask(client, tmp_path, content, **more)


def test_only_what_was_uploaded_is_read(app_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav(spoken()))
    call = f"{app_url}gradio_api/call/voice"
    for path in (str(secret), "/etc/passwd", "\0", "", 3, "http://127.0.0.1:1/me.wav"):
        file = {
            "path": path,
            "meta": {"_type": "gradio.FileData"},
        }  # gradio's client would upload it
        event = httpx.post(call, json={"data": [NAME, file, 0, "wav"]})
        told = (
            httpx.get(f"{call}/{event.json()['event_id']}", timeout=60).text
            if event.is_success
            else "event: error"
        )
        assert "event: error" in told and "complete" not in told, path
    assert secret.exists()


def test_visitors_at_the_same_time_get_their_own(client: Client, tmp_path: Path) -> None:
    found: dict[int, float] = {}

    def visit(speaker: int) -> None:
        folder = tmp_path / str(speaker)
        folder.mkdir()
        found[speaker] = ask(client, folder, wav(say(speaker, 2, 7)))[0]["pitch_hz"]

    visits = [threading.Thread(target=visit, args=(speaker,)) for speaker in (SPEAKER, 40)]
    for one in visits:
        one.start()
    for one in visits:
        one.join()
    for speaker, pitch in found.items():
        assert pitch == pytest.approx(SPEAKERS[speaker].pitch_hz, rel=0.2)
