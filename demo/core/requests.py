"""What can be asked of a model beside a swap, as small frozen values: checked, written down, and said in words.

A made sequence is nothing but how it was made. It is kept as that, and made again where it is needed, so that a link
or a page can name it and nothing has to be stored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from demo.core import pairs as sequences
from demo.core import text as words
from demo.core.catalog import Loaded, ServiceError
from demo.core.validation import number, one_of, several, whole
from seqdisent.data import DatasetSpec
from seqdisent.models.latent_ops import PATHS, WHATS

MODES = ("roll", "interpolate", "traverse", "partial", "continue")
KEEPS = ("static", "dynamic", "")
CODES = ("static", "dynamic")
PARTIAL = (
    3  # sequences of a partial swap: with parts of b, with all of that code of b, with nothing of b
)
TILES, MOST, DEPTH = (
    9,
    17,
    4,
)  # sequences on a page, at once, and how often what is made may be made of what was made
MAX_SEED, MAX_TEMPERATURE, REACH = 2**63 - 1, 2.0, 10.0
MAX_FRAMES = 500
LONGEST = 8000  # characters that say what to make
# What is made at once must fit memory and be there soon: (how many, of what, how many of them a step has).
LIMITS = {
    "video": (8_000_000, "pixels", lambda shape: shape[1] * shape[2]),
    "speech": (3000, "steps", lambda shape: 1),
    "timeseries": (200_000, "values", math.prod),
}
_TOO_DEEP = (
    f"This would be made of what was made {DEPTH} times over: begin again from a test sequence."
)
# The fields that count in each mode; the others stay as they are by default.
_USED = {
    "roll": ("a", "n", "seed", "keep", "frames", "temperature"),
    "interpolate": ("a", "b", "n", "what", "path", "weights"),
    "traverse": ("a", "n", "code", "dimension", "weights"),
    "partial": ("a", "b", "static", "dynamic", "steps"),
    "continue": ("a", "n", "seed", "frames", "temperature", "prefix"),
}


@dataclass(frozen=True)
class Wish:
    """What to make of a sequence ``a`` and, in some modes, ``b``: positions in the test split, or made ones.

    Args:
        mode: "roll" draws codes, "interpolate" goes from a to b, "traverse" moves one dimension of a, "partial" puts
            parts of b into a, "continue" goes on from the beginning of a.
        n: how many.
        keep: of "roll", the code that is a's; "" draws both.
        frames: of what is drawn, its length in steps; 0 is the data set's.
        temperature: what the standard deviations of draws are multiplied by; 0 is the most likely.
        what, path: of "interpolate", see :func:`seqdisent.models.latent_ops.interpolate`.
        weights: of "interpolate" shares of b, 0 to 1; of "traverse" values, in the prior's standard deviations.
        code, dimension: of "traverse".
        static, dynamic, steps: of "partial", see :func:`seqdisent.models.latent_ops.partial_swap`.
        prefix: of "continue", the steps of a that are given; 0 is half of them.
    """

    checkpoint: str
    mode: str = "roll"
    a: Ref = 0
    b: Ref = 1
    n: int = TILES
    seed: int = 0
    keep: str = "static"
    frames: int = 0
    temperature: float = 1.0
    what: str = "static"
    path: str = "spherical"
    weights: tuple[float, ...] = ()
    code: str = "static"
    dimension: int = 0
    static: tuple[int, ...] = ()
    dynamic: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()
    prefix: int = 0


@dataclass(frozen=True)
class Made:
    """One of the sequences that a wish makes, counted from 0."""

    wish: Wish
    number: int


Ref = int | Made  # a sequence of the test split, or one that was made


def read(it: Loaded, asked: Mapping[str, Any], deep: int = DEPTH) -> Wish:
    """A wish from plain values, which anybody can send: checked, and with all that does not count put aside.

    What depends on the sequences themselves, their lengths, :func:`demo.core.generation.make` checks.

    Args:
        asked: fields of a wish by name; those that are not there are as by default.
        deep: how many times over what it is made of may be made itself.

    Raises:
        ServiceError: names what is wrong and what would be right.
    """
    if not isinstance(asked, Mapping):
        raise ServiceError("This does not say what to make.")
    mode = one_of("Modes", asked.get("mode", "roll"), MODES)
    known = {field.name: field.default for field in fields(Wish) if field.name != "checkpoint"}
    values = {name: asked.get(name, known[name]) for name in _USED[mode]}
    config = it.model.config
    sizes = {"static": config.static_size, "dynamic": config.dynamic_size}
    checks = {
        "a": lambda value: ref(it, value, deep),
        "b": lambda value: ref(it, value, deep),
        "n": lambda value: whole(value, 1, MOST, "Ask for 1 to {high} sequences, not {value}."),
        "seed": lambda value: whole(
            value, 0, MAX_SEED, "A seed is a whole number from 0 to 2^63 - 1, not {value}."
        ),
        "keep": lambda value: one_of("keep is", value, KEEPS),
        "frames": lambda value: whole(
            value,
            0,
            MAX_FRAMES,
            f"A length is 1 to {{high}} {steps_of(it.spec)}, not {{value}}; 0 is the usual one.",
        ),
        "temperature": lambda value: number(value, 0, MAX_TEMPERATURE, "A temperature"),
        "what": lambda value: one_of("Interpolate", value, WHATS),
        "path": lambda value: one_of("Paths", value, PATHS),
        "code": lambda value: one_of("Codes", value, CODES),
        "dimension": lambda value: whole(
            value,
            0,
            sizes[values["code"]] - 1,
            "This code has dimensions 0 to {high}, not {value}.",
        ),
        "static": lambda value: several(value, sizes["static"] - 1, "static dimensions"),
        "dynamic": lambda value: several(value, sizes["dynamic"] - 1, "dynamic dimensions"),
        "steps": lambda value: several(value, it.spec.frames - 1, steps_of(it.spec)),
        "prefix": lambda value: whole(
            value,
            0,
            it.spec.frames,
            f"A beginning has 1 to {{high}} {steps_of(it.spec)}, not {{value}}.",
        ),
        "weights": lambda value: _weights(mode, value, values["n"]),
    }
    for name in values:
        values[name] = checks[name](values[name])
    if "weights" in values:
        values["n"] = len(values["weights"])
    if mode == "roll" and values["keep"] == "dynamic" and values["frames"]:
        raise ServiceError(
            "Dynamics that are kept have the length that they have: leave the length at 0."
        )
    if mode == "partial" and not (values["static"] or values["dynamic"] or values["steps"]):
        raise ServiceError(
            "A partial swap of nothing changes nothing: choose dimensions of a code, or some "
            f"{steps_of(it.spec)}."
        )
    if mode == "roll" and not values["keep"]:
        values["a"] = 0  # nothing of it counts
    return Wish(it.name, mode, **values)


def ref(it: Loaded, value: Any, deep: int = DEPTH) -> Ref:
    """A sequence that something names; ServiceError if there is none, or if it is of another checkpoint."""
    if isinstance(value, Mapping):
        return _made(it, value, deep)
    if isinstance(value, Made):
        if value.wish.checkpoint != it.name:
            raise ServiceError(
                "This was made with another checkpoint; make it again with this one."
            )
        if _depth(value) > deep:
            raise ServiceError(_TOO_DEEP)
        return value
    return sequences.check_index(it.dataset, value)


def parse(text: Any) -> Any:
    """What a short JSON text says, None if nothing: of plain values gradio would take a "path" for a file."""
    try:
        return json.loads(text) if isinstance(text, str) and len(text) < LONGEST else None
    except (ValueError, RecursionError):
        return None


def plain(one: Ref | Wish) -> Any:
    """A wish or a sequence as plain values for JSON: the inverse of :func:`read` and :func:`ref`."""
    if isinstance(one, Made):
        return {"of": plain(one.wish), "number": one.number}
    if not isinstance(one, Wish):
        return one
    held = {name: getattr(one, name) for name in _USED[one.mode]}
    lists = {name: list(value) for name, value in held.items() if isinstance(value, tuple)}
    return {
        "mode": one.mode,
        **held,
        **lists,
        **{side: plain(held[side]) for side in ("a", "b") if side in held},
    }


def said(spec: DatasetSpec, made: Made) -> str:
    """How a sequence was made, in words: "look of sequence 12, seed 7, no. 3"."""
    wish, roles = made.wish, words.roles(spec)
    part = {"static": roles.static, "dynamic": roles.dynamic}
    a, b = named(wish.a), named(wish.b)
    draw = f"seed {wish.seed}" + (
        f", temperature {wish.temperature:g}" if wish.temperature != 1 else ""
    )
    if wish.mode == "roll":
        how = (
            f"{part[wish.keep]} of {a}"
            if wish.keep
            else f"{roles.static} and {roles.dynamic} drawn"
        )
        how += f", {draw}"
    elif wish.mode == "continue":
        how = f"{wish.prefix or 'half of the'} {steps_of(spec)} of {a}, continued, {draw}"
    elif wish.mode == "interpolate":
        return (
            f"{part.get(wish.what, 'all')} {100 * wish.weights[made.number]:.3g} % from {a} to {b}"
        )
    elif wish.mode == "traverse":
        return f"{a}, {wish.code} dimension {wish.dimension} at {wish.weights[made.number]:+g}"
    else:
        return f"{a} with {('parts of ' + b, 'all of that code of ' + b, 'nothing')[made.number]}"
    return f"{how}, no. {made.number + 1}"


def named(one: Ref) -> str:
    """A sequence in three words."""
    return "one that was made" if isinstance(one, Made) else f"sequence {one}"


def steps_of(spec: DatasetSpec) -> str:
    """What a model's steps are."""
    if spec.modality == "video":
        return "frames"
    return (
        f"steps of {1000 / spec.rate_hz:g} ms"
        if spec.modality == "speech"
        else f"windows of {spec.event_shape[0]}"
    )


