"""What the Swap tab's components are sent: plain values for JSON."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np

from demo.core import generation, pairs, requests, swapping, text
from demo.core.catalog import Loaded, load, split_of
from demo.core.requests import Ref
from demo.core.swapping import Swap
from demo.modalities import swap_clips, view_of
from demo.modalities.base import SourceClip
from demo.tabs.maps import payload as maps_payload
from seqdisent.data import SequenceDataset
from seqdisent.media import video

GALLERY = 12
FIRST_GALLERIES = (1, 2)  # seeds


def stage(it: Loaded, swap: Swap) -> str:
    """The message of the stage of the modality, as JSON text: the page would watch every number of a nested value."""
    return json.dumps(view_of(it.spec).stage(swap, _about(it, swap), it.name))


def stage_of_one(it: Loaded, one: SourceClip) -> str:
    """The same of one clip alone."""
    tile = {
        "clip": swap_clips.A,
        "kind": "real",
        "look": "A",
        "motion": "A",
        "title": one.name.capitalize(),
        "caption": one.caption,
        "quality": None,
        "verdict": [],
    }
    message = {"checkpoint": it.name, "a": one.index, "b": None, "tiles": [tile], "judge": None}
    return json.dumps(view_of(it.spec).stage_of_one(it.spec, one, message))


def _about(it: Loaded, swap: Swap) -> dict[str, Any]:
    """What all stages are sent: the pair, the six clips, and the judge."""
    accuracy = {}
    if it.judge:
        accuracy = {name: round(100 * share, 1) for name, share in it.judge.accuracy.items()}
    a, b = swap.pair
    return {
        "checkpoint": it.name,
        "a": requests.to_json(a.ref),
        "b": requests.to_json(b.ref),
        "tiles": [_tile(it, swap, clip, accuracy) for clip in swap_clips.SHOWN],
        "motion": {"A": _dynamics(it, a), "B": _dynamics(it, b)},
        "judge": accuracy or None,
    }


def _tile(it: Loaded, swap: Swap, clip: int, accuracy: dict[str, float]) -> dict[str, Any]:
    """What one clip is, how good it is, and the judge's verdicts."""
    static, dynamic = swap_clips.donors(clip)
    kind = swap_clips.kind(clip)
    captions = {
        "real": swap.pair[static].caption,
        "recon": f"{'AB'[static]} encoded and decoded",
        "swap": _expectation(it, swap, static, dynamic),
    }
    quality = swap.quality_db.get(clip)
    verdicts = [
        {
            "factor": verdict.factor,
            "expected": verdict.expected,
            "seen": verdict.seen,
            "kept": verdict.kept,
            "accuracy": accuracy.get(verdict.factor),
        }
        for verdict in swap.verdicts.get(clip, ())
    ]
    return {
        "clip": clip,
        "kind": kind,
        "look": "AB"[static],
        "motion": "AB"[dynamic],
        "title": swap.title(clip),
        "caption": captions[kind],
        "quality": None if quality is None else round(quality, 1),
        "verdict": verdicts,
    }


def _expectation(it: Loaded, swap: Swap, static: int, dynamic: int) -> str:
    """What a swap should be."""
    labels = swap.factors
    if view_of(it.spec).captions_name_swaps and all(labels):
        changed = {f.name: labels[dynamic][f.name] for f in it.spec.dynamic_factors}
        return f"Expected: {text.caption(it.spec, {**labels[static], **changed})}"
    terms = text.terms(it.spec)
    names = [factor.name for factor in it.spec.static_factors if not factor.continuous]
    content = text.content_factor(it.spec)
    kept = text.listed(names) or terms.static
    new = content.name if content else terms.dynamic
    return f"Expected: {'AB'[static]}'s {kept}, {'AB'[dynamic]}'s {new}"


def _dynamics(it: Loaded, one: SourceClip) -> str:
    """What the dynamic code of one side should hold."""
    content = text.content_factor(it.spec)
    known = one.title or (content and one.factors.get(content.name))
    return f"{text.terms(it.spec).dynamic}: {known}" if known else one.name


