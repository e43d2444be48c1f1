"""What the Generate tab's component is sent: plain values for JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError

from demo.core import generation, requests, text
from demo.core.catalog import Loaded, load
from demo.core.generation import GenerationResult
from demo.core.messages import GenerationQuestion
from demo.core.requests import CODES, GenerationRequest, Ref
from demo.core.text import UNKNOWN
from demo.errors import RequestError
from demo.modalities import view_of
from demo.modalities.base import full_batch

PATIENCE = 20  # seconds that somebody waits for others
LISTED_DIMENSIONS = 24  # those of the largest standard deviation
NEW = "N"  # whose code it is, if it was sampled


def answer(content: object) -> dict[str, Any]:
    """What a page asks for: :func:`page`, or why there is none.

    Scripts call it past the queue, which would take longer than generating: one request is fulfilled at a time.

    Args:
        content: JSON text of a :class:`demo.core.messages.GenerationQuestion`; anybody can send anything.
    """
    try:
        question = GenerationQuestion.model_validate(requests.parse_json(content))
        it = load(question.checkpoint)
        a, b = requests.read_ref(it, question.a), requests.read_ref(it, question.b)
        fields = question.request
        if isinstance(fields, dict):
            fields = {**fields, "a": a, "b": b}
        request = requests.parse_request(it, fields)
        if not _ONE.acquire(timeout=PATIENCE):
            raise RequestError("Many visitors are generating just now: ask again in a moment.")
        try:
            return page(it, generation.generate(request), a, b)
        finally:
            _ONE.release()
    except ValidationError:
        return {"refused": "This does not say what to generate."}
    except RequestError as error:
        return {"refused": str(error)}


_ONE = threading.Lock()


def page(it: Loaded, result: GenerationResult, a: Ref, b: Ref) -> dict[str, Any]:
    """Everything that was generated from a pair: the clips, and what each of them is."""
    view = view_of(it.spec)
    sources = [generation.source(it, one) for one in (a, b)]
    tiles = []
    for side, clip in zip("AB", sources, strict=True):
        shared: dict[str, Any] = {
            "clip": f"real-{side}",
            "number": None,
            "kind": "real",
            "name": clip.name,
        }
        tiles.append(_tile(shared, look=side, motion=side, title=side, caption=clip.caption))
    seen = _judged(it, result)
    describe = _DESCRIBED[result.request.mode]
    for number in range(len(result)):
        shared = {"clip": number, "number": number, "kind": "generated", "sees": seen[number]}
        tiles.append(_tile(shared, **describe(it, result.request, number)))
    message = {
        "checkpoint": it.name,
        "modality": it.spec.modality,
        "request": requests.to_json(result.request),
        "tiles": tiles,
        "a": requests.to_json(a),
        "b": requests.to_json(b),
        "notes": list(result.notes),
        "rate": it.spec.rate_hz,
        "formats": view.generated_formats,
        "about": _about(it, a, b),
    }
    return message | view.fill_tiles(result, sources, tiles, it.name)


def _tile(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A tile with all of its fields; ``given`` is how many of its steps were given."""
    tile: dict[str, Any] = {"quality": None, "verdict": [], "given": 0, "sees": "", "parts": False}
    for part in (*parts, fields):
        tile |= part
    return tile


# --- What a generated sequence is, by mode: whose code it has is "A", NEW, or the share that is B's ---------------


def _sampled(it: Loaded, request: GenerationRequest, number: int) -> dict[str, Any]:
    terms = text.terms(it.spec)
    look = "A" if request.keep == "static" else NEW
    motion = "A" if request.keep == "dynamic" else NEW
    caption = f"{_owner(look)} {terms.static}, {_owner(motion)} {terms.dynamic}"
    return {"look": look, "motion": motion, "title": f"{number + 1}", "caption": caption}


def _extrapolated(it: Loaded, request: GenerationRequest, number: int) -> dict[str, Any]:
    step = view_of(it.spec).modality.nouns.step
    return {
        "look": "A",
        "motion": NEW,
        "title": f"{number + 1}",
        "caption": f"generated from {step} {request.prefix + 1} on",
        "given": request.prefix,
    }


def _interpolated(it: Loaded, request: GenerationRequest, number: int) -> dict[str, Any]:
    terms = text.terms(it.spec)
    share = request.weights[number]
    look = share if request.what in ("static", "both") else "A"
    motion = share if request.what in ("dynamic", "both") else "A"
    caption = f"{terms.static} {_share(look)}, {terms.dynamic} {_share(motion)}"
    return {"look": look, "motion": motion, "title": f"{100 * share:.3g} % B", "caption": caption}


