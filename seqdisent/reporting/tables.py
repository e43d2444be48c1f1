"""Tables and sentences of a report, as shown in the terminal, CSV files, HTML pages, model cards and the app."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from seqdisent.evaluation.schema import (
    CODES,
    AnchorScore,
    Disentanglement,
    DownstreamTask,
    Estimate,
    FactorSummary,
    Generation,
    JudgeScore,
    Leakage,
    LeakageCell,
    ProbeFamily,
    ProbeScore,
    Rate,
    Report,
    Speech,
    Swaps,
    Verification,
    rounded,
)
from seqdisent.reporting.markdown import markdown_table

Cells = list[str]
Table = tuple[list[str], list[Cells]]  # header and rows

UNITS = {"accuracy": ", %"}
FEW_SOURCES = 20  # an interval of fewer sources is wide for that reason
PITCH_GROUPS = {"sex": "of different sex", "apart": "at least 3 semitones apart"}
HEADERS = (
    "code",
    "view",
    "posterior",
    "factor",
    "belongs",
    "probe",
    "representation",
    "chosen",
    "strongest view",
    "bits",
    "bits low",
    "bits high",
    "entropy bits",
    "null bits",
    "score",
    "score low",
    "score high",
    "score is",
    "chance",
    "majority",
    "null score",
    "p",
)


# --- Every probe -------------------------------------------------------------------------------


def leakage_table(leakage: Leakage) -> tuple[list[str], list[list[object]]]:
    """One row for each code, view, posterior, factor and probe; factors that cannot be measured come last.

    Bits and scores have their 95 % intervals; the score is an accuracy, or R² of a continuous factor. What cannot be
    measured is None.
    """
    rows = [_probe_row(leakage, cell, probe) for cell in leakage.cells for probe in cell.probes]
    rows += [
        _unmeasurable_row(factor, code)
        for factor in leakage.factors
        for code in CODES
        if factor.not_measurable
    ]
    return list(HEADERS), rows


def _probe_row(leakage: Leakage, cell: LeakageCell, probe: ProbeFamily) -> list[object]:
    scores, factor = cell.probes[probe], leakage.factor(cell.factor)
    return [
        cell.code,
        cell.view if cell.step is None else f"{cell.view} {cell.step + 1}",
        cell.posterior,
        cell.factor,
        cell.on_target,
        probe,
        scores.representation,
        cell.chosen == probe,
        leakage.cell(cell.code, cell.factor, cell.posterior) is cell,
        *scores.bits.rounded(),
        rounded(factor.entropy_bits),
        rounded(scores.null_bits),
        *scores.score.rounded(),
        scores.measure,
        rounded(factor.chance),
        rounded(factor.majority),
        rounded(scores.null_score),
        scores.p,
    ]


def _unmeasurable_row(factor: FactorSummary, code: str) -> list[object]:
    row: dict[str, object] = dict.fromkeys(HEADERS)
    row |= {
        "code": code,
        "view": "",
        "posterior": "",
        "factor": factor.name,
        "belongs": factor.kind == code,
        "score is": f"not measurable: {factor.not_measurable}",
    }
    return list(row.values())


def to_csv(leakage: Leakage) -> str:
    """:func:`leakage_table` as comma-separated text; what cannot be measured is empty, never 0."""
    headers, rows = leakage_table(leakage)
    frame = pd.DataFrame(rows, columns=headers, dtype=object)
    return frame.to_csv(index=False, lineterminator="\n")


def to_markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of text."""

    def escaped(cells: Sequence[str]) -> list[str]:
        return [cell.replace("|", "\\|") for cell in cells]  # H(y|x) is one cell

    return markdown_table(escaped(header), [escaped(row) for row in rows])


# --- Numbers as text ---------------------------------------------------------------------------


