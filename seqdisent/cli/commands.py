"""What each command of the command line does. Heavy imports wait until a command needs them."""

from __future__ import annotations

import logging
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from seqdisent.checkpoint import (
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
)
from seqdisent.cli.common import this_command
from seqdisent.cli.experiment_commands import benchmark, frontier, rate_distortion, transitions  # noqa: F401 (commands, too)
from seqdisent.data import (
    DATASETS,
    DatasetSpec,
    data_source,
    dataset_outline,
    dataset_spec,
    is_ready,
    load_dataset,
)
from seqdisent.data.download import data_root
from seqdisent.errors import SeqdisentError, UsageError
from seqdisent.io import write_text
from seqdisent.modalities import modality_of

# Shown as one line: the message alone says what is wrong and what to do.
USER_ERRORS = (SeqdisentError, OSError)


def list_all(args: Namespace, console: Console) -> None:
    """Print models, data sets, recipes and checkpoints."""
    from seqdisent.models import MODELS
    from seqdisent.recipes import RECIPES

    table = Table("name", "what", title="models")
    for name, entry in MODELS.items():
        table.add_row(name, entry.summary)
    console.print(table)
    table = Table("name", "modality", "sequences", "factors", "licence", "here", title="data sets")
    for name in DATASETS:
        here = is_ready(name)
        spec = dataset_spec(name) if here else dataset_outline(name)
        table.add_row(
            name,
            spec.modality,
            _counts(spec),
            ", ".join(f.name for f in spec.factors),
            spec.source.licence,
            "yes" if here else f"seqdisent data {name}",
        )
    console.print(table)
    table = Table("name", "what", "steps", title="recipes (seqdisent train NAME)")
    for name, make in RECIPES.items():
        table.add_row(name, make.__doc__ or "", str(make().train.steps))
    console.print(table)
    table = Table("name", "model", "data set", title="checkpoints")
    for name, config in list_checkpoints().items():
        table.add_row(name, config["model"], config["dataset"]["name"])
    console.print(table)


def _counts(spec: DatasetSpec) -> str:
    return " / ".join(f"{count} {split}" for split, count in spec.splits)


def data(args: Namespace, console: Console) -> None:
    """Download what is missing, with progress; or say that everything is there, or what users must bring."""
    source = data_source(args.dataset)
    if source.origin == "user":
        spec = source.spec(args.data_root)
        factors = ", ".join(f"{f.name} ({len(f.classes)})" for f in spec.factors)
        where = data_root(args.data_root)
        things = f"{modality_of(spec).nouns.sequence}s"
        console.print(
            f"{spec.title}, from {where}: {_counts(spec)} {things}; factors: {factors}",
            highlight=False,
        )
        for line in source.notes(args.data_root):
            console.print(f"- {line}", highlight=False, markup=False)
        return
    if source.origin == "generated":
        console.print(f"{args.dataset} is made by code: there is nothing to download.")
        return
    spec = source.outline
    console.print(
        f"{spec.title}: {spec.source.download_bytes / 1e6:.1f} MB from {spec.source.url}\n"
        f"Licence: {spec.source.licence}. Credit: {spec.source.credit}.",
        highlight=False,
    )
    with Progress(console=console) as bar:
        task = bar.add_task("files")
        fetched = source.get(
            args.data_root, lambda done, total: bar.update(task, completed=done, total=total)
        )
    where = data_root(args.data_root)
    console.print(f"{fetched} files downloaded, all checksums right: {where}", highlight=False)


def train(args: Namespace, console: Console) -> None:
    """Train a recipe; write its checkpoint folder and model card."""
    try:
        from seqdisent.training.run import train_and_save
    except ImportError as error:
        raise UsageError('training needs the extra: pip install "seqdisent[train]"') from error
    from seqdisent.recipes import recipe as get_recipe
    from seqdisent.reporting.model_card import write_card

    # What Lightning reports about the machine is noise here; its warnings are not.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    recipe = get_recipe(args.recipe)
    chosen = {
        name: getattr(args, name)
        for name in ("steps", "batch_size", "learning_rate", "epoch_steps")
        if getattr(args, name) is not None
    }
    recipe = replace(recipe, train=replace(recipe.train, **chosen))
    run = args.run or Path("runs") / args.recipe
    console.print(f"loading {recipe.dataset} …")
    trained = train_and_save(
        recipe,
        args.to or run / args.recipe,
        run,
        name=args.recipe,
        command=this_command(),
        seed=args.seed,
        resume=args.resume,
        progress=not args.quiet,
        data_root=args.data_root,
        write_card=write_card,
        accelerator=args.accelerator,
        devices=args.devices,
        num_nodes=args.nodes,
        strategy=args.strategy,
        precision=args.precision,
    )
    if trained is None:  # not the first process
        return
    if recipe.prune:
        console.print(_ranks(trained.model))
    folder = trained.folder
    console.print(f"checkpoint: {folder}\nnext: seqdisent evaluate {folder}", highlight=False)


