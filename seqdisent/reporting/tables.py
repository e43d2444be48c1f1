"""Tables of a report: what the terminal, the CSV, the HTML page and the app show, made once."""

from __future__ import annotations

import csv
import io
from typing import Any

from seqdisent.evaluation.leakage import HEADLINE

UNITS = {"accuracy": ", %"}
HEADERS = (
    "code",
    "view",
    "reading",
    "factor",
    "belongs",
    "probe",
    "chosen",
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


def leakage_table(report: dict[str, Any]) -> tuple[list[str], list[list]]:
    """One row for each code, view, reading, factor and probe; factors that cannot be measured come last.

    Bits and scores have their 95 % intervals; the score is an accuracy, or R² of a continuous factor.
    """
    leakage = report["leakage"]
    factors = {f["name"]: f for f in leakage["factors"]}
    rows = []
    for cell in leakage["cells"]:
        about = factors[cell["factor"]]
        for probe in ("linear", "nonlinear"):
            figures = cell[probe]
            kind = "r2" if "r2" in figures else "accuracy"
            bits, score = figures["bits"], figures[kind]
            rows.append(
                [
                    cell["code"],
                    cell["view"],
                    cell["reading"],
                    cell["factor"],
                    cell["wanted"],
                    probe,
                    cell["chosen"] == probe,
                    *_short(bits),
                    _round(about["entropy_bits"]),
                    _round(figures["null_bits"]),
                    *_short(score),
                    kind,
                    _round(about["chance"]),
                    _round(about["majority"]),
                    _round(figures[f"null_{kind}"]),
                    figures["p"],
                ]
            )
    for about in leakage["factors"]:
        if about["not_measurable"]:
            blank = [None] * (len(HEADERS) - 5)
            for code in HEADLINE:
                rows.append([code, "", "", about["name"], about["kind"] == code, *blank])
                rows[-1][HEADERS.index("score is")] = f"not measurable: {about['not_measurable']}"
    return list(HEADERS), rows


def to_csv(report: dict[str, Any]) -> str:
    """:func:`leakage_table` as comma-separated text; what cannot be measured is empty, never 0."""
    headers, rows = leakage_table(report)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(["" if v is None else v for v in row] for row in rows)
    return out.getvalue()


def headline(
    report: dict[str, Any], code: str, factor: str, reading: str = "mean"
) -> dict[str, Any] | None:
    """The figures that a code and a factor are judged by, of the probe chosen on validation; None if unmeasured."""
    view = HEADLINE[code][0]
    for cell in report["leakage"]["cells"]:
        if (cell["code"], cell["view"], cell["reading"], cell["factor"]) == (
            code,
            view,
            reading,
            factor,
        ):
            return cell[cell["chosen"]]
    return None


def off_target_bits(
    report: dict[str, Any], code: str, posterior: str = "mean"
) -> tuple[float, float]:
    """Bits in a code about factors that do not belong in it, summed, and the sum of these factors' entropies.

    Composite factors (an action is a motion in a direction) are left out, so that nothing counts twice.
    """
    bits, entropy = 0.0, 0.0
    for factor in report["leakage"]["factors"]:
        if factor["kind"] == code or factor["composite"] or factor["not_measurable"]:
            continue
        if not factor["entropy_bits"]:
            continue
        cell = headline(report, code, factor["name"], posterior)
        if cell is not None:
            bits += cell["bits"]["value"]
            entropy += factor["entropy_bits"]
    return bits, entropy


def percent(rate: dict[str, float] | None) -> str:
    """``99.2 [98.7, 99.5]``, or a dash where there is nothing to measure."""
    if not rate or not rate.get("n", 1):
        return "-"
    return f"{100 * rate['value']:.1f} [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"


def bits(figures: dict[str, Any] | None) -> str:
    """``1.90 [1.82, 1.97]``, or a dash where there is nothing to measure."""
    if figures is None:
        return "-"
    b = figures["bits"]
    return f"{b['value']:.2f} [{b['low']:.2f}, {b['high']:.2f}]"


def leakage_rows(report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The four cells in short: bits that each code tells of each factor, by its mean and by a draw."""
    header = [
        "factor",
        "kind",
        "entropy, bits",
        "static code",
        "static, a draw",
        "dynamic code",
        "dynamic, a draw",
    ]
    table = []
    for about in report["leakage"]["factors"]:
        name = about["name"]
        if about["not_measurable"]:
            table.append([name, about["kind"], "not measurable", "-", "-", "-", "-"])
            continue
        cells = [
            bits(headline(report, code, name, r)) for code in HEADLINE for r in ("mean", "sample")
        ]
        entropy = "-" if about["entropy_bits"] is None else f"{about['entropy_bits']:.2f}"
        table.append([name, about["kind"], entropy, *cells])
    return header, table


def swap_rows(report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """What the judge says: a row for each factor, in percent with 95 % intervals."""
    if "swap" not in report:
        judge = report.get("judge", {})
        return ["factor", "judge on real"], [[k, percent(v)] for k, v in judge.items()] or [
            ["no judge", "-"]
        ]
    header = [
        "factor",
        "chance",
        "judge on real",
        "judge on reconstructions",
        "kept in a swap",
        "other's value instead",
        "kept, other code drawn",
        "disagreement",
        "IS",
        "H(y|x)",
        "H(y)",
    ]
    table = []
    for name, swap in report["swap"].items():
        if name == "joint":
            table.append(
                [
                    "all at once",
                    f"{100 * swap['chance']:.2g}",
                    "-",
                    "-",
                    percent(swap["kept"]),
                    *["-"] * 6,
                ]
            )
            continue
        drawn = next(
            s for w in ("static_sampled", "dynamics_sampled") if "kept" in (s := report[w][name])
        )
        table.append(
            [
                name,
                f"{100 * swap['chance']:.1f}",
                percent(report["judge"][name]),
                percent(report["reconstruction"][name]["kept"]),
                percent(swap["kept"]),
                percent(swap["off_target"]),
                percent(drawn["kept"]),
                f"{100 * drawn['disagreement']:.1f}",
                f"{drawn['inception_score']:.2f}",
                f"{drawn['h_y_given_x']:.3f}",
                f"{drawn['h_y']:.3f}",
            ]
        )
    return header, table


def speech_rows(report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Speech alone: pitch, content and distortion, each beside its chance level or what it is compared with."""
    speech = report["speech"]
    rows = []
    for name, found in speech["pitch"].items():
        pairs = {"sex": "of different sex", "apart": "at least 3 semitones apart"}[name]
        rows.append(
            [
                f"pitch of a swap nearer the donor's, pairs {pairs}",
                f"{percent(found['nearer_donor'])} %",
                "50 %",
                f"{found['semitones_to_donor']:.1f} semitones from the donor, where the source was "
                f"{found['semitones_source_to_donor']:.1f}; {found['pairs']} pairs, {found['unvoiced']} unvoiced",
            ]
        )
    if content := speech["content"]:
        rows.append(
            [
                f"a swap sounds most like the donor's own recording of the same {content['factor']}",
                f"{percent(content['nearest'])} %",
                f"{100 * content['chance']:.0f} %",
                "no judge: mel cepstra, time-warped",
            ]
        )
    d = speech["distortion"]
    for name, what in (("vocoder", "vocoder alone"), ("reconstruction", "reconstruction")):
        rows.append(
            [
                f"mel-cepstral distortion, {what}",
                f"{d[name]['mcd_db']:.2f} dB",
                "-",
                f"pitch off by {d[name]['pitch_cents']:.0f} cents, "
                f"voicing wrong in {100 * d[name]['voicing']:.1f} % of frames; "
                f"{d['recordings']} recordings",
            ]
        )
    if v := report.get("verification"):
        for code in ("static", "dynamic", "gap", "raw"):
            says = (
                "mean frame, no model"
                if code == "raw"
                else f"{v['pairs']} pairs, {v['positive']} of one speaker"
            )
            chance = "0 points" if code == "gap" else "50 %"
            rows.append(
                [f"equal error rate of the speaker, {code}", f"{percent(v[code])} %", chance, says]
            )
    return ["measure", "value [95 % interval]", "chance", "beside it"], rows


def generation_rows(report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """What a judge says of sequences from the prior, a row for each factor, with the same of real data beside."""
    made = report["generation"]
    rows = []
    for name, found in made.get("samples", {}).items():
        pairs = (("inception_score", 2), ("h_y_given_x", 3), ("h_y", 3))
        row = [
            name,
            *(f"{found[k]:.{digits}f} ({found['real'][k]:.{digits}f})" for k, digits in pairs),
        ]
        if name in made["rollouts"]:
            row += [
                percent(made["frames"][who][name]) for who in ("sample", "reconstruction", "real")
            ]
            rolled = made["rollouts"][name]
            row += [f"{percent(rolled)} (chance {100 * rolled['chance']:.1f})"]
        rows.append(row + ["-"] * (8 - len(row)))
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
    return header, rows


def generation_words(report: dict[str, Any]) -> str:
    """Whether samples are copies of training sequences."""
    n = report["generation"]["neighbours"]
    near = lambda who: f"{100 * n[who]['near']:.1f} %"
    return (
        f"Distance to the nearest training sequence (root mean square a value, median): samples "
        f"{n['samples']['median']:.4f}, test sequences {n['test']['median']:.4f}, rebuilt ones "
        f"{n['rebuilt']['median']:.4f}. Nearer than the nearest 1 % of test sequences ({n['threshold']:.4f}) are "
        f"{near('samples')} of samples and {near('rebuilt')} of rebuilt ones; {n['n']} of each."
    )


def asked_words(report: dict[str, Any]) -> str:
    """How factors that change within a sequence were asked about; nothing if there are none."""
    moving = report["leakage"].get("asked_at_one_step")
    if not moving:
        return ""
    return f" What changes within a sequence ({', '.join(moving)}) is asked of one step of each, drawn at random."


def downstream_rows(report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """What the codes are good for, beside constants, raw features, a network with labels, and what was published."""
    rows = []
    for task in report["downstream"]:
        for number, measure in enumerate(task["measures"]):
            about = f"{task['task']}, {measure}{UNITS.get(measure, '')}"
            for who, by in task["by"].items():
                rows.append([about, who, score(by["scores"][measure]), "; ".join(by["heads"])])
            rows += [
                [about, f"{who}, as published", f"{row[number]:g}", ""]
                for who, row in task["published"].items()
            ]
    return ["task", "who", "value [95 % interval]", "by"], rows


def swap_words(task: dict[str, Any]) -> str:
    """Whose label swapped series carry, by a network that was told the labels."""
    mean = {key: sum(values) / len(values) for key, values in task["swap"].items()}
    return (
        f"Swaps of two that differ in {task['factor']}: {mean['right']:.1f} % carry the right one's, "
        f"{mean['wrong']:.1f} % the other's, says a network with labels that is right about {mean['real']:.1f} % of "
        f"real sequences and {mean['rebuilt']:.1f} % of reconstructions; {mean['pairs']:.0f} pairs."
    )


def score(found: dict[str, Any]) -> str:
    """``0.473 [0.401, 0.540]``; percentages and errors with fewer digits."""
    digits = 3 if found["value"] <= 1 else 1 if found["value"] > 20 else 2
    return f"{found['value']:.{digits}f} [{found['low']:.{digits}f}, {found['high']:.{digits}f}]"


def _short(figure: dict[str, float]) -> list[float | None]:
    return [_round(figure[k]) for k in ("value", "low", "high")]


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
