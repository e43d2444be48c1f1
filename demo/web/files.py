"""Files that the app makes for a visitor, and those that a visitor uploads."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from gradio import FileData
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from demo.errors import RequestError
from seqdisent.audio.decode import MAX_MEGABYTES


def keep(content: bytes, name: str) -> str:
    """Path of a new file in gradio's cache: served from there, and emptied by ``delete_cache``."""
    return save_bytes_to_cache(content, name, get_upload_folder())


def take(file: object) -> tuple[bytes, str]:
    """Content of an uploaded file, as much as can be read of a recording, and its name; the file is deleted.

    Args:
        file: its path, or what a program sends for it; anybody can send anything.

    Raises:
        RequestError: for whatever is not in gradio's folder of uploads.
    """
    path = _path(file)
    try:
        found = Path(path).resolve()
        folder = Path(get_upload_folder()).resolve()
        is_upload = found.is_relative_to(folder) and found.is_file()
    except (OSError, ValueError):
        is_upload = False
    if not is_upload:
        raise RequestError("file: not a file that was just uploaded. Upload it once more.")
    try:
        with found.open("rb") as opened:
            content = opened.read(MAX_MEGABYTES * 2**20 + 1)
    except OSError:
        raise RequestError("file: the uploaded file cannot be read. Upload it once more.") from None
    with contextlib.suppress(OSError):
        found.unlink()
        found.parent.rmdir()
    return content, found.name


def _path(file: object) -> str:
    if isinstance(file, FileData):
        path: object = file.path
    elif isinstance(file, Mapping):
        path = file.get("path")
    else:
        path = file
    if not isinstance(path, str) or not path:
        raise RequestError("file: nothing has arrived. Record or choose a file once more.")
    return path
