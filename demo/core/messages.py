"""What the page's scripts send, and what an address of the page says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from demo.core import catalog, requests
from demo.core.catalog import Loaded
from demo.core.requests import Ref
from demo.errors import RequestError

MOST_NUMBERS = 1024  # in a list of an address


class Message(BaseModel):
    """What a script sends; numbers are numbers, not texts or flags."""

    model_config = ConfigDict(strict=True)


class Pick(Message):
    """A sequence of the test split was clicked."""

    index: int


class PointPick(Pick):
    """A point of a map was clicked."""

    side: Literal["A", "B"] = "A"


class FactorChoice(Message):
    """A combination of labels was chosen.

    Args:
        factors: class indices by factor.
        changed: the factor that was changed last.
    """

    factors: dict[str, int]
    changed: str = ""


class GeneratedPick(Message):
    """A generated sequence is to be one side of the pair.

    Args:
        request: JSON text, as :func:`demo.core.requests.parse_request` takes it.
        number: which of the generated sequences.
        to: the side, or "maps" for A on the maps.
    """

    request: str
    number: int
    to: Literal["A", "B", "maps"] = "A"


class GeneratedSave(Message):
    """A file of generated sequences is to be made; of all if there is no number."""

    request: str
    number: int | None = None
    format: str


class GenerationQuestion(Message):
    """The Generate tab asks for sequences of a pair."""

    checkpoint: str
    a: Any = None
    b: Any = None
    request: Any = None


class ColumnChoice(Message):
    """Positions in the lists of the form for columns; -1 for none.

    Args:
        changed: the control that was changed: "series", "start", "long" or "columns".
        shown_long: the choice of ``long`` that the form was made for.
        columns: of each variable of the model.
    """

    changed: str = ""
    shown_long: int | None = None
    time: int
    id: int
    long: int
    chosen: int = -1
    start: int = -1
    columns: list[int]


class Address(BaseModel):
    """What the address of the page asks for. What cannot be is replaced by what there is.

    Args:
        checkpoint: one that is in the list, None if there is none at all.
        a: JSON text of a sequence.
        b: the same.
        tab: name of an open tab.
        generation: fields of a generation request; None if there are none.
    """

    checkpoint: str | None = None
    a: str | None = None
    b: str | None = None
    tab: str = ""
    generation: dict[str, Any] | None = Field(default=None)

    @classmethod
    def of(cls, query: Mapping[str, str], tabs: list[str]) -> Address:
        """The address with a query string; the first tab is the default."""
        checkpoint = catalog.present_name(query.get("checkpoint", ""))
        tab = query.get("tab", "")
        return cls(
            checkpoint=checkpoint,
            a=query.get("a"),
            b=query.get("b"),
            tab=tab if tab in tabs else tabs[0],
            generation=generation_fields(query),
        )


def generation_fields(query: Mapping[str, str]) -> dict[str, Any] | None:
    """The generation request of a query string; it is checked when it is fulfilled."""
    found: dict[str, Any] = {}
    for name in _TEXT_FIELDS:
        if name in query:
            found[name] = query[name]
    if "temperature" in query:
        found["temperature"] = _number_or_text(query["temperature"])
    for name in _LIST_FIELDS:
        if name in query:
            found[name] = [one for one in query[name].split(",") if one][:MOST_NUMBERS]
    return found or None


def _number_or_text(text: str) -> float | str:
    """A number as one; anything else is refused with its text when the request is checked."""
    try:
        return float(text)
    except ValueError:
        return text


_TEXT_FIELDS = (
    "mode",
    "seed",
    "keep",
    "frames",
    "what",
    "path",
    "code",
    "dimension",
    "prefix",
)
_LIST_FIELDS = ("static", "dynamic", "steps")


def ref_of(it: Loaded, content: str | None) -> Ref | None:
    """The sequence that a part of an address names; None if there is none."""
    try:
        return requests.read_ref(it, requests.parse_json(content))
    except RequestError:
        return None
