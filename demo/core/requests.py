"""What can be asked of a model apart from a swap: validated once, frozen, and the same in links, pages and programs.

A generated sequence is nothing but how it was generated. It is kept as that, and generated again where it is needed, so
that a link or a page can name it and nothing has to be stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from demo.core import pairs, text
from demo.core.catalog import Loaded
from demo.errors import RequestError
from demo.modalities import view_of
from seqdisent.data import DatasetSpec
from seqdisent.models.latent_ops import PATHS, WHATS

Mode = Literal["roll", "interpolate", "traverse", "partial", "continue"]
Code = Literal["static", "dynamic"]
CODES: tuple[Code, ...] = get_args(Code)
PARTIAL = (
    3  # sequences of a partial swap: with parts of B, with all of that code of B, with nothing of B
)
TILES = 9  # sequences on a page
MOST = 17  # sequences at once
DEPTH = 4  # how often a generated sequence may be generated from generated ones
MAX_SEED, MAX_TEMPERATURE, REACH = 2**63 - 1, 2.0, 10.0
TRAVERSAL = (-3.0, 3.0)  # standard deviations of the prior, unless values are given
MAX_FRAMES = 500
LONGEST_JSON = 8000  # characters
SHOWN_INPUT = 24  # characters of a wrong value in a message

# The fields that count in each mode; the others keep their defaults.
FIELDS: dict[str, tuple[str, ...]] = {
    "roll": ("a", "n", "seed", "keep", "frames", "temperature"),
    "interpolate": ("a", "b", "n", "what", "path", "weights"),
    "traverse": ("a", "n", "code", "dimension", "weights"),
    "partial": ("a", "b", "static", "dynamic", "steps"),
    "continue": ("a", "n", "seed", "frames", "temperature", "prefix"),
}


def _no_flag(value: Any) -> Any:
    """Python counts True as 1."""
    if isinstance(value, bool):
        raise ValueError("a flag is not a number")
    return value


def _read_side(value: Any, info: ValidationInfo) -> Ref:
    context = _context(info)
    return read_ref(context.it, value, context.depth)


Whole = Annotated[int, BeforeValidator(_no_flag)]
Number = Annotated[float, BeforeValidator(_no_flag), Field(allow_inf_nan=False)]
Side = Annotated["Ref", PlainValidator(_read_side)]


@dataclass(frozen=True)
class GeneratedRef:
    """One of the sequences that a request generates, counted from 0."""

    request: GenerationRequest
    number: int


Ref = int | GeneratedRef  # a sequence of the test split, or a generated one


class GenerationRequest(BaseModel):
    """What to generate from a sequence ``a`` and, in some modes, ``b``.

    Args:
        mode: "roll" samples codes from the prior, "interpolate" goes from a to b, "traverse" moves along one dimension
            of a's code, "partial" puts parts of b's codes into a's, "continue" extrapolates from the first steps of a.
        a: position in the test split, or a generated sequence.
        b: the same.
        n: how many sequences.
        seed: of the random numbers.
        keep: of "roll", the code that is a's; "" samples both.
        frames: of "roll" and "continue", the length in steps; 0 is the data set's.
        temperature: of "roll" and "continue", factor of the standard deviations; 0 gives the most likely sequence.
        what: of "interpolate", the code: see :func:`seqdisent.models.latent_ops.interpolate`.
        path: of "interpolate".
        weights: of "interpolate" shares of b, 0 to 1; of "traverse" values, in the prior's standard deviations.
        code: of "traverse".
        dimension: of "traverse".
        static: of "partial", dimensions: see :func:`seqdisent.models.latent_ops.partial_swap`.
        dynamic: of "partial", dimensions.
        steps: of "partial".
        prefix: of "continue", how many steps of a are given; 0 is half of them.
    """

    model_config = ConfigDict(frozen=True)

    checkpoint: str
    mode: Mode = "roll"
    a: Side = 0
    b: Side = 1
    n: Whole = Field(TILES, ge=1, le=MOST)
    seed: Whole = Field(0, ge=0, le=MAX_SEED)
    keep: Literal["static", "dynamic", ""] = "static"
    frames: Whole = Field(0, ge=0, le=MAX_FRAMES)
    temperature: Number = Field(1.0, ge=0, le=MAX_TEMPERATURE)
    what: Literal["static", "dynamic", "both"] = "static"
    path: Literal["spherical", "linear"] = "spherical"
    weights: tuple[Number, ...] = Field((), max_length=MOST)
    code: Code = "static"
    dimension: Whole = 0
    static: tuple[Whole, ...] = ()
    dynamic: tuple[Whole, ...] = ()
    steps: tuple[Whole, ...] = ()
    prefix: Whole = 0

    @model_validator(mode="before")
    @classmethod
    def _only_fields_of_the_mode(cls, values: dict[str, Any]) -> dict[str, Any]:
        mode = values.get("mode", "roll")
        used = FIELDS.get(mode, ()) if isinstance(mode, str) else ()
        return {name: values[name] for name in ("checkpoint", "mode", *used) if name in values}

    @field_validator("dimension")
    @classmethod
    def _dimension_of_the_code(cls, value: int, info: ValidationInfo) -> int:
        code = info.data.get("code", "static")
        return _below(value, _context(info).sizes[code])

    @field_validator("static", "dynamic", "steps")
    @classmethod
    def _positions(cls, values: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        assert info.field_name is not None
        size = _context(info).sizes[info.field_name]
        return tuple(sorted({_below(value, size) for value in values}))

    @field_validator("prefix")
    @classmethod
    def _within_the_sequence(cls, value: int, info: ValidationInfo) -> int:
        return _below(value, _context(info).it.spec.frames + 1)

    @field_validator("weights")
    @classmethod
    def _weights_of_the_mode(
        cls, values: tuple[float, ...], info: ValidationInfo
    ) -> tuple[float, ...]:
        low, high = _weight_range(info.data.get("mode", "interpolate"))
        for value in values:
            if not low <= value <= high:
                raise ValueError("out of range")
        return values


@dataclass(frozen=True)
class _Context:
    """What a request is validated against.

    Args:
        depth: how often what it is generated from may be generated itself.
    """

    it: Loaded
    depth: int

    @property
    def sizes(self) -> dict[str, int]:
        """Dimensions of both codes, and the steps of a sequence."""
        config = self.it.model.config
        return {
            "static": config.static_size,
            "dynamic": config.dynamic_size,
            "steps": self.it.spec.frames,
        }


def _context(info: ValidationInfo) -> _Context:
    assert isinstance(info.context, _Context)
    return info.context


def _below(value: int, bound: int) -> int:
    if not 0 <= value < bound:
        raise ValueError("out of range")
    return value


def _weight_range(mode: str) -> tuple[float, float]:
    return (0.0, 1.0) if mode == "interpolate" else (-REACH, REACH)


def parse_request(it: Loaded, values: Any, depth: int = DEPTH) -> GenerationRequest:
    """A request from plain values, which anybody can send.

    What depends on the lengths of the sequences :func:`demo.core.generation.generate` checks.

    Args:
        values: fields by name; those that are missing keep their defaults.
        depth: how often what it is generated from may be generated itself.

    Raises:
        RequestError: names the field that is wrong and the values that are allowed.
    """
    if not isinstance(values, Mapping):
        raise RequestError("A request is an object with a mode and its fields.")
    try:
        request = GenerationRequest.model_validate(
            {**values, "checkpoint": it.name}, context=_Context(it, depth)
        )
    except ValidationError as error:
        raise _refusal(error, it, values) from error
    return _completed(it, request)


def _completed(it: Loaded, request: GenerationRequest) -> GenerationRequest:
    """A request whose fields go together, with evenly spaced weights unless they are given."""
    changes: dict[str, Any] = {}
    if "weights" in FIELDS[request.mode]:
        changes["weights"] = request.weights or _evenly_spaced(request.mode, request.n)
        changes["n"] = len(changes["weights"])
    if request.mode == "roll":
        if request.keep == "dynamic" and request.frames:
            raise RequestError(
                "frames: 0 if the dynamic code is kept, because the sequence then has the length of A."
            )
        if not request.keep:
            changes["a"] = 0  # nothing of it counts
    if request.mode == "partial" and not (request.static or request.dynamic or request.steps):
        raise RequestError(
            "A partial swap of nothing changes nothing: choose dimensions of a code, or some "
            f"{steps_label(it.spec)}."
        )
    return request.model_copy(update=changes)


def _evenly_spaced(mode: str, n: int) -> tuple[float, ...]:
    low, high = (0.0, 1.0) if mode == "interpolate" else TRAVERSAL
    return tuple(low + (high - low) * i / max(1, n - 1) for i in range(n))


def _refusal(error: ValidationError, it: Loaded, values: Mapping[str, Any]) -> RequestError:
    """The first thing that is wrong, with what would be right."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, RequestError):
        return cause
    name = str(first["loc"][0])
    wrong = first["input"]
    if isinstance(wrong, tuple) and len(wrong) == 1:
        wrong = wrong[0]
    return RequestError(f"{name}: {_allowed(name, it, values)}, not {repr(wrong)[:SHOWN_INPUT]}.")


