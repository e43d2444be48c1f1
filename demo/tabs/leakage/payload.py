"""What the Leakage tab's components are sent: plain values for JSON, made from reports."""

from __future__ import annotations

from typing import Any

import numpy as np

from demo.core import reports, service
from demo.core import text as words
from demo.core.reports import Measured
from demo.tabs.swap import payload as payloads
from seqdisent.evaluation.codes import PARTS
from seqdisent.evaluation.leakage import HEADLINE
from seqdisent.evaluation.schema import ProbeScore, StepScore, rounded, to_plain
from seqdisent.media import audio, sparklines, video
from seqdisent.reporting.tables import leakage_table

FILM = 640  # pixels that a sequence is wide
# What most needs to be seen comes first.
ORDER = ("leak", "trace", "missing", "part", "clean", "holds", "unmeasurable")


def page(first: Measured, second: Measured | None = None) -> dict[str, Any]:
    """The microscope's message: one report, perhaps a second one, and their paired differences."""
    differences, why = reports.difference(first, second) if second else ([], "")
    return {
        "key": [first.slug, second.slug if second else ""],
        "reports": [report(one) for one in (first, second) if one],
        "headline": {code: list(view) for code, view in HEADLINE.items()},
        "differences": [
            {"code": d.code, "factor": d.factor, "bits": d.bits.rounded()} for d in differences
        ],
        "why": why,
    }


def report(one: Measured) -> dict[str, Any]:
    """One report: verdicts, the figures of every cell, and how they were measured."""
    leakage, roles = one.leakage, words.roles(service.spec_of(one.name))
    return {
        "title": one.title,
        "live": one.live,
        "about": {"static": roles.who, "dynamic": roles.does},
        "factors": [{**to_plain(f), "continuous": f.continuous} for f in leakage.factors],
        "cells": [
            {
                "code": cell.code,
                "view": cell.view,
                "reading": cell.posterior,
                "factor": cell.factor,
                "wanted": cell.on_target,
                "chosen": cell.chosen,
                "linear": _figures(cell.linear),
                "nonlinear": _figures(cell.nonlinear),
            }
            for cell in leakage.cells
        ],
        "verdicts": sorted(
            (to_plain(v) for v in leakage.verdicts),
            key=lambda v: (ORDER.index(v["level"]), -_bits(one, v)),
        ),
        "how": how(one),
    }


def how(one: Measured) -> list[str]:
    """How a report was measured, in sentences."""
    leakage, report = one.leakage, one.report
    sources = words.roles(service.spec_of(one.name)).sources
    nulls = leakage.shuffled_label_probes
    trained = " and ".join(
        f"{n} {kind.replace('nonlinear', 'non-linear')}" for kind, n in nulls.items()
    )
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    said = [
        f"Probes learned from {leakage.train_sequences:,} training sequences, were chosen on "
        f"{leakage.validation_sequences:,} validation sequences and scored once on "
        f"{leakage.test_sequences:,} test sequences of {leakage.test_sources:,} {sources}"
        + (" (a smaller sample, measured by this app)." if one.live else "."),
        f"95 % intervals resample {sources}, {leakage.bootstrap:,} times; p is from {leakage.permutations:,} "
        "shuffles of the test labels"
        + (f"; null: {trained} probes trained on shuffled labels." if nulls else "."),
    ]
    made = f"Seed {leakage.seed} · {versions} · weights {report.weights_sha256_16}"
    return [*said, f"{made} · {report.command}" if report.command else made]


def curves(one: Measured) -> dict[str, Any]:
    """Leakage over time: bits that the dynamic code of each single step tells of each factor."""
    steps: dict[str, list[StepScore]] = {}
    for point in one.leakage.steps:
        steps.setdefault(point.factor, []).append(point)
    leaked = reports.leaked_most(one.name)[1]
    first = [f.name for f in one.leakage.factors if f.kind == "dynamic"][:1]
    return {
        "key": one.slug,
        "shown": [name for name in (leaked, *first) if name in steps],
        "factors": [
            {
                "name": f.name,
                "kind": f.kind,
                "entropy": f.entropy_bits,
                "why": f.not_measurable,
                "bits": [p.bits.rounded() for p in steps.get(f.name, [])],
            }
            for f in one.leakage.factors
        ],
    }


def clips(it: service.Loaded, a: int, b: int) -> dict[str, Any]:
    """The chosen pair as a sprite sheet, a row each; of others, pictures in grey, in as many parts as the report."""
    rows = [service.check_index(it.dataset, i) for i in (a, b)]
    about = {
        "pair": rows,
        "checkpoint": it.name,
        "captions": [payloads.caption(it, i) for i in rows],
    }
    if it.spec.modality != "video":
        parts = it.spec.frames if it.dataset.lengths is None else PARTS
        width, height = parts * (FILM // parts), 96
        pictures = np.concatenate(_strips(it, rows, width, height))[..., None].repeat(3, 2)
        sheet = video.webp(pictures, lossless=it.dataset.recordings is None)
        about |= {
            "grey": True,
            "sound": it.dataset.recordings is not None,
            "one": words.roles(it.spec).one,
            "parts": it.dataset.lengths is not None,
            "frames": parts,
            "rate": parts / 2,
            "cell": [width // parts, height],
        }
    else:
        shown = it.dataset.frames[np.array(rows)]
        sheet = video.webp(video.sheet(shown))
        about |= {
            "frames": it.spec.frames,
            "rate": it.spec.rate_hz,
            "cell": list(shown.shape[2:4][::-1]),
        }
    return about | {"sheet": video.data_uri(sheet, "image/webp")}


def _strips(it: service.Loaded, rows: list[int], width: int, height: int) -> list[np.ndarray]:
    """What is there of each sequence as a grey picture ``[height, width]``, time to the right."""
    if it.dataset.recordings is not None:
        return [
            audio.picture(audio.spectrogram(service.hear(it.name, i)), width, height) for i in rows
        ]
    return [
        sparklines.pictures(it.dataset.select(np.array([i])), np.array([0]), width, height)[0]
        for i in rows
    ]


def tables(
    first: Measured, second: Measured | None = None
) -> tuple[tuple[list[str], list[list]], ...]:
    """The heat map and the curve as tables, each (headers, rows); what cannot be measured is empty."""
    cells: list[list] = []
    points: list[list] = []
    for one in filter(None, (first, second)):
        headers, rows = leakage_table(one.leakage)
        cells += [[one.slug, *("" if v is None else v for v in row)] for row in rows]
        for point in one.leakage.steps:
            figures = [*point.bits.rounded(), *point.score.rounded()]
            points.append(
                [
                    one.slug,
                    point.factor,
                    point.step + 1,
                    *("" if v is None else v for v in figures),
                ]
            )
    steps = [
        "of",
        "factor",
        "step",
        "bits",
        "bits low",
        "bits high",
        "score",
        "score low",
        "score high",
    ]
    return (["of", *headers], cells), (steps, points)


def _bits(one: Measured, verdict: dict[str, str]) -> float:
    """What a verdict is about: the larger leak comes first."""
    found = one.leakage.best(verdict["code"], verdict["factor"])
    return 0.0 if found is None else found.bits.value


def _figures(probe: ProbeScore) -> dict[str, Any]:
    return {
        "bits": probe.bits.rounded(),
        "score": probe.score.rounded(),
        "p": probe.p,
        "null_bits": rounded(probe.null_bits, 17),
        "null_score": rounded(probe.null_score, 17),
    }
