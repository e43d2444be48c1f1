"""A report as one HTML file that needs no network: Plotly is inside."""

from __future__ import annotations

from html import escape
from typing import Any

from seqdisent.reporting.figures import curves, heat_map
from seqdisent.reporting.tables import (
    asked_words,
    downstream_rows,
    generation_rows,
    generation_words,
    leakage_rows,
    leakage_table,
    percent,
    speech_rows,
    swap_rows,
    swap_words,
)

STYLE = """
:root { color-scheme: light; } body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1080px;
padding: 24px 16px 64px; color: #1d1d1f; } h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px;
margin: 36px 0 8px; } .how { color: #555; font-size: 13px; } table { border-collapse: collapse; font-size: 13px;
display: block; overflow-x: auto; } td, th { border-bottom: 1px solid #ddd; padding: 4px 10px; text-align: right;
white-space: nowrap; } td:first-child, th:first-child { text-align: left; } ul { padding-left: 0; list-style: none; }
li { padding: 3px 0; } li[class] { display: grid; grid-template-columns: 92px 1fr; } li b { font-size: 12px;
line-height: 23px; text-transform: uppercase; letter-spacing: .04em; }
.leak b, .missing b { color: #B02A13; } .trace b, .part b { color: #8A5A00; }
.holds b, .clean b { color: #1B6B3A; } code { background: #f3f3f5; padding: 1px 5px; border-radius: 4px; }
"""
WORDS = {
    "holds": "holds",
    "part": "in part",
    "missing": "missing",
    "leak": "leak",
    "trace": "trace",
    "clean": "clean",
    "unmeasurable": "no labels",
}


def html_report(report: dict[str, Any]) -> str:
    """The page of a report, about 5 MB. Every text in it is escaped."""
    name = report["checkpoint"] + (f" ({report['stand_in']})" if report.get("stand_in") else "")
    parts = [f"<h1>{escape(name)}</h1>", _how(report)]
    if "leakage" in report:
        parts += _leakage(report)
    if "no_judge" in report:
        parts += [f"<p>Swaps were not judged: {escape(report['no_judge'])}</p>"]
    else:
        parts += [
            "<h2>What a judge sees</h2>",
            "<p class=how>Percent with 95 % intervals; H in nats.</p>",
        ]
        parts += [_table(*swap_rows(report))]
    if "generation" in report:
        header, rows = generation_rows(report)
        parts += ["<h2>Both codes from the prior</h2>"]
        if rows:
            how = "Percent with 95 % intervals; H in nats; in brackets the same of real test sequences."
            parts += [f"<p class=how>{how}</p>", _table(header, rows)]
        parts += [f"<p>{escape(generation_words(report))}</p>"]
    parts += (
        ["<h2>Heard as a waveform</h2>", _table(*speech_rows(report))] if "speech" in report else []
    )
    if "downstream" in report:
        parts += ["<h2>What the codes are good for</h2>", _table(*downstream_rows(report))]
        parts += [
            f"<p>{escape(swap_words(task))}</p>" for task in report["downstream"] if task["swap"]
        ]
    if "error" in report:
        parts += _rest(report)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(name)}: what leaks</title><style>{STYLE}</style><body>{''.join(parts)}</body></html>"
    )


def _how(report: dict[str, Any]) -> str:
    versions = ", ".join(f"{k} {v}" for k, v in report["versions"].items())
    words = [
        f"{report['sequences']} {report['split']} sequences",
        f"seed {report['seed']}",
        f"weights {report['weights_sha256_16']}",
        versions,
    ]
    command = f" · <code>{escape(report['command'])}</code>" if report["command"] else ""
    return f"<p class=how>{escape(' · '.join(words))}{command}</p>"


def _leakage(report: dict[str, Any]) -> list[str]:
    leakage = report["leakage"]
    items = "".join(
        f"<li class={v['level']}><b>{WORDS[v['level']]}</b><span>{escape(v['text'])}</span></li>"
        for v in leakage["verdicts"]
    )
    plot = lambda figure, first=False: figure.to_html(full_html=False, include_plotlyjs=first)
    how = (
        f"Probes (linear, and a perceptron with one hidden layer) learnt from {leakage['train_sequences']} training "
        f"sequences, were chosen on {leakage['validation_sequences']} validation sequences and scored once on "
        f"{leakage['test_sequences']}. Intervals resample the {leakage['test_sources']} sources "
        f"{leakage['bootstrap']} times; p-values come from {leakage['permutations']} shuffles of the labels."
        f"{asked_words(report)}"
    )
    return [
        f"<h2>Verdict</h2><ul>{items}</ul><p class=how>{escape(how)}</p>",
        "<h2>What each code knows</h2><p class=how>Bits; colour is the share of the factor's entropy: blue where the "
        "factor belongs, red where it does not.</p>",
        plot(heat_map(report), True),
        _table(*leakage_rows(report)),
        *(
            [
                "<h2>Leakage over time</h2><p class=how>What the dynamic code of one step tells. Dotted: dynamic "
                "factors, which belong there.</p>",
                plot(curves(report)),
            ]
            if leakage["steps"]
            else []
        ),
        f"<details><summary>Every probe</summary>{_table(*leakage_table(report))}</details>",
    ]


def _rest(report: dict[str, Any]) -> list[str]:
    e, m = report["error"], report.get("multifactor_swap")
    lines = [
        *report["health"]["words"],
        f"Squared error a sequence {e['squared_error_per_sequence']:.1f} ± {1.96 * e['standard_error']:.1f} "
        f"(training mean {e['training_mean_squared_error_per_sequence']:.0f}), PSNR {e['psnr_db']:.1f} dB.",
    ]
    if m:
        lines.append(
            f"Multi-factor swap score {m['score']:.3f} (chance {m['chance']:.3f}, perfect {m['perfect']:.3f})."
        )
    if "dci" in report:
        d, v = report["dci"], report["verification"]
        lines += [
            f"DCI: disentanglement {d['disentanglement']:.3f}, completeness {d['completeness']:.3f}, "
            f"informativeness {d['informativeness']:.3f}. MIG {report['mig']['mean']:.3f}.",
            f"Equal error rate, %: static {percent(v['static'])}, dynamic {percent(v['dynamic'])}, gap "
            f"{percent(v['gap'])}; {v['pairs']} pairs, chance 50.",
        ]
    parts = [
        "<h2>Health and other measures</h2><ul>",
        *(f"<li>{escape(line)}</li>" for line in lines),
        "</ul>",
    ]
    if report.get("anchors"):
        moved = report["anchors"]
        header = [
            "anchor frame",
            *(f"{a['anchor']}{' blank' if a['blanked'] else ''}" for a in moved),
        ]
        rows = [["swap keeps all, %", *(percent(a["joint"]) for a in moved)]]
        rows += [
            [f"{key}, bits", *(f"{a['bits'][key]:.2f}" for a in moved)] for key in moved[0]["bits"]
        ]
        parts += [
            "<h2>The anchor frame moved, and blanked</h2><p class=how>The model as it is, on a smaller "
            "sample.</p>",
            _table(header, rows),
        ]
    return parts


def _table(header: list[str], rows: list[list]) -> str:
    head = "".join(f"<th>{escape(str(h))}</th>" for h in header)
    cell = lambda value: f"<td>{'' if value is None else escape(str(value))}</td>"
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
