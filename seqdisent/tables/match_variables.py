"""Which column of a person's table is which of the variables that a model knows, and in which unit it seems to be."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from seqdisent.spec import Variable

FAR, NEAR = 3.0, 1.5  # deviations: a level that is foreign, and one that is usual
FACTORS = (1000.0, 0.001, 100.0, 0.01, 10.0, 0.1)
BRACKETS = r"\s*[\[(]([^\[\]()]*)[\])]\s*$"


def match(variables: Sequence[Variable], columns: Iterable[str]) -> dict[str, str]:
    """Columns by the variable that they seem to hold: the same letters and digits, perhaps with a unit behind.

    What two columns or two variables could be is left open.
    """
    columns = [str(column) for column in columns]
    found: dict[str, str] = {}
    unclear: set[str] = set()
    for alike in (str.__eq__, _same, _bracketed, _begins):
        pairs = []
        for variable in variables:
            with_unit = (variable.name, variable.name + variable.unit)
            names = with_unit if alike is _same else with_unit[:1]
            pairs += [(variable.name, c) for c in columns if any(alike(c, name) for name in names)]
        taken = {*found.values(), *unclear}
        pairs = [
            (v, c)
            for v, c in dict.fromkeys(pairs)
            if v not in found and v not in unclear and c not in taken
        ]
        for v, c in pairs:
            if sum(v in pair[:1] or c in pair[1:] for pair in pairs) == 1:
                found[v] = c
            else:
                unclear |= {v, c}
    return found


def stated_unit(column: str) -> str:
    """``"mg/m³"`` of ``"CO (mg/m³)"``, else ""."""
    inside = re.search(BRACKETS, column[:200])
    return inside.group(1).strip() if inside else ""


def same_unit(one: str, other: str) -> bool:
    """Whether two units are written alike, but for capitals, spaces and raised figures."""
    plain = lambda unit: re.sub(r"[\s^·*.]", "", _folded(unit))
    return plain(one) == plain(other)


def unit_hint(variable: Variable, values: np.ndarray) -> str:
    """What to think of the level of known values ``[n]`` in units, if it is none that the model knows; else ""."""
    middle = float(np.median(values))
    away = _away(middle, variable)
    if abs(away) < FAR:
        return ""
    finding = f"{variable.name} is typically {number(middle)}; the model was trained on {_span(variable)}."
    # Near 0 everything small fits: then the spread must fit too.
    spread = lambda factor: 1 if variable.log else float(values.std()) * factor / variable.std
    off = {
        f"Times {f:,g}": abs(_away(middle * f, variable)) for f in FACTORS if 0.1 < spread(f) < 10
    }
    if variable.unit == "°C":  # what has a name comes first
        named = {"From Kelvin": middle - 273.15, "From °F": (middle - 32) / 1.8}
        off |= {way: abs(_away(value, variable)) for way, value in named.items()}
    fitting = [way for way, away in sorted(off.items(), key=lambda item: item[1]) if away < NEAR]
    way = next((way for way in fitting if way.startswith("From")), next(iter(fitting), ""))
    if not way:
        return f"{finding} Is it the same quantity, in the same unit?"
    target = f"to {variable.unit} " if variable.unit else ""
    return f"{finding} {way} {target}it would fit."


def number(value: float) -> str:
    """Three figures, but never a rounded thousand: ``"0.0812"``, ``"1,013"``."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e9 else f"{value:.3g}"


def _span(variable: Variable) -> str:
    """From where to where nine of ten training values are, about."""
    ends = [variable.mean + side * 1.64 * variable.std for side in (-1, 1)]
    low, high = (max(0.0, float(np.expm1(end))) if variable.log else end for end in ends)
    return f"{number(low)} to {number(high)} {variable.unit}".strip()


def _away(value: float, variable: Variable) -> float:
    """How many standard deviations a value is from the mean of training."""
    if variable.log:
        value = math.log1p(max(0.0, value))
    return (value - variable.mean) / variable.std


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:200]).casefold().replace("μ", "u").replace("°", "")


def _plain(text: str) -> str:
    return "".join(c for c in _folded(text) if c.isalnum())


def _same(column: str, name: str) -> bool:
    return _plain(column) == _plain(name) != ""


def _bracketed(column: str, name: str) -> bool:
    return _same(re.sub(BRACKETS, "", column[:200]), name)


def _begins(column: str, name: str) -> bool:
    """``"Temperature"`` for TEMP: a single word."""
    column = re.sub(BRACKETS, "", column[:200]).strip()
    return len(_plain(name)) > 3 and column.isalpha() and _plain(column).startswith(_plain(name))
