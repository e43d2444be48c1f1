"""The page: its frame, and the events that concern all tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo import about
from demo.core import catalog, pairs
from demo.core.messages import Address, ref_of
from demo.download_panel import DownloadPanel
from demo.tabs import TABS
from demo.tabs.base import Page, Pair
from demo.web.events import MODEL, QUIET, Updates, friendly, merged, unique, updating

TITLE = "seqdisent"
LEAD = (
    "Split a sequence into what **stays** and what **moves**. Swap the two. Measure what **leaks**: in characters, "
    "voices and sensors."
)
# A link to this page brings the tab back.
REMEMBER_TAB = """() => {
  const url = new URL(location.href);
  url.searchParams.set("tab", "%s");
  history.replaceState(history.state, "", url);
}"""


def build() -> tuple[Page, DownloadPanel]:
    """Add the frame and all tabs to the app that is being built."""
    with gr.Row(elem_classes="sd-top"):
        gr.Markdown(f"# {TITLE}\n{LEAD}", elem_classes="sd-title")
        checkpoint = gr.Dropdown(
            catalog.choices(),
            value=catalog.default_checkpoint(),
            label="Checkpoint",
            min_width=230,
            scale=0,
            elem_id="sd-checkpoint",
        )
    panel = DownloadPanel()
    panel.layout()
    a, b, open_tab = gr.State(0), gr.State(1), gr.State(TABS[0].id)
    with gr.Column(visible=False) as work, gr.Tabs(elem_id="sd-tabs") as frame:
        page = Page(checkpoint, a, b, open_tab, frame, work)
        for kind in TABS:
            tab = kind()
            with gr.Tab(tab.label, id=tab.id) as page.handles[tab.id]:
                tab.layout()
            page.tabs[tab.id] = tab
    about.layout()
    return page, panel


class Wiring:
    """The events that concern all tabs.

    Args:
        app: that is being built.
        page: its page.
        panel: shown in the place of the tabs while there is nothing to show.
    """

    def __init__(self, app: gr.Blocks, page: Page, panel: DownloadPanel) -> None:
        self.page, self.panel = page, panel
        outputs: list[Block] = [page.checkpoint, page.work, *panel.outputs(), *page.pair_outputs()]
        for tab in page.tabs.values():
            outputs += tab.checkpoint_outputs()
        self.outputs = unique(outputs)
        for tab in page.tabs.values():
            tab.connect(page)
        self._connect_tabs(self._connect_checkpoints(app))

    def _connect_checkpoints(self, app: gr.Blocks) -> list[Any]:
        """The events after which there is another checkpoint, or a visitor."""
        page = self.page
        on_arrival = [one for tab in page.tabs.values() for one in tab.arrival_outputs()]
        arrived = app.load(
            updating(self._arrive),
            None,
            unique([*self.outputs, *on_arrival, page.frame, page.open_tab]),
            **QUIET,
            **MODEL,
        )
        changed = page.checkpoint.select(
            updating(self._show), page.checkpoint, self.outputs, **QUIET, **MODEL
        )
        downloaded = self.panel.button.click(
            updating(self._download),
            page.checkpoint,
            [*self.outputs, self.panel.progress],
            api_visibility="private",
            concurrency_id="download",
            concurrency_limit=1,
            show_progress_on=self.panel.progress,
        )
        return [arrived, changed, downloaded]

    def _connect_tabs(self, renewed: list[Any]) -> None:
        """Tabs fill themselves when they are opened, and when there is another checkpoint."""
        page = self.page
        for tab_id, handle in page.handles.items():
            selected = handle.select(_constant(tab_id), None, page.open_tab, queue=False, **QUIET)
            handle.select(None, js=REMEMBER_TAB % tab_id)
            opening = page.tabs[tab_id].opening(page)
            if opening is None:
                continue
            for event in (selected, *renewed):
                event.then(**opening)

    def _show(self, name: str | None, asked: Pair | None = None) -> Updates:
        """A checkpoint with a pair, or what it needs first."""
        page = self.page
        ready = catalog.is_shown(name)
        frame: Updates = {
            page.checkpoint: gr.update(choices=catalog.choices(), value=name),
            page.work: gr.update(visible=ready),
            **self.panel.show(name),
        }
        if name is None or not ready:
            return frame
        pair = asked or Pair(*pairs.first_pair(catalog.load(name).dataset))
        parts = [tab.show_checkpoint(name) for tab in page.tabs.values()]
        return merged(frame, page.show_pair(name, pair), *parts)

    def _arrive(self, request: gr.Request) -> Updates:
        """A visitor comes, perhaps by a link that names a pair."""
        page = self.page
        query: Mapping[str, str] = dict(request.query_params)
        address = Address.of(query, list(page.tabs))
        shown = self._show(address.checkpoint, _asked_pair(address))
        parts = [tab.show_arrival(address) for tab in page.tabs.values()]
        opened: Updates = {
            page.frame: gr.Tabs(selected=address.tab),
            page.open_tab: address.tab,
        }
        return merged(shown, *parts, opened)

    def _download(self, name: str, progress: gr.Progress = gr.Progress()) -> Updates:
        """Fetch the data of a checkpoint and show it."""
        problem = self.panel.download(name, progress)
        return {**self._show(name), self.panel.progress: problem}


def _asked_pair(address: Address) -> Pair | None:
    """The pair of an address; None unless both sequences are there."""
    name = address.checkpoint
    if name is None or not catalog.is_shown(name):
        return None
    it = catalog.load(name)
    a, b = ref_of(it, address.a), ref_of(it, address.b)
    return None if a is None or b is None else Pair(a, b)


def _constant(value: str) -> Any:
    def get() -> str:
        return value

    return friendly(get)
