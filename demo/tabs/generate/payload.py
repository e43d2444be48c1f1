"""What the Generate tab's component is sent: plain values for JSON."""

from __future__ import annotations

import threading
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from demo.core import generated_files as made_files
from demo.core import generation
from demo.core import requests as wishes
from demo.core import text as words
from demo.core.catalog import Loaded, ServiceError, load
from demo.core.generation import Result
from demo.core.requests import Ref, Wish
from demo.modalities import speech as sounds
from demo.modalities import timeseries as courses
from demo.tabs.swap.payload import sound_message, sound_scale
from seqdisent.media import video
from seqdisent.types import Sequences

PATIENCE = 20  # seconds that somebody waits for others
WIDEST = 4096  # pixels of a sheet: browsers refuse very wide pictures
LIVELIEST = 24  # dimensions that a visitor chooses from
STOPS = 17  # of the slider between A and B, of pictures; every second one is shown beside it
NEW = "N"  # whose code it is, if it was drawn


def answer(text: object) -> dict[str, Any]:
    """What a page asks for: :func:`page`, or why there is none.

    Scripts call it past the queue, which would take longer than the making: one is made at a time.

    Args:
        text: JSON of the "checkpoint", of "a" and "b", and of the "wish"; anybody can send anything.
    """
    asked = wishes.parse(text)
    asked = asked if isinstance(asked, dict) else {}
    try:
        it = load(asked.get("checkpoint"))
        a, b = (wishes.ref(it, asked.get(side)) for side in "ab")
        wish = asked.get("wish")
        wish = wishes.read(it, {**wish, "a": a, "b": b} if isinstance(wish, dict) else wish)
        if not _ONE.acquire(timeout=PATIENCE):
            raise ServiceError("Many people are at it just now: ask again in a moment.")
        try:
            return page(it, generation.make(wish), a, b)
        finally:
            _ONE.release()
    except ServiceError as error:
        return {"refused": str(error)}


_ONE = threading.Lock()


def page(it: Loaded, result: Result, a: Ref, b: Ref) -> dict[str, Any]:
    """All that was made of a pair: one sprite sheet, sounds or courses, and what each of them is."""
    wish = result.wish
    tiles = [_real(it, side, one) for side, one in (("A", a), ("B", b))]
    tiles += [_tile(it, result, number) for number in range(len(result))]
    for tile, seen in zip(tiles[2:], _judged(it, result), strict=True):
        tile["sees"] = seen
    message = {
        "checkpoint": it.name,
        "modality": it.spec.modality,
        "wish": wishes.plain(wish),
        "tiles": tiles,
        "a": wishes.plain(a),
        "b": wishes.plain(b),
        "notes": list(result.notes),
        "rate": it.spec.rate_hz,
        "formats": made_files.FORMATS[it.spec.modality],
        "about": _about(it, a, b),
    }
    return message | _CLIPS[it.spec.modality](it, result, tiles, a, b)


