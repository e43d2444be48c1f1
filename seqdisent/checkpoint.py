"""A checkpoint is a folder: ``config.json``, ``model.safetensors``, ``metrics.json``, a model card.

Weights are safetensors, never a pickle. A folder is written under a temporary name and renamed, so
a reader never sees half of one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from seqdisent.checkpoint_schema import SCHEMA_VERSION, SchemaError, upgrade
from seqdisent.errors import CheckpointError
from seqdisent.io import sha256, write_json, write_safetensors, write_text
from seqdisent.models import SequentialVAE, build_model, config_from_json
from seqdisent.spec import DatasetSpec
from seqdisent.version import __version__

CONFIG, WEIGHTS, METRICS, CARD = "config.json", "model.safetensors", "metrics.json", "README.md"
# A judge is a checkpoint of another kind: it is loaded by seqdisent.evaluation.judge.
JUDGE = "judge"


def checkpoints_root() -> Path:
    """``SEQDISENT_CHECKPOINTS``, else ``checkpoints/`` beside the package or in this folder."""
    if chosen := os.environ.get("SEQDISENT_CHECKPOINTS"):
        return Path(chosen).expanduser()
    beside = Path(__file__).resolve().parents[1] / "checkpoints"
    return beside if beside.is_dir() else Path("checkpoints")


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
        name_or_path: a name in the checkpoints folder (``"dbse-sprites"``), or a folder.

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


def save_checkpoint(
    folder: str | Path,
    model: nn.Module,
    *,
    kind: str,
    recipe: dict[str, Any],
    metrics: dict[str, Any] | None = None,
    card: str = "",
) -> Path:
    """Write a checkpoint folder whole, replacing one that is there.

    Args:
        model: has ``spec`` and ``config`` (a dataclass).
        kind: the model's name in :data:`seqdisent.models.MODELS`, or ``"judge"``.
        recipe: how it was made: recipe name, exact command, seed, seconds, steps.
    """

    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    scratch.chmod(0o755)
    config = {
        "schema": SCHEMA_VERSION,
        "package": __version__,
        "model": kind,
        "config": asdict(model.config),
        "dataset": model.spec.to_json(),
        "normaliser": _normaliser(model.spec),
        "recipe": recipe,
    }
    try:
        weights = {name: _smallest(value) for name, value in model.state_dict().items()}
        write_safetensors(scratch / WEIGHTS, weights)
        write_json(scratch / CONFIG, config)
        write_json(scratch / METRICS, metrics or {})
        write_text(scratch / CARD, card or f"# {folder.name}\n")
        retired = None
        if folder.exists():
            retired = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
            folder.rename(retired / "old")
        scratch.rename(folder)
        if retired:
            shutil.rmtree(retired)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return folder


def _normaliser(spec: DatasetSpec) -> dict[str, Any]:
    """How values became what the model sees."""
    if (
        spec.variables
    ):  # mean and deviation of each, fitted on the training split, are part of the declaration
        return {"kind": "variables"}
    # Pixels are divided by 255 and nothing is fitted; so are the scales of a spectrum.
    return {"kind": "fixed", "scale": 1 / 255, "offset": 0.0}


def round_to_half(model: nn.Module) -> None:
    """Round weights to what half precision holds, in place: a checkpoint of them takes half the room.

    It changes a weight by at most one part in 2,000; done before evaluation, so that what was
    measured is what is shipped.
    """
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.half())


def _smallest(weight: torch.Tensor) -> torch.Tensor:
    """Half precision where it loses nothing, else the tensor as it is."""
    weight = weight.detach().cpu().contiguous()
    half = weight.half()
    return half if weight.dtype == torch.float32 and torch.equal(half.float(), weight) else weight


def read_config(name_or_path: str | Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a checkpoint, and its ``config.json`` in the present schema.

    Raises:
        CheckpointError: if it is missing, damaged, or of a schema that this package does not read.
    """
    path = Path(name_or_path)
    folder = path if (path / CONFIG).is_file() else checkpoints_root() / path
    if not (folder / CONFIG).is_file():
        known = ", ".join(list_checkpoints()) or "none"
        raise CheckpointError(
            f"no checkpoint {str(name_or_path)!r}: neither a folder with {CONFIG} nor one of those in "
            f"{checkpoints_root()} ({known})"
        )
    return folder, _read_json(folder / CONFIG)


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
        model.load_state_dict(load_file(folder / WEIGHTS), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{folder / WEIGHTS} cannot be loaded: {error}") from error


def prepare(model: nn.Module, device: str | torch.device) -> nn.Module:
    """Ready for use: on the device, channels last (faster on CPUs), evaluation mode, frozen."""
    return model.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def checkpoint_hash(name_or_path: str | Path) -> str:
    """sha256 of the weights, first 16 hex digits: the key of everything derived from them."""
    folder, _ = read_config(name_or_path)
    return sha256(folder / WEIGHTS)[:16]
