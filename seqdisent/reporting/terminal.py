"""A report in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from seqdisent.evaluation.progress import TaskProgress
from seqdisent.evaluation.schema import Leakage, Report
from seqdisent.reporting import tables

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
def progress(console: Console | None = None) -> Iterator[TaskProgress]:
    """A progress bar for each task of a measurement; yields what :func:`~.report.evaluate` takes as ``progress``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(task: str, done: int, total: int) -> None:
            if task not in tasks:
                for earlier in tasks.values():
                    bar.update(earlier, visible=False)
                tasks[task] = bar.add_task(task)
            bar.update(tasks[task], completed=done, total=total)

        yield show


def print_report(report: Report, console: Console) -> None:
    """Verdicts first, then the tables that they are based on."""
    if report.leakage is not None:
        _print_verdicts(report, report.leakage, console)
        title = "usable information, bits [95 % interval]"
        _print_table(*tables.leakage_rows(report.leakage), title, console)
    if report.no_judge:
        console.print(f"Swaps were not judged: {report.no_judge}", highlight=False)
    if report.judge is not None:
        title = "a judge's predictions, % [95 % interval]; H in nats"
        _print_table(*tables.judge_rows(report), title, console)
    if report.swaps is not None:
        console.print(tables.swaps_sentence(report.swaps), highlight=False, style="dim")
    if report.anchors:
        title = "other anchor frames, same weights: bits by code and factor, small sample"
        _print_table(*tables.anchor_rows(report), title, console)
        console.print(tables.anchor_sentence(report.anchors), highlight=False)
    if report.generation is not None:
        header, rows = tables.generation_rows(report.generation)
        if rows:
            title = "both codes from the prior, % [95 % interval]; H in nats (real data)"
            _print_table(header, rows, title, console)
        console.print(tables.generation_sentence(report.generation), highlight=False)
    if report.speech is not None:
        rows_of_speech = tables.speech_rows(report.speech, report.verification)
        _print_table(*rows_of_speech, "speech, measured on waveforms", console)
    if report.downstream:
        _print_table(*tables.downstream_rows(report.downstream), "downstream tasks", console)
        for sentence in tables.transfer_sentences(report.downstream):
            console.print(sentence, highlight=False)
    if report.reconstruction is not None:
        console.print(tables.error_sentence(report))
    for sentence in tables.structure_sentences(report):
        console.print(sentence)


def _print_verdicts(report: Report, leakage: Leakage, console: Console) -> None:
    control = f" ({report.control})" if report.control else ""
    title = f"{report.checkpoint}{control} on {report.sequences} {report.split} sequences"
    view = Table("", "verdict", title=title)
    for verdict in leakage.verdicts:
        view.add_row(MARKS[verdict.level], verdict.text)
    for sentence in tables.diagnostics_sentences(report):
        view.add_row("", sentence)
    console.print(view)
    console.print(
        f"Probes were trained on {leakage.train_sequences} training sequences, chosen on "
        f"{leakage.validation_sequences} validation sequences and scored once on {leakage.test_sequences} "
        f"{report.split} sequences of {leakage.test_sources} sources, which the intervals resample."
        f"{tables.one_step_sentence(leakage)}",
        style="dim",
    )
    for sentence in tables.probes_sentences(leakage):
        console.print(sentence, style="dim")


def _print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], title: str, console: Console
) -> None:
    view = Table(title=title)
    for index, name in enumerate(header):
        view.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        view.add_row(*(cell.replace(" [", "\n[") for cell in row))
    console.print(view)
