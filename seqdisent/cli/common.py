"""What the commands share."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable

from rich.console import Console


def this_command() -> str:
    """The exact command of this process, as a user would type it."""
    return shlex.join(["seqdisent", *sys.argv[1:]])


def quiet_lightning() -> None:
    """What Lightning reports about the machine is noise in a terminal; its warnings are not."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)


def line_printer(console: Console) -> Callable[[str], None]:
    """Prints text as it is: no markup, no highlights, no line breaks of its own."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    return say
