"""What the scores of a cell mean, in a sentence that claims no more than the interval allows."""

from __future__ import annotations

from seqdisent.evaluation.schema import (
    CODES,
    CodeName,
    DetectionLimit,
    FactorSummary,
    Leakage,
    LeakageCell,
    Level,
    ProbeFamily,
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
LEAST_BOUND = 0.01  # bits; smaller bounds are not stated
PROBE_NAMES: dict[ProbeFamily, str] = {
    "linear": "linear probe",
    "mlp": "perceptron",
    "trees": "trees",
    "neighbours": "nearest neighbours",
}


def verdicts(leakage: Leakage) -> tuple[Verdict, ...]:
    """One sentence for each of the two codes and each factor."""
    return tuple(_verdict(leakage, factor, code) for factor in leakage.factors for code in CODES)


def _verdict(leakage: Leakage, factor: FactorSummary, code: CodeName) -> Verdict:
    if factor.not_measurable:
        text = f"{factor.name} cannot be measured: {factor.not_measurable}."
        return Verdict(code, factor.name, "unmeasurable", text)
    cell = leakage.cell(code, factor.name)
    assert cell is not None, "every measurable factor has its cells"
    if cell.on_target:
        level, text = _on_target(cell, factor)
    else:
        level, text = _off_target(cell, factor, leakage.detection_limit(code))
    if level in ("leak", "trace"):
        sampled = leakage.best(code, factor.name, "sample")
        if sampled is not None:
            text += f" A posterior sample contains {sampled.bits.value:.2f}."
    return Verdict(code, factor.name, level, text)


def _on_target(cell: LeakageCell, factor: FactorSummary) -> tuple[Level, str]:
    figures = _figures(cell, factor)
    if not _depends(cell.best):
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


def _off_target(
    cell: LeakageCell, factor: FactorSummary, limit: DetectionLimit | None
) -> tuple[Level, str]:
    best, figures = cell.best, _figures(cell, factor)
    if not _depends(best):
        text = f"No information about {factor.name} was found in the {cell.code} code: {figures}."
        return "clean", f"{text} {_limit(limit)}"
    if not best.bits.low > 0:
        bound = max(best.bits.high, LEAST_BOUND)
        text = f"The {cell.code} code depends on {factor.name} (p = {best.p:.3f})"
        return "trace", f"{text}; less than {bound:.2f} bits by these probes: {figures}."
    share = _share(best, factor)
    reached = [amount for least, amount in DEGREES if share >= least]
    amount = reached[0] if reached else TRACE
    text = f"The {cell.code} code contains {amount} {factor.name}: {figures}."
    return ("leak" if reached else "trace"), text


def _limit(limit: DetectionLimit | None) -> str:
    """What could have been missed."""
    if limit is None:
        return "The detection limit was not measured: a stronger probe or more sequences could find some."
    if limit.bits is None:
        largest = max(limit.planted_bits)
        return f"Not even planted leaks of {largest:g} bits are found with so few sequences."
    return f"Planted leaks were found down to {limit.bits:g} bits; a smaller one would be missed."


def _depends(score: ProbeScore) -> bool:
    """Whether the probe's predictions depend on the factor, by the permutation test; without one by the interval."""
    if score.p is None:
        return score.bits.low > 0
    return score.p <= SIGNIFICANCE


def _share(score: ProbeScore, factor: FactorSummary) -> float:
    """The lower end of the interval, as a share of the entropy; R² for a continuous factor."""
    if factor.entropy_bits:
        return score.bits.low / factor.entropy_bits
    return score.score.low


def _figures(cell: LeakageCell, factor: FactorSummary) -> str:
    """``1.90 [1.82, 1.97] of 2.58 bits, null 0.00 (trees, residual of all steps)``."""
    score = cell.best
    bits, r2 = score.bits, score.score
    entropy = f" of {factor.entropy_bits:.2f}" if factor.entropy_bits else ""
    text = f"{bits.value:.2f} [{bits.low:.2f}, {bits.high:.2f}]{entropy} bits"
    if not factor.entropy_bits:
        text += f", R² {r2.value:.2f} [{r2.low:.2f}, {r2.high:.2f}]"
    if score.null_bits is not None:
        text += f", null {score.null_bits:.2f}"
    return f"{text} ({probe_description(cell)})"


def probe_description(cell: LeakageCell) -> str:
    """The chosen probe, and what it saw: ``trees, residual of all steps``."""
    views = {
        "static": "the static code",
        "sequence": "all steps",
        "mean": "the mean over time",
        "step": f"step {(cell.step or 0) + 1} alone",
    }
    seen = views.get(cell.view, cell.view)
    if cell.best.representation == "residual":
        seen = f"residual of {seen}"
    return f"{PROBE_NAMES[cell.chosen]}, {seen}"
