"""What the figures of a cell say, in plain words, and never more than their interval allows."""

from __future__ import annotations

from typing import Any

from seqdisent.evaluation.leakage import HEADLINE

LEVEL = 0.05  # of the permutation test
# A leak is worded by the lower end of its interval, as a share of the factor's entropy (or of R²).
DEGREES = (
    (0.9, "knows all but everything about"),
    (0.25, "still knows"),
    (0.02, "knows a little of"),
)
TRACE = "holds a trace of"


def verdicts(leakage: dict[str, Any]) -> list[dict[str, str]]:
    """One sentence for each of the two codes and each factor.

    Args:
        leakage: the report's section of that name.

    Returns:
        ``{"code", "factor", "level", "text"}``, level one of ``holds``, ``part``, ``missing`` (for a factor
        that belongs in the code), ``leak``, ``trace``, ``clean`` (for one that does not) and ``unmeasurable``.
    """
    said = []
    cells = {(c["code"], c["view"], c["reading"], c["factor"]): c for c in leakage["cells"]}
    for factor in leakage["factors"]:
        for code, (view, reading) in HEADLINE.items():
            if factor["not_measurable"]:
                level, text = (
                    "unmeasurable",
                    f"{factor['name']} is not measurable: {factor['not_measurable']}.",
                )
            else:
                cell = cells[code, view, reading, factor["name"]]
                drawn = cells.get((code, view, "sample", factor["name"]))
                level, text = _verdict(cell, factor, drawn)
            said.append({"code": code, "factor": factor["name"], "level": level, "text": text})
    return said


def _verdict(
    cell: dict[str, Any], factor: dict[str, Any], drawn: dict[str, Any] | None
) -> tuple[str, str]:
    best = cell[cell["chosen"]]
    code, name, entropy = cell["code"], factor["name"], factor["entropy_bits"]
    bits = best["bits"]
    share = bits["low"] / entropy if entropy else best["r2"]["low"]
    found = bits["low"] > 0 and (best["p"] is None or best["p"] <= LEVEL)
    if cell["wanted"]:
        if not found:
            return (
                "missing",
                f"No {name} was found in the {code} code, where it belongs: {_figures(best, entropy)}.",
            )
        if share >= DEGREES[0][0]:
            return (
                "holds",
                f"The {code} code knows the {name}, as it should: {_figures(best, entropy)}.",
            )
        return "part", f"The {code} code knows the {name} only in part: {_figures(best, entropy)}."
    if not found:
        return "clean", (
            f"No {name} was found in the {code} code: {_figures(best, entropy)}. "
            "A stronger probe or more sequences could still find some."
        )
    words = next((words for least, words in DEGREES if share >= least), TRACE)
    text = f"The {code} code {words} the {name}: {_figures(best, entropy)}."
    if drawn is not None:
        text += f" A draw from its posterior tells {drawn[drawn['chosen']]['bits']['value']:.2f}."
    return ("trace" if words == TRACE else "leak"), text


def _figures(best: dict[str, Any], entropy: float | None) -> str:
    """``1.90 [1.82, 1.97] of 2.58 bits, null 0.00``."""
    bits = best["bits"]
    whole = f" of {entropy:.2f}" if entropy else ""
    text = f"{bits['value']:.2f} [{bits['low']:.2f}, {bits['high']:.2f}]{whole} bits"
    if not entropy:
        r2 = best["r2"]
        text += f", R² {r2['value']:.2f} [{r2['low']:.2f}, {r2['high']:.2f}]"
    return text if best["null_bits"] is None else f"{text}, null {best['null_bits']:.2f}"
