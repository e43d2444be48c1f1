"""What the commands share."""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

Run = Callable[[Namespace, Console], None]


class Commands:
    """The subcommands of a command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returned.
    """

    def __init__(self, subparsers: argparse._SubParsersAction[ArgumentParser]) -> None:
        self._subparsers = subparsers

    def add(self, name: str, run: Run, summary: str) -> ArgumentParser:
        """A new subcommand, which calls ``run``; its arguments are added to what is returned."""
        parser = self._subparsers.add_parser(name, help=summary, description=summary)
        parser.set_defaults(run_command=run)
        add_debug(parser, default=argparse.SUPPRESS)  # must not reset one before the subcommand
        return parser


def add_debug(parser: ArgumentParser, default: bool | str) -> None:
    """``--debug``, before or after the subcommand."""
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show the traceback of every error"
    )


def add_data_root(parser: ArgumentParser) -> None:
    """``--data-root``."""
    parser.add_argument(
        "--data-root",
        type=Path,
        help="folder with the data (default: SEQDISENT_DATA, else the user's cache)",
    )


def add_checkpoint(parser: ArgumentParser) -> None:
    """The checkpoint that a command is about."""
    parser.add_argument("checkpoint", help="a name from `seqdisent list`, or a folder")


def this_command() -> str:
    """The exact command of this process, as a user would type it."""
    return shlex.join(["seqdisent", *sys.argv[1:]])


def quiet_lightning() -> None:
    """What Lightning reports about the machine is noise in a terminal; its warnings are not."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)


def line_printer(console: Console) -> Callable[[str], None]:
    """Prints text as it is: no markup, no highlights, and a line is not broken."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    return say
