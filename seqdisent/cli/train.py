"""``seqdisent train``, ``prune``, ``quantise`` and ``compress``: write checkpoints."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from seqdisent.checkpoint import WEIGHTS, load_checkpoint, read_config, save_checkpoint
from seqdisent.cli.common import (
    Commands,
    add_checkpoint,
    add_data_root,
    line_printer,
    quiet_lightning,
    this_command,
)
from seqdisent.data import load_dataset
from seqdisent.errors import UsageError
from seqdisent.models import SequentialVAE
from seqdisent.models.pruning import prune_codes
from seqdisent.models.vast import VAST
from seqdisent.recipes import recipe as find_recipe
from seqdisent.reporting.model_card import write_card
from seqdisent.weights import round_to_bytes

if TYPE_CHECKING:
    from seqdisent.models.quantisation import QuantisedCode


def add_commands(commands: Commands) -> None:
    """Add ``train``, ``prune``, ``quantise`` and ``compress``."""
    parser = commands.add("train", train, "train a recipe and write a checkpoint folder")
    add = parser.add_argument
    add("recipe", help="a name from `seqdisent list`")
    add("--run", type=Path, help="run folder for states and logs (default: runs/RECIPE)")
    add("--to", type=Path, help="finished checkpoint folder (default: RUN/RECIPE)")
    add("--resume", action="store_true", help="go on with the run in the run folder")
    add("--steps", type=int, help="optimizer steps (default: the recipe's)")
    add("--batch-size", type=int, help="sequences a step over all processes")
    add("--learning-rate", type=float, help="peak rate (default: the recipe's)")
    add("--epoch-steps", type=int, help="steps between validations")
    add("--seed", type=int, default=0, help="of weights, data order and noise (default: 0)")
    add("--accelerator", default="auto", help="cpu, gpu, mps or auto (default)")
    add("--devices", default="auto", help="how many devices, on each node")
    add("--nodes", type=int, default=1, help="how many nodes")
    add("--strategy", default="auto", help="auto, ddp, ... (Lightning's names)")
    add("--precision", default="32-true", help="32-true (default), bf16-mixed, 16-mixed")
    add("--quiet", action="store_true", help="no progress bar")
    add_data_root(parser)

    parser = commands.add("prune", prune, "reduce codes to the subspace that carries signal")
    _add_tolerance(parser, 0.01, "for each code")
    add_data_root(parser)

    parser = commands.add("quantise", quantise, "replace pruned codes by entries of codebooks")
    _add_tolerance(parser, 0.05, "for both codes together")
    add_data_root(parser)

    parser = commands.add("compress", compress, "round large weights to 8 bits")
    _add_folders(parser)


def _add_folders(parser: ArgumentParser) -> None:
    """The checkpoint that is changed, and where the changed one goes."""
    add_checkpoint(parser)
    parser.add_argument("--to", type=Path, required=True, help="folder of the new checkpoint")


def _add_tolerance(parser: ArgumentParser, default: float, of_what: str) -> None:
    """The same, and by how much the error may rise."""
    _add_folders(parser)
    parser.add_argument(
        "--tolerance",
        type=float,
        default=default,
        help=f"by how much the error may rise {of_what} (default: {default:g})",
    )


def train(args: Namespace, console: Console) -> None:
    """Train a recipe; write its checkpoint folder and model card."""
    try:
        # Here, and not above: Lightning is an optional dependency.
        from seqdisent.training.run import train_and_save
    except ImportError as error:
        raise UsageError('training needs the extra: pip install "seqdisent[train]"') from error

    quiet_lightning()
    say = line_printer(console)
    recipe = find_recipe(args.recipe)
    options = ("steps", "batch_size", "learning_rate", "epoch_steps")
    chosen = {name: getattr(args, name) for name in options if getattr(args, name) is not None}
    recipe = replace(recipe, train=replace(recipe.train, **chosen))
    run = args.run or Path("runs") / args.recipe
    say(f"loading {recipe.dataset} …")
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
    if isinstance(trained.model, VAST) and recipe.prune:
        say(ranks(trained.model))
    say(f"checkpoint: {trained.folder}\nnext: seqdisent evaluate {trained.folder}")


def prune(args: Namespace, console: Console) -> None:
    """Reduce the codes of a checkpoint to the subspace that carries signal, and write the result as a new one."""
    say = line_printer(console)
    folder, config = read_config(args.checkpoint)
    model, spec = load_checkpoint(folder)
    data = load_dataset(spec.name, "train", args.data_root)
    pruned, directions = prune_codes(model, data, tolerance=args.tolerance)
    command = f"prune {folder.name} --tolerance {args.tolerance:g}"
    to = _save_changed(args.to, pruned, config, command, {"prune_tolerance": args.tolerance})
    for name, found in directions.items():
        rank = getattr(pruned.config, f"{name}_rank")
        ratios = " ".join(f"{ratio:.3g}" for ratio in found.snr.tolist()[: rank + 4])
        say(f"{name}: signal to noise ratios, best first: {ratios} …")
    say(f"{ranks(pruned)}\ncheckpoint: {to}\nnext: seqdisent evaluate {to}")


def quantise(args: Namespace, console: Console) -> None:
    """Replace the pruned codes of a checkpoint by entries of codebooks, and write the result as a new one."""
    # Here, and not above: scikit-learn takes a second to load, and no other command of this file needs it.
    from seqdisent.models.quantisation import quantise_codes

    say = line_printer(console)
    folder, config = read_config(args.checkpoint)
    model, spec = load_checkpoint(folder)
    training = load_dataset(spec.name, "train", args.data_root)
    validation = load_dataset(spec.name, "validation", args.data_root)
    quantised, found = quantise_codes(model, training, validation, tolerance=args.tolerance)
    facts = {
        "quantise_tolerance": args.tolerance,
        "code_bits": {name: round(code.bits, 3) for name, code in found.items()},
    }
    command = f"quantise {folder.name} --tolerance {args.tolerance:g}"
    to = _save_changed(args.to, quantised, config, command, facts)
    for name, code in found.items():
        say(f"{name}: {describe(code)}")
    say(f"checkpoint: {to}\nnext: seqdisent evaluate {to}")


def compress(args: Namespace, console: Console) -> None:
    """Round the large weights of a checkpoint to 8 bits, and write the result as a new one."""
    say = line_printer(console)
    folder, config = read_config(args.checkpoint)
    model, _ = load_checkpoint(folder)
    round_to_bytes(model)
    to = _save_changed(args.to, model, config, f"compress {folder.name}", {"weight_bits": 8})
    before, after = ((path / WEIGHTS).stat().st_size / 1e6 for path in (folder, to))
    say(f"weights: {before:.2f} MB, now {after:.2f} MB")
    say(f"checkpoint: {to}\nnext: seqdisent evaluate {to}")


def _save_changed(
    to: Path,
    model: SequentialVAE,
    config: Mapping[str, Any],
    command: str,
    facts: Mapping[str, Any],
) -> Path:
    """Write a model that was made from a checkpoint by a command; the record of its making has that command, too.

    Args:
        config: of the checkpoint that it was made from.
        command: without ``seqdisent`` and ``--to``.
        facts: further entries of the record.
    """
    former = config["recipe"].get("command", "unknown")
    present = f"seqdisent {command} --to {to.name}"
    record = {**config["recipe"], **facts, "command": f"{former} && {present}"}
    folder = save_checkpoint(to, model, kind=config["model"], recipe=record)
    write_card(folder)
    return folder


def ranks(model: VAST) -> str:
    """How many directions of each code were kept."""
    config = model.config
    text = f"codes pruned: {config.static_rank} of {config.static_size} static directions"
    if config.dynamic_rank:
        full = model.spec.frames * config.dynamic_size
        text += f", {config.dynamic_rank} of {full} dynamic ones"
    return text


def describe(code: QuantisedCode) -> str:
    """What was found for one code, for the terminal."""
    if code.refusal:
        return f"left as it is: {code.refusal}"
    entries = " x ".join(str(entries) for _, entries in code.codebooks)
    return (
        f"codebooks of {entries} entries, {code.bits:.2f} bits a sequence, "
        f"squared error of validation sequences {code.error_rise:+.1%}"
    )
