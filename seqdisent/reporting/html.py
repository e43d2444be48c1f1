"""A report as one HTML file that needs no network: Plotly is inside."""

from __future__ import annotations

import plotly.graph_objects as go

from seqdisent.evaluation.schema import Report
from seqdisent.reporting.figures import curves, heat_map
from seqdisent.reporting.rendering import render

LEVEL_TITLES = {
    "holds": "holds",
    "part": "in part",
    "missing": "missing",
    "leak": "leak",
    "trace": "trace",
    "clean": "clean",
    "unmeasurable": "no labels",
}


def html_report(report: Report) -> str:
    """The page of a report, about 5 MB. Every text in it is escaped."""
    leakage = report.leakage
    return render(
        "report.html.jinja",
        report=report,
        title=f"{report.checkpoint} ({report.control})" if report.control else report.checkpoint,
        versions=", ".join(f"{name} {version}" for name, version in report.versions.items()),
        level_titles=LEVEL_TITLES,
        heat_map="" if leakage is None else _html(heat_map(leakage), plotly=True),
        curves="" if leakage is None else _html(curves(leakage), plotly=False),
    )


def _html(figure: go.Figure, *, plotly: bool) -> str:
    """A figure as HTML; the first one of a page brings Plotly."""
    return figure.to_html(full_html=False, include_plotlyjs=plotly)
