"""Files that the app makes for a visitor, and those that a visitor brings."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from gradio import FileData
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from demo.core.catalog import ServiceError
from seqdisent.audio.decode import MAX_MEGABYTES


def keep(content: bytes, name: str) -> str:
    """Path of a new file in gradio's cache: served from there, and emptied by ``delete_cache``."""
    return save_bytes_to_cache(content, name, get_upload_folder())


def take(file: object) -> tuple[bytes, str]:
    """Content of an uploaded file, as much as can be read of a recording, and its name; the file is deleted.

    Args:
        file: its path, or what a program sends for it; anybody can send anything.

    Raises:
        ServiceError: for whatever is not in gradio's folder of uploads.
    """
    path = (
        file.path
        if isinstance(file, FileData)
        else file.get("path")
        if isinstance(file, Mapping)
        else file
    )
    if not isinstance(path, str) or not path:
        raise ServiceError("Nothing has arrived. Record or choose a file once more.")
    try:
        found = Path(path).resolve()
        if not found.is_relative_to(Path(get_upload_folder()).resolve()) or not found.is_file():
            raise ServiceError("This is not a file that was just uploaded. Upload it once more.")
        with found.open("rb") as opened:
            content = opened.read(MAX_MEGABYTES * 2**20 + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, ServiceError):
            raise
        raise ServiceError("The uploaded file cannot be read. Upload it once more.") from None
    with contextlib.suppress(OSError):
        found.unlink()
        found.parent.rmdir()
    return content, found.name
