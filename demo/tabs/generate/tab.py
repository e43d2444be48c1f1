"""The Generate tab: sequences that the model generates from the pair, apart from a swap."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, generated_files, generation, requests
from demo.core.messages import Address, GeneratedPick, GeneratedSave
from demo.core.requests import GeneratedRef, Ref
from demo.tabs.base import Page, Pair, Tab
from demo.tabs.generate.payload import answer
from demo.tabs.swap.tab import choose_random
from demo.web import components, files
from demo.web.events import MODEL, QUIET, Updates, friendly, merged, message_of, updating

HOW = (
    "**What else the codes can do:** keep one code of A and sample the other, interpolate between A and B, traverse "
    "one dimension, swap parts, or extrapolate A. Every result can be the next A or B."
)


class GenerateTab(Tab):
    """A form, the clips in step, and what can be done with one of them."""

    id = "generate"
    label = "Generate"

    view: gr.HTML
    file: gr.DownloadButton
    linked: gr.State  # the request of the page's address, as plain values

    def layout(self) -> None:
        """The view's ``value`` is :func:`show`; what it shows it asks :func:`demo.tabs.generate.payload.answer` for.

        Triggers ``random`` with ``{}``, ``use`` with a :class:`demo.core.messages.GeneratedPick` and ``save`` with a
        :class:`demo.core.messages.GeneratedSave`.
        """
        gr.Markdown(HOW, elem_classes="sd-how")
        self.view = components.component(
            '<div class="sd-generate" role="region" aria-label="Generate"></div>',
            "tabs/generate/view.js",
            triggers=("random", "use", "save"),
            server_functions=[answer],
            elem_id="sd-generate",
        )
        self.file = components.hidden_download("sd-generated-file")
        self.linked = gr.State(None)

    def arrival_outputs(self) -> list[Block]:
        return [self.linked]

    def show_arrival(self, address: Address) -> Updates:
        return {self.linked: address.generation}

    def opening(self, page: Page) -> dict[str, Any]:
        return {
            "fn": updating(self._open),
            "inputs": [page.open_tab, *page.pair, self.linked],
            "outputs": [self.view, self.linked],
            **QUIET,
        }

    def _open(
        self,
        open_tab: str,
        name: str | None,
        a: Ref,
        b: Ref,
        linked: dict[str, Any] | None,
    ) -> Updates:
        """The pair as it is now; the request of a link is handed over once."""
        if open_tab != self.id or name is None or not catalog.is_shown(name):
            return {}
        return {self.view: show(name, a, b, linked), self.linked: None}

    def connect(self, page: Page) -> None:
        def show_here(name: str, pair: Pair) -> Updates:
            return {self.view: show(name, pair.a, pair.b)}

        page.choose_on(self.view.random, choose_random, then_show=show_here, also=[self.view])
        self._connect_use(page)
        components.save_on(
            self.view.save, friendly(save_generated), page.checkpoint, self.file, **MODEL
        )

    def _connect_use(self, page: Page) -> None:
        def use(name: str, a: Ref, b: Ref, event: gr.EventData) -> Updates:
            """A generated sequence in the place of A or of B, and the tab that shows it."""
            message = message_of(event, GeneratedPick)
            chosen = picked(name, message)
            pair = Pair(a, chosen) if message.to == "B" else Pair(chosen, b)
            tab = "maps" if message.to == "maps" else "swap"
            opened: Updates = {page.frame: gr.Tabs(selected=tab), page.open_tab: tab}
            return merged(page.show_pair(name, pair), opened)

        outputs = [*page.pair_outputs(), page.frame, page.open_tab]
        used = self.view.use(updating(use), page.pair, outputs, **QUIET, **MODEL)
        opening = page.tabs["maps"].opening(page)
        if opening:
            used.success(**opening)


def show(name: str, a: Ref, b: Ref, linked: dict[str, Any] | None = None) -> str:
    """The pair, as JSON text: the page then asks for what it wants of it."""
    pair = {"a": requests.to_json(a), "b": requests.to_json(b)}
    return json.dumps({"checkpoint": name, **pair, "linked": linked})


def picked(name: str, message: GeneratedPick) -> GeneratedRef:
    """The generated sequence of a message."""
    plain = {"of": requests.parse_json(message.request), "number": message.number}
    ref = requests.read_ref(catalog.load(name), plain)
    assert isinstance(ref, GeneratedRef)
    return ref


def save_generated(name: str, event: gr.EventData) -> str:
    """Path of a file of all generated sequences, or of one."""
    message = message_of(event, GeneratedSave)
    it = catalog.load(name)
    request = requests.parse_request(it, requests.parse_json(message.request))
    result = generation.generate(request)
    which = "all"
    if message.number is not None:
        number = requests.read_number(message.number, len(result))
        which = str(number + 1)
    content = generated_files.save(result, message.format, message.number)
    file = f"{name}-{request.mode}-{request.seed}-{which}.{message.format}"
    return files.keep(content, file)
