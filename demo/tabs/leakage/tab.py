"""The Leakage tab: what each code tells of each factor, measured."""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr

from demo.core import reports, service
from demo.tabs.leakage import payload as report_payloads
from demo.web import components, files
from seqdisent.reporting.html import html_report
from seqdisent.reporting.tables import to_csv

HOW = (
    "**Does a code know what is none of its business?** Classifiers (*probes*) try to read every factor from each "
    "code. A code should tell all of its own factors and nothing of the others."
)
FORMATS = {"csv": "CSV", "html": "Report (HTML)"}
NOTHING = ("nothing", "")


@dataclass(frozen=True)
class Parts:
    """The tab's components."""

    compare: gr.Dropdown
    offer: gr.Column
    words: gr.Markdown
    measure: gr.Button
    progress: gr.Markdown
    view: gr.HTML
    time: gr.HTML
    rest: gr.Column
    formats: dict[str, gr.Button]
    file: gr.DownloadButton
    tables: tuple[gr.Dataframe, gr.Dataframe]
    wanted: gr.State
    shown: gr.State

    @property
    def outputs(self) -> list:
        """What :func:`show` fills."""
        return [self.offer, self.words, self.view, self.time, self.rest, *self.tables, self.shown]


def layout() -> Parts:
    """The tab's components, inside the current tab."""
    with gr.Row(elem_classes="sd-lead"):
        gr.Markdown(HOW, elem_classes="sd-how")
        compare = gr.Dropdown(
            [NOTHING], value="", label="Compare with", min_width=260, scale=0, elem_id="sd-compare"
        )
    with gr.Column(visible=False, elem_classes="sd-notice") as offer:
        words = gr.Markdown(elem_id="sd-offer")
        measure = gr.Button("Measure now", variant="primary", elem_id="sd-measure")
        progress = gr.Markdown(elem_id="sd-measuring", min_height=60)
    view = components.leakage(elem_id="sd-leakage")
    # A click makes the file; the page then clicks this one. Outside what is shown late, lest it be shown too.
    file = gr.DownloadButton(visible="hidden", elem_id="sd-report-file")
    with gr.Column(visible=False) as rest:
        time = components.timeline(elem_id="sd-timeline")
        with gr.Row(elem_classes="sd-downloads"):
            gr.HTML("<span>Download</span>", apply_default_css=False)
            formats = {
                suffix: gr.Button(name, size="sm", min_width=60, elem_id=f"sd-report-{suffix}")
                for suffix, name in FORMATS.items()
            }
        with gr.Accordion("The same as tables", open=False, elem_id="sd-report-tables"):
            tables = tuple(
                gr.Dataframe(interactive=False, max_height=360, label=label)
                for label in ("Every figure of the heat map", "Every point of the curve")
            )
    states = (gr.State(None), gr.State(None))
    return Parts(
        compare, offer, words, measure, progress, view, time, rest, formats, file, tables, *states
    )


def prepare(name: str) -> dict:
    """The comparisons that a checkpoint allows, none chosen."""
    return gr.update(choices=[NOTHING, *reports.comparable(name)], value="")


def missing(name: str, choice: str) -> list[tuple[str, str]]:
    """(checkpoint, stand-in) of what would have to be measured first."""
    wanted = filter(None, [(name, ""), reports.chosen(name, choice)])
    return [one for one in wanted if reports.find(*one) is None]


def show(name: str, choice: str, a: service.Ref, b: service.Ref, shown: list | None) -> tuple:
    """Values of :attr:`Parts.outputs`: what is measured already, and an offer to measure what is not."""
    first = reports.find(name)
    other = reports.chosen(name, choice)
    second = reports.find(*other) if other else None
    absent = (name, "") if first is None else other if other and second is None else None
    offer = (gr.update(visible=bool(absent)), _offer(*absent) if absent else "")
    if first is None:
        return (*offer, None, gr.skip(), gr.update(visible=False), gr.skip(), gr.skip(), None)
    asked = [first.slug, first.live, second.slug if second else "", a, b]
    if asked == shown:  # coming back to the tab
        return (*offer, *(gr.skip(),) * 5, shown)
    it = service.load(name)
    real = zip(
        (a, b), service.first_pair(it.dataset), strict=True
    )  # the report is of real sequences
    time = {
        "clips": report_payloads.clips(
            it, *(one if isinstance(one, int) else other for one, other in real)
        )
    }
    if shown and asked[:3] == shown[:3]:  # the same reports beside another pair
        return (*offer, gr.skip(), gr.update(**time), *(gr.skip(),) * 3, asked)
    tables = (
        {"headers": headers, "data": rows}
        for headers, rows in report_payloads.tables(first, second)
    )
    return (
        *offer,
        json.dumps(report_payloads.page(first, second)),
        gr.update(value=json.dumps(report_payloads.curves(first)), **time),
        gr.update(visible=True),
        *tables,
        asked,
    )


def measure(wanted: list, progress: gr.Progress) -> str:
    """Measure what is missing; returns what went wrong, or nothing."""
    try:
        for name, stand_in in wanted:
            reports.measure(name, stand_in, lambda share, words: progress(share, desc=words))
    except service.ServiceError as error:
        return f"**Not measured.** {error}"
    return ""


def save(suffix: str):
    """A file of the report that is shown."""

    def saved(name: str) -> str:
        found = reports.find(name)
        if found is None:
            raise service.ServiceError("There is no report yet: measure first.")
        content = to_csv(found.leakage) if suffix == "csv" else html_report(found.report)
        return files.keep(content.encode(), f"{name}-leakage.{suffix}")

    return saved


def _offer(name: str, stand_in: str) -> str:
    title = reports.STAND_INS[stand_in] if stand_in else service.title(name)
    return (
        f"### Not measured yet\n“{title}” has no report of these weights. This app can measure it now on a smaller "
        f"sample ({reports.sample_words()}), which takes half a minute on two cores, and keeps the result."
    )