def _traversed(it: Loaded, request: GenerationRequest, number: int) -> dict[str, Any]:
    title = f"{request.weights[number]:+.3g}"
    change = "set to" if request.code == "static" else "shifted by"
    caption = f"{request.code} dimension {request.dimension} {change} {title}"
    return {"look": "A", "motion": "A", "title": title, "caption": caption}


def _partly_swapped(it: Loaded, request: GenerationRequest, number: int) -> dict[str, Any]:
    """A with parts of B; with that code of B in full; and reconstructed."""
    share = (0.5, 1.0, 0.0)[number]
    captions = (
        _parts(request, it),
        _full_codes(request, it),
        "encoded and decoded, nothing of B",
    )
    return {
        "kind": "recon" if number == 2 else "generated",
        "look": share if request.static else "A",
        "motion": share if request.dynamic or request.steps else "A",
        "title": ("A with parts of B", "A with all of it", "A, reconstruction")[number],
        "caption": captions[number],
        "parts": True,
    }


_DESCRIBED: dict[str, Callable[[Loaded, GenerationRequest, int], dict[str, Any]]] = {
    "roll": _sampled,
    "continue": _extrapolated,
    "interpolate": _interpolated,
    "traverse": _traversed,
    "partial": _partly_swapped,
}


def _owner(code: str) -> str:
    return "new" if code == NEW else "A's"


def _share(code: str | float) -> str:
    return "A's" if isinstance(code, str) else f"{100 * code:.3g} % B's"


def _full_codes(request: GenerationRequest, it: Loaded) -> str:
    terms = text.terms(it.spec)
    names = []
    if request.static:
        names.append(terms.static)
    if request.dynamic or request.steps:
        names.append(terms.dynamic)
    return f"the full {' and '.join(names)} of B"


def _parts(request: GenerationRequest, it: Loaded) -> str:
    """What of B is in a partial swap."""
    config = it.model.config
    parts = []
    if request.static:
        parts.append(f"{len(request.static)} of {config.static_size} static dimensions")
    if request.dynamic:
        parts.append(f"{len(request.dynamic)} of {config.dynamic_size} dynamic dimensions")
    if request.steps:
        numbers = _runs([step + 1 for step in request.steps])
        parts.append(f"{requests.steps_label(it.spec)} {numbers}")
    return "B's " + ", ".join(parts)


def _runs(numbers: list[int]) -> str:
    """[1, 2, 3, 6] as "1-3, 6"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


@torch.inference_mode()
def _judged(it: Loaded, result: GenerationResult) -> list[str]:
    """What the judge sees in each, in words; only where it is quick, and in sequences of the usual length."""
    view = view_of(it.spec)
    nothing = [""] * len(result)
    if it.judge is None or not view.judges_generated:
        return nothing
    if result.clips.shape[1] != it.spec.frames:
        return nothing
    batches = [view.batch_of(result, number).x for number in range(len(result))]
    seen = it.judge.classify(full_batch(torch.cat(batches)))
    captions = []
    for row in range(len(result)):
        labels = {factor.name: UNKNOWN for factor in it.spec.factors}
        for name, found in seen.items():
            labels[name] = it.spec.factor(name).classes[int(found[row])]
        captions.append(text.caption(it.spec, labels))
    return captions


@lru_cache(maxsize=16)
def _about(it: Loaded, a: Ref, b: Ref) -> dict[str, Any]:
    """What the controls need to know about a model and a pair."""
    config, spread = it.model.config, generation.spread(it)
    terms = text.terms(it.spec)
    varied = {}
    for code in CODES:
        order = np.argsort(-np.array(spread[code]))[:LISTED_DIMENSIONS].tolist()
        varied[code] = [[dimension, spread[code][dimension]] for dimension in order]
    return {
        "terms": {"static": terms.static, "dynamic": terms.dynamic},
        "steps": requests.steps_label(it.spec),
        "frames": it.spec.frames,
        "longest": requests.longest(it.spec, requests.TILES),
        "sizes": {"static": config.static_size, "dynamic": config.dynamic_size},
        "stops": view_of(it.spec).interpolation_stops,
        "lengths": [generation.length(it, one) for one in (a, b)],
        "varied": varied,
        "codes": {code: [_mean_code(it, one, code) for one in (a, b)] for code in CODES},
    }


def _mean_code(it: Loaded, one: Ref, code: str) -> list[float]:
    """A code for a drawing of it: of dynamics the mean over time."""
    values = getattr(generation.codes(it, one), code)[0]
    if code == "dynamic":
        values = values[: generation.length(it, one)].mean(0)
    return values.numpy().astype(float).round(2).tolist()
