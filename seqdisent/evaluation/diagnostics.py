"""Is a model well? Divergences, active units, collapse, and what becomes of it as the anchor moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.evaluation.codes import Codes, ModelSubject, Progress
from seqdisent.evaluation.judge import Judge
from seqdisent.evaluation.leakage import CELLS_ONLY, measure
from seqdisent.evaluation.splits import Splits
from seqdisent.evaluation.swap import judge_real, swap_report
from seqdisent.modalities import modality_of
from seqdisent.models import SequentialVAE
from seqdisent.models.dbse import DBSE

ACTIVE = (
    0.01  # variance of the posterior mean above which a unit counts as active (Burda et al. 2016)
)
COLLAPSED_NATS = 0.5  # a code that tells less than this of a sequence has collapsed
ANCHOR_TRAIN, ANCHOR_VALIDATION, ANCHOR_TEST = 700, 150, 300


def health(codes: Codes) -> dict[str, Any]:
    """Divergence from the prior and active units of both codes of a split.

    Returns:
        For each code ``kl_nats`` (a sequence), ``units``, ``active_units`` and ``collapsed``; for the
        dynamic one also ``kl_nats_by_step``.
    """
    found = {}
    for name, code, kl in (
        ("static", codes.mean.static, codes.static_kl),
        ("dynamic", _existing(codes), codes.dynamic_kl),
    ):
        nats = float(kl.sum(1).mean())
        active = int((code.var(0) > ACTIVE).sum())
        found[name] = {
            "kl_nats": nats,
            "units": code.shape[1],
            "active_units": active,
            "collapsed": nats < COLLAPSED_NATS or active == 0,
        }
    found["dynamic"]["kl_nats_by_step"] = codes.dynamic_kl.mean(0).tolist()
    return found


def _existing(codes: Codes) -> Tensor:
    """The dynamic code of every step that exists, ``[steps, D]``."""
    mean = codes.mean
    return mean.dynamic.flatten(0, 1) if mean.mask is None else mean.dynamic[mean.mask]


def health_words(found: dict[str, Any]) -> list[str]:
    """A sentence for each code, collapse named as such."""
    said = []
    for name in ("static", "dynamic"):
        h = found[name]
        state = "has collapsed" if h["collapsed"] else "is alive"
        said.append(
            f"The {name} code {state}: {h['kl_nats']:.1f} nats a sequence, "
            f"{h['active_units']} of {h['units']} units active."
        )
    return said


@dataclass(frozen=True)
class _Blanked(ModelSubject):
    """A model that sees black, or hears silence, where the anchor frame is."""

    def codes(self, data: SequenceDataset, **options) -> Codes:
        anchor = self.model.config.anchor
        frames = data.frames[np.arange(len(data))].copy()
        frames[:, anchor] = 0 if frames.dtype == np.uint8 else data.spec.value_range[0]
        return super().codes(replace(data, frames=frames), **options)


def anchors(
    model: SequentialVAE,
    judge: Judge,
    data: tuple[SequenceDataset, SequenceDataset, SequenceDataset],
    *,
    judged: Collection[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Swap accuracy and leakage of DBSE as its anchor frame moves, and when a fixed one is blanked.

    The model is not trained anew: it meets an anchor that it was not trained on. On a smaller sample
    than the rest of the report (sizes above).

    Args:
        data: the training, validation and test splits.
        judged: the factors that the judge is asked about; all that it knows by default.

    Returns:
        For each anchor ``{"anchor", "blanked", "joint": rate, "bits": {"CODE/FACTOR": bits}}`` where bits
        are those of the better probe on the posterior means; an empty list for a model without an anchor.
    """
    if not isinstance(model, DBSE):
        return []
    rng = np.random.default_rng(seed)
    sizes = (ANCHOR_TRAIN, ANCHOR_VALIDATION, ANCHOR_TEST)
    few = [d.select(np.sort(rng.permutation(len(d))[:n])) for d, n in zip(data, sizes, strict=True)]
    real = {
        name: said
        for name, said in judge_real(judge, few[2]).items()
        if judged is None or name in judged
    }
    budget = modality_of(model.spec).judge_budget
    last = int(data[2].steps.mean()) - 1
    places = np.unique(np.linspace(0, last, budget.anchors).round().astype(int)).tolist()
    subjects = [(k, False, ModelSubject(model.with_anchor(k))) for k in places]
    if model.config.anchor_rule == "fixed":
        subjects.append((model.config.anchor, True, _Blanked(model)))
    found = []
    for number, (anchor, blanked, subject) in enumerate(subjects, 1):
        splits = Splits.of(subject, tuple(few), seed)
        swaps = swap_report(
            subject, judge, few[2], splits.test.mean, real, pairs=budget.anchor_pairs, seed=seed
        )
        leakage, _ = measure(
            splits, model.spec.factors, effort=replace(CELLS_ONLY, readings=("mean",)), seed=seed
        )
        bits = {
            f"{c['code']}/{c['factor']}": c[c["chosen"]]["bits"]["value"]
            for c in leakage["cells"]
            if c["view"] != "mean"
        }
        found.append(
            {
                "anchor": anchor,
                "blanked": blanked,
                "joint": swaps["swap"]["joint"]["kept"],
                "bits": bits,
            }
        )
        if progress:
            progress(number, len(subjects))
    return found