def percent(rate: Estimate | None) -> str:
    """``99.2 [98.7, 99.5]``, or a dash where there is nothing to measure; without an interval of a single source."""
    if rate is None or (isinstance(rate, Rate) and rate.n == 0):
        return "-"
    if math.isnan(rate.low):
        return f"{100 * rate.value:.1f}"
    return f"{100 * rate.value:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def bits(score: ProbeScore | None) -> str:
    """``1.90 [1.82, 1.97]``, or a dash where there is nothing to measure."""
    if score is None:
        return "-"
    return f"{score.bits.value:.2f} [{score.bits.low:.2f}, {score.bits.high:.2f}]"


def estimate(found: Estimate) -> str:
    """``0.473 [0.401, 0.540]``; percentages and errors with fewer digits."""
    digits = 3 if found.value <= 1 else 1 if found.value > 20 else 2
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


# --- Leakage -----------------------------------------------------------------------------------


def leakage_rows(leakage: Leakage) -> Table:
    """The table in short: bits about each factor in the posterior mean and in a posterior sample of each code."""
    header = [
        "factor",
        "kind",
        "entropy, bits",
        "static code",
        "static, sampled",
        "dynamic code",
        "dynamic, sampled",
    ]
    rows = []
    for factor in leakage.factors:
        if factor.not_measurable:
            rows.append([factor.name, factor.kind, "not measurable", "-", "-", "-", "-"])
            continue
        entropy = "-" if factor.entropy_bits is None else f"{factor.entropy_bits:.2f}"
        figures = [
            bits(leakage.best(code, factor.name, posterior))
            for code in CODES
            for posterior in ("mean", "sample")
        ]
        rows.append([factor.name, factor.kind, entropy, *figures])
    return header, rows


def one_step_sentence(leakage: Leakage) -> str:
    """How factors that change within a sequence were probed; empty if there are none."""
    if not leakage.factors_at_one_step:
        return ""
    names = ", ".join(leakage.factors_at_one_step)
    return (
        f" Factors that change within a sequence ({names}) are probed at one random step of each."
    )


def probes_sentences(leakage: Leakage) -> list[str]:
    """What the probes can find: the detection limits, or that they are the former ones, which miss much."""
    if leakage.is_by_former_probes:
        return [
            "Measured by the probes of earlier versions, a linear one and a perceptron of the full code, which miss "
            "what hides inside the clusters of on-target factors: take its bits as lower bounds, and measure it anew."
        ]
    sentences = []
    for limit in leakage.detection:
        hidden = f"hidden at {limit.scale:g} of the distance of clusters"
        if limit.bits is None:
            largest = max(limit.planted_bits)
            found = f"not even a planted leak of {largest:g} bits, {hidden}, was found"
        else:
            found = f"planted leaks, {hidden}, were found down to {limit.bits:g} bits"
        sentences.append(f"In a {limit.code} code {found}.")
    return sentences


def diagnostics_sentences(report: Report) -> list[str]:
    """A sentence for each code; collapse is named as such."""
    if report.diagnostics is None:
        return []
    sentences = []
    for name, code in (
        ("static", report.diagnostics.static),
        ("dynamic", report.diagnostics.dynamic),
    ):
        state = "has collapsed" if code.collapsed else "is in use"
        active = f"{code.active_units} of {code.units} units active"
        if code.pruned:
            active = f"{code.active_units} active directions in {code.units} dimensions (pruned)"
        sentences.append(
            f"The {name} code {state}: {code.kl_nats:.1f} nats for each sequence, {active}."
        )
    return sentences


# --- Swaps and samples -------------------------------------------------------------------------


def judge_rows(report: Report) -> Table:
    """The judge's scores of swaps, or only its accuracy on real sequences if nothing was swapped."""
    if report.swaps is not None:
        return swap_rows(report.swaps, report.judge or {})
    judge = report.judge or {}
    rows = [[name, percent(rate)] for name, rate in judge.items()]
    return ["factor", "judge on real"], rows or [["no judge", "-"]]


