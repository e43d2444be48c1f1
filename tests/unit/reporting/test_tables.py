"""Tables and sentences of a report: what a reader must see next to a number."""

from __future__ import annotations

import math
from dataclasses import replace

from seqdisent.evaluation.schema import (
    AnchorScore,
    CodeDiagnostics,
    Dci,
    Diagnostics,
    Disentanglement,
    JudgeScore,
    Mig,
    Rate,
    Report,
    Swaps,
)
from seqdisent.reporting import tables

ALL = Rate(0.25, 0.1, 0.4, 757, 6)
SPEAKER = JudgeScore(1 / 6, 1.0, 0.0, 0.0, kept=Rate(0.19, 0.05, 0.45, 836, 6))
SWAPS = Swaps(
    pairs=1000,
    seed=0,
    reconstruction={"speaker": SPEAKER},
    swap={"speaker": SPEAKER},
    all_kept=ALL,
    all_kept_chance=1 / 60,
    static_sampled={"speaker": SPEAKER},
    dynamics_sampled={"speaker": SPEAKER},
    differ_in=("speaker", "digit"),
)
REPORT = Report("x", "test", 300, 0, judge={"speaker": ALL}, swaps=SWAPS)


def anchors(blanked: bool) -> tuple[AnchorScore, ...]:
    found = [
        AnchorScore(frame, False, Rate(share, share - 0.05, share, 60, 20), {})
        for frame, share in enumerate((0.99, 0.18, 0.5))
    ]
    blank = AnchorScore(0, True, Rate(0.0, 0.0, 0.05, 60, 20), {})
    return (*found, blank) if blanked else tuple(found)


def test_swap_rows_have_pairs_and_independent_sources() -> None:
    header, rows = tables.judge_rows(REPORT)
    column = header.index("pairs (sources)")
    assert [row[column] for row in rows] == ["836 (6)", "757 (6)"]
    assert all(len(row) == len(header) for row in rows)
    sentence = tables.swaps_sentence(SWAPS)
    assert "757 that differ in every one of speaker, digit" in sentence
    assert "6 sources are few" in sentence


def test_swap_rows_of_older_reports_name_their_pairs() -> None:
    older = replace(SWAPS, differ_in=(), all_kept=Rate(0.3, 0.2, 0.4, 1000))
    _, rows = tables.swap_rows(older, {"speaker": ALL})
    assert rows[-1][0] == "all together, random pairs" and "1000" in rows[-1]
    assert "random pairs" in tables.swaps_sentence(older)


def test_a_rate_of_one_source_has_no_interval() -> None:
    assert tables.percent(Rate(0.5, math.nan, math.nan, 50, 1)) == "50.0"
    assert tables.percent(Rate(math.nan, math.nan, math.nan, 0)) == "-"


def test_anchor_sentence_of_one_fixed_frame_and_of_all_frames() -> None:
    fixed = tables.anchor_sentence(anchors(blanked=True))
    assert "frame 0 alone" in fixed and "frame 1" in fixed and "18.0" in fixed
    assert "no random ones" in fixed
    averaged = tables.anchor_sentence(anchors(blanked=False))
    assert "from all frames" in averaged and "18.0" in averaged and "99.0" in averaged
    assert tables.anchor_sentence(()) == ""


def test_directions_of_a_pruned_code_are_named() -> None:
    pruned = CodeDiagnostics(117.0, 128, 10, False, (), True)
    plain = CodeDiagnostics(64.7, 16, 16, False)
    sentences = tables.diagnostics_sentences(
        replace(REPORT, diagnostics=Diagnostics(static=pruned, dynamic=plain))
    )
    assert "10 active directions in 128 dimensions" in sentences[0]
    assert "16 of 16 units active" in sentences[1]


def test_both_estimators_of_mig_are_named() -> None:
    found = Disentanglement(Dci(0.9, 0.5, 0.9, {}, {}), Mig(0.087, {}), Mig(0.051, {}))
    sentence = tables.structure_sentences(replace(REPORT, disentanglement=found))[-1]
    assert "0.087 (bins of equal counts)" in sentence
    assert "0.051 (bins of equal width, the estimator of published tables)" in sentence
