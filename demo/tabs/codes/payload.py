"""What the Your codes tab's components are sent: JSON text, in which names are only ever text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from demo.core import code_uploads
from demo.core.code_uploads import CodeUpload
from demo.tabs.leakage import payload as leakage_payload
from demo.tabs.maps.payload import four_digits, plain_labels
from demo.tabs.upload.findings import part
from seqdisent.evaluation.schema import Report
from seqdisent.evaluation.splits import SPLITS, is_labelled
from seqdisent.io import Arrays
from seqdisent.projections.methods import METHODS
from seqdisent.reporting.html import html_report
from seqdisent.reporting.tables import to_csv
from seqdisent.spec import Factor

TITLE = "Your codes"
ABOUT = {"static": "what should stay the same", "dynamic": "what should change"}
ON_MAPS = {"static": "one point a sequence", "dynamic": "their means over time"}
SHOWN_CLASSES = 12
FORMATS = {"csv": "CSV", "html": "Report (HTML)", "json": "Report (JSON)"}


def findings(upload: CodeUpload) -> str:
    """What was read from a file."""
    arrays = upload.arrays
    _, steps, size = arrays.dynamic.shape
    lead = (
        f"{upload.total:,} sequences: static codes of {arrays.static.shape[1]} numbers, dynamic codes of {steps} steps "
        f"with {size} numbers each."
    )
    facts = []
    if upload.total > len(arrays):
        facts.append(f"{len(arrays):,} of the sequences, chosen at random, are measured here.")
    if upload.has_groups:
        groups = len(np.unique(arrays.groups))
        facts.append(f"{groups:,} groups of sequences that are not independent.")
    else:
        facts.append("No groups: every sequence is taken to be independent of the others.")
    facts.append(_splits(upload))
    parts = [part("facts", "What was read", facts, lead)]
    for kind in ("static", "dynamic"):
        factors = [factor for factor in arrays.factors if factor.kind == kind]
        if factors:
            items = [_factor(factor, arrays.labels[factor.name]) for factor in factors]
            parts.append(part("facts", f"Factors that belong in the {kind} code", items))
    return json.dumps({"parts": parts})


def _splits(upload: CodeUpload) -> str:
    split = upload.arrays.split
    if split is None:
        divided = "groups" if upload.has_groups else "sequences"
        return f"No split: {divided} are divided 60 : 15 : 25 at random."
    counts = [f"{int((split == name).sum()):,} {name}" for name in SPLITS]
    return f"Splits of the file: {', '.join(counts)} sequences."


def _factor(factor: Factor, labels: np.ndarray) -> str:
    """A factor, its classes or its range, and how many labels are missing, in words."""
    known = is_labelled(factor, labels)
    if factor.continuous:
        values = labels[known]
        about = "no values"
        if len(values):
            about = f"values from {values.min():.3g} to {values.max():.3g}"
    else:
        listed = ", ".join(factor.classes[:SHOWN_CLASSES])
        more = ", ..." if len(factor.classes) > SHOWN_CLASSES else ""
        about = f"{len(factor.classes)} classes ({listed}{more})"
    if labels.ndim == 2:
        about += ", one label a step"
    missing = 1 - known.mean()
    return f"{factor.name}: {about}" + (f"; {missing:.0%} missing" if missing else "")


def page(upload: CodeUpload, report: Report) -> str:
    """The report, as the view of the Leakage tab takes it."""
    assert report.leakage is not None, "the one part that is measured"
    shown = {
        "title": TITLE,
        "live": upload.total > len(upload.arrays),
        "about": ABOUT,
        **leakage_payload.figures(report.leakage),
        "settings": "",
        "anchors": None,
        "how": how(upload, report),
    }
    message = {"key": [upload.key, ""], "reports": [shown], "differences": [], "why": ""}
    return json.dumps(message)


def how(upload: CodeUpload, report: Report) -> list[str]:
    """How it was measured, in sentences."""
    assert report.leakage is not None, "the one part that is measured"
    total = f" ({len(upload.arrays):,} of the {upload.total:,} sequences of the file)"
    sample = total if upload.total > len(upload.arrays) else ""
    sentences = leakage_payload.how_measured(report, report.leakage, upload.sources, sample)
    less = (
        "Measured quickly: without perceptrons, detection limits and posterior samples; for these use "
        "“seqdisent leakage” in the terminal."
    )
    return [*sentences, less]


def points(upload: CodeUpload, maps: Arrays, method: str) -> str:
    """Both maps, as the view of the Maps tab takes them."""
    rows = code_uploads.mapped_rows(upload)
    labels = code_uploads.sequence_labels(upload.arrays)
    factors: dict[str, Any] = {}
    for factor in upload.arrays.factors:
        aggregated = "on average" if factor.continuous else "mostly"
        factors[factor.name] = {
            "classes": list(factor.classes),
            "unit": "",
            "said": aggregated if upload.arrays.labels[factor.name].ndim == 2 else "",
            "values": plain_labels(labels[factor.name][rows]),
        }
    return json.dumps(
        {
            "key": upload.key,
            "ids": rows.tolist(),
            "titles": None,
            "method": METHODS[method],
            "static": four_digits(maps["static"]),
            "dynamic": four_digits(maps["dynamic"]),
            "trust": maps["trust"].round(3).tolist(),
            "about": ON_MAPS,
            "sound": False,
            "grey": False,
            "checkpoint": "",
            "factors": factors,
        }
    )


def file_of(report: Report, suffix: str) -> str:
    """Content of a file of the report."""
    assert report.leakage is not None, "the one part that is measured"
    if suffix == "csv":
        return to_csv(report.leakage)
    return html_report(report) if suffix == "html" else report.to_json()