def swap_rows(swaps: Swaps, judge: dict[str, Rate]) -> Table:
    """A row for each factor, in percent with 95 % intervals, over the pairs that differ in it; entropies in nats."""
    header = [
        "factor",
        "chance",
        "judge on real",
        "judge on reconstructions",
        "kept in a swap",
        "other's value instead",
        "pairs (sources)",
        "kept, other code sampled",
        "disagreement",
        "IS",
        "H(y|x)",
        "H(y)",
    ]
    rows = [_swap_row(name, swap, swaps, judge[name]) for name, swap in swaps.swap.items()]
    chance = f"{100 * swaps.all_kept_chance:.2g}"
    title = "all together" if swaps.differ_in else "all together, random pairs"
    together = [title, chance, "-", "-", percent(swaps.all_kept), "-", _trials(swaps.all_kept)]
    rows.append(together + ["-"] * (len(header) - len(together)))
    return header, rows


def _trials(rate: Rate | None) -> str:
    """``836 (6)``: trials, and the independent sources behind them as far as they are known."""
    if rate is None:
        return "-"
    return f"{rate.n} ({rate.sources})" if rate.sources else f"{rate.n}"


def swaps_sentence(swaps: Swaps) -> str:
    """Which pairs are scored, and what the intervals take into account."""
    if not swaps.differ_in:
        return (
            "A factor is scored over the pairs that differ in it, all factors together over random pairs, which agree "
            "in some by chance; intervals take pairs as independent. A new measurement corrects both."
        )
    together = swaps.all_kept
    sentence = (
        f"Of {swaps.pairs:,} random pairs, a factor is scored over those that differ in it, and all factors together "
        f"over the {together.n:,} that differ in every one of {', '.join(swaps.differ_in)}. Intervals resample the "
        "independent sources on both sides of the pairs, whose number is in brackets."
    )
    fewest = min((rate.sources for rate in _swap_rates(swaps)), default=0)
    if 0 < fewest < FEW_SOURCES:
        sentence += f" {fewest} sources are few, and so the intervals are wide."
    return sentence


def _swap_rates(swaps: Swaps) -> list[Rate]:
    kept = [score.kept for score in swaps.swap.values()]
    return [rate for rate in (*kept, swaps.all_kept) if rate is not None and rate.n]


def _swap_row(name: str, swap: JudgeScore, swaps: Swaps, judge: Rate) -> Cells:
    sampled = swaps.other_sampled(name)
    differing = "-" if sampled.disagreement is None else f"{100 * sampled.disagreement:.1f}"
    return [
        name,
        f"{100 * swap.chance:.1f}",
        percent(judge),
        percent(swaps.reconstruction[name].kept),
        percent(swap.kept),
        percent(swap.off_target),
        _trials(swap.kept),
        percent(sampled.kept),
        differing,
        f"{sampled.inception_score:.2f}",
        f"{sampled.h_y_given_x:.3f}",
        f"{sampled.h_y:.3f}",
    ]


# --- Generation --------------------------------------------------------------------------------


def generation_rows(generation: Generation) -> Table:
    """A judge's scores of samples of both codes, a row for each factor, with the same of real data in brackets."""
    header = [
        "factor",
        "IS of samples (real)",
        "H(y|x)",
        "H(y)",
        "frames that differ, samples",
        "reconstructions",
        "real",
        "rollouts that differ",
    ]
    rows = []
    for name, score in generation.samples.items():
        real = score.real
        row = [
            name,
            f"{score.inception_score:.2f} ({real.inception_score:.2f})",
            f"{score.h_y_given_x:.3f} ({real.h_y_given_x:.3f})",
            f"{score.h_y:.3f} ({real.h_y:.3f})",
        ]
        if name in generation.rollouts and generation.frames is not None:
            frames, rollouts = generation.frames, generation.rollouts[name]
            row += [
                percent(frames.sample[name]),
                percent(frames.reconstruction[name]),
                percent(frames.real[name]),
                f"{percent(rollouts)} (chance {100 * rollouts.chance:.1f})",
            ]
        rows.append(row + ["-"] * (len(header) - len(row)))
    return header, rows


