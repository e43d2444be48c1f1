"""A report in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from seqdisent.evaluation.report import Say
from seqdisent.reporting.tables import (
    asked_words,
    downstream_rows,
    generation_rows,
    generation_words,
    leakage_rows,
    percent,
    speech_rows,
    swap_rows,
    swap_words,
)

MARKS = {
    "holds": "[green]holds[/]",
    "part": "[yellow]in part[/]",
    "missing": "[red]missing[/]",
    "leak": "[red]leak[/]",
    "trace": "[yellow]trace[/]",
    "clean": "[green]clean[/]",
    "unmeasurable": "[dim]not measurable[/]",
}


@contextmanager
def progress(console: Console | None = None) -> Iterator[Say]:
    """A progress bar for each part of a report; yields what :func:`~.report.evaluate` takes as ``say``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def say(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield say


def print_report(report: dict[str, Any], console: Console) -> None:
    """Verdicts first, then the tables that they rest on."""
    what = report["checkpoint"] + (f" ({report['stand_in']})" if report.get("stand_in") else "")
    title = f"{what} on {report['sequences']} {report['split']} sequences"
    if "leakage" in report:
        _verdicts(report, title, console)
        _table(*leakage_rows(report), "usable information, bits [95 % interval]", console)
    if "no_judge" in report:
        console.print(f"Swaps were not judged: {report['no_judge']}", highlight=False)
    if "judge" in report:
        _table(*swap_rows(report), "what a judge sees, % [95 % interval]; H in nats", console)
    if "generation" in report:
        header, rows = generation_rows(report)
        if rows:
            _table(
                header,
                rows,
                "both codes from the prior, % [95 % interval]; H in nats (real data)",
                console,
            )
        console.print(generation_words(report), highlight=False)
    if "speech" in report:
        _table(*speech_rows(report), "speech, heard as waveforms", console)
    if "downstream" in report:
        _table(*downstream_rows(report), "what the codes are good for", console)
        for task in report["downstream"]:
            if task["swap"]:
                console.print(swap_words(task), highlight=False)
    if "error" in report:
        _rest(report, console)


def _verdicts(report: dict[str, Any], title: str, console: Console) -> None:
    leakage = report["leakage"]
    view = Table("", "verdict", title=title)
    for verdict in leakage["verdicts"]:
        view.add_row(MARKS[verdict["level"]], verdict["text"])
    for words in report["health"]["words"]:
        view.add_row("", words)
    console.print(view)
    console.print(
        f"Probes learnt from {leakage['train_sequences']} training sequences, were chosen on "
        f"{leakage['validation_sequences']} validation sequences and scored once on {leakage['test_sequences']} "
        f"{report['split']} sequences of {leakage['test_sources']} sources, which the intervals resample."
        f"{asked_words(report)}",
        style="dim",
    )


def _table(header: list[str], rows: list[list[str]], title: str, console: Console) -> None:
    view = Table(title=title)
    for index, name in enumerate(header):
        view.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        view.add_row(*(cell.replace(" [", "\n[") for cell in row))
    console.print(view)


def _rest(report: dict[str, Any], console: Console) -> None:
    e = report["error"]
    console.print(
        f"Squared error a sequence: {e['squared_error_per_sequence']:.1f} ± {1.96 * e['standard_error']:.1f} "
        f"(training mean: {e['training_mean_squared_error_per_sequence']:.0f}), PSNR {e['psnr_db']:.1f} dB."
    )
    if m := report.get("multifactor_swap"):
        console.print(
            f"Multi-factor swap score {m['score']:.3f} (chance {m['chance']:.3f}, perfect {m['perfect']:.3f})."
        )
    if "dci" in report:
        d, v = report["dci"], report["verification"]
        eer = " / ".join(percent(v[k]) for k in ("static", "dynamic", "gap"))
        console.print(
            f"DCI: disentanglement {d['disentanglement']:.3f}, completeness {d['completeness']:.3f}, informativeness "
            f"{d['informativeness']:.3f}. MIG {report['mig']['mean']:.3f}.\n"
            f"Equal error rate static / dynamic / gap, %: {eer} over {v['pairs']} pairs (chance 50)."
        )
    if report.get("anchors"):
        header = [
            "anchor frame",
            *(f"{a['anchor']}{' blank' if a['blanked'] else ''}" for a in report["anchors"]),
        ]
        rows = [
            ["swap keeps all, %", *(f"{100 * a['joint']['value']:.0f}" for a in report["anchors"])]
        ]
        rows += [
            [key, *(f"{a['bits'][key]:.2f}" for a in report["anchors"])]
            for key in report["anchors"][0]["bits"]
        ]
        _table(
            header,
            rows,
            "the anchor moved, the model as it is: bits by code and factor, small sample",
            console,
        )
