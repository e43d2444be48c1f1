"""What the app refuses."""

from __future__ import annotations

from seqdisent.errors import UsageError


class RequestError(UsageError):
    """A request that cannot be fulfilled; the message says what would be possible."""
