"""What anybody can send, checked: a value of the right kind, or a message that says what would be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.core.catalog import ServiceError


def whole(value: Any, low: int, high: int, message: str) -> int:
    """A whole number, also as text; ServiceError otherwise, ``message`` filled with ``{high}`` and ``{value}``."""
    if (
        isinstance(value, str)
        and value.strip().isascii()
        and value.strip().isdecimal()
        and len(value) < 25
    ):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ServiceError(message.format(high=high, value=repr(value)[:24]))
    return value


def number(value: Any, low: float, high: float, what: str) -> float:
    """A number in a range; ServiceError otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ServiceError(f"{what} is a number from {low:g} to {high:g}, not {repr(value)[:24]}.")
    return float(value)


def one_of(what: str, value: Any, choices: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(repr(one) if one else "'' for neither" for one in choices)
        raise ServiceError(f"{what}: {listed}; not {repr(value)[:24]}.")
    return value


def several(value: Any, high: int, what: str) -> tuple[int, ...]:
    message = f"The {what} are numbered 0 to {{high}}; there is no {{value}}."
    if not isinstance(value, (list, tuple)) or len(value) > high + 1:
        raise ServiceError(f"Give the {what} as a list of numbers from 0 to {high}.")
    return tuple(sorted({whole(one, 0, high, message) for one in value}))
