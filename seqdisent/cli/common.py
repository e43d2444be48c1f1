"""What the commands share."""

from __future__ import annotations

import shlex
import sys


def this_command() -> str:
    """The exact command of this process, as a user would type it."""
    return shlex.join(["seqdisent", *sys.argv[1:]])