def _pictures(it: Loaded, result: Result, tiles: list[dict], a: Ref, b: Ref) -> dict[str, Any]:
    """One sheet: the frames of all clips, one after the other, in as many columns as fit."""
    clips = [video.to_uint8(generation.source(it, one).batch.x[0]) for one in (a, b)] + list(
        result.clips
    )
    height, width = clips[0].shape[1:3]
    columns = min(max(map(len, clips)), WIDEST // width)
    first = 0
    for tile, clip in zip(tiles, clips, strict=True):
        tile |= {"first": first, "frames": len(clip)}
        first += len(clip)
    sheet = video.atlas(np.concatenate(clips), columns)
    uri = video.data_uri(video.png(sheet, effort=1), "image/png")
    return {"sheet": uri, "columns": columns, "cell": [width, height]}


def _sounds(it: Loaded, result: Result, tiles: list[dict], a: Ref, b: Ref) -> dict[str, Any]:
    clips = [_sound(it, one) for one in (a, b)] + [
        sound_message(one) for one in sounds.drawn(result.batch)
    ]
    for tile, clip in zip(tiles, clips, strict=True):
        tile |= {"sound": clip, "file": f"{it.name}-{tile['title'].replace(' ', '-')}.wav"}
    return sound_scale(it)


@lru_cache(maxsize=16)
def _sound(it: Loaded, one: Ref) -> dict[str, Any]:
    return sound_message(sounds.levelled(generation.source(it, one)))


def _courses(it: Loaded, result: Result, tiles: list[dict], a: Ref, b: Ref) -> dict[str, Any]:
    clips = [courses.of_one(generation.source(it, one)) for one in (a, b)] + list(result.clips)
    for tile, clip in zip(tiles, clips, strict=True):
        tile |= courses.message(clip, None, None, it.spec)
    return courses.about(it.spec)


_CLIPS = {"video": _pictures, "speech": _sounds, "timeseries": _courses}


def _real(it: Loaded, side: str, one: Ref) -> dict[str, Any]:
    found = generation.source(it, one)
    return {
        **_EMPTY,
        "clip": f"real-{side}",
        "number": None,
        "kind": "real",
        "look": side,
        "motion": side,
        "title": side,
        "caption": found.caption,
        "name": found.name,
    }


_EMPTY = {"psnr": None, "error": None, "verdict": [], "given": 0, "sees": ""}


def _tile(it: Loaded, result: Result, number: int) -> dict[str, Any]:
    """What one of those made is, and of whom its codes are: "A", "B", drawn, or the share that is B's."""
    wish, roles = result.wish, words.roles(it.spec)
    look = motion = "A"
    title, caption, given = f"{number + 1}", "", 0
    if wish.mode == "roll":
        look, motion = ("A" if wish.keep == code else NEW for code in wishes.CODES)
        caption = f"{_of(look)} {roles.static}, {_of(motion)} {roles.dynamic}"
    elif wish.mode == "continue":
        motion, given = NEW, wish.prefix
        caption = f"drawn from {'frame' if it.spec.modality == 'video' else 'step'} {given + 1} on"
    elif wish.mode == "interpolate":
        share = wish.weights[number]
        look, motion = ("A" if wish.what not in (code, "both") else share for code in wishes.CODES)
        title = f"{100 * share:.3g} % B"
        caption = f"{roles.static} {_share(look)}, {roles.dynamic} {_share(motion)}"
    elif wish.mode == "traverse":
        title = f"{wish.weights[number]:+.3g}"
        done = "set to" if wish.code == "static" else "shifted by"
        caption = f"{wish.code} dimension {wish.dimension} {done} {title}"
    else:
        moving = bool(wish.dynamic or wish.steps)
        share = (0.5, 1.0, 0.0)[number]
        look, motion = share if wish.static else "A", share if moving else "A"
        title = ("A with parts of B", "A with all of it", "A, rebuilt")[number]
        caption = (_parts(wish, it), _whole(wish, roles), "encoded and decoded, nothing of B")[
            number
        ]
    kind = "recon" if wish.mode == "partial" and number == 2 else "made"
    return {
        **_EMPTY,
        "clip": number,
        "number": number,
        "kind": kind,
        "look": look,
        "motion": motion,
        "title": title,
        "caption": caption,
        "given": given,
        "parts": wish.mode == "partial",
    }


def _of(whose: str) -> str:
    return "new" if whose == NEW else "A's"


def _share(whose: str | float) -> str:
    return "A's" if whose == "A" else f"{100 * whose:.3g} % B's"


def _whole(wish: Wish, roles: words.Roles) -> str:
    names = [
        *([roles.static] if wish.static else []),
        *([roles.dynamic] if wish.dynamic or wish.steps else []),
    ]
    return f"the whole {' and '.join(names)} of B"


def _parts(wish: Wish, it: Loaded) -> str:
    """What of B is in a partial swap."""
    config, said = it.model.config, []
    if wish.static:
        said.append(f"{len(wish.static)} of {config.static_size} static dimensions")
    if wish.dynamic:
        said.append(f"{len(wish.dynamic)} of {config.dynamic_size} dynamic dimensions")
    if wish.steps:
        said.append(f"{wishes.steps_of(it.spec)} {_runs(tuple(step + 1 for step in wish.steps))}")
    return "B's " + ", ".join(said)


def _runs(numbers: tuple[int, ...]) -> str:
    """(1, 2, 3, 6) as "1-3, 6"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


@torch.inference_mode()
def _judged(it: Loaded, result: Result) -> list[str]:
    """What the judge sees in each, in words; it knows pictures of the usual length, and of sound it would take long."""
    if it.judge is None or result.batch is not None or result.clips.shape[1] != it.spec.frames:
        return [""] * len(result)
    x = torch.from_numpy(result.clips).permute(0, 1, 4, 2, 3).float() / 255
    seen = it.judge.classify(Sequences(x, torch.ones(x.shape[:2], dtype=torch.bool)))
    named = [{f.name: words.UNKNOWN for f in it.spec.factors} for _ in result.clips]
    for name, labels in seen.items():
        for row, label in enumerate(labels.tolist()):
            named[row][name] = it.spec.factor(name).classes[label]
    return [words.caption(it.spec, one) for one in named]


@lru_cache(maxsize=16)
def _about(it: Loaded, a: Ref, b: Ref) -> dict[str, Any]:
    """What the controls need to know of a model and a pair."""
    config, spread = it.model.config, generation.spread(it)
    roles = asdict(words.roles(it.spec))
    order = {
        code: np.argsort(-np.array(spread[code]))[:LIVELIEST].tolist() for code in wishes.CODES
    }
    return {
        "words": {name: roles[name] for name in ("static", "dynamic", "one", "who", "does")},
        "steps": wishes.steps_of(it.spec),
        "frames": it.spec.frames,
        "longest": wishes.longest(it.spec, wishes.TILES),
        "sizes": {"static": config.static_size, "dynamic": config.dynamic_size},
        "stops": STOPS if it.spec.modality == "video" else wishes.TILES,
        "lengths": [generation.length(it, one) for one in (a, b)],
        "lively": {code: [[d, spread[code][d]] for d in order[code]] for code in wishes.CODES},
        "codes": {code: [_short(it, one, code) for one in (a, b)] for code in wishes.CODES},
    }


def _short(it: Loaded, one: Ref, code: str) -> list[float]:
    """A code for a drawing of it: dynamics as their mean."""
    held = getattr(generation.codes(it, one), code)[0]
    mean = held if code == "static" else held[: generation.length(it, one)].mean(0)
    return mean.numpy().astype(float).round(2).tolist()
