"""The state of a training run in one safetensors file: Lightning's checkpoint without a pickle.

Tensors are stored as tensors; everything else (epoch, loops, schedules, callback states) as JSON in
the metadata of the file. A file is written under a temporary name and then renamed, so a run that is
killed at any moment leaves a complete file behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import CheckpointIO
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor


class SafetensorsIO(CheckpointIO):
    """Lightning's plug-in that writes and reads the state of a run."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        save_state(checkpoint, Path(path))

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        return load_state(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        Path(path).unlink(missing_ok=True)


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write a tree of dicts, lists, tuples, plain values and tensors.

    Raises:
        TypeError: if the tree holds anything else.
    """
    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_pack(state, tensors))
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    save_file(tensors, scratch, metadata={"tree": tree})
    with scratch.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(scratch, path)


def load_state(path: Path) -> dict[str, Any]:
    """The inverse of :func:`save_state`."""
    with safe_open(path, framework="pt") as file:
        tree = json.loads(file.metadata()["tree"])
        return _unpack(tree, file.get_tensor)


def _pack(node: Any, tensors: dict[str, Tensor]) -> Any:
    """The tree as JSON, in which ``{"tensor": key}`` refers to an entry of ``tensors``, which is filled."""
    if isinstance(node, Tensor):
        key = str(len(tensors))
        # A copy: safetensors refuses tensors that share memory.
        tensors[key] = node.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": key}
    if isinstance(node, dict):
        return {"dict": [[key, _pack(value, tensors)] for key, value in node.items()]}
    if isinstance(node, list):
        return {"list": [_pack(value, tensors) for value in node]}
    if isinstance(node, tuple):
        return {"tuple": [_pack(value, tensors) for value in node]}
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    if isinstance(node, Path):
        return str(node)
    raise TypeError(f"the state of a run cannot hold a {type(node).__name__}")


def _unpack(node: Any, get_tensor: Callable[[str], Tensor]) -> Any:
    """The inverse of :func:`_pack`."""
    if not isinstance(node, dict):
        return node
    ((kind, value),) = node.items()
    if kind == "tensor":
        return get_tensor(value)
    if kind == "dict":
        return {key: _unpack(item, get_tensor) for key, item in value}
    items = [_unpack(item, get_tensor) for item in value]
    return tuple(items) if kind == "tuple" else items
