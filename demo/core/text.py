"""What things are called on the page: codes, sequences, factors and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from demo.modalities import view_of
from demo.modalities.base import UNKNOWN
from seqdisent.spec import DatasetSpec, Factor

EXPLANATION = (
    "The model splits each {sequence} into a *static* code ({static_question}) and a *dynamic* code "
    "({dynamic_question}), then swaps them: {swap}"
)


@dataclass(frozen=True)
class Terms:
    """The terms for a data set.

    Args:
        static: what the static code should hold.
        dynamic: what the dynamic code should hold.
        static_question: the same as a question.
        dynamic_question: the same as a question.
        sequence: one sequence, as it is chosen; its plural takes an s.
        noun: one sequence, as the model sees it.
        sources: what sequences were taken from.
        swap: title of a swap, with the places ``{static}`` and ``{dynamic}`` for the donors' letters.
        swap_explanation: what a swap must do.
    """

    static: str
    dynamic: str
    static_question: str
    dynamic_question: str
    sequence: str
    noun: str
    sources: str
    swap: str
    swap_explanation: str

    @property
    def explanation(self) -> str:
        """What a swap is, for the head of the Swap tab."""
        return EXPLANATION.format(
            sequence=self.noun,
            static_question=self.static_question,
            dynamic_question=self.dynamic_question,
            swap=self.swap_explanation,
        )

    def title(self, kind: str, static: str, dynamic: str) -> str:
        """Title of a clip.

        Args:
            kind: "real", "recon" (a reconstruction) or "swap".
            static: "A" or "B", whose static code it has.
            dynamic: "A" or "B", whose dynamic code it has.
        """
        if kind == "swap":
            return self.swap.format(static=static, dynamic=dynamic)
        return f"{static}, {'real' if kind == 'real' else 'reconstruction'}"


_SCENES = {
    "bouncing-balls": "how many balls, how large, which colour",
    "bouncing-balls-64": "how many balls, how large, which colour",
    "moving-digits": "which digits, by which hand",
}


def terms(spec: DatasetSpec) -> Terms:
    """The terms for a data set: those of its modality, or, for scenes without characters, their own."""
    view = view_of(spec)
    nouns = view.modality.nouns
    general = Terms(
        nouns.static,
        nouns.dynamic,
        nouns.static_question,
        nouns.dynamic_question,
        view.sequence_noun,
        nouns.sequence,
        view.sources,
        nouns.swap,
        view.explanation,
    )
    if spec.name not in _SCENES:
        return general
    return replace(
        general,
        static_question=_SCENES[spec.name],
        dynamic_question="how it moves",
        sequence="sequence",
        sources="sequences",
    )


def content_factor(spec: DatasetSpec) -> Factor | None:
    """The dynamic factor that a visitor chooses by: the first with classes. Others are parts of it here.

    None if its labels change within a sequence.
    """
    if not view_of(spec).one_label_per_sequence:
        return None
    return next((f for f in spec.dynamic_factors if not f.continuous), None)


def headline_factors(spec: DatasetSpec) -> tuple[Factor, ...]:
    """The factors that a visitor chooses by: the static ones with classes, then :func:`content_factor`."""
    content = content_factor(spec)
    static = tuple(f for f in spec.static_factors if not f.continuous)
    return static if content is None else (*static, content)


def numbers(spec: DatasetSpec) -> tuple[Factor, ...]:
    """The continuous factors."""
    return tuple(f for f in spec.factors if f.continuous)


def aggregation(spec: DatasetSpec, factor: Factor) -> str:
    """How one label of a full sequence is found for a factor that changes within it; "" for any other factor."""
    if factor.kind == "static" or view_of(spec).one_label_per_sequence:
        return ""
    return "on average" if factor.continuous else "mostly"


def label(factor: Factor, value: float, aggregated: str = "") -> str:
    """A label as text: a class, a number with its unit, or "unknown".

    Args:
        aggregated: :func:`aggregation` of the factor.
    """
    if value != value or (not factor.continuous and value < 0):
        return UNKNOWN
    if factor.continuous:
        return " ".join(filter(None, [f"{value:.3g}", factor.unit, aggregated]))
    return f"{aggregated} {factor.classes[int(value)]}".strip()


def caption(spec: DatasetSpec, labels: Mapping[str, str]) -> str:
    """A sequence in words, from its labels by factor: "theo says seven", "walk · hair red, top blue"."""
    content = content_factor(spec)
    others = {f.name: labels[f.name] for f in headline_factors(spec) if f is not content}
    return view_of(spec).caption(labels[content.name] if content else "", others)


def listed(names: list[str]) -> str:
    """Names in a sentence: "skin, pants and hair"."""
    return " and ".join(", ".join(names).rsplit(", ", 1))