def generation_sentence(generation: Generation) -> str:
    """Whether samples are copies of training sequences."""
    n = generation.neighbours
    return (
        f"Distance to the nearest training sequence (root mean square over values, median): samples "
        f"{n.samples.median:.4f}, test sequences {n.test.median:.4f}, reconstructions "
        f"{n.reconstructions.median:.4f}. Nearer than the nearest 1 % of test sequences ({n.threshold:.4f}) are "
        f"{100 * n.samples.share_near:.1f} % of samples and {100 * n.reconstructions.share_near:.1f} % of "
        f"reconstructions; {n.n} of each."
    )


# --- Speech ------------------------------------------------------------------------------------


def speech_rows(speech: Speech, verification: Verification | None) -> Table:
    """Pitch, content, distortion and speaker verification, each with its chance level."""
    rows = []
    for name, pitch in speech.pitch.items():
        rows.append(
            [
                f"pitch of a swap nearer the donor's, pairs {PITCH_GROUPS[name]}",
                f"{percent(pitch.nearer_donor)} %",
                "50 %",
                f"{pitch.semitones_to_donor:.1f} semitones from the donor, where the source was "
                f"{pitch.semitones_source_to_donor:.1f}; {pitch.pairs} pairs{_speakers(pitch.nearer_donor)}, "
                f"{pitch.unvoiced} unvoiced",
            ]
        )
    if speech.content is not None:
        content = speech.content
        rows.append(
            [
                f"a swap is nearest to the donor's recording of the same {content.factor}",
                f"{percent(content.nearest)} %",
                f"{100 * content.chance:.0f} %",
                f"no judge: mel cepstra, time-warped; {content.nearest.n} pairs{_speakers(content.nearest)}",
            ]
        )
    distortion = speech.distortion
    for title, score in (
        ("vocoder alone", distortion.vocoder),
        ("reconstruction", distortion.reconstruction),
    ):
        rows.append(
            [
                f"mel-cepstral distortion, {title}",
                f"{score.mcd_db:.2f} dB",
                "-",
                f"pitch error {score.pitch_cents:.0f} cents, "
                f"voicing wrong in {100 * score.voicing:.1f} % of frames; "
                f"{distortion.recordings} recordings",
            ]
        )
    if verification is not None:
        rows += _verification_rows(verification)
    return ["measure", "value [95 % interval]", "chance", "details"], rows


def _speakers(rate: Rate) -> str:
    """The independent sources behind a rate of speech, as far as they are known."""
    return f" of {rate.sources} speakers" if rate.sources else ""


def _identities(verification: Verification) -> str:
    """The independent identities behind the pairs, as far as they are known."""
    return f" of {verification.identities} identities" if verification.identities else ""


def _verification_rows(verification: Verification) -> list[Cells]:
    pairs = f"{verification.pairs} pairs{_identities(verification)}, {verification.positive} of one speaker"
    figures = [
        ("static", verification.static, "50 %", pairs),
        ("dynamic", verification.dynamic, "50 %", pairs),
        ("gap", verification.gap, "0 points", pairs),
        ("mean frame", verification.mean_frame, "50 %", "mean frame, no model"),
    ]
    return [
        [f"equal error rate of the speaker, {name}", f"{percent(value)} %", chance, details]
        for name, value, chance, details in figures
    ]


# --- Downstream tasks --------------------------------------------------------------------------


def downstream_rows(tasks: Iterable[DownstreamTask]) -> Table:
    """Codes compared with constants, raw features, a supervised network, and published results."""
    rows = []
    for task in tasks:
        for number, measure in enumerate(task.measures):
            about = f"{task.task}, {measure}{UNITS.get(measure, '')}"
            for name, learner in task.learners.items():
                heads = "; ".join(learner.heads)
                rows.append([about, name, estimate(learner.scores[measure]), heads])
            for method, row in task.published.items():
                rows.append([about, f"{method}, as published", f"{row[number]:g}", ""])
    return ["task", "learner", "value [95 % interval]", "head"], rows


def transfer_sentence(task: DownstreamTask) -> str:
    """Whose label swapped series carry, predicted by a supervised network; empty where there are no swaps."""
    swap = task.swap
    if swap is None:
        return ""
    return (
        f"Swaps of two sequences that differ in {task.factor}: {_mean(swap.right):.1f} % carry the right one's, "
        f"{_mean(swap.wrong):.1f} % the other's, as predicted by a supervised network that is right about "
        f"{_mean(swap.real):.1f} % of real sequences and {_mean(swap.reconstructed):.1f} % of reconstructions; "
        f"{_mean(swap.pairs):.0f} pairs."
    )


