"""``seqdisent leakage``: the leakage report of a file of codes, whatever model made them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from seqdisent.cli.common import Commands, line_printer, this_command
from seqdisent.errors import UsageError
from seqdisent.io import write_text


def add_commands(commands: Commands) -> None:
    """Add ``leakage``."""
    parser: ArgumentParser = commands.add(
        "leakage", leakage, "measure the leakage of codes in an NPZ file, of any model"
    )
    add = parser.add_argument
    add(
        "codes",
        type=Path,
        help="NPZ file: static, dynamic, static/NAME, dynamic/NAME, groups, split",
    )
    add("--seed", type=int, default=0, help="of splits, probes and shuffles (default: 0)")
    add("--quick", action="store_true", help="fewer probes and shuffles, no detection limit")
    add("--json", type=Path, help="where to write the report")
    add("--html", type=Path, help="where to write the page")
    add("--csv", type=Path, help="where to write every probe's figures")


def leakage(args: Namespace, console: Console) -> None:
    """Measure a file of codes; print the report, and write what was asked for."""
    # Here, and not above: these take seconds to import, and no other command needs them.
    from seqdisent.evaluation.arrays import leakage_of
    from seqdisent.evaluation.code_files import read_codes
    from seqdisent.evaluation.leakage import FULL, QUICK
    from seqdisent.reporting.html import html_report
    from seqdisent.reporting.tables import to_csv
    from seqdisent.reporting.terminal import print_report, progress

    if not args.codes.is_file():
        raise UsageError(f"there is no file {args.codes}")
    arrays = read_codes(args.codes)
    with progress() as show_progress:
        report = leakage_of(
            arrays,
            name=args.codes.stem,
            effort=QUICK if args.quick else FULL,
            seed=args.seed,
            progress=show_progress,
            command=this_command(),
        )
    print_report(report, console)
    assert report.leakage is not None
    say = line_printer(console)
    files = (
        (args.json, report.to_json),
        (args.html, lambda: html_report(report)),
        (args.csv, lambda: to_csv(report.leakage)),
    )
    for path, text in files:
        if path is not None:
            write_text(path, text())
            say(f"written: {path}")
