"""Files that the app makes for a visitor."""

from __future__ import annotations

from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder


def keep(content: bytes, name: str) -> str:
    """Path of a new file in gradio's cache: served from there, and emptied by ``delete_cache``."""
    return save_bytes_to_cache(content, name, get_upload_folder())