def cut(args: Namespace, console: Console) -> None:
    """Cut the codes of a checkpoint down to their signal, and write the result as a new one."""
    from seqdisent.checkpoint import read_config
    from seqdisent.models.pruning import prune_codes
    from seqdisent.reporting.model_card import write_card

    folder, config = read_config(args.checkpoint)
    model, spec = load_checkpoint(folder)
    made, directions = prune_codes(
        model, load_dataset(spec.name, "train", args.data_root), tolerance=args.tolerance
    )
    about = {**config["recipe"], "prune_tolerance": args.tolerance}
    cutting = f"seqdisent cut {folder.name} --tolerance {args.tolerance:g} --to {args.to.name}"
    about["command"] = f"{about.get('command', 'unknown')} && {cutting}"
    to = save_checkpoint(args.to, made, kind=config["model"], recipe=about)
    write_card(to)
    for name in directions:
        rank = getattr(made.config, f"{name}_rank")
        ratios = " ".join(f"{v:.3g}" for v in directions[name].snr.tolist()[: rank + 4])
        console.print(f"{name}: signal to noise ratios, best first: {ratios} …", highlight=False)
    console.print(
        f"{_ranks(made)}\ncheckpoint: {to}\nnext: seqdisent evaluate {to}", highlight=False
    )


def _ranks(model) -> str:
    c = model.config
    said = f"codes cut down to their signal: {c.static_rank} of {c.static_size} static directions"
    return (
        f"{said}, {c.dynamic_rank} of {model.spec.frames * c.dynamic_size} dynamic ones"
        if c.dynamic_rank
        else said
    )


def evaluate(args: Namespace, console: Console) -> None:
    """Measure a checkpoint; print the report and keep it in the checkpoint folder."""
    from seqdisent.checkpoint import read_config
    from seqdisent.evaluation.report import evaluate as measure
    from seqdisent.evaluation.report_file import write_report
    from seqdisent.evaluation.sample import FULL_SAMPLE, QUICK_SAMPLE
    from seqdisent.recipes import judge_hint
    from seqdisent.reporting.html import html_report
    from seqdisent.reporting.model_card import write_card
    from seqdisent.reporting.terminal import print_report, progress

    if not 1 <= args.pairs <= 100_000:
        raise UsageError(f"--pairs must be between 1 and 100000, got {args.pairs}")
    folder, config = read_config(args.checkpoint)
    sample = QUICK_SAMPLE if args.quick else replace(FULL_SAMPLE, pairs=args.pairs)
    with progress() as show:
        report, arrays = measure(
            folder,
            split=args.split,
            sample=sample,
            seed=args.seed,
            control=args.control,
            data_root=args.data_root,
            judge_hint=judge_hint(DatasetSpec.from_json(config["dataset"])),
            command=this_command(),
            progress=show,
        )
    page = args.html
    if args.split == "test" and not (args.no_write or args.quick or args.control):
        written = write_report(folder, report, arrays)
        write_card(folder)
        console.print(f"written: {written}", highlight=False)
        if page is None and report.leakage is not None:
            page = folder / "report.html"
    print_report(report, console)
    if page is not None:
        write_text(page, html_report(report))
        console.print(f"written: {page}", highlight=False)


def swap(args: Namespace, console: Console) -> None:
    """Write A, B and both swaps."""
    from seqdisent.cli import generate_commands as generate

    generate.swap(args, console)


def sample(args: Namespace, console: Console) -> None:
    """Write sequences drawn from the prior."""
    from seqdisent.cli import generate_commands as generate

    generate.sample(args, console)