def _allowed(name: str, it: Loaded, values: Mapping[str, Any]) -> str:
    """The values that a field may have, in words."""
    sizes = _Context(it, 0).sizes
    steps = steps_label(it.spec)
    mode = values.get("mode", "roll")
    weights = "{:g} to {:g}".format(*_weight_range(str(mode)))
    code = "dynamic" if values.get("code") == "dynamic" else "static"
    allowed = {
        "mode": f"one of {', '.join(get_args(Mode))}",
        "n": f"1 to {MOST}",
        "seed": "a whole number from 0 to 2^63 - 1",
        "keep": "static, dynamic or '' for neither",
        "frames": f"1 to {MAX_FRAMES} {steps}, or 0 for the usual length",
        "temperature": f"a number from 0 to {MAX_TEMPERATURE:g}",
        "what": f"one of {', '.join(WHATS)}",
        "path": f"one of {', '.join(PATHS)}",
        "weights": f"a list of at most {MOST} numbers from {weights}",
        "code": f"one of {', '.join(CODES)}",
        "dimension": f"0 to {sizes[code] - 1} of this code",
        "prefix": f"1 to {it.spec.frames} {steps}, or 0 for half of them",
    }
    for field, size in sizes.items():
        allowed[field] = f"a list of numbers from 0 to {size - 1}"
    return allowed.get(name, "another value")