def chooser(it: Loaded, one: Ref, note: str = "") -> dict[str, Any]:
    """One side's message: which sequence is chosen, and its labels; a generated one has none."""
    message = {
        "checkpoint": it.name,
        "total": len(it.dataset),
        "note": note,
        "one": text.terms(it.spec).sequence,
    }
    titles = it.dataset.titles
    if not isinstance(one, int):
        return message | {
            "index": None,
            "factors": _menus(it, None),
            "numbers": [generation.source(it, one).caption],
            "title": None if titles is None else "",
        }
    return message | {
        "index": one,
        "factors": _menus(it, one),
        "numbers": _numbers(it, one),
        "title": None if titles is None else str(titles[one]),
    }


def _menus(it: Loaded, index: int | None) -> list[dict[str, Any]]:
    """The factors that a visitor chooses by, with the label of a sequence, -1 if it is unknown."""
    values = pairs.labels(it.dataset)
    return [
        {
            "name": factor.name,
            "kind": factor.kind,
            "classes": list(factor.classes),
            "value": -1 if index is None else int(values[factor.name][index]),
        }
        for factor in text.headline_factors(it.spec)
    ]


def _numbers(it: Loaded, index: int) -> list[str]:
    """Continuous labels of a sequence; those of pictures that change with every frame are left out."""
    labels = pairs.describe(it.dataset, index)
    shows_dynamic = view_of(it.spec).shows_dynamic_numbers
    return [
        f"{factor.name} {labels[factor.name]}"
        for factor in text.numbers(it.spec)
        if factor.kind == "static" or shows_dynamic
    ]


def difference(it: Loaded, index: int, missed: list[str]) -> str:
    """What to say about a combination of labels that is not in the test split; empty if it is."""
    if not missed:
        return ""
    labels = pairs.describe(it.dataset, index)
    differing = ", ".join(f"{name} is {labels[name]}" for name in missed)
    noun = text.terms(it.spec).sequence
    return f"No test {noun} has exactly that combination. This is the nearest: {differing}."


def gallery(it: Loaded, seed: int) -> dict[str, Any]:
    """Some sequences to click on: a sheet (animated sprites, or small grey pictures) and what each row of it is."""
    return _gallery(it.spec.name, seed)


@lru_cache(maxsize=64)
def _gallery(dataset: str, seed: int) -> dict[str, Any]:
    data = split_of(dataset)
    view = view_of(data.spec)
    rows = _gallery_rows(data, np.random.default_rng(seed))
    items: list[dict[str, Any]] = [{"id": row, "label": pairs.caption(data, row)} for row in rows]
    if data.titles is not None:
        for item in items:
            item["title"] = str(data.titles[item["id"]])
    frames = view.gallery_frames(data, np.array(rows))
    height, width = frames.shape[2:4]
    sheet = video.webp(video.sheet(frames), lossless=not view.is_audible)
    return {
        "sheet": video.data_uri(sheet, "image/webp"),
        "cell": [width, height],
        "items": items,
        "grey": view.coloured_by_page,
        "sound": view.is_audible,
        "frames": data.spec.frames,
        "rate": data.spec.rate_hz,
    }


def _gallery_rows(data: SequenceDataset, rng: np.random.Generator) -> list[int]:
    """Sequences of which the first have one class of the dynamic factor each, so that every action can be clicked."""
    content = text.content_factor(data.spec)
    dynamic = np.zeros(len(data), np.int64)
    if content:
        dynamic = pairs.labels(data)[content.name]
    classes = rng.permutation(np.unique(dynamic))
    on_map = pairs.shown_rows(data)
    rows: list[int] = []
    for i in range(min(GALLERY, len(on_map))):
        left = np.setdiff1d(on_map, rows)
        fitting = left[dynamic[left] == classes[i % len(classes)]]
        rows.append(int(rng.choice(fitting if len(fitting) else left)))
    return rows


def titles(it: Loaded) -> str | None:
    """The titles of the test sequences, in their order, as JSON text; None if they have none."""
    return None if it.dataset.titles is None else json.dumps(it.dataset.titles.tolist())


def caption(it: Loaded, one: Ref) -> str:
    """One sequence in words."""
    if isinstance(one, int):
        return pairs.caption(it.dataset, one)
    return generation.source(it, one).caption


def warm(name: str) -> None:
    """Make what the first visitor of a checkpoint will ask for."""
    it = load(name)
    stage(it, swapping.swap(name, *pairs.first_pair(it.dataset)))
    for seed in FIRST_GALLERIES:
        gallery(it, seed)
    maps_payload.atlas(it, pairs.map_size(it.dataset))
