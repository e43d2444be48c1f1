"""What the scores of a cell mean, in a sentence that claims no more than the interval allows."""

from __future__ import annotations

from seqdisent.evaluation.schema import (
    CODES,
    CodeName,
    FactorSummary,
    Leakage,
    LeakageCell,
    Level,
    ProbeScore,
    Verdict,
)

SIGNIFICANCE = 0.05  # of the permutation test
# A leak is graded by the lower end of its interval, as a share of the factor's entropy (or by R²).
NEARLY_ALL = 0.9
DEGREES = (
    (NEARLY_ALL, "nearly all information about"),
    (0.25, "much information about"),
    (0.02, "some information about"),
)
TRACE = "a trace of information about"


def verdicts(leakage: Leakage) -> tuple[Verdict, ...]:
    """One sentence for each of the two codes and each factor."""
    return tuple(_verdict(leakage, factor, code) for factor in leakage.factors for code in CODES)


def _verdict(leakage: Leakage, factor: FactorSummary, code: CodeName) -> Verdict:
    if factor.not_measurable:
        text = f"{factor.name} cannot be measured: {factor.not_measurable}."
        return Verdict(code, factor.name, "unmeasurable", text)
    cell = leakage.cell(code, factor.name)
    assert cell is not None, "every measurable factor has its cells"
    level, text = _on_target(cell, factor) if cell.on_target else _off_target(cell, factor)
    if level in ("leak", "trace"):
        sampled = leakage.best(code, factor.name, "sample")
        if sampled is not None:
            text += f" A posterior sample contains {sampled.bits.value:.2f}."
    return Verdict(code, factor.name, level, text)


def _on_target(cell: LeakageCell, factor: FactorSummary) -> tuple[Level, str]:
    figures = _figures(cell.best, factor)
    if not _is_significant(cell.best):
        return (
            "missing",
            f"No information about {factor.name} was found in the {cell.code} code, where it belongs: {figures}.",
        )
    if _share(cell.best, factor) >= NEARLY_ALL:
        return (
            "holds",
            f"The {cell.code} code contains {factor.name}, as it should: {figures}.",
        )
    return (
        "part",
        f"The {cell.code} code contains only part of the information about {factor.name}: {figures}.",
    )


def _off_target(cell: LeakageCell, factor: FactorSummary) -> tuple[Level, str]:
    figures = _figures(cell.best, factor)
    if not _is_significant(cell.best):
        return "clean", (
            f"No information about {factor.name} was found in the {cell.code} code: {figures}. "
            "A stronger probe or more sequences could still find some."
        )
    share = _share(cell.best, factor)
    reached = [amount for least, amount in DEGREES if share >= least]
    amount = reached[0] if reached else TRACE
    text = f"The {cell.code} code contains {amount} {factor.name}: {figures}."
    return ("leak" if reached else "trace"), text


def _is_significant(score: ProbeScore) -> bool:
    return score.bits.low > 0 and (score.p is None or score.p <= SIGNIFICANCE)


def _share(score: ProbeScore, factor: FactorSummary) -> float:
    """The lower end of the interval, as a share of the entropy; R² for a continuous factor."""
    if factor.entropy_bits:
        return score.bits.low / factor.entropy_bits
    return score.score.low


def _figures(score: ProbeScore, factor: FactorSummary) -> str:
    """``1.90 [1.82, 1.97] of 2.58 bits, null 0.00``."""
    bits, r2 = score.bits, score.score
    entropy = f" of {factor.entropy_bits:.2f}" if factor.entropy_bits else ""
    text = f"{bits.value:.2f} [{bits.low:.2f}, {bits.high:.2f}]{entropy} bits"
    if not factor.entropy_bits:
        text += f", R² {r2.value:.2f} [{r2.low:.2f}, {r2.high:.2f}]"
    return text if score.null_bits is None else f"{text}, null {score.null_bits:.2f}"
