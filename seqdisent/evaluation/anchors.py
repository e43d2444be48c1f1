"""Models with an anchor frame, as it moves and when it is blanked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Codes, ModelSubject
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.leakage import CELLS_ONLY, measure
from seqdisent.evaluation.progress import Progress
from seqdisent.evaluation.schema import AnchorScore
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.swap import Predictions, judge_real, swap_report
from seqdisent.modalities import modality_of
from seqdisent.models import SequentialVAE
from seqdisent.models.anchored import AnchoredVAE

TRAIN, VALIDATION, TEST = 700, 150, 300  # sequences of each split
EFFORT = replace(CELLS_ONLY, posteriors=("mean",), families=("linear", "neighbours"))
DataSplits = tuple[SequenceDataset, SequenceDataset, SequenceDataset]


@dataclass(frozen=True)
class BlankedAnchor(ModelSubject):
    """A model whose anchor frame is black, or silent."""

    anchor: int

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        frames = data.frames[np.arange(len(data))].copy()
        blank = 0 if frames.dtype == np.uint8 else data.spec.value_range[0]
        frames[:, self.anchor] = blank
        return super().codes(replace(data, frames=frames), seed=seed, progress=progress)


def move_anchor(
    model: SequentialVAE,
    judge: Judge,
    data: DataSplits,
    *,
    judged: Collection[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[AnchorScore, ...]:
    """Swap accuracy and leakage of a model as its anchor frame moves, and when a fixed one is blanked.

    The model is not trained again: it is given an anchor that it was not trained on. On a smaller sample than the rest
    of the report (sizes above).

    Args:
        data: the training, validation and test splits.
        judged: the factors that the judge predicts; all of them by default.

    Returns:
        A score for each anchor, with the bits of the better probe on posterior means; empty for a model without an
        anchor.
    """
    if not isinstance(model, AnchoredVAE):
        return ()
    rng = np.random.default_rng(seed)
    train, validation, test = (
        part.select(np.sort(rng.permutation(len(part))[:size]))
        for part, size in zip(data, (TRAIN, VALIDATION, TEST), strict=True)
    )
    real = {
        name: prediction
        for name, prediction in judge_real(judge, test).items()
        if judged is None or name in judged
    }
    budget = modality_of(model.spec).judge_budget
    last = int(data[2].steps.mean()) - 1
    positions = np.unique(np.linspace(0, last, budget.anchors).round().astype(int)).tolist()
    subjects = [(anchor, False, ModelSubject(model.with_anchor(anchor))) for anchor in positions]
    if model.has_fixed_anchor:
        subjects.append((model.config.anchor, True, BlankedAnchor(model, model.config.anchor)))
    found = []
    for number, (anchor, blanked, subject) in enumerate(subjects, 1):
        score = _score(subject, judge, (train, validation, test), real, budget.anchor_pairs, seed)
        found.append(replace(score, anchor=anchor, blanked=blanked))
        if progress:
            progress(number, len(subjects))
    return tuple(found)


def _score(
    subject: ModelSubject,
    judge: Judge,
    data: DataSplits,
    real: Predictions,
    pairs: int,
    seed: int,
) -> AnchorScore:
    splits = Splits.of(subject, data, seed)
    swaps = swap_report(subject, judge, data[2], splits.test.mean, real, pairs=pairs, seed=seed)
    leakage, _ = measure(splits, subject.spec.factors, effort=EFFORT, seed=seed)
    bits = {}
    for cell in leakage.cells:
        strongest = leakage.cell(cell.code, cell.factor)
        if strongest is cell:
            bits[f"{cell.code}/{cell.factor}"] = cell.best.bits.value
    return AnchorScore(anchor=0, blanked=False, all_kept=swaps.all_kept, bits=bits)