def read_ref(it: Loaded, value: Any, depth: int = DEPTH) -> Ref:
    """A sequence from plain values; RequestError if there is none, or if it is of another checkpoint."""
    if isinstance(value, Mapping):
        return _read_generated(it, value, depth)
    if isinstance(value, GeneratedRef):
        if value.request.checkpoint != it.name:
            raise RequestError(
                "This was generated by another checkpoint; generate it again with this one."
            )
        if _depth(value) > depth:
            raise _too_deep()
        return value
    return pairs.check_index(it.dataset, value)


def _read_generated(it: Loaded, value: Mapping[str, Any], depth: int) -> GeneratedRef:
    if depth < 1:
        raise _too_deep()
    request = parse_request(it, value.get("of"), depth - 1)
    return GeneratedRef(request, read_number(value.get("number"), count(request)))


def read_number(value: Any, of: int) -> int:
    """Which of some generated sequences, from 0; RequestError if there is no such one."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value < of:
        raise RequestError(f"number: 0 to {of - 1}, not {repr(value)[:SHOWN_INPUT]}.")
    return value


def count(request: GenerationRequest) -> int:
    """How many sequences a request generates."""
    return PARTIAL if request.mode == "partial" else request.n


def _depth(one: Ref) -> int:
    if not isinstance(one, GeneratedRef):
        return 0
    return 1 + max(_depth(one.request.a), _depth(one.request.b))


def _too_deep() -> RequestError:
    return RequestError(
        f"This would be generated from generated sequences {DEPTH} times over: start from a test sequence."
    )


def parse_json(content: Any) -> Any:
    """The value of a short JSON text, None if it is none: of plain values gradio would take a "path" for a file."""
    if not isinstance(content, str) or len(content) >= LONGEST_JSON:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def to_json(one: Ref | GenerationRequest | None) -> Any:
    """A request or a sequence as plain values: the inverse of :func:`parse_request` and :func:`read_ref`."""
    if isinstance(one, GeneratedRef):
        return {"of": to_json(one.request), "number": one.number}
    if not isinstance(one, GenerationRequest):
        return one
    plain: dict[str, Any] = {"mode": one.mode}
    for name in FIELDS[one.mode]:
        value = getattr(one, name)
        if name in ("a", "b"):
            value = to_json(value)
        elif isinstance(value, tuple):
            value = list(value)
        plain[name] = value
    return plain


def describe(spec: DatasetSpec, ref: GeneratedRef) -> str:
    """How a sequence was generated: "look of sequence 12, seed 7, no. 3"."""
    request, number = ref.request, ref.number
    terms = text.terms(spec)
    codes = {"static": terms.static, "dynamic": terms.dynamic}
    a, b = short_name(request.a), short_name(request.b)
    if request.mode == "interpolate":
        share = 100 * request.weights[number]
        return f"{codes.get(request.what, 'both codes')} {share:.3g} % from {a} to {b}"
    if request.mode == "traverse":
        return f"{a}, {request.code} dimension {request.dimension} at {request.weights[number]:+g}"
    if request.mode == "partial":
        return f"{a} with {(f'parts of {b}', f'all of that code of {b}', 'nothing')[number]}"
    sampling = f"seed {request.seed}"
    if request.temperature != 1:
        sampling += f", temperature {request.temperature:g}"
    if request.mode == "continue":
        how = f"{request.prefix or 'half of the'} {steps_label(spec)} of {a}, extrapolated"
    elif request.keep:
        how = f"{codes[request.keep]} of {a}"
    else:
        how = f"{terms.static} and {terms.dynamic} sampled"
    return f"{how}, {sampling}, no. {number + 1}"


def short_name(one: Ref) -> str:
    """A sequence in a few words."""
    return "a generated sequence" if isinstance(one, GeneratedRef) else f"sequence {one}"


def steps_label(spec: DatasetSpec) -> str:
    """What a model's steps are: "frames", "windows of 24"."""
    return view_of(spec).modality.steps_label(spec)


def longest(spec: DatasetSpec, n: int) -> int:
    """The most steps that ``n`` sequences generated at once can have."""
    return view_of(spec).modality.longest(spec, n)


def check_size(spec: DatasetSpec, n: int, frames: int) -> None:
    """Refuse what would not fit memory, with the bound."""
    modality = view_of(spec).modality
    most = longest(spec, n)
    if frames <= most:
        return
    steps = steps_label(spec)
    amount = n * frames * modality.amount_per_step(spec)
    raise RequestError(
        f"frames: {n} sequences of {frames} {steps} are {amount:,} {modality.limits.unit}; the app generates at most "
        f"{modality.limits.amount:,} at once, here {most} {steps}. Ask for a shorter length, or for fewer sequences."
    )
