"""What is made of a pair beside a swap, without a page."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from demo.core import catalog, generation, messages, swapping, uploads
from demo.core import generated_files as made_files
from demo.core import requests as wishes
from demo.errors import RequestError
from demo.modalities import swap_clips, view_of
from demo.tabs.generate import payload as made_payloads
from demo.tabs.maps import tab as maps
from demo.tabs.swap import payload as payloads

NAME = "vast-sprites"
pytestmark = pytest.mark.usefixtures("checkpoints")
EVERY = (
    {"mode": "roll", "keep": "static", "seed": 3},
    {"mode": "roll", "keep": "dynamic"},
    {"mode": "roll", "keep": ""},
    {"mode": "interpolate", "what": "both", "n": 5},
    {"mode": "traverse", "code": "dynamic", "dimension": 2},
    {"mode": "partial", "static": [0, 3], "steps": [1]},
    {"mode": "continue", "prefix": 2},
)


@pytest.fixture
def it() -> catalog.Loaded:
    return catalog.load(NAME)


def make(it: catalog.Loaded, **asked) -> generation.GenerationResult:
    return generation.generate(wishes.parse_request(it, {"a": 5, "b": 9, **asked}))


@torch.inference_mode()
def own(it: catalog.Loaded, index: int, frames: int = 8):
    return it.model.encode(it.dataset[index].x[:, :frames], sample=False).latents


def test_a_roll_keeps_what_is_locked_bit_for_bit_and_follows_its_seed(it) -> None:
    a = own(it, 5)
    kept, other = make(it, seed=7), make(it, seed=8)
    assert torch.equal(kept.latents.static, a.static.expand(9, -1)) and len(kept) == 9
    assert len({code.numpy().tobytes() for code in kept.latents.dynamic}) == 9
    assert not torch.equal(kept.latents.dynamic, other.latents.dynamic)
    generation._generate.cache_clear()
    assert torch.equal(kept.latents.dynamic, make(it, seed=7).latents.dynamic)
    assert torch.equal(make(it, keep="dynamic").latents.dynamic, a.dynamic.expand(9, -1, -1))


def test_temperature_0_is_one_course_and_says_so(it) -> None:
    result = make(it, temperature=0)
    assert (result.clips == result.clips[:1]).all() and "random" in result.notes[0]


def test_any_length_is_drawn_and_pictures_are_what_the_model_decodes(it) -> None:
    result = make(it, frames=40, n=2)
    assert result.clips.shape == (2, 40, 64, 64, 3)
    decoded = it.model.decode(result.latents).clamp(0, 1).permute(0, 1, 3, 4, 2).detach().numpy()
    np.testing.assert_allclose(result.clips / 255, decoded, atol=0.51 / 255)


def test_the_ends_of_a_walk_are_a_and_b(it) -> None:
    result = make(it, mode="interpolate", what="both", n=5)
    a, b = own(it, 5), own(it, 9)
    for row, end in ((0, a), (4, b)):
        torch.testing.assert_close(result.latents.static[row], end.static[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            result.latents.dynamic[row], end.dynamic[0], atol=1e-4, rtol=1e-4
        )
    assert result.request.weights == (0, 0.25, 0.5, 0.75, 1)


def test_a_partial_swap_stands_between_nothing_and_all(it) -> None:
    result = make(it, mode="partial", static=[0, 3], steps=[1])
    a, b = own(it, 5), own(it, 9)
    some, every, none = (result.latents[row : row + 1] for row in range(3))
    assert torch.equal(none.static, a.static) and torch.equal(every.static, b.static)
    assert torch.equal(some.static[:, [0, 3]], b.static[:, [0, 3]]) and torch.equal(
        some.static[:, 1], a.static[:, 1]
    )
    assert torch.equal(some.dynamic[:, 1], b.dynamic[:, 1]) and torch.equal(
        some.dynamic[:, 2], a.dynamic[:, 2]
    )


def test_futures_share_their_beginning_which_knows_nothing_of_what_came_after(it) -> None:
    result = make(it, mode="continue", prefix=3, frames=12)
    assert (result.clips[:, :3] == result.clips[:1, :3]).all()
    assert len({clip.tobytes() for clip in result.clips[:, 3:]}) == 9
    assert torch.equal(result.latents.dynamic[:1, :3], own(it, 5, frames=3).dynamic)


@pytest.mark.parametrize(
    "asked", EVERY, ids=lambda asked: f"{asked['mode']}-{asked.get('keep', '')}"
)
def test_what_was_made_can_be_written_down_and_made_again(it, asked) -> None:
    result = make(it, **asked)
    plain = json.loads(json.dumps(wishes.to_json(result.request)))
    assert wishes.parse_request(it, plain) == result.request
    made = wishes.read_ref(it, {"of": plain, "number": 1})
    source = generation.source(it, made)
    assert source.index is None and source.ref == made and source.caption.startswith("generated: ")
    assert torch.equal(
        source.batch.x[0], torch.from_numpy(result.clips[1]).permute(0, 3, 1, 2) / 255
    )
    assert wishes.read_ref(it, json.loads(json.dumps(wishes.to_json(made)))) == made


def test_a_made_sequence_is_a_side_of_a_swap_and_has_a_place_on_the_maps(it) -> None:
    made = wishes.GeneratedRef(make(it, seed=7).request, 2)
    swap = swapping.swap(NAME, made, 9)
    assert (
        swap.title(swap_clips.A) == "A, generated"
        and swap.title(swap_clips.B) == "B, real"
        and "seed 7, no. 3" in swap.pair[0].caption
    )
    stage = json.loads(payloads.stage(it, swap))
    assert stage["a"] == wishes.to_json(made) and stage["b"] == 9
    assert swap.quality_db[swap_clips.A_LIKE_B] is None  # nobody knows what it should be
    about = payloads.chooser(it, made)
    assert about["index"] is None and {factor["value"] for factor in about["factors"]} == {-1}
    place = uploads.locate(it, generation.source(it, made), 296, "pca")
    assert place["exact"] and len(place["neighbours"]["static"]) == uploads.NEIGHBOURS
    assert maps.marks(made, 9) == {"chosen": [None, 9]}
    guests = maps.guests(NAME, 296, "pca", made, 9)
    assert guests["guest"]["static"] == place["static"] and guests["guest_b"] is None


def test_what_is_made_of_what_was_made_ends_somewhere(it) -> None:
    one = 5
    for _ in range(wishes.DEPTH):
        one = wishes.GeneratedRef(wishes.parse_request(it, {"a": one}), 0)
    with pytest.raises(RequestError, match="start from a test sequence"):
        wishes.parse_request(
            it, {"a": wishes.GeneratedRef(wishes.parse_request(it, {"a": one}, depth=9), 0)}
        )
    plain = wishes.to_json(one)
    for _ in range(50):
        plain = {"of": {"mode": "roll", "a": plain}, "number": 0}
    with pytest.raises(RequestError, match="start from a test sequence"):
        wishes.read_ref(it, plain)


def test_what_is_too_short_is_no_source_and_what_is_too_long_is_cut(it) -> None:
    with pytest.raises(RequestError, match="takes 8 frames, and this has 3"):
        generation.source(it, wishes.GeneratedRef(make(it, frames=3).request, 0))
    source = generation.source(it, wishes.GeneratedRef(make(it, frames=30).request, 0))
    assert source.batch.x.shape[1] == 8 and "its first 8 frames" in source.caption


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"mode": "dream"}, "mode: one of roll"),
        ({"mode": ["roll"]}, "mode: one of roll"),
        ({"a": -1}, "numbered 0 to 2663"),
        ({"a": {"of": 3, "number": 0}}, "A request is an object"),
        ({"a": {"of": {}, "number": 9}}, "number: 0 to 8"),
        ({"n": 18}, "1 to 17"),
        ({"seed": "seven"}, "whole number from 0"),
        ({"seed": 2**63}, "whole number from 0"),
        ({"seed": 1.5}, "whole number from 0"),
        ({"frames": -3}, "frames: 1 to 500 frames, .*, not -3"),
        ({"frames": 10**9}, "1 to 500 frames"),
        (
            {"frames": 400},
            "14,745,600 pixels; the app generates at most 8,000,000 at once, here 217 frames",
        ),
        ({"frames": 9, "keep": "dynamic"}, "frames: 0 if the dynamic code is kept"),
        ({"temperature": 100}, "from 0 to 2, not 100"),
        ({"temperature": float("nan")}, "from 0 to 2, not nan"),
        ({"temperature": "hot"}, "from 0 to 2"),
        (
            {"mode": "interpolate", "weights": [2]},
            "weights: a list of at most 17 numbers from 0 to 1",
        ),
        ({"mode": "interpolate", "path": "crooked"}, "path: one of spherical"),
        ({"mode": "traverse", "dimension": 8}, "dimension: 0 to 7 of this code, not 8"),
        (
            {"mode": "traverse", "code": "dynamic", "dimension": 4},
            "dimension: 0 to 3 of this code, not 4",
        ),
        ({"mode": "partial"}, "A partial swap of nothing"),
        ({"mode": "partial", "steps": [8]}, "steps: a list of numbers from 0 to 7"),
        ({"mode": "partial", "static": "all"}, "static: a list of numbers"),
        ({"mode": "continue", "prefix": 9}, "prefix: 1 to 8 frames, .*, not 9"),
        ({"mode": "continue", "prefix": 6, "frames": 6}, "leave nothing to generate"),
    ],
)
def test_bad_requests_are_refused_with_what_is_allowed(it, asked, says) -> None:
    with pytest.raises(RequestError, match=says):
        make(it, **asked)


def test_a_page_is_answered_whatever_it_sends(it) -> None:
    ask = lambda **asked: made_payloads.answer(json.dumps(asked))
    pair = {"checkpoint": NAME, "a": 5, "b": 9}
    told = json.loads(json.dumps(ask(**pair, request={"mode": "roll"})))
    assert [tile["number"] for tile in told["tiles"]] == [None, None, *range(9)]
    assert told["about"]["longest"] == 217 and len(told["about"]["varied"]["static"]) == 8
    assert (
        told["tiles"][2]["look"] == "A"
        and told["tiles"][2]["motion"] == "N"
        and told["tiles"][2]["sees"]
    )
    assert told["tiles"][2]["first"] == 16  # behind the frames of A and B
    for strange in (
        {},
        pair,
        {**pair, "request": 3},
        {**pair, "request": {}, "a": "x"},
        {**pair, "checkpoint": "../x"},
    ):
        assert set(ask(**strange)) == {"refused"}
    for text in ("", "{", "[" * 5000, None, 7, json.dumps({"checkpoint": NAME, "a": "1" * 9000})):
        assert set(made_payloads.answer(text)) == {"refused"}


def test_a_link_says_what_to_make(it) -> None:
    query = {
        "tab": "generate",
        "mode": "partial",
        "static": "1,2",
        "steps": "3",
        "seed": "x",
        "a": "4",
    }
    linked = messages.generation_fields(query)
    wish = wishes.parse_request(it, linked)
    assert (wish.mode, wish.static, wish.steps) == ("partial", (1, 2), (3,))
    assert messages.generation_fields({"tab": "swap"}) is None
    assert messages.ref_of(it, "7") == 7
    assert messages.ref_of(it, '{"of": {"mode": "roll", "seed": 4}, "number": 1}').request.seed == 4
    for text in (None, "", "-1", "1e3", "{}", "[]", "true", "x", "9" * 9000):
        assert messages.ref_of(it, text) is None


@pytest.mark.parametrize("name", ["vast-voices", "vast-waves"])
@pytest.mark.parametrize(
    "asked", EVERY, ids=lambda asked: f"{asked['mode']}-{asked.get('keep', '')}"
)
def test_sound_and_series_take_part(name: str, asked: dict) -> None:
    it = catalog.load(name)
    asked = {**asked, "n": 2, "a": 2}
    result = make(it, **asked)
    page = json.loads(json.dumps(made_payloads.page(it, result, 2, 9)))
    assert len(page["tiles"]) == 2 + len(result)
    assert all(tile["sound" if it.spec.modality == "speech" else "x"] for tile in page["tiles"])
    suffix = view_of(it.spec).generated_formats[0]
    assert len(made_files.save(result, suffix)) > len(made_files.save(result, suffix, 0)) > 1000
    swap = swapping.swap(name, 9, wishes.GeneratedRef(result.request, 1))
    assert len(swap.clips) == 6
