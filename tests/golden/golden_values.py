"""Golden values: what is stored, how tensors are summarised, and how two nested values are compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).resolve().parent / "values"
MAKE = "python -m tests.golden.make"
DIGITS = 7  # significant digits of a stored number
WHOLE = 32  # tensors of at most so many values are stored completely
PROJECTIONS, PICKED = 12, 20  # numbers that are stored of larger ones


def use_shipped(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Set the environment for the shipped checkpoints without downloaded data: every machine shows the same.

    Args:
        folder: for data and cache, empty.
    """
    patch.delenv("SEQDISENT_CHECKPOINTS", raising=False)
    patch.setenv("SEQDISENT_DATA", str(folder / "data"))
    patch.setenv("SEQDISENT_CACHE", str(folder / "cache"))
    patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")


# -- files ---------------------------------------------------------------------------------------


def load(name: str) -> Any:
    """Stored values by name.

    Raises:
        AssertionError: if there are none; the message holds the command that stores them.
    """
    path = FOLDER / f"{name}.json"
    assert path.is_file(), (
        f"no golden values for {name}; if it is new, store them with: {MAKE} {name}"
    )
    return json.loads(path.read_text(encoding="utf-8"))


def store(name: str, values: Any) -> Path:
    """Write values by name, replacing those that are there."""
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_rounded(values), indent=1, sort_keys=True)
    path.write_text(_one_line_lists(text) + "\n", encoding="utf-8")
    return path


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    return value


def _one_line_lists(text: str) -> str:
    """JSON text whose lists of numbers take one line; a string holds no line break, so that none is changed."""
    numbers = r"\[\n\s*(?:-?[\d.eE+-]+|null)(?:,\s*(?:-?[\d.eE+-]+|null))*\s*\]"
    return re.sub(numbers, lambda found: re.sub(r"\s+", "", found[0]), text)


# -- tensors -------------------------------------------------------------------------------------


def summary(tensor: torch.Tensor) -> dict[str, Any]:
    """Shape, root mean square and some numbers of a tensor: all of a small one.

    Of a large one, its projections on fixed directions of random signs and values at evenly spaced positions. A
    projection is divided by the square root of the number of values, which gives it the scale of one value.
    """
    values = tensor.detach().cpu().double().contiguous().numpy().ravel()
    about = {"shape": list(tensor.shape), "rms": float(np.sqrt(np.mean(values**2)))}
    if len(values) <= WHOLE:
        return about | {"values": values.tolist()}
    signs = _signs(PROJECTIONS, len(values))
    picked = np.linspace(0, len(values) - 1, PICKED).astype(int)
    return about | {
        "projections": (signs @ values / np.sqrt(len(values))).tolist(),
        "values": values[picked].tolist(),
    }


def _signs(rows: int, columns: int) -> np.ndarray:
    """Pseudo-random signs ``[rows, columns]`` from an integer hash: no generator whose stream could change."""
    number = np.arange(rows * columns, dtype=np.uint64).reshape(rows, columns)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
        number = (number + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(factor)
        number ^= number >> np.uint64(shift)
    return np.where(number >> np.uint64(63), 1.0, -1.0)


# -- comparison ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree if they differ by at most ``absolute + relative * |expected|``."""

    relative: float = 0.0
    absolute: float = 0.0

    def accepts(self, expected: float, actual: float) -> bool:
        if expected == actual or (expected != expected and actual != actual):
            return True
        return abs(expected - actual) <= self.absolute + self.relative * abs(expected)


Path_ = tuple[str | int, ...]
EXACT = Tolerance()


def differences(
    expected: Any,
    actual: Any,
    tolerance: Callable[[Path_], Tolerance] = lambda path: EXACT,
    *,
    excluded: frozenset[str] = frozenset(),
    prose: frozenset[str] = frozenset(),
) -> list[str]:
    """What differs between two nested values (dictionaries, lists, numbers, texts), one line each.

    Args:
        tolerance: of the number at a path of keys and positions.
        excluded: keys that are not compared, wherever they are; they must be there on both sides or on neither.
        prose: keys of sentences: wording may change, the numbers in them may not.
    """
    return list(_differences(expected, actual, tolerance, excluded, prose, ()))


def _differences(expected, actual, tolerance, excluded, prose, path: Path_) -> Iterator[str]:
    where = ".".join(map(str, path)) or "top level"
    last = next((key for key in reversed(path) if isinstance(key, str)), "")
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from (f"{where}: {key!r} is missing" for key in expected if key not in actual)
        yield from (f"{where}: {key!r} is new" for key in actual if key not in expected)
        for key in expected:
            if key in actual and key not in excluded:
                yield from _differences(
                    expected[key], actual[key], tolerance, excluded, prose, (*path, key)
                )
    elif isinstance(expected, list) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            yield f"{where}: {len(expected)} entries expected, there are {len(actual)}"
        else:
            for position, pair in enumerate(zip(expected, actual, strict=True)):
                yield from _differences(*pair, tolerance, excluded, prose, (*path, position))
    elif _is_number(expected) and _is_number(actual):
        if not tolerance(path).accepts(expected, actual):
            yield f"{where}: {expected!r} expected, found {actual!r}"
    elif last in prose and isinstance(expected, str) and isinstance(actual, str):
        yield from _differences(
            _numbers(expected), _numbers(actual), tolerance, excluded, prose, path
        )
        if bool(expected) != bool(actual):
            yield f"{where}: {expected!r} expected, found {actual!r}"
    elif type(expected) is not type(actual) or expected != actual:
        yield f"{where}: {expected!r} expected, found {actual!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers(text: str) -> list[float]:
    without_separators = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", without_separators)]


def check(found: list[str], name: str) -> None:
    """Fail with the first differences, and with the command that accepts them on purpose."""
    shown = "\n".join(f"  {line}" for line in found[:30])
    more = f"\n  and {len(found) - 30} more" if len(found) > 30 else ""
    assert not found, (
        f"{name} differs from its golden values:\n{shown}{more}\nIf it is meant: {MAKE} {name}"
    )