def longest(spec: DatasetSpec, n: int) -> int:
    """The most steps that ``n`` sequences made at once can have."""
    most, _, each = LIMITS[spec.modality]
    return min(MAX_FRAMES, most // (n * each(spec.event_shape)))


def check_size(spec: DatasetSpec, n: int, frames: int) -> None:
    """Refuse what would not fit memory, with the bound."""
    most, what, each = LIMITS[spec.modality]
    if frames > longest(spec, n):
        raise ServiceError(
            f"{n} sequences of {frames} {steps_of(spec)} are {n * frames * each(spec.event_shape):,} {what}; the app "
            f"makes at most {most:,} at once, here {longest(spec, n)} {steps_of(spec)}. Ask for a shorter length, or "
            "for fewer sequences."
        )


def _weights(mode: str, value: Any, n: int) -> tuple[float, ...]:
    """What was given, or ``n`` evenly spaced ones."""
    low, high = (0.0, 1.0) if mode == "interpolate" else (-REACH, REACH)
    if not isinstance(value, (list, tuple)) or len(value) > MOST:
        raise ServiceError(f"Weights are a list of at most {MOST} numbers.")
    what = "A share of b" if mode == "interpolate" else "A value of a dimension"
    if len(value):
        return tuple(number(one, low, high, what) for one in value)
    ends = (low, high) if mode == "interpolate" else (-3.0, 3.0)
    return tuple(ends[0] + (ends[1] - ends[0]) * i / max(1, n - 1) for i in range(n))


def _made(it: Loaded, value: Mapping[str, Any], deep: int) -> Made:
    if deep < 1:
        raise ServiceError(_TOO_DEEP)
    wish = read(it, value.get("of"), deep - 1)
    most = PARTIAL if wish.mode == "partial" else wish.n
    return Made(
        wish, whole(value.get("number"), 0, most - 1, "There are numbers 0 to {high}, not {value}.")
    )


def _depth(one: Ref) -> int:
    return 1 + max(_depth(one.wish.a), _depth(one.wish.b)) if isinstance(one, Made) else 0
