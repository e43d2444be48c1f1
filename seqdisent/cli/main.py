"""``seqdisent``: list, get data, train, evaluate, swap and sample from a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from seqdisent.version import __version__

EXAMPLES = """\
examples:
  seqdisent list                                    what there is
  seqdisent data lpc-sprites                        download the Sprites of the papers
  seqdisent train dbse-sprites                      train a recipe; --resume goes on with it
  seqdisent evaluate dbse-sprites                   what leaks, what a swap keeps; on test data
  seqdisent swap dbse-sprites 3 700 -o swap.mp4     two test sequences, and their swaps
  seqdisent swap dbse-fsdd 3 250 -o swap.wav        the same with two voices
  seqdisent sample dbse-sprites -n 6 -o new.gif     sequences from the prior
  seqdisent sample dsvae-bouncing-balls --continue-of 3 --frames 132 -o futures.mp4
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; errors that a user can mend are one line, not a traceback."""
    from seqdisent.cli import commands

    args = parser(commands).parse_args(argv)
    console = Console()
    try:
        args.command(args, console)
    except commands.USER_ERRORS as error:
        console.print(
            f"[bold red]error:[/] {rich_escape(str(error))}", highlight=False, soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; `seqdisent train … --resume` goes on from the last validation")
        return 130
    return 0


def rich_escape(text: str) -> str:
    """Square brackets in a message are text, not markup."""
    from rich.markup import escape

    return escape(text)


def parser(commands) -> argparse.ArgumentParser:
    """The command line; ``commands`` holds one function for each subcommand."""
    top = argparse.ArgumentParser(
        prog="seqdisent",
        description="Sequential disentanglement: one static code a sequence, one dynamic code a step.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=__version__)
    sub = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run, summary: str) -> argparse.ArgumentParser:
        added = sub.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=run)
        return added

    command("list", commands.list_all, "list models, data sets, recipes and checkpoints")

    data = command("data", commands.data, "download a data set, or check the copy that is there")
    data.add_argument("dataset", help="a name from `seqdisent list`")
    _data_root(data)

    train = command("train", commands.train, "train a recipe and write a checkpoint folder")
    train.add_argument("recipe", help="a name from `seqdisent list`")
    train.add_argument(
        "--run", type=Path, help="run folder for states and logs (default: runs/RECIPE)"
    )
    train.add_argument("--to", type=Path, help="finished checkpoint folder (default: RUN/RECIPE)")
    train.add_argument("--resume", action="store_true", help="go on with the run in the run folder")
    train.add_argument("--steps", type=int, help="optimizer steps (default: the recipe's)")
    train.add_argument("--batch-size", type=int, help="sequences a step over all processes")
    train.add_argument("--learning-rate", type=float, help="peak rate (default: the recipe's)")
    train.add_argument("--epoch-steps", type=int, help="steps between validations")
    train.add_argument(
        "--seed", type=int, default=0, help="of weights, data order and noise (default: 0)"
    )
    train.add_argument("--accelerator", default="auto", help="cpu, gpu, mps or auto (default)")
    train.add_argument("--devices", default="auto", help="how many devices, on each node")
    train.add_argument("--nodes", type=int, default=1, help="how many nodes")
    train.add_argument("--strategy", default="auto", help="auto, ddp, ... (Lightning's names)")
    train.add_argument(
        "--precision", default="32-true", help="32-true (default), bf16-mixed, 16-mixed"
    )
    train.add_argument("--quiet", action="store_true", help="no progress bar")
    _data_root(train)

    evaluate = command("evaluate", commands.evaluate, "measure a checkpoint on test data")
    evaluate.add_argument("checkpoint", help="a name from `seqdisent list`, or a folder")
    evaluate.add_argument("--split", default="test", choices=("validation", "test"))
    evaluate.add_argument(
        "--pairs", type=int, default=2000, help="random pairs to swap (default: 2000)"
    )
    evaluate.add_argument("--seed", type=int, default=0, help="of pairs and samples (default: 0)")
    evaluate.add_argument(
        "--quick", action="store_true", help="a smaller sample, half a minute; writes nothing"
    )
    evaluate.add_argument(
        "--control",
        metavar="KIND",
        help="measure a model of known leakage in its place (oracle, leaky, untrained, shuffled); writes nothing",
    )
    evaluate.add_argument(
        "--html",
        type=Path,
        help="where to write the page (default: report.html beside the weights)",
    )
    evaluate.add_argument(
        "--no-write", action="store_true", help="leave metrics.json and the card alone"
    )
    _data_root(evaluate)

    cut = command("cut", commands.cut, "cut codes down to the directions that carry signal")
    cut.add_argument("checkpoint", help="a name from `seqdisent list`, or a folder")
    cut.add_argument(
        "--tolerance",
        type=float,
        default=0.01,
        help="by how much the error may rise for each code (default: 0.01)",
    )
    cut.add_argument("--to", type=Path, required=True, help="folder of the new checkpoint")
    _data_root(cut)

    frontier = command(
        "frontier", commands.frontier, "sweep weights and parts on sprites-32; see who leaks what"
    )
    frontier.add_argument("--points", nargs="+", help="points of the sweep (default: all)")
    _sweep(frontier, "runs/frontier", (0, 1, 2))

    rollouts = command(
        "rollouts",
        commands.transitions,
        "stochastic against deterministic transitions on long sequences",
    )
    rollouts.add_argument(
        "--points", nargs="+", help="transitions (default: stochastic deterministic linear)"
    )
    _sweep(rollouts, "runs/rollouts", (0, 1, 2))

    bits = command(
        "bits",
        commands.rate_distortion,
        "quality against bits: small dynamic codes, with and without a static one",
    )
    bits.add_argument("--data", nargs="+", help="data sets of the sweep (default: all three)")
    bits.add_argument("--sizes", nargs="+", type=int, help="dynamic sizes (default: 1 2 4 8 16 32)")
    _sweep(bits, "runs/bits", (0,))

    benchmark = command(
        "benchmark",
        commands.benchmark,
        "train recipes of series with several seeds; try their codes",
    )
    benchmark.add_argument(
        "recipes", nargs="*", help="recipes of series (default: those of the README's table)"
    )
    _sweep(benchmark, "runs/benchmark", (0, 1, 2, 3, 4))

    swap = command(
        "swap", commands.swap, "swap two test sequences and write an animation, a sound or a table"
    )
    swap.add_argument("checkpoint", help="a name from `seqdisent list`, or a folder")
    swap.add_argument("a", type=int, help="number of a test sequence")
    swap.add_argument("b", type=int, help="number of another")
    _output(swap, "swap", ".csv or .png", ".mp4, .gif or .webp")
    _data_root(swap)

    sample = command(
        "sample", commands.sample, "make sequences: drawn, gone on with, or between two others"
    )
    sample.add_argument("checkpoint", help="a name from `seqdisent list`, or a folder")
    sample.add_argument("-n", type=int, default=6, help="how many (default: 6, at most 64)")
    sample.add_argument(
        "--frames", type=int, help="how long, any length (default: as the training data)"
    )
    sample.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    sample.add_argument(
        "--temperature", type=float, default=1.0, help="0, the most likely, to 2 (default: 1)"
    )
    sample.add_argument("--static-of", type=int, help="keep the static code of this test sequence")
    sample.add_argument(
        "--dynamic-of", type=int, help="keep the dynamic code of this test sequence"
    )
    sample.add_argument(
        "--continue-of", type=int, help="go on with the beginning of this test sequence"
    )
    sample.add_argument(
        "--prefix", type=int, help="frames of the beginning that are kept (default: half of them)"
    )
    sample.add_argument(
        "--between", type=int, nargs=2, metavar=("A", "B"), help="from one test sequence to another"
    )
    sample.add_argument(
        "--what",
        default="both",
        choices=("static", "dynamic", "both"),
        help="which code goes from A to B (default: both)",
    )
    sample.add_argument(
        "--path",
        default="spherical",
        choices=("spherical", "linear"),
        help="by which way (default: spherical)",
    )
    _output(sample, "sample", ".csv, .png or .npz", ".mp4, .gif, .webp or .npz")
    _data_root(sample)
    return top


def _data_root(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data-root",
        type=Path,
        help="folder with the data (default: SEQDISENT_DATA, else the user's cache)",
    )


def _sweep(command: argparse.ArgumentParser, run: str, seeds: tuple[int, ...]) -> None:
    said = f"(default: {' '.join(map(str, seeds))})"
    command.add_argument("--seeds", nargs="+", type=int, default=list(seeds), help=said)
    command.add_argument(
        "--run", type=Path, default=Path(run), help="folder of the runs; it is resumed"
    )
    command.add_argument(
        "--to", type=Path, help="folder of the results (default: that of the runs)"
    )
    command.add_argument(
        "--precision", default="32-true", help="32-true (default), bf16-mixed, 16-mixed"
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def _output(command: argparse.ArgumentParser, default: str, series: str, pictures: str) -> None:
    said = f"{pictures} of pictures; .wav of speech; {series} of series (default: {default}.mp4, .wav or .csv)"
    command.add_argument("-o", "--output", type=Path, help=said)


if __name__ == "__main__":
    sys.exit(main())
