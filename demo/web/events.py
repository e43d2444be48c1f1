"""What the events of all tabs have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import gradio as gr
from gradio.blocks import Block
from pydantic import BaseModel, ValidationError

from demo.core.code_uploads import WAITING
from demo.errors import RequestError

# One visitor's model work at a time; maps may take seconds and must not hold up swaps.
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}
MAPS: dict[str, Any] = {"concurrency_id": "maps", "concurrency_limit": 1}
# Files of codes; of their measurements one runs, few wait, and the next is refused, which needs a place too.
READING: dict[str, Any] = {"concurrency_id": "reading", "concurrency_limit": 2}
CODES: dict[str, Any] = {"concurrency_id": "codes", "concurrency_limit": WAITING + 2}
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

Updates = dict[
    Block, Any
]  # new values or :func:`gradio.update` by component; the others stay as they are
Message = TypeVar("Message", bound=BaseModel)


def friendly(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose refusals become messages on the page, not stack traces."""

    @wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except RequestError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return guarded


def updating(function: Callable[..., Updates]) -> Callable[..., Any]:
    """The same of a function that returns updates by component, of which there may be none."""

    @wraps(function)
    def updated(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named) or gr.skip()

    return friendly(updated)


def merged(*parts: Updates) -> Updates:
    """Updates of several tabs; those of one component are joined."""
    found: Updates = {}
    for part in parts:
        for component, update in part.items():
            former = found.get(component)
            if isinstance(former, dict) and isinstance(update, dict):
                update = {**former, **update}
            found[component] = update
    return found


def unique(components: list[Block]) -> list[Block]:
    """The same components, each once."""
    return list(dict.fromkeys(components))


def message_of(event: gr.EventData, model: type[Message]) -> Message:
    """What a component's script sent, checked; anybody can send anything.

    Raises:
        RequestError: names the field that is wrong.
    """
    try:
        return model.model_validate(event._data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise RequestError(f"{where[:80]}: {first['msg']}.") from error
