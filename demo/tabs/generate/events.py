"""Which control does what on the Generate tab."""

from __future__ import annotations

from functools import partial

import gradio as gr

from demo import page as events
from demo.core import service
from demo.tabs.generate import tab as generate
from demo.tabs.maps import tab as maps
from demo.tabs.swap import tab as swap


def connect(page: events.Page, opened: tuple) -> None:
    """Attach the events of the tab.

    Args:
        opened: events after which there is another checkpoint, or a visitor.
    """
    g, s = page.generate, page.swap
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    pair = [page.checkpoint, s.a, s.b]

    @events.friendly
    def random(name: str) -> tuple:
        shown = swap.choose_random(name)
        return (
            *shown,
            *maps.chosen(name, shown[0], shown[1]),
            generate.show(name, shown[0], shown[1]),
        )

    @events.friendly
    def take(name: str, a: service.Ref, b: service.Ref, event: gr.EventData) -> tuple:
        shown, tab = generate.take(name, a, b, event)
        return (*shown, *maps.chosen(name, shown[0], shown[1]), gr.Tabs(selected=tab), tab)

    def save(name: str, event: gr.EventData) -> str:
        return events.friendly(generate.save)(name, event)

    outputs = [*s.outputs, page.maps.view, page.maps.status]
    g.view.random(random, page.checkpoint, [*outputs, g.view], **quiet, **events.MODEL)
    g.view.take(take, pair, [*outputs, page.tabs, page.where], **quiet, **events.MODEL).success(
        **events.drawing(page)
    )
    g.view.save(
        save,
        page.checkpoint,
        g.file,
        api_visibility="private",
        show_progress="minimal",
        **events.MODEL,
    ).success(fn=None, js="() => document.querySelector('#sd-made-file')?.click()")

    @events.friendly
    def reopen(
        where: str, name: str | None, a: service.Ref, b: service.Ref, linked: dict | None
    ) -> tuple:
        """The pair as it is now; what a link asks for is said once."""
        if where != "generate" or not name or not service.data_ready(service.spec_of(name).name):
            return gr.skip(), gr.skip()
        return generate.show(name, a, b, linked), None

    inputs = [page.checkpoint, s.a, s.b, g.linked]
    for event in opened:
        event.then(reopen, [page.where, *inputs], [g.view, g.linked], **quiet)
    # Where one is may be known later than that the tab was opened.
    page.tab["generate"].select(
        partial(reopen, "generate"), inputs, [g.view, g.linked], queue=False, **quiet
    )
