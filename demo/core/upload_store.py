"""Uploads in memory: under a token that cannot be guessed, for an hour, and within bounds."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from cachetools import TTLCache

from demo.errors import RequestError

MOST, SECONDS, MEGABYTES = 64, 3600.0, 512.0


class Stored(Protocol):
    """Something that is kept for a visitor."""

    @property
    def key(self) -> str: ...

    @property
    def checkpoint(self) -> str: ...

    @property
    def size(self) -> int:
        """Bytes, if they count."""


class UploadStore:
    """The latest uploads of all visitors. Nothing is written to disk.

    Args:
        most: uploads that are kept.
        seconds: each is kept for that long.
        megabytes: of all uploads whose size counts.
        timer: the clock, in seconds.
    """

    def __init__(
        self,
        most: int = MOST,
        seconds: float = SECONDS,
        megabytes: float = MEGABYTES,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        total = megabytes * 2**20

        def share(upload: Stored) -> float:
            """Each takes an equal share of the room, or more if it is larger."""
            return min(total, max(upload.size, total / most))

        self._lock = threading.Lock()
        self._cache: TTLCache[str, Any] = TTLCache(total, seconds, timer, getsizeof=share)

    def keep(self, upload: Stored) -> None:
        """Keep something under its key, in the place of what was there; the oldest may have to go."""
        with self._lock:
            self._cache[upload.key] = upload

    def get(self, key: object) -> Any:
        """What is kept under a token; RequestError if it is no longer."""
        with self._lock:
            found = self._cache.get(key) if isinstance(key, str) else None
        if found is None:
            raise RequestError("The upload is no longer kept; record it again, or upload it again.")
        return found

    def get_for(self, checkpoint: str, key: object) -> Any:
        """The same, if it is for a checkpoint: length, bandwidth and variables differ."""
        found = self.get(key)
        if found.checkpoint != checkpoint:
            raise RequestError(
                "It was prepared for another checkpoint; record it again, or upload it again, for this one."
            )
        return found

    def forget(self, key: object) -> None:
        """Drop what is kept under a token now, if it is."""
        with self._lock:
            if isinstance(key, str):
                self._cache.pop(key, None)

    def __len__(self) -> int:
        # Not of list(self), which asks for the length itself.
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            self._cache.expire()
            return iter(list(self._cache))


def new_key() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(16)