def transfer_sentences(tasks: Iterable[DownstreamTask]) -> list[str]:
    """:func:`transfer_sentence` of the tasks that have one."""
    return list(filter(None, map(transfer_sentence, tasks)))


def _mig_sentence(found: Disentanglement) -> str:
    sentence = f"MIG {found.mig.mean:.3f} (bins of equal counts)"
    if found.histogram_mig is not None:
        published = f"{found.histogram_mig.mean:.3f}"
        sentence += f", {published} (bins of equal width, the estimator of published tables)"
    return f"{sentence}."


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


# --- Anchors and other measures ----------------------------------------------------------------


def anchor_rows(report: Report) -> Table:
    """Swap accuracy and bits by code and factor, a column for each anchor."""
    anchors = report.anchors
    header = ["anchor frame"]
    header += [f"{a.anchor} blank" if a.blanked else f"{a.anchor}" for a in anchors]
    rows = [["swap keeps all, %", *(percent(a.all_kept) for a in anchors)]]
    for key in anchors[0].bits:
        rows.append([f"{key}, bits", *(f"{a.bits[key]:.2f}" for a in anchors)])
    return header, rows


def anchor_sentence(anchors: Sequence[AnchorScore]) -> str:
    """What swaps keep if the static code is read from another frame than in training; empty without anchors."""
    if not anchors:
        return ""
    single = {score.anchor: score.all_kept for score in anchors if not score.blanked}
    worst = min(single, key=lambda anchor: single[anchor].value)
    blanked = next((score for score in anchors if score.blanked), None)
    if blanked is None:
        best = max(single, key=lambda anchor: single[anchor].value)
        return (
            "The static code is read from all frames. Read from a single one, without new training, swaps keep all "
            f"factors in {percent(single[worst])} % (frame {worst}) to {percent(single[best])} % (frame {best})."
        )
    trained = blanked.anchor
    reference = (
        f", and swaps keep all factors in {percent(single[trained])} %" if trained in single else ""
    )
    return (
        f"The static code is read from frame {trained} alone{reference}. Read from frame {worst}, without new "
        f"training, swaps keep all in {percent(single[worst])} %; with frame {trained} blank in "
        f"{percent(blanked.all_kept)} %. The recipe has one fixed anchor and no random ones, which are meant against "
        "this."
    )


def error_sentence(report: Report) -> str:
    """The reconstruction error with that of the training mean; empty if it was not measured."""
    error = report.reconstruction
    if error is None:
        return ""
    return (
        f"Squared error for each sequence {error.squared_error_per_sequence:.1f} ± {1.96 * error.standard_error:.1f} "
        f"(training mean {error.training_mean_squared_error_per_sequence:.0f}), PSNR {error.psnr_db:.1f} dB."
    )


def structure_sentences(report: Report) -> list[str]:
    """Multi-factor swap score, DCI, MIG and verification, as far as they were measured."""
    sentences = []
    multifactor = report.swaps.multifactor if report.swaps is not None else None
    if multifactor is not None:
        sentences.append(
            f"Multi-factor swap score {multifactor.score:.3f} (chance {multifactor.chance:.3f}, "
            f"perfect {multifactor.perfect:.3f})."
        )
    if report.disentanglement is not None:
        dci = report.disentanglement.dci
        sentences.append(
            f"DCI: disentanglement {dci.disentanglement:.3f}, completeness {dci.completeness:.3f}, "
            f"informativeness {dci.informativeness:.3f}. {_mig_sentence(report.disentanglement)}"
        )
    if report.verification is not None:
        v = report.verification
        sentences.append(
            f"Equal error rate, %: static {percent(v.static)}, dynamic {percent(v.dynamic)}, "
            f"gap {percent(v.gap)}; {v.pairs} pairs{_identities(v)}, chance 50."
        )
    return sentences
