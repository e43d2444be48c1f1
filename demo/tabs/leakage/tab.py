"""The Leakage tab: what each code contains about each factor, measured."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, pairs, reports
from demo.core.requests import Ref
from demo.errors import RequestError
from demo.tabs.base import Page, Tab
from demo.tabs.leakage import payload
from demo.web import components, files
from demo.web.events import MAPS, QUIET, Updates, friendly, updating
from seqdisent.reporting.html import html_report
from seqdisent.reporting.tables import to_csv

HOW = (
    "**Does information leak into the wrong code?** Classifiers (*probes*) try to predict every factor from each code. "
    "A code should contain its own factors in full and nothing of the others."
)
FORMATS = {"csv": "CSV", "html": "Report (HTML)"}
NOTHING = ("nothing", "")


class LeakageTab(Tab):
    """Verdicts, heat maps, leakage over time, and the same as tables and files."""

    id = "leakage"
    label = "Leakage"

    compare: gr.Dropdown
    offer: gr.Column
    offer_text: gr.Markdown
    measure: gr.Button
    progress: gr.Markdown
    view: gr.HTML
    timeline: gr.HTML
    rest: gr.Column
    buttons: dict[str, gr.Button]
    file: gr.DownloadButton
    cells: gr.Dataframe
    points: gr.Dataframe
    wanted: gr.State  # what is to be measured, and when that was asked for
    shown: gr.State  # what the tab shows

    def layout(self) -> None:
        with gr.Row(elem_classes="sd-lead"):
            gr.Markdown(HOW, elem_classes="sd-how")
            self.compare = gr.Dropdown(
                [NOTHING],
                value="",
                label="Compare with",
                min_width=260,
                scale=0,
                elem_id="sd-compare",
            )
        with gr.Column(visible=False, elem_classes="sd-notice") as self.offer:
            self.offer_text = gr.Markdown(elem_id="sd-offer")
            self.measure = gr.Button("Measure now", variant="primary", elem_id="sd-measure")
            self.progress = gr.Markdown(elem_id="sd-measuring", min_height=60)
        self.view = heat_maps(elem_id="sd-leakage")
        # Not among what is shown late, lest it be shown too.
        self.file = components.hidden_download("sd-report-file")
        with gr.Column(visible=False) as self.rest:
            self.timeline = _timeline()
            _, self.buttons = components.download_row(FORMATS, "sd-report-")
            with gr.Accordion("The same as tables", open=False, elem_id="sd-report-tables"):
                self.cells = _table("Every figure of the heat map")
                self.points = _table("Every point of the curve")
        self.wanted, self.shown = gr.State(None), gr.State(None)

    def checkpoint_outputs(self) -> list[Block]:
        return [self.compare]

    def show_checkpoint(self, name: str) -> Updates:
        """The comparisons that a checkpoint allows, none chosen."""
        choices = [NOTHING, *reports.comparable(name)]
        return {self.compare: gr.update(choices=choices, value="")}

    def opening(self, page: Page) -> dict[str, Any]:
        return {
            "fn": updating(self._open),
            "inputs": [page.open_tab, page.checkpoint, self.compare, page.a, page.b, self.shown],
            "outputs": [
                self.offer,
                self.offer_text,
                self.view,
                self.timeline,
                self.rest,
                self.cells,
                self.points,
                self.shown,
            ],
            # Quick, so that nobody waits for it in a queue.
            "concurrency_limit": 4,
            **QUIET,
        }

    def _open(
        self,
        open_tab: str,
        name: str | None,
        choice: str,
        a: Ref,
        b: Ref,
        shown: list[Any] | None,
    ) -> Updates:
        """What is measured already, and an offer to measure what is not."""
        if open_tab != self.id or name is None or not catalog.is_shown(name):
            return {}
        absent = missing(name, choice)
        updates: Updates = {
            self.offer: gr.update(visible=bool(absent)),
            self.offer_text: _offer(*absent[0]) if absent else "",
        }
        first = reports.find(name)
        if first is None:
            hidden = {self.view: None, self.rest: gr.update(visible=False), self.shown: None}
            return {**updates, **hidden}
        other = reports.chosen(name, choice)
        second = reports.find(*other) if other else None
        asked = [first.slug, first.live, second.slug if second else "", a, b]
        if asked == shown:  # coming back to the tab
            return updates
        clips = payload.clips(catalog.load(name), *_real_pair(name, a, b))
        updates[self.shown] = asked
        if shown and asked[:3] == shown[:3]:  # the same reports with another pair
            return {**updates, self.timeline: gr.update(clips=clips)}
        cells, points = payload.tables(first, second)
        return {
            **updates,
            self.view: json.dumps(payload.page(first, second)),
            self.timeline: gr.update(value=json.dumps(payload.curves(first)), clips=clips),
            self.rest: gr.update(visible=True),
            self.cells: cells,
            self.points: points,
        }

    def connect(self, page: Page) -> None:
        report = [page.checkpoint, self.compare]
        shown_again = self.opening(page)
        self.compare.select(**shown_again).then(friendly(measurable), report, self.wanted, **QUIET)
        self.measure.click(friendly(measurable), report, self.wanted, **QUIET)
        self.wanted.change(
            friendly(measure),
            self.wanted,
            self.progress,
            api_visibility="private",
            show_progress_on=self.progress,
            **MAPS,
        ).then(**shown_again)
        for suffix, button in self.buttons.items():
            save = friendly(partial(save_report, suffix))
            components.save_on(button.click, save, page.checkpoint, self.file)


def heat_maps(elem_id: str) -> gr.HTML:
    """Verdicts and heat maps. ``value`` is the JSON text of :func:`demo.tabs.leakage.payload.page`."""
    return components.component(
        f'<div class="sd-leakage" data-name="{elem_id}"></div>',
        "tabs/leakage/view.js",
        elem_id=elem_id,
    )


def _timeline() -> gr.HTML:
    """Leakage over time.

    ``value`` is the JSON text of :func:`demo.tabs.leakage.payload.curves`, ``clips`` is
    :func:`demo.tabs.leakage.payload.clips`.
    """
    return components.component(
        '<div class="sd-timeline" role="region" aria-label="Leakage over time"></div>',
        "tabs/leakage/timeline.js",
        server_functions=[components.hear],
        clips=None,
        elem_id="sd-timeline",
    )


def _table(label: str) -> gr.Dataframe:
    return gr.Dataframe(interactive=False, max_height=360, label=label)


def _real_pair(name: str, a: Ref, b: Ref) -> tuple[int, int]:
    """The pair, with test sequences in the place of generated ones: the report is of real sequences."""
    first, second = pairs.first_pair(catalog.load(name).dataset)
    return a if isinstance(a, int) else first, b if isinstance(b, int) else second


def missing(name: str, choice: str) -> list[tuple[str, str]]:
    """(checkpoint, control) of what would have to be measured first."""
    compared = reports.chosen(name, choice)
    wanted = [(name, ""), *([compared] if compared else [])]
    return [one for one in wanted if reports.find(*one) is None]


def measurable(name: str, choice: str) -> Any:
    """What a choice needs to have measured; the time makes every request a new one."""
    absent = missing(name, choice)
    return [absent, time.time()] if absent else gr.skip()


def measure(wanted: list[Any], progress: gr.Progress = gr.Progress()) -> str:
    """Measure what is missing; returns what went wrong, or nothing."""

    def report(share: float, doing: str) -> None:
        progress(share, desc=doing)

    try:
        for name, control in wanted[0]:
            reports.measure(name, control, report)
    except RequestError as error:
        return f"**Not measured.** {error}"
    return ""


def save_report(suffix: str, name: str) -> str:
    """Path of a file of the report that is shown."""
    found = reports.find(name)
    if found is None:
        raise RequestError("There is no report yet: measure first.")
    content = to_csv(found.leakage) if suffix == "csv" else html_report(found.report)
    return files.keep(content.encode(), f"{name}-leakage.{suffix}")


def _offer(name: str, control: str) -> str:
    title = reports.CONTROLS[control] if control else catalog.title(name)
    return (
        f"### Not measured yet\n“{title}” has no report of these weights. This app can measure it now on a smaller "
        f"sample ({reports.sample_size()}), which takes half a minute on two cores, and keeps the result."
    )
