"""``seqdisent evaluate``: measure a checkpoint."""

from __future__ import annotations

from argparse import SUPPRESS, Namespace
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from seqdisent.checkpoint import read_config
from seqdisent.cli.common import (
    Commands,
    add_checkpoint,
    add_data_root,
    line_printer,
    this_command,
)
from seqdisent.errors import UsageError
from seqdisent.io import write_text
from seqdisent.spec import DatasetSpec


def add_commands(commands: Commands) -> None:
    """Add ``evaluate``."""
    parser = commands.add("evaluate", evaluate, "measure a checkpoint on test data")
    add_checkpoint(parser)
    add = parser.add_argument
    add("--split", default="test", choices=("validation", "test"))
    add("--pairs", type=int, default=2000, help="random pairs to swap (default: 2000)")
    add("--seed", type=int, default=0, help="of pairs and samples (default: 0)")
    add("--quick", action="store_true", help="a smaller sample, half a minute; writes nothing")
    add(
        "--control",
        metavar="KIND",
        help="measure a model of known leakage in its place (oracle, leaky, untrained, shuffled, hidden, hidden-step, "
        "hidden-interaction, hidden-0.01 to hidden-1); writes nothing",
    )
    add("--stand-in", help=SUPPRESS)  # its former name
    add(
        "--html",
        type=Path,
        help="where to write the page (default: report.html in the checkpoint folder)",
    )
    add("--no-write", action="store_true", help="leave metrics.json and the card alone")
    add_data_root(parser)


def evaluate(args: Namespace, console: Console) -> None:
    """Measure a checkpoint; print the report and keep it in the checkpoint folder."""
    if args.stand_in is not None:
        raise UsageError(f"--stand-in is now --control: use --control {args.stand_in}")
    if not 1 <= args.pairs <= 100_000:
        raise UsageError(f"--pairs must be between 1 and 100000, got {args.pairs}")
    # Here, and not above: these take seconds to import, and no other command needs them.
    from seqdisent.evaluation.report import evaluate as measure
    from seqdisent.evaluation.report_file import write_report
    from seqdisent.evaluation.sample import FULL_SAMPLE, QUICK_SAMPLE
    from seqdisent.recipes import judge_hint
    from seqdisent.reporting.html import html_report
    from seqdisent.reporting.model_card import write_card
    from seqdisent.reporting.terminal import print_report, progress

    say = line_printer(console)
    folder, config = read_config(args.checkpoint)
    sample = QUICK_SAMPLE if args.quick else replace(FULL_SAMPLE, pairs=args.pairs)
    with progress() as show_progress:
        report, arrays = measure(
            folder,
            split=args.split,
            sample=sample,
            seed=args.seed,
            control=args.control,
            data_root=args.data_root,
            judge_hint=judge_hint(DatasetSpec.from_json(config["dataset"])),
            command=this_command(),
            progress=show_progress,
        )
    page = args.html
    if args.split == "test" and not (args.no_write or args.quick or args.control):
        written = write_report(folder, report, arrays)
        write_card(folder)
        say(f"written: {written}")
        if page is None and report.leakage is not None:
            page = folder / "report.html"
    print_report(report, console)
    if page is not None:
        write_text(page, html_report(report))
        say(f"written: {page}")
