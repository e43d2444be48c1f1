"""What things are called: a picture's look and motion are a recording's voice and words, a series' level and course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seqdisent.spec import DatasetSpec, Factor

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Roles:
    """The words of a modality.

    Args:
        static: what the static code should hold.
        dynamic: what the dynamic code should hold.
        who: the same as a question, of the static code.
        does: the same of the dynamic code.
        one: a sequence.
        sources: what sequences were taken from.
        swap: title of a swap of ``{look}`` and ``{motion}``.
        how: what a swap is, for the head of the Swap tab.
        steady: whether one label of a dynamic factor stands for a whole sequence.
    """

    static: str
    dynamic: str
    who: str
    does: str
    one: str
    sources: str
    swap: str
    how: str
    steady: bool = True

    def title(self, kind: str, look: str, motion: str) -> str:
        """Title of a clip: kind is "real", "recon" (rebuilt) or "swap"; look and motion are "A" or "B"."""
        return (
            self.swap.format(look=look, motion=motion)
            if kind == "swap"
            else f"{look}, {'real' if kind == 'real' else 'rebuilt'}"
        )


_SPLITS = "The model splits each {one} into a *static* code ({who}) and a *dynamic* code ({does}), then trades them: "
ROLES = {
    "video": Roles(
        "look",
        "motion",
        "who it is",
        "what it does",
        "character",
        "characters",
        "{look} moves like {motion}",
        _SPLITS.format(one="sequence", who="who it is", does="what it does")
        + "**A moves like B** must keep A's look and take B's motion.",
    ),
    "speech": Roles(
        "voice",
        "words",
        "whose voice it is",
        "what is said",
        "recording",
        "recordings",
        "{motion}'s words in {look}'s voice",
        _SPLITS.format(one="recording", who="whose voice it is", does="what is said")
        + "**A's words in B's voice** must keep what A says, and sound like B.",
    ),
    "timeseries": Roles(
        "level",
        "course",
        "who or where it is",
        "what happens",
        "recording",
        "sources",
        "{motion}'s course at {look}'s level",
        _SPLITS.format(
            one="recording", who="who or where it is, what is usual there", does="what happens"
        )
        + "**B's course at A's level** must rise and fall when B does, around what is usual for A.",
        steady=False,
    ),
}


def _things(who: str) -> Roles:
    """Pictures without characters in them."""
    how = _SPLITS.format(one="sequence", who=who, does="how it moves")
    how += "**A moves like B** must keep A's look and take B's motion."
    return replace(
        ROLES["video"], who=who, does="how it moves", one="sequence", sources="sequences", how=how
    )


_BALLS = _things("how many balls, how large, which colour")
THINGS = {
    "bouncing-balls": _BALLS,
    "bouncing-balls-64": _BALLS,
    "moving-digits": _things("which digits, by which hand"),
}


def roles(spec: DatasetSpec) -> Roles:
    """The words for a data set."""
    return THINGS.get(spec.name) or ROLES[spec.modality]


def content(spec: DatasetSpec) -> Factor | None:
    """The dynamic factor that a visitor chooses by: the first with classes. Others are parts of it here.

    None if its labels come and go within a sequence.
    """
    if not roles(spec).steady:
        return None
    return next((f for f in spec.dynamic_factors if not f.continuous), None)


def headline_factors(spec: DatasetSpec) -> tuple[Factor, ...]:
    """The factors a visitor chooses by: the static ones with classes, then :func:`content` if there is one."""
    said = content(spec)
    return (*(f for f in spec.static_factors if not f.continuous), *([said] if said else []))


def numbers(spec: DatasetSpec) -> tuple[Factor, ...]:
    """The continuous factors."""
    return tuple(f for f in spec.factors if f.continuous)


def changing(spec: DatasetSpec, factor: Factor) -> str:
    """What is shown of a factor whose labels come and go within a sequence, "" of any other."""
    return (
        ""
        if factor.kind == "static" or roles(spec).steady
        else "on average"
        if factor.continuous
        else "mostly"
    )


def value(factor: Factor, label: float, said: str = "") -> str:
    """A label in words: a class, a number with its unit, or "unknown".

    Args:
        said: what :func:`changing` says of the factor.
    """
    if label != label or (not factor.continuous and label < 0):
        return UNKNOWN
    if factor.continuous:
        return f"{label:.3g} {factor.unit} {said}".replace("  ", " ").strip()
    return f"{said} {factor.classes[int(label)]}".strip()


def caption(spec: DatasetSpec, values: Mapping[str, str]) -> str:
    """A sequence in words, from the words for its factors: "theo says seven", "walk · hair red, top blue"."""
    said = content(spec)
    others = [f.name for f in headline_factors(spec) if f is not said]
    if spec.modality == "speech" and "speaker" in others:
        others.remove("speaker")
        name = values["speaker"]
        who = (
            "an unknown speaker"
            if name == UNKNOWN
            else f"speaker {name}"
            if name[:1].isdigit()
            else name
        )
        known = [values[name] for name in others if values[name] != UNKNOWN]
        what = "something" if said and values[said.name] == UNKNOWN else said and values[said.name]
        who += f" says {what}" if what else ""
        return " · ".join([who, *([", ".join(known)] if known else [])])
    looks = ", ".join(
        f"{name} {values[name]}" for name in reversed(others) if values[name] != UNKNOWN
    )
    return " · ".join(filter(None, [values[said.name] if said else "", looks]))


def listed(words: list[str]) -> str:
    """ "skin, pants and hair"."""
    return " and ".join(", ".join(words).rsplit(", ", 1))
