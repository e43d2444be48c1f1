"""The commands that train many models to answer one question."""

from __future__ import annotations

import logging
from argparse import Namespace

from rich.console import Console

from seqdisent.checkpoint import load_checkpoint
from seqdisent.cli.common import this_command
from seqdisent.errors import UsageError


def frontier(args: Namespace, console: Console) -> None:
    """Train and measure the points of the sweep that are missing; print where all of them stand."""
    from seqdisent.experiments.frontier.measure import collect, measure_point, write_results
    from seqdisent.experiments.frontier.points import POINTS, train_point

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    points = args.points or list(POINTS)
    if unknown := sorted(set(points) - set(POINTS)):
        raise UsageError(f"no point {', '.join(unknown)}; choose from {', '.join(POINTS)}")
    # Seed by seed, so that a sweep that is stopped early leaves whole seeds behind.
    for seed in args.seeds:
        for number, name in enumerate(points, 1):
            console.print(f"seed {seed}, {number} of {len(points)}: {name}")
            folder = train_point(
                name, seed, args.run, progress=not args.quiet, precision=args.precision
            )
            measure_point(folder)
    results = collect(args.run)
    console.print(f"written: {write_results(results, args.to or args.run)}", highlight=False)


def rollouts(args: Namespace, console: Console) -> None:
    """Train and measure the transitions that are missing; print and keep where they stand, and a clip of futures."""
    from seqdisent.experiments.transitions import compare as results
    from seqdisent.experiments.transitions.measure import N, measure_point, measure_real
    from seqdisent.experiments.transitions.points import POINTS, train_point
    from seqdisent.experiments.transitions.tables import tables

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    points = args.points or list(POINTS)
    if unknown := sorted(set(points) - set(POINTS)):
        raise UsageError(f"no transition {', '.join(unknown)}; choose from {', '.join(POINTS)}")
    models = {}
    for seed in args.seeds:  # so that a run that is stopped early leaves whole seeds behind
        for name in points:
            console.print(f"seed {seed}: {name}", highlight=False)
            folder = train_point(
                name, seed, args.run, progress=not args.quiet, precision=args.precision
            )
            measure_point(folder, N)
            models.setdefault(name, load_checkpoint(folder)[0])
    console.print("real frames, timings and a clip", highlight=False)
    measured = results.collect(args.run)
    made = {
        "command": this_command(),
        "sequences": N,
        "points": measured,
        "real": measure_real(N),
        "differences": results.differences(measured),
        "seconds": {name: results.timings(model) for name, model in models.items()},
    }
    folder = results.write_results(made, args.to or args.run)
    (folder / results.CLIP).write_bytes(results.futures(list(models.values())))
    console.print(tables(made), highlight=False, markup=False, soft_wrap=True)
    console.print(f"written: {folder}", highlight=False)


def bits(args: Namespace, console: Console) -> None:
    """Train and measure the points of the sweep that are missing; print quality against bits, and keep it."""
    from seqdisent.experiments.rate_distortion.measure import codec_curve, measure_point
    from seqdisent.experiments.rate_distortion.points import DATA, POINTS, SIZES
    from seqdisent.experiments.rate_distortion.tables import collect, table, write_results

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    datasets, sizes = args.data or list(DATA), args.sizes or list(SIZES)
    for what, asked, there in (("data set", datasets, DATA), ("size", sizes, SIZES)):
        if unknown := [str(a) for a in asked if a not in there]:
            raise UsageError(
                f"no {what} {', '.join(unknown)} in this sweep; choose from {', '.join(map(str, there))}"
            )
    points = [p for p in POINTS.values() if p.recipe.dataset in datasets and p.size in sizes]
    options = {"progress": not args.quiet, "precision": args.precision}
    # Seed by seed, so that a sweep that is stopped early leaves whole seeds behind.
    for seed in args.seeds:
        for number, point in enumerate(points, 1):
            console.print(f"seed {seed}, {number} of {len(points)}: {point.name}", highlight=False)
            measure_point(point, seed, args.run, **options)
    for dataset in datasets:
        console.print(f"H.264: {dataset}", highlight=False)
        codec_curve(dataset, args.run)
    results = collect(args.run)
    console.print(table(results), highlight=False, markup=False, soft_wrap=True)
    console.print(f"written: {write_results(results, args.to or args.run)}", highlight=False)


def benchmark(args: Namespace, console: Console) -> None:
    """Train and try every seed that is missing; print and keep who said what."""
    from seqdisent.evaluation.downstream import summarised, table, write_results
    from seqdisent.experiments.benchmark.measure import RECIPES, measure
    from seqdisent.recipes import recipe

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    results = []
    for name in args.recipes or RECIPES:
        seeds = measure(
            name,
            args.seeds,
            args.run,
            console.print,
            progress=not args.quiet,
            accelerator="cpu",
            precision=args.precision,
        )
        results.append(summarised(name, recipe(name).dataset, seeds))
        console.print(table(results[-1:]), highlight=False, markup=False)
        console.print(f"written: {write_results(results, args.to or args.run)}", highlight=False)
