"""``seqdisent``: list, get data, train, evaluate, swap and sample from a terminal."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from seqdisent.cli import catalog, evaluate, experiments, generate, leakage, train
from seqdisent.cli.common import Commands, add_debug
from seqdisent.errors import SeqdisentError, UsageError
from seqdisent.version import __version__

EXAMPLES = """\
examples:
  seqdisent list                                    what there is
  seqdisent data lpc-sprites                        download the Sprites of the papers
  seqdisent train vast-sprites                      train a recipe; --resume goes on with it
  seqdisent evaluate vast-sprites                   what leaks, what a swap keeps; on test data
  seqdisent swap vast-sprites 3 700 -o swap.mp4     two test sequences, and their swaps
  seqdisent swap vast-fsdd 3 250 -o swap.wav        the same with two voices
  seqdisent sample vast-sprites -n 6 -o new.gif     sequences from the prior
  seqdisent sample dsvae-bouncing-balls --continue-of 3 --frames 132 -o futures.mp4
"""
RENAMED = {"cut": "prune", "bits": "rate-distortion", "rollouts": "transitions"}
# Problems of the user's disk, folders and permissions. Every other OSError is a bug.
ENVIRONMENT = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EISDIR,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Errors that the user can mend are printed as one line, unless ``--debug`` is given; a bug is raised, so that its
    traceback is shown.

    Returns:
        The exit status.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console()
    debug = False
    try:
        _check_renamed(arguments)
        args = parser().parse_args(arguments)
        debug = args.debug
        args.run_command(args, console)
    except (SeqdisentError, OSError) as error:
        if debug or not can_be_mended(error):
            raise
        message = escape(str(error))  # square brackets in a message are no markup
        console.print(f"[bold red]error:[/] {message}", highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        if debug:
            raise
        console.print("\nstopped; `seqdisent train … --resume` goes on from the last validation")
        return 130
    return 0


def can_be_mended(error: Exception) -> bool:
    """Whether an error is the user's to mend, and not a bug."""
    if isinstance(error, SeqdisentError):
        return True
    return isinstance(error, OSError) and error.errno in ENVIRONMENT


def _check_renamed(arguments: Sequence[str]) -> None:
    """Raise :class:`UsageError` with the new name for the former name of a command."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command in RENAMED:
        raise UsageError(f"`seqdisent {command}` is now `seqdisent {RENAMED[command]}`")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="seqdisent",
        description="Sequential disentanglement: one static code a sequence, one dynamic code a step.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=__version__)
    add_debug(top, default=False)
    commands = Commands(top.add_subparsers(title="commands", metavar="COMMAND", required=True))
    catalog.add_commands(commands)
    train.add_commands(commands)
    evaluate.add_commands(commands)
    leakage.add_commands(commands)
    generate.add_commands(commands)
    experiments.add_commands(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
