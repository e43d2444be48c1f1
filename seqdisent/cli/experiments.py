"""The commands that train and measure many models to answer one question."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from seqdisent.checkpoint import load_checkpoint
from seqdisent.cli.common import Commands, line_printer, quiet_lightning, this_command
from seqdisent.errors import UsageError
from seqdisent.io import write_bytes
from seqdisent.models import SequentialVAE

# Imports of experiments wait for their commands: probes, plots and codecs take seconds to import.

Name = TypeVar("Name", bound=Hashable)


def add_commands(commands: Commands) -> None:
    """Add ``frontier``, ``transitions``, ``rate-distortion``, ``benchmark``, ``validate-probes``, ``throughput``."""
    parser = commands.add(
        "frontier", frontier, "sweep weights and parts on sprites-32; compare what leaks"
    )
    parser.add_argument("--points", nargs="+", help="points of the sweep (default: all)")
    _add_sweep(parser, "runs/frontier", (0, 1, 2))

    parser = commands.add(
        "transitions",
        transitions,
        "stochastic against deterministic transitions on long sequences",
    )
    parser.add_argument(
        "--points", nargs="+", help="transitions (default: stochastic deterministic linear)"
    )
    _add_sweep(parser, "runs/transitions", (0, 1, 2))

    parser = commands.add(
        "rate-distortion",
        rate_distortion,
        "quality against bits: small dynamic codes, with and without a static one",
    )
    parser.add_argument("--data", nargs="+", help="data sets of the sweep (default: all three)")
    parser.add_argument(
        "--sizes", nargs="+", type=int, help="dynamic sizes (default: 1 2 4 8 16 32)"
    )
    _add_sweep(parser, "runs/rate-distortion", (0,))

    parser = commands.add(
        "benchmark",
        benchmark,
        "train recipes of time series with several seeds; solve tasks with their codes",
    )
    parser.add_argument(
        "recipes", nargs="*", help="recipes of series (default: those of the README's table)"
    )
    parser.add_argument(
        "--splits",
        type=int,
        metavar="N",
        help="instead: how much the split alone moves the figures, over N random splits, without training a model",
    )
    _add_sweep(parser, "runs/benchmark", (0, 1, 2, 3, 4))

    parser = commands.add(
        "validate-probes", validate_probes, "what the probes find of leaks that were planted"
    )
    parser.add_argument(
        "--to", type=Path, default=Path("runs/probes"), help="folder of the results"
    )

    parser = commands.add(
        "throughput", throughput, "sequences a second, against the published architecture"
    )
    parser.add_argument("--recipe", default="vast-sprites", help="the recipe to time")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each measurement")


def _add_sweep(parser: ArgumentParser, run: str, seeds: tuple[int, ...]) -> None:
    """The arguments that all sweeps have."""
    listed = " ".join(map(str, seeds))
    add = parser.add_argument
    add("--seeds", nargs="+", type=int, default=list(seeds), help=f"(default: {listed})")
    add("--run", type=Path, default=Path(run), help="folder of the runs; it is resumed")
    add("--to", type=Path, help="folder of the results (default: that of the runs)")
    add("--precision", default="32-true", help="32-true (default), bf16-mixed, 16-mixed")
    add("--quiet", action="store_true", help="no progress bar")


def frontier(args: Namespace, console: Console) -> None:
    """Train and measure the points of the sweep that are missing; write the results of all of them."""
    from seqdisent.experiments.frontier.measure import measure_point
    from seqdisent.experiments.frontier.points import POINTS, sweep_run
    from seqdisent.experiments.frontier.tables import collect, write_results

    quiet_lightning()
    points = chosen("point", args.points, POINTS)
    say = line_printer(console)
    # Seed by seed, so that a sweep that is stopped early leaves complete seeds behind.
    for seed in args.seeds:
        for number, name in enumerate(points, 1):
            say(f"seed {seed}, {number} of {len(points)}: {name}")
            run = sweep_run(name, seed, args.run)
            run.train(say, progress=not args.quiet, precision=args.precision)
            measure_point(run, say)
    folder = write_results(collect(args.run, say), args.to or args.run)
    say(f"written: {folder}")


def transitions(args: Namespace, console: Console) -> None:
    """Train and measure the transitions that are missing; print and write the comparison, and a clip of futures."""
    from seqdisent.experiments.transitions import compare
    from seqdisent.experiments.transitions.measure import measure_point, measure_real, settings
    from seqdisent.experiments.transitions.points import POINTS, sweep_run
    from seqdisent.experiments.transitions.tables import tables, write_results

    quiet_lightning()
    points = chosen("transition", args.points, POINTS)
    say = line_printer(console)
    models: dict[str, SequentialVAE] = {}
    # Seed by seed, so that a sweep that is stopped early leaves complete seeds behind.
    for seed in args.seeds:
        for name in points:
            say(f"seed {seed}: {name}")
            run = sweep_run(name, seed, args.run)
            run.train(say, progress=not args.quiet, precision=args.precision)
            measure_point(run, say)
            if name not in models:
                models[name], _ = load_checkpoint(run.checkpoint)
    say("real frames, timings and a clip")
    measured = compare.collect(args.run, say)
    results = {
        "command": this_command(),
        "sequences": settings()["sequences"],
        "points": measured,
        "real": measure_real(),
        "differences": compare.differences(measured),
        "seconds": {name: compare.timings(model) for name, model in models.items()},
    }
    folder = write_results(results, args.to or args.run)
    write_bytes(folder / compare.CLIP, compare.futures(list(models.values())))
    say(tables(results))
    say(f"written: {folder}")


def rate_distortion(args: Namespace, console: Console) -> None:
    """Train and measure the points of the sweep that are missing; print and write quality against bits."""
    from seqdisent.experiments.rate_distortion.measure import codec_curve, measure_point
    from seqdisent.experiments.rate_distortion.points import DATA, POINTS, SIZES, sweep_run
    from seqdisent.experiments.rate_distortion.tables import collect, table, write_results

    quiet_lightning()
    datasets = chosen("data set", args.data, DATA, " in this sweep")
    sizes = chosen("size", args.sizes, SIZES, " in this sweep")
    points = [p for p in POINTS.values() if p.recipe.dataset in datasets and p.size in sizes]
    say = line_printer(console)
    # Seed by seed, so that a sweep that is stopped early leaves complete seeds behind.
    for seed in args.seeds:
        for number, point in enumerate(points, 1):
            say(f"seed {seed}, {number} of {len(points)}: {point.name}")
            run = sweep_run(point, seed, args.run)
            run.train(say, progress=not args.quiet, precision=args.precision)
            measure_point(point, run, say)
    for dataset in datasets:
        say(f"H.264: {dataset}")
        codec_curve(dataset, args.run)
    results = collect(args.run, say)
    say(table(results))
    folder = write_results(results, args.to or args.run)
    say(f"written: {folder}")


def benchmark(args: Namespace, console: Console) -> None:
    """Train recipes of time series with every seed that is missing, and solve the downstream tasks with their codes."""
    from seqdisent.evaluation.downstream import summarise_tasks
    from seqdisent.evaluation.schema import BenchmarkResult
    from seqdisent.experiments.benchmark.measure import RECIPES, measure
    from seqdisent.experiments.benchmark.repeated import repeated_splits
    from seqdisent.experiments.benchmark.tables import table, write_repeated, write_results
    from seqdisent.recipes import recipe

    quiet_lightning()
    say = line_printer(console)
    if args.splits:
        folder = write_repeated(repeated_splits(args.splits, say), args.to or args.run)
        say(f"written: {folder}")
        return
    results: list[BenchmarkResult] = []
    for name in args.recipes or RECIPES:
        predictions = measure(
            name,
            args.seeds,
            args.run,
            say,
            progress=not args.quiet,
            accelerator="cpu",
            precision=args.precision,
        )
        dataset = recipe(name).dataset
        tasks = summarise_tasks(dataset, predictions)
        results.append(BenchmarkResult(name, dataset, tuple(sorted(predictions)), tasks))
        say(table(results[-1:]))
        folder = write_results(results, args.run, args.to or args.run, say)
        say(f"written: {folder}")


def validate_probes(args: Namespace, console: Console) -> None:
    """Measure the controls; print and write what was planted and what was found."""
    from seqdisent.experiments.probe_validation import validate, write_results

    say = line_printer(console)
    folder = write_results(validate(say), args.to)
    say(f"written: {folder}")


def throughput(args: Namespace, console: Console) -> None:
    """Time a recipe against the published architecture; print the table."""
    from seqdisent.experiments.throughput import compare

    console.print(compare(args.recipe, args.batch_size, args.seconds))


def chosen(
    noun: str, wanted: Sequence[Name] | None, known: Iterable[Name], where: str = ""
) -> list[Name]:
    """The parts of a sweep that the user asked for, or all of them.

    Raises:
        UsageError: if some do not exist.
    """
    names = list(known)
    if not wanted:
        return names
    unknown = [str(name) for name in wanted if name not in names]
    if unknown:
        listed = ", ".join(map(str, names))
        raise UsageError(f"no {noun} {', '.join(unknown)}{where}; choose from {listed}")
    return list(wanted)
