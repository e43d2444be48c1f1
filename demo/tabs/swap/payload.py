"""What the Swap tab's components are sent: plain values for JSON, made from what the service returns."""

from __future__ import annotations

import base64
import json
from functools import lru_cache

import numpy as np

from demo.core import generation, service
from demo.core import requests as wishes
from demo.core import text as words
from demo.core.catalog import split_of
from demo.core.text import listed
from demo.modalities import speech as sounds
from demo.modalities import timeseries as courses
from demo.tabs.maps import payload as map_payloads
from seqdisent.audio import prepare
from seqdisent.media import audio, video

GALLERY = 12
FIRST_GALLERIES = (1, 2)  # seeds


def stage(it: service.Loaded, swap: service.Swap) -> dict:
    """The sprite stage's message: one sprite sheet (a row a clip) and what each clip is."""
    spec = it.spec
    return {
        **_about(it, swap),
        "sheet": video.data_uri(video.png(video.sheet(swap.clips)), "image/png"),
        "frames": spec.frames,
        "rate": spec.rate_hz,
        "cell": list(swap.clips.shape[2:4][::-1]),
    }


def sound_stage(it: service.Loaded, swap: service.Swap) -> str:
    """The sound stage's message as JSON text: six clips with what is drawn of them."""
    about = _about(it, swap)
    for tile in about["tiles"]:
        clip = tile["clip"]
        tile |= {
            "sound": sound_message(swap.clips[clip]),
            "file": f"{it.name}-{service.CLIPS[clip]}.wav",
        }
    return _drawn(it, about)


def sound_clip(it: service.Loaded, one: service.Original) -> str:
    """The same of a recording alone."""
    about = _alone(it, one)
    about["tiles"][0] |= {
        "sound": sound_message(sounds.of_one(one)),
        "file": f"{one.name.replace(' ', '-')}.wav",
    }
    return _drawn(it, about)


def series_stage(it: service.Loaded, swap: service.Swap) -> str:
    """The series stage's message as JSON text: six courses, and what is behind them."""
    about = _about(it, swap)
    for tile in about["tiles"]:
        look, motion = service.DONORS.get(tile["clip"], (None, None))
        donor = None if motion is None else swap.clips[motion]
        tile |= courses.message(
            swap.clips[tile["clip"]], donor if look == motion else None, donor, it.spec
        )
    return json.dumps({**about, **courses.about(it.spec)})


def series_clip(it: service.Loaded, one: service.Original) -> str:
    """The same of a series alone."""
    about = _alone(it, one)
    about["tiles"][0] |= courses.message(courses.of_one(one), None, None, it.spec)
    return json.dumps({**about, **courses.about(it.spec)})


# What shows the clips of each modality.
STAGES = {"video": stage, "speech": sound_stage, "timeseries": series_stage}


def _drawn(it: service.Loaded, about: dict) -> str:
    return json.dumps({**about, **sound_scale(it)})


def sound_scale(it: service.Loaded) -> dict:
    """What the pictures of sound are measured by."""
    scale = {
        "bands": audio.BANDS,
        "low": audio.LOWEST_HZ,
        "high": audio.HIGHEST_HZ,
        "hop": audio.HOP / prepare.RATE_HZ,
    }
    return {"scale": scale, "bandwidth": it.spec.bandwidth_hz}


def _alone(it: service.Loaded, one: service.Original) -> dict:
    tile = {
        "clip": service.A,
        "kind": "real",
        "look": "A",
        "motion": "A",
        "title": one.name.capitalize(),
        "caption": one.caption,
        "psnr": None,
        "error": None,
        "verdict": [],
    }
    return {"checkpoint": it.name, "a": one.index, "b": None, "tiles": [tile], "judge": None}


def _about(it: service.Loaded, swap: service.Swap) -> dict:
    """What both stages are told: the pair, the six clips, and the judge."""
    roles, said = words.roles(it.spec), words.content(it.spec)
    static = listed([f.name for f in it.spec.static_factors if not f.continuous]) or roles.static
    dynamic = said.name if said else roles.dynamic
    accuracy = (
        {name: round(100 * right, 1) for name, right in it.judge.accuracy.items()}
        if it.judge
        else {}
    )

    def aim(look: int, motion: int) -> str:
        """What a swap should be."""
        own = swap.factors
        if it.spec.modality == "speech" and all(own):
            course = {f.name: own[motion][f.name] for f in it.spec.dynamic_factors}
            return f"should be: {words.caption(it.spec, {**own[look], **course})}"
        return f"{static} of {'AB'[look]} · {dynamic} of {'AB'[motion]}"

    def course(one: service.Original) -> str:
        """What the dynamic code of one of the pair should hold."""
        known = one.title or (said and one.factors.get(dynamic))
        return f"{roles.dynamic}: {known}" if known else one.name

    def tile(clip: int) -> dict:
        look, motion = service.DONORS.get(clip, (clip, clip))
        kind = "real" if clip in (service.A, service.B) else "recon" if look == motion else "swap"
        figures = {"psnr": swap.psnr_db.get(clip), "error": swap.error_db.get(clip)}
        return {
            "clip": clip,
            "kind": kind,
            "look": "AB"[look],
            "motion": "AB"[motion],
            "title": swap.title(clip),
            "caption": (
                swap.pair[look].caption
                if kind == "real"
                else f"{'AB'[look]} encoded and decoded"
                if kind == "recon"
                else aim(look, motion)
            ),
            **{
                name: None if figure is None else round(figure, 1)
                for name, figure in figures.items()
            },
            "verdict": [
                {
                    "factor": v.factor,
                    "expected": v.expected,
                    "seen": v.seen,
                    "kept": v.kept,
                    "accuracy": accuracy.get(v.factor),
                }
                for v in swap.verdicts.get(clip, ())
            ],
        }

    return {
        "checkpoint": it.name,
        **{side: wishes.plain(one.ref) for side, one in zip("ab", swap.pair, strict=True)},
        "tiles": [tile(clip) for clip in service.SHOWN],
        "motion": {side: course(one) for side, one in zip("AB", swap.pair, strict=True)},
        "judge": accuracy or None,
    }


