"""Errors that a person at the command line can mend, and what was typed."""

from __future__ import annotations

import shlex
import sys


class UsageError(ValueError):
    """An argument is wrong; the message says which values are right."""


class Diverged(RuntimeError):
    """Training stopped by itself; the message says where the last good state is."""


def this_command() -> str:
    """The exact command of this process, as a person would type it."""
    return shlex.join(["seqdisent", *sys.argv[1:]])
