"""``seqdisent list`` and ``seqdisent data``: what there is, and how to get it."""

from __future__ import annotations

from argparse import Namespace

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from seqdisent.checkpoint import list_checkpoints
from seqdisent.cli.common import Commands, add_data_root, line_printer
from seqdisent.data import (
    DATASETS,
    DatasetSpec,
    data_source,
    dataset_outline,
    dataset_spec,
    is_ready,
)
from seqdisent.data.download import data_root
from seqdisent.modalities import modality_of
from seqdisent.models import MODELS
from seqdisent.recipes import RECIPES


def add_commands(commands: Commands) -> None:
    """Add ``list`` and ``data``."""
    commands.add("list", list_all, "list models, data sets, recipes and checkpoints")
    data_command = commands.add(
        "data", data, "download a data set, or check the copy that is there"
    )
    data_command.add_argument("dataset", help="a name from `seqdisent list`")
    add_data_root(data_command)


def list_all(args: Namespace, console: Console) -> None:
    """Print models, data sets, recipes and checkpoints."""
    console.print(_models())
    console.print(_datasets())
    console.print(_recipes())
    console.print(_checkpoints())


def _models() -> Table:
    table = Table("name", "what", title="models")
    for name, entry in MODELS.items():
        table.add_row(name, entry.summary)
    return table


def _datasets() -> Table:
    table = Table("name", "modality", "sequences", "factors", "licence", "here", title="data sets")
    for name in DATASETS:
        here = is_ready(name)
        spec = dataset_spec(name) if here else dataset_outline(name)
        table.add_row(
            name,
            spec.modality,
            _counts(spec),
            ", ".join(factor.name for factor in spec.factors),
            spec.source.licence,
            "yes" if here else f"seqdisent data {name}",
        )
    return table


def _recipes() -> Table:
    table = Table("name", "what", "steps", title="recipes (seqdisent train NAME)")
    for name, make in RECIPES.items():
        summary = (make.__doc__ or "").partition("\n")[0]
        table.add_row(name, summary, str(make().train.steps))
    return table


def _checkpoints() -> Table:
    table = Table("name", "model", "data set", title="checkpoints")
    for name, config in list_checkpoints().items():
        table.add_row(name, config["model"], config["dataset"]["name"])
    return table


def _counts(spec: DatasetSpec) -> str:
    return " / ".join(f"{count} {split}" for split, count in spec.splits)


def data(args: Namespace, console: Console) -> None:
    """Download what is missing, with progress; or print that everything is there, or what the user must supply."""
    source = data_source(args.dataset)
    say = line_printer(console)
    where = data_root(args.data_root)
    if source.origin == "user":
        spec = source.spec(args.data_root)
        factors = ", ".join(f"{factor.name} ({len(factor.classes)})" for factor in spec.factors)
        sequences = f"{_counts(spec)} {modality_of(spec).nouns.sequence}s"
        say(f"{spec.title}, from {where}: {sequences}; factors: {factors}")
        for note in source.notes(args.data_root):
            say(f"- {note}")
        return
    if source.origin == "generated":
        say(f"{args.dataset} is made by code: there is nothing to download.")
        return
    spec = source.outline
    say(f"{spec.title}: {spec.source.download_bytes / 1e6:.1f} MB from {spec.source.url}")
    say(f"Licence: {spec.source.licence}. Credit: {spec.source.credit}.")
    with Progress(console=console) as bar:
        task = bar.add_task("files")

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        count = source.get(args.data_root, progress)
    say(f"{count} files downloaded, all checksums right: {where}")
