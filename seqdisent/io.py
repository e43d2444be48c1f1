"""Files: atomic writes, checksums, and the cache of what was computed."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
import pooch
import torch
from safetensors.torch import save

Arrays = dict[str, np.ndarray]
# What reading a missing or damaged file raises.
_UNREADABLE = (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error)


class CacheWarning(RuntimeWarning):
    """Something computed could not be kept, so it will be computed again."""


# -- Atomic writes ---------------------------------------------------------------------------------


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that replaces ``path`` when the block ends, and leaves no trace if the block raises.

    It is written under a temporary name in the same folder, flushed to the disk and renamed, so that a reader sees
    the old content or the new one and nothing in between. Missing folders are made.

    Raises:
        OSError: if the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file, atomically."""
    with atomic_file(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Replace a text file (UTF-8), atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any, *, indent: int | None = 2) -> None:
    """Replace a JSON file, atomically; it ends with a line break."""
    write_text(path, json.dumps(value, indent=indent) + "\n")


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = True) -> None:
    """Replace a file of named arrays, atomically."""
    save_arrays = np.savez_compressed if compressed else np.savez
    with atomic_file(path) as file:
        save_arrays(file, **arrays)  # type: ignore[arg-type]


def write_safetensors(
    path: Path, tensors: Mapping[str, torch.Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Replace a file of named tensors, atomically; tensors must be contiguous and share no memory."""
    write_bytes(path, save(dict(tensors), metadata))


# -- Checksums -------------------------------------------------------------------------------------


def sha256(path: Path) -> str:
    """The SHA-256 checksum of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


# -- Cache -----------------------------------------------------------------------------------------


def cache_root(part: str) -> Path:
    """Where what was computed is kept: ``part`` in ``SEQDISENT_CACHE``, else in the user's cache folder."""
    chosen = os.environ.get("SEQDISENT_CACHE") or pooch.os_cache("seqdisent")
    return Path(chosen).expanduser() / part


def read_npz(path: Path) -> Arrays | None:
    """The named arrays of a file; None if it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except _UNREADABLE:
        return None


def read_json(path: Path) -> Any | None:
    """The value of a JSON file; None if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def cached_arrays(
    part: str, key: str, make: Callable[[], Arrays], *, compressed: bool = False
) -> Arrays:
    """Arrays that take long to compute: from the cache folder, or computed now and kept there.

    A file that is missing or damaged is computed and written again. If it cannot be written, a
    :class:`CacheWarning` says so once for each folder, and the result is returned all the same.

    Args:
        part: folder in :func:`cache_root`.
        key: file name; it must change whenever the result would.
        make: computes the arrays.
    """
    path = cache_root(part) / f"{key}.npz"
    found = read_npz(path)
    if found is None:
        found = make()
        store_in_cache(path, lambda: write_npz(path, found, compressed=compressed))
    return found


def store_in_cache(path: Path, write: Callable[[], None]) -> bool:
    """Call ``write``, which writes the cache file ``path``; whether it could be written.

    Failing to write warns once for each folder and raises nothing.
    """
    try:
        write()
    except OSError as error:
        _warn_once(path.parent, f"{type(error).__name__}: {error.strerror or error}")
        return False
    return True


@lru_cache(maxsize=64)
def _warn_once(folder: Path, reason: str) -> None:
    warnings.warn(
        f"{folder} cannot be written ({reason}), so what was computed is not kept and will be computed again. "
        "Set SEQDISENT_CACHE to a folder that can be written.",
        CacheWarning,
        stacklevel=4,
    )