def sound_message(one: service.Sound) -> dict:
    """A clip: its file, its spectrogram (a byte a band, low ones first, a row every 10 ms) and its pitch."""
    shades = audio.spectrogram(one.wave)
    return {
        "uri": video.data_uri(prepare.wav_bytes(one.wave), "audio/wav"),
        "seconds": round(one.seconds, 4),
        "shades": base64.b64encode(shades.tobytes()).decode("ascii"),
        "pitch": one.pitch_hz.round().astype(int).tolist(),
        "median": None if one.median_hz is None else round(one.median_hz),
    }


def chooser(it: service.Loaded, one: service.Ref, note: str = "") -> dict:
    """One side's message: which sequence is chosen, and what its factors are: of one that was made nobody knows."""
    known = isinstance(one, int)
    index = one if known else None
    values = service.labels(it.dataset) if known else {}
    said = service.describe(it.dataset, one) if known else {}
    return {
        "checkpoint": it.name,
        "index": index,
        "total": len(it.dataset),
        "note": note,
        "factors": [
            {
                "name": f.name,
                "kind": f.kind,
                "classes": list(f.classes),
                "value": int(values[f.name][one]) if known else -1,
            }
            for f in service.headline_factors(it.spec)
        ],
        "numbers": _numbers(it, said) if known else [generation.source(it, one).caption],
        "one": words.roles(it.spec).one,
        "title": None
        if it.dataset.titles is None
        else str(it.dataset.titles[one])
        if known
        else "",
    }


def _numbers(it: service.Loaded, said: dict[str, str]) -> list[str]:
    """What is known of a sequence in numbers; of pictures not what is another in every frame."""
    told = [f for f in words.numbers(it.spec) if f.kind == "static" or it.spec.modality != "video"]
    return [f"{f.name} {said[f.name]}" for f in told]


def difference(it: service.Loaded, index: int, missed: list[str]) -> str:
    """What to tell someone whose combination is not in the test split; empty if it is."""
    if not missed:
        return ""
    found = service.describe(it.dataset, index)
    said = ", ".join(f"{name} is {found[name]}" for name in missed)
    return f"No test {words.roles(it.spec).one} has exactly that combination. This is the nearest: {said}."


def gallery(it: service.Loaded, seed: int) -> dict:
    """Some sequences to click on: a sheet (animated sprites, or small pictures in grey) and what is behind each row."""
    return _gallery(it.spec.name, seed)


@lru_cache(maxsize=64)
def _gallery(dataset: str, seed: int) -> dict:
    data = split_of(dataset)
    rng = np.random.default_rng(seed)
    # One of each class of the dynamic factor first, so that every action is there to click on.
    said = words.content(data.spec)
    dynamic = service.labels(data)[said.name] if said else np.zeros(len(data), np.int64)
    classes = rng.permutation(np.unique(dynamic))
    on_map = service.shown_rows(data)
    rows: list[int] = []
    for i in range(min(GALLERY, len(on_map))):
        left = np.setdiff1d(on_map, rows)
        fitting = left[dynamic[left] == classes[i % len(classes)]]
        rows.append(int(rng.choice(fitting if len(fitting) else left)))
    items = [{"id": row, "label": service.caption(data, row)} for row in rows]
    if data.titles is not None:
        items = [{**item, "title": str(data.titles[item["id"]])} for item in items]
    grey = data.spec.modality != "video"
    frames = (
        map_payloads.thumbnails(data, np.array(rows))[:, None]
        if grey
        else data.frames[np.array(rows)]
    )
    about = {
        "grey": grey,
        "sound": data.recordings is not None,
        "frames": data.spec.frames,
        "rate": data.spec.rate_hz,
    }
    sheet = video.data_uri(
        video.webp(video.sheet(frames), lossless=data.recordings is None), "image/webp"
    )
    return {"sheet": sheet, "cell": list(frames.shape[2:4][::-1]), "items": items, **about}


def titles(it: service.Loaded) -> str | None:
    """What people call the test sequences, in their order, as JSON text; None if nobody calls them anything."""
    return None if it.dataset.titles is None else json.dumps(it.dataset.titles.tolist())


def caption(it: service.Loaded, one: service.Ref) -> str:
    """One sequence in words."""
    return (
        service.caption(it.dataset, one)
        if isinstance(one, int)
        else generation.source(it, one).caption
    )


def warm(name: str) -> None:
    """Make what the first visitor of a checkpoint will ask for."""
    it = service.load(name)
    swap = service.swap(name, *service.first_pair(it.dataset))
    STAGES[it.spec.modality](it, swap)
    for seed in FIRST_GALLERIES:
        gallery(it, seed)
    map_payloads.atlas(it, service.map_size(it.dataset))
