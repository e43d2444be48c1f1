"""Files of codes: an NPZ with codes and labels, written by any program that has numpy.

======================== ======================== ======================================================
key                      shape                    content
======================== ======================== ======================================================
``static``               ``[N, S]``               the static codes
``dynamic``              ``[N, K, D]``            the dynamic codes
``static/NAME``          ``[N]``                  labels of a factor that belongs in the static code
``dynamic/NAME``         ``[N]`` or ``[N, K]``    labels of a factor that belongs in the dynamic code
``groups`` (optional)    ``[N]``                  sequences with the same value are not independent
``split`` (optional)     ``[N]``                  ``train``, ``validation`` or ``test``
======================== ======================== ======================================================
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from seqdisent.errors import UsageError
from seqdisent.evaluation.arrays import CodeArrays, Labels, checked
from seqdisent.evaluation.schema import CODES
from seqdisent.io import write_npz

MOST_BYTES = 2 * 2**30  # of the arrays in a file
OPTIONAL = ("groups", "split")


def write_codes(
    path: Path, static: Any, dynamic: Any, labels: Labels, *, groups: Any = None, split: Any = None
) -> None:
    """Write a file of codes; the arguments are those of :func:`seqdisent.leakage`."""
    arrays = {"static": np.asarray(static), "dynamic": np.asarray(dynamic)}
    for kind, factors in labels.items():
        for factor, values in factors.items():
            arrays[f"{kind}/{factor}"] = np.asarray(values)
    for name, value in (("groups", groups), ("split", split)):
        if value is not None:
            arrays[name] = np.asarray(value)
    write_npz(path, arrays)


def array_shapes(file: Path | BinaryIO, most_bytes: int = MOST_BYTES) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays in a file, from their headers: the arrays themselves are not read.

    Args:
        most_bytes: a bound of the size of all arrays together.

    Raises:
        UsageError: if it is not an NPZ file, is larger, or holds something that is not an array.
    """
    _check_archive(file, most_bytes)
    shapes = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.namelist():
            key = member.removesuffix(".npy")
            try:
                with archive.open(member) as opened:
                    version = np.lib.format.read_magic(opened)
                    shape, _, _ = _READ_HEADER[version](opened)
            except (KeyError, *DAMAGES) as error:
                raise UsageError(_unreadable(key)) from error
            shapes[key] = shape
    _rewind(file)
    return shapes


# By version of the format; the third is for names of fields, which codes do not have.
_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_codes(file: Path | BinaryIO, most_bytes: int = MOST_BYTES) -> CodeArrays:
    """Read and check a file of codes. Nothing in it is ever unpickled.

    Args:
        most_bytes: a bound of the size of all arrays together, before anything is read.

    Raises:
        UsageError: if it is no such file, or its arrays do not fit together; the message says what is wrong.
    """
    arrays = _arrays(file, most_bytes)
    for name in CODES:
        if name not in arrays:
            raise UsageError(
                f"the file has no array {name!r}; it has {', '.join(sorted(arrays)) or 'none'}. Needed are "
                "'static' [N, S], 'dynamic' [N, K, D] and labels such as 'static/speaker' [N]"
            )
    labels: dict[str, dict[str, np.ndarray]] = {kind: {} for kind in CODES}
    for key, value in arrays.items():
        kind, _, factor = key.partition("/")
        if kind in CODES and factor:
            labels[kind][factor] = value
        elif key not in (*CODES, *OPTIONAL):
            raise UsageError(
                f"the array {key!r} is not known: labels are called 'static/NAME' or 'dynamic/NAME'"
            )
    return checked(
        arrays["static"],
        arrays["dynamic"],
        labels,
        groups=arrays.get("groups"),
        split=arrays.get("split"),
    )


def _arrays(file: Path | BinaryIO, most_bytes: int) -> Mapping[str, np.ndarray]:
    _check_archive(file, most_bytes)
    with np.load(file, allow_pickle=False) as archive:
        return {key: _member(archive, key) for key in archive.files}


def _check_archive(file: Path | BinaryIO, most_bytes: int) -> None:
    """That it is an archive, of at most so many bytes."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UsageError("this is not an NPZ file, as numpy.savez writes it") from error
    if size > most_bytes:
        raise UsageError(
            f"the arrays have {size / 2**20:,.0f} MB, more than {most_bytes / 2**20:,.0f} MB; "
            "give fewer sequences or steps"
        )
    _rewind(file)


def _rewind(file: Path | BinaryIO) -> None:
    if not isinstance(file, Path):
        file.seek(0)


# What reading a member raises that is cut off, encrypted, packed by an unknown method, or claims an impossible shape.
DAMAGES = (
    ValueError,
    EOFError,
    OSError,
    MemoryError,
    OverflowError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def _unreadable(key: str) -> str:
    return (
        f"the array {key!r} cannot be read: it is damaged, or holds Python objects, which are never loaded; "
        "save it as numbers or text (array.astype(str))"
    )


def _member(archive: Any, key: str) -> np.ndarray:
    try:
        array = archive[key]
    except DAMAGES as error:
        raise UsageError(_unreadable(key)) from error
    if not isinstance(array, np.ndarray):  # a member that is no array is returned as its bytes
        raise UsageError(_unreadable(key))
    return array
