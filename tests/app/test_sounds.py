"""Swaps of sound as the app computes them, without a page."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
import soundfile as sf
import torch
from PIL import Image

from demo import errors
from demo.core import catalog, code_maps, generation, swapping
from demo.core import pairs as sequences
from demo.core import requests as wishes
from demo.core import sources as originals
from demo.core import text as words
from demo.modalities import speech, swap_clips
from demo.tabs.leakage import payload as report_payloads
from demo.tabs.maps import payload as map_payloads
from demo.tabs.maps import tab as maps
from demo.tabs.swap import payload as payloads
from demo.tabs.swap import tab as swap
from demo.web import components
from seqdisent.audio.prepare import RATE_HZ, loudness_db
from seqdisent.projections import maps as projections
from seqdisent.spec import Factor
from tests.fixtures.app import VOICES

NAME = "vast-voices"
pytestmark = pytest.mark.usefixtures("checkpoints")


@pytest.fixture
def it() -> catalog.Loaded:
    return catalog.load(NAME)


@pytest.fixture
def pair(it) -> tuple[int, int]:
    return sequences.first_pair(it.dataset)


def wave_of(uri: str) -> np.ndarray:
    samples, rate = sf.read(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    assert rate == RATE_HZ and samples.ndim == 1
    return samples


def test_six_clips_are_as_long_as_their_words_and_equally_loud(pair) -> None:
    made = swapping.swap(NAME, *pair)
    long = [one.seconds for one in made.clips]
    # A rebuilt and A's words in B's voice last as long as A; and so for B.
    for words_of, clips in (
        (0, (swap_clips.A_AGAIN, swap_clips.B_LIKE_A)),
        (1, (swap_clips.B_AGAIN, swap_clips.A_LIKE_B)),
    ):
        assert all(long[clip] == pytest.approx(long[words_of], abs=0.04) for clip in clips)
    loud = [loudness_db(one.wave) for one in made.clips]
    assert max(loud) - min(loud) < 0.1 and all(np.abs(one.wave).max() <= 1 for one in made.clips)
    assert set(made.quality_db) == {swap_clips.A_AGAIN, swap_clips.B_AGAIN}
    assert all(np.isfinite(error) and error > 0 for error in made.quality_db.values())


def test_the_recording_is_the_recording(it, pair) -> None:
    made = swapping.swap(NAME, *pair)
    real = it.dataset.recordings[pair[0]].astype(float)
    assert np.corrcoef(made.clips[swap_clips.A].wave, real)[0, 1] > 0.9999
    assert np.corrcoef(originals.recording(NAME, pair[0]), real)[0, 1] > 0.9999
    speaker = it.dataset.static["pitch"][pair[0]]
    assert made.clips[swap_clips.A].median_hz == pytest.approx(speaker, rel=0.25)


def test_a_judge_hears_every_factor_with_classes(it, pair) -> None:
    made = swapping.swap(NAME, *pair)
    said = {v.factor: v.expected for v in made.verdicts[swap_clips.A_LIKE_B]}
    a, b = (sequences.describe(it.dataset, i) for i in pair)
    assert said == {"speaker": a["speaker"], "sex": a["sex"], "word": b["word"]}


def test_the_message_of_the_stage_is_what_is_heard(it, pair) -> None:
    made = swapping.swap(NAME, *pair)
    stage = json.loads(payloads.stage(it, made))
    assert [t["title"] for t in stage["tiles"]] == [
        "A, real",
        "A, reconstruction",
        "B's words in A's voice",
        "B, real",
        "A's words in B's voice",
        "B, reconstruction",
    ]
    a, b = (sequences.describe(it.dataset, i) for i in pair)
    assert stage["tiles"][0]["caption"] == f"{a['speaker']} says {a['word']} · {a['sex']}"
    assert stage["tiles"][2]["caption"] == f"Expected: {a['speaker']} says {b['word']} · {a['sex']}"
    assert stage["motion"] == {"A": f"words: {a['word']}", "B": f"words: {b['word']}"}
    for tile in stage["tiles"]:
        heard, about = wave_of(tile["sound"]["uri"]), tile["sound"]
        assert (
            len(heard) / RATE_HZ == pytest.approx(about["seconds"], abs=1e-3)
            and np.abs(heard).max() > 0.01
        )
        shades = np.frombuffer(base64.b64decode(about["shades"]), np.uint8)
        assert len(shades) == stage["scale"]["bands"] * (len(heard) // 160) and shades.max() > 100
        assert abs(len(about["pitch"]) - len(heard) // 160) <= 2
    assert len(payloads.stage(it, made)) < 400_000


def test_a_recording_from_outside_takes_its_place_in_a_pair(it, pair) -> None:
    wave = it.dataset.recordings[pair[0]].astype(np.float32) / 32767
    mine = speech.source_from_wave(it.spec, wave, "your recording", "what you said")
    made = swapping.swap(NAME, mine, pair[1])
    assert made.a is None and made.b == pair[1]
    stage = json.loads(payloads.stage(it, made))
    assert stage["a"] is None and stage["tiles"][0]["caption"] == "what you said"
    judged = stage["tiles"][2]["verdict"]
    assert {v["factor"]: v["kept"] is None for v in judged} == {
        "speaker": True,
        "sex": True,
        "word": False,
    }
    # It is the same recording, so it becomes the same clip.
    own = swapping.swap(NAME, *pair).clips[swap_clips.A_AGAIN]
    assert made.clips[swap_clips.A_AGAIN].seconds == pytest.approx(own.seconds, abs=0.03)


def test_files(pair) -> None:
    made = swapping.swap(NAME, *pair)
    four = [
        made.clips[i].seconds
        for i in (swap_clips.A, swap_clips.A_LIKE_B, swap_clips.B_LIKE_A, swap_clips.B)
    ]
    samples, rate = sf.read(io.BytesIO(swapping.export(made, "wav", 50)))
    assert rate == RATE_HZ and len(samples) / rate == pytest.approx(sum(four) + 0.9, abs=0.01)
    gap = samples[round(four[0] * rate) + 5 :][: round(0.29 * rate)]
    assert not gap.any() and np.abs(samples).max() > 0.01
    one, _ = sf.read(io.BytesIO(swapping.export(made, "wav:b_like_a", 50)))
    np.testing.assert_allclose(one, made.clips[swap_clips.B_LIKE_A].wave, atol=2 / 32767)
    with Image.open(io.BytesIO(swapping.export(made, "png", 50))) as picture:
        assert picture.width > 800 and picture.height > 500
    for kind in ("gif", "mp4", "wav:c", "wav:", "webp"):
        with pytest.raises(
            errors.RequestError, match="wav:a_like_b, .*This checkpoint makes sound"
        ):
            swapping.export(made, kind, 50)
    with pytest.raises(errors.RequestError, match="gif.*This checkpoint makes pictures"):
        swapping.export(swapping.swap("vast-sprites", 0, 1), "wav", 8)


def test_samples_are_heard_and_keep_the_length_of_the_words() -> None:
    def made(**asked) -> list[np.ndarray]:
        return generation.generate(wishes.parse_request(catalog.load(NAME), asked)).clips

    kept = made(n=2, seed=7, keep="dynamic", a=3)
    assert len(kept) == 2 and len(kept[0]) == len(kept[1]) and np.abs(kept[0]).max() > 0
    assert len(kept[0]) / RATE_HZ == pytest.approx(
        len(originals.recording(NAME, 3)) / RATE_HZ, abs=0.04
    )
    assert len(made(n=1, keep="")[0]) > RATE_HZ / 2


def test_scripts_may_ask_for_recordings_and_for_nothing_else() -> None:
    assert wave_of(components.hear([NAME, 3])).shape == originals.recording(NAME, 3).shape
    for wrong in (
        [NAME, -1],
        [NAME, "3"],
        ["vast-sprites", 0],
        ["../x", 0],
        [NAME],
        NAME,
        None,
        [[NAME], 0],
        [NAME, {}],
    ):
        assert components.hear(wrong) == ""


def test_galleries_and_choosers_know_numbers_and_captions(it) -> None:
    gallery = json.loads(json.dumps(payloads.gallery(it, 1)))
    assert gallery["sound"] and len({item["id"] for item in gallery["items"]}) == payloads.GALLERY
    sheet = Image.open(io.BytesIO(base64.b64decode(gallery["sheet"].split(",")[1])))
    assert sheet.size == (gallery["cell"][0], gallery["cell"][1] * payloads.GALLERY)
    about = payloads.chooser(it, 3)
    assert [f["name"] for f in about["factors"]] == ["speaker", "sex", "word"]
    assert about["numbers"][0].startswith("pitch ") and about["numbers"][0].endswith(" Hz")


def test_maps_fit_the_data_and_carry_numbers(it) -> None:
    n = len(VOICES["test"])
    assert sequences.map_sizes(it.dataset) == (n,) and projections.sizes(2664) == (296, 888, 2664)
    assert projections.sizes(300) == (300,) and projections.sizes(5000) == (296, 888, 2664)
    found = code_maps.maps(NAME, n, "pca")
    points = json.loads(json.dumps(map_payloads.points(it, found, "pca"), allow_nan=False))
    assert (
        points["sound"]
        and points["factors"]["pitch"]["classes"] == []
        and points["factors"]["pitch"]["unit"] == "Hz"
    )
    assert points["factors"]["pitch"]["values"] == it.dataset.static["pitch"].tolist()
    assert map_payloads.atlas(it, n)["cell"] == [72, 48]
    headers, rows = map_payloads.table(it, found)
    assert rows[0][headers.index("pitch")].endswith(" Hz")
    with gr.Blocks():
        tab = maps.MapsTab()
        tab.layout()
    assert tab.show_checkpoint(NAME)[tab.size]["value"] == n
    assert maps.expected_colours(NAME) == ("sex", "word")


def test_the_dynamic_map_does_not_see_the_length(it) -> None:
    rows = np.arange(6)
    _, dynamic = projections.encode_rows(it.model, it.dataset, rows)
    assert dynamic.shape == (6, projections.PARTS * it.model.config.dynamic_size)
    key = projections.data_hash(it.dataset)
    shifted = replace(it.dataset, frames=it.dataset.frames + 0.05)
    assert projections.data_hash(shifted) != key
    assert projections.data_hash(replace(it.dataset, frames=it.dataset.frames + 1e-7)) == key


def test_unknown_labels_are_called_unknown_and_no_factor_is_needed(it) -> None:
    unknown = it.dataset.static["speaker"].copy()
    unknown[::2] = -1
    pitch = it.dataset.static["pitch"].copy()
    pitch[1] = np.nan
    some = replace(it.dataset, static={**it.dataset.static, "speaker": unknown, "pitch": pitch})
    assert (
        sequences.describe(some, 0)["speaker"]
        == words.UNKNOWN
        == sequences.describe(some, 1)["pitch"]
    )
    assert words.caption(some.spec, sequences.describe(some, 0)).startswith(
        "an unknown speaker says "
    )
    a, b = sequences.random_pair(some, np.random.default_rng(0))
    assert a != b
    index, missed = sequences.nearest(some, {"speaker": 20, "word": 2}, "speaker")
    assert unknown[index] == 20 or "speaker" in missed
    points = map_payloads.points(
        replace(it, dataset=some), code_maps.maps(NAME, len(some), "pca"), "pca"
    )
    json.dumps(points, allow_nan=False)
    assert (
        points["factors"]["pitch"]["values"][1] is None
        and points["factors"]["speaker"]["values"][0] == -1
    )

    bare = replace(it.spec, factors=(Factor("pitch", "static", unit="Hz"),))
    nothing = replace(it.dataset, spec=bare, static={"pitch": pitch}, dynamic={})
    a, b = sequences.random_pair(nothing, np.random.default_rng(0))
    assert a != b and words.headline_factors(bare) == () and words.content_factor(bare) is None
    loaded = replace(it, dataset=nothing, spec=bare, judge=None)
    assert payloads.chooser(loaded, 1)["numbers"] == ["pitch unknown"]
    mine = [originals.from_split(nothing, i) for i in (a, b)]
    assert json.loads(payloads.stage(loaded, swapping.swap(NAME, *mine)))["judge"] is None


def test_what_was_asked_for_last_counts_most(it) -> None:
    values = sequences.labels(it.dataset)
    woman = it.spec.factor("sex").classes.index("woman")
    wanted = {f.name: int(values[f.name][0]) for f in words.headline_factors(it.spec)} | {
        "sex": 1 - woman
    }
    assert values["sex"][sequences.nearest(it.dataset, wanted, "sex")[0]] == 1 - woman


def test_the_pair_above_the_curve_is_drawn_in_parts(it, pair) -> None:
    clips = json.loads(json.dumps(report_payloads.clips(it, *pair)))
    assert clips["frames"] == projections.PARTS and clips["sound"] and len(clips["captions"]) == 2
    sheet = Image.open(io.BytesIO(base64.b64decode(clips["sheet"].split(",")[1])))
    assert sheet.size == (clips["cell"][0] * clips["frames"], clips["cell"][1] * 2)


def test_the_tab_speaks_of_voices_and_shows_their_downloads() -> None:
    with gr.Blocks():
        tab = swap.SwapTab()
        tab.layout()
    updates = tab.show_checkpoint(NAME)
    shown = {modality: updates[row]["visible"] for modality, row in tab.rows.items()}
    assert "A's words in B's voice" in updates[tab.how] and shown == {
        "video": False,
        "speech": True,
        "timeseries": False,
    }
    assert "A moves like B" in tab.show_checkpoint("vast-sprites")[tab.how]


def test_silence_is_left_alone_and_others_keep_their_loudness() -> None:
    from seqdisent.media import audio

    rng = np.random.default_rng(0)
    peaky = np.zeros(8000, np.float32)
    peaky[::800] = 0.9
    waves = audio.at_one_level([np.zeros(4000, np.float32), rng.normal(0, 0.2, 8000), peaky])
    assert not waves[0].any() and loudness_db(waves[1]) == pytest.approx(
        loudness_db(waves[2]), abs=1e-3
    )
    assert np.abs(waves[2]).max() <= 1
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / RATE_HZ).astype(np.float32) * 0.1
    band = audio.spectrogram(tone)[10:-10].mean(0).argmax()
    centres = np.geomspace(audio.LOWEST_HZ, audio.HIGHEST_HZ, audio.BANDS)
    assert centres[band] == pytest.approx(1000, rel=0.06)
    assert audio.spectrogram(tone[:300]).shape == (1, audio.BANDS)
    assert torch.tensor(audio.spectrogram(np.zeros(1600))).sum() == 0
