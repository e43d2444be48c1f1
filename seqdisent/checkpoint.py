"""A checkpoint is a folder: ``config.json``, ``model.safetensors``, ``metrics.json``, a model card.

Weights are safetensors, never a pickle, in as few bytes as hold them (:mod:`seqdisent.weights`). A folder is written
under a temporary name and renamed, so that a reader never sees an incomplete one.
:mod:`seqdisent.checkpoint_schema` describes ``config.json``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from seqdisent.checkpoint_schema import SCHEMA_VERSION, SchemaError, normaliser_of, upgrade
from seqdisent.errors import CheckpointError
from seqdisent.io import sha256, write_json, write_safetensors, write_text
from seqdisent.models import SequentialVAE, build_model, config_from_json
from seqdisent.spec import DatasetSpec
from seqdisent.version import __version__
from seqdisent.weights import pack, unpack

CONFIG, WEIGHTS, METRICS, CARD = "config.json", "model.safetensors", "metrics.json", "README.md"
OLD_PREFIX, NEW_PREFIX = "dbse-", "vast-"
# A judge is a checkpoint of another kind: it is loaded by seqdisent.evaluation.judge.
JUDGE = "judge"

Network = TypeVar("Network", bound=nn.Module)


def checkpoints_root() -> Path:
    """``SEQDISENT_CHECKPOINTS``, else ``checkpoints/`` next to the package, else in the working folder."""
    chosen = os.environ.get("SEQDISENT_CHECKPOINTS")
    if chosen:
        return Path(chosen).expanduser()
    in_clone = Path(__file__).resolve().parents[1] / "checkpoints"
    return in_clone if in_clone.is_dir() else Path("checkpoints")


def list_checkpoints(root: str | Path | None = None) -> dict[str, dict[str, Any]]:
    """Every model checkpoint in ``root``: name -> its ``config.json`` in the present schema. Judges are left out."""
    root = Path(root) if root else checkpoints_root()
    found = {}
    for path in sorted(root.glob(f"*/{CONFIG}")):
        try:
            config = _read_json(path)
        except CheckpointError:
            continue  # a damaged folder must not hide the intact ones; loading it explains
        if config["model"] != JUDGE:
            found[path.parent.name] = config
    return found


def load_checkpoint(
    name_or_path: str | Path, device: str | torch.device = "cpu"
) -> tuple[SequentialVAE, DatasetSpec]:
    """A trained model in evaluation mode, and the spec of the data it was trained on.

    Args:
        name_or_path: a name in the checkpoints folder (``"vast-sprites"``), or a folder.

    Raises:
        CheckpointError: if it is missing, damaged, of another kind or schema.
    """
    folder, config = read_config(name_or_path)
    if config["model"] == JUDGE:
        raise CheckpointError(f"{folder.name} is a judge, not a model; evaluate loads it by itself")
    try:
        spec = DatasetSpec.from_json(config["dataset"])
        settings = config_from_json(config["model"], config["config"])
        _require_keys(spec.to_json(), config["dataset"], "dataset")
        _require_keys(asdict(settings), config["config"], "config")
        model = build_model(config["model"], spec, settings)
    except KeyError as error:
        raise CheckpointError(f"{folder / CONFIG}: the key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{folder / CONFIG}: {error}") from error
    load_weights(model, folder)
    return prepare(model, device), spec


class SavedModel(Protocol):
    """A network that is for a data set and was made from a config: a model or a judge."""

    @property
    def spec(self) -> DatasetSpec: ...

    @property
    def config(self) -> Any:
        """A dataclass of plain values."""

    def state_dict(self) -> Mapping[str, torch.Tensor]: ...


def save_checkpoint(
    folder: str | Path,
    model: SavedModel,
    *,
    kind: str,
    recipe: dict[str, Any],
    metrics: dict[str, Any] | None = None,
    card: str = "",
) -> Path:
    """Write a complete checkpoint folder; one that is there is replaced.

    Args:
        kind: the model's name in :data:`seqdisent.models.MODELS`, or ``"judge"``.
        recipe: the training record: recipe name, exact command, seed, seconds, steps.
        metrics: content of ``metrics.json``.
        card: the model card, Markdown.

    Raises:
        OSError: if the folder cannot be written; one that was there is left as it was.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    dataset = model.spec.to_json()
    config = {
        "schema": SCHEMA_VERSION,
        "package": __version__,
        "model": kind,
        "config": asdict(model.config),
        "dataset": dataset,
        "normaliser": normaliser_of(dataset),
        "recipe": recipe,
    }
    weights = pack(model.state_dict())
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    scratch.chmod(0o755)  # readable by whoever runs the app
    try:
        write_safetensors(scratch / WEIGHTS, weights)
        write_json(scratch / CONFIG, config)
        write_json(scratch / METRICS, metrics or {})
        write_text(scratch / CARD, card or f"# {folder.name}\n")
        _replace_folder(folder, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return folder


def _replace_folder(folder: Path, new: Path) -> None:
    """Rename ``new`` to ``folder``, after moving one that is there out of the way; then delete that one."""
    if not folder.exists():
        new.rename(folder)
        return
    retired = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(retired / "old")
    new.rename(folder)
    shutil.rmtree(retired)


def read_config(name_or_path: str | Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a checkpoint, and its ``config.json`` in the present schema.

    Raises:
        CheckpointError: if it is missing, damaged, or of a schema that this package does not read.
    """
    path = Path(name_or_path)
    folder = path if (path / CONFIG).is_file() else checkpoints_root() / path
    if not (folder / CONFIG).is_file():
        known = list_checkpoints()
        hint = renaming_hint(str(name_or_path), known)
        if hint:
            raise CheckpointError(f"no checkpoint {str(name_or_path)!r}: {hint}")
        raise CheckpointError(
            f"no checkpoint {str(name_or_path)!r}: neither a folder with {CONFIG} nor one of those in "
            f"{checkpoints_root()} ({', '.join(known) or 'none'})"
        )
    return folder, _read_json(folder / CONFIG)


def renamed(name: str, known: Collection[str]) -> str | None:
    """The present name of a recipe or checkpoint that was called ``name``; None if it was not renamed.

    Until version 0.1 our method, VAST, was an option of DBSE and its checkpoints and recipes were called after DBSE.

    Args:
        known: the present names.
    """
    if name in known or not name.startswith(OLD_PREFIX):
        return None
    present = NEW_PREFIX + name.removeprefix(OLD_PREFIX)
    return present if present in known else None


def renaming_hint(name: str, known: Collection[str]) -> str:
    """One sentence about where ``name`` is now, for messages; empty if it was not renamed."""
    present = renamed(name, known)
    if present is None:
        return ""
    return f"renamed to {present}, since it is not the published DBSE but our own method, VAST"


def _read_json(path: Path) -> dict[str, Any]:
    """A ``config.json`` in the present schema; raises :class:`CheckpointError` that names the file."""
    try:
        return upgrade(json.loads(path.read_text(encoding="utf-8")))
    except SchemaError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error


def _require_keys(expected: dict[str, Any], written: dict[str, Any], section: str) -> None:
    """Raise ``ValueError`` unless ``written`` has every key of ``expected``; defaults of today are no substitute."""
    for key, value in expected.items():
        if key not in written:
            raise ValueError(f"the key '{section}.{key}' is missing")
        if isinstance(value, dict):
            _require_keys(value, written[key], f"{section}.{key}")


def load_weights(model: nn.Module, folder: Path) -> None:
    """Fill ``model`` from a checkpoint folder, strictly: every key there, and none besides."""
    try:
        model.load_state_dict(unpack(load_file(folder / WEIGHTS)), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{folder / WEIGHTS} cannot be loaded: {error}") from error


def prepare(model: Network, device: str | torch.device) -> Network:
    """Ready for use: on the device, channels last (faster on CPUs), evaluation mode, frozen."""
    # Module.to takes a memory format, but its stub does not say so.
    moved = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved.eval().requires_grad_(False)


def checkpoint_hash(name_or_path: str | Path) -> str:
    """sha256 of the weights, first 16 hex digits: the key of everything derived from them."""
    folder, _ = read_config(name_or_path)
    return sha256(folder / WEIGHTS)[:16]
