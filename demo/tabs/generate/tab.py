"""The Generate tab: what the model makes of the pair, beside a swap."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import gradio as gr

from demo.core import generated_files as made_files
from demo.core import generation, service
from demo.core import requests as wishes
from demo.core.service import ServiceError
from demo.core.validation import whole
from demo.tabs.swap import tab as swap
from demo.tabs.swap.tab import sent
from demo.web import components, files

HOW = (
    "**What else the codes can do:** keep one of A's and draw the other, walk from A to B, turn one dimension, trade "
    "parts, or let A go on. Whatever comes can be the next A or B."
)


@dataclass(frozen=True)
class Parts:
    """The tab's components."""

    view: gr.HTML
    file: gr.DownloadButton
    linked: gr.State  # what the address of the page asks for, as plain values


def layout() -> Parts:
    """The tab's components, inside the current tab."""
    gr.Markdown(HOW, elem_classes="sd-how")
    view = components.generate(elem_id="sd-generate")
    # A click makes the file; the page then clicks this one.
    file = gr.DownloadButton(visible="hidden", elem_id="sd-made-file")
    return Parts(view, file, gr.State(None))


def show(name: str, a: service.Ref, b: service.Ref, linked: dict | None = None) -> str:
    """The pair, as JSON text: the page then asks for what it wants of it."""
    return json.dumps(
        {"checkpoint": name, "a": wishes.plain(a), "b": wishes.plain(b), "linked": linked}
    )


def asked_by_link(query: Mapping[str, str]) -> dict | None:
    """The wish in an address, if there is one: what it says is checked when it is made."""
    return {name: read(query[name]) for name, read in _IN_LINKS.items() if name in query} or None


def ref_in_link(it: service.Loaded, text: str | None) -> service.Ref | None:
    """The sequence in an address, None if there is none."""
    try:
        return wishes.ref(it, wishes.parse(text))
    except ServiceError:
        return None


def take(name: str, a: service.Ref, b: service.Ref, event: gr.EventData) -> tuple:
    """(Values of the Swap tab's outputs with a made sequence in the place of A or of B, the tab to go to)."""
    it, message = service.load(name), sent(event)
    made = wishes.ref(
        it, {"of": wishes.parse(message.get("wish")), "number": message.get("number")}
    )
    pair = (a, made) if message.get("to") == "B" else (made, b)
    return swap.show(name, *pair), "maps" if message.get("to") == "maps" else "swap"


def save(name: str, event: gr.EventData) -> str:
    """A file of all, or of one."""
    it, message = service.load(name), sent(event)
    result = generation.make(wishes.read(it, wishes.parse(message.get("wish"))))
    number = message.get("number")
    if number is not None:
        number = whole(number, 0, len(result) - 1, "There are numbers 0 to {high}, not {value}.")
    content = made_files.save(result, message.get("format"), number)
    wish, which = result.wish, "all" if number is None else number + 1
    return files.keep(content, f"{name}-{wish.mode}-{wish.seed}-{which}.{message['format']}")


def _numbers(text: str) -> list[str]:
    return [one for one in text.split(",") if one][:1024]


def _temperature(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


_IN_LINKS = {
    **dict.fromkeys(
        ("mode", "seed", "keep", "frames", "what", "path", "code", "dimension", "prefix"), str
    ),
    **dict.fromkeys(("static", "dynamic", "steps"), _numbers),
    "temperature": _temperature,
}
