"""The downstream tasks of the benchmark time series, and the published results.

The published rows are quoted unchanged, beside the split that they were measured on. Their protocol is not ours: codes
were posterior samples, models and heads were chosen on the test split, and of ETTh1 the labels were paired with other
days (see the README).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Task:
    """One quantity to be predicted from codes.

    Args:
        factor: of the data set; a static one is predicted once for each sequence, a dynamic one at every step.
        codes: ``"static"``, or ``"both"``.
        measures: names in :data:`seqdisent.evaluation.downstream_heads.MEASURES`, the first of which is the headline.
        published: by method, a number for each measure.
    """

    factor: str
    codes: Literal["static", "both"]
    measures: tuple[str, ...]
    published: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.factor} from {'the static code' if self.codes == 'static' else 'both codes'}"


_MONTH = Task(
    "month",
    "static",
    ("accuracy",),
    {
        "GLR": (50.3,),
        "SPYL": (57.9,),
        "DBSE": (65.9,),
        "DiffSDA": (69.2,),
        "supervised": (62.4,),
    },
)
_TEMPERATURE = Task(
    "oil temperature",
    "both",
    ("MAE",),
    {
        "GLR": (12.27,),
        "SPYL": (12.22,),
        "DBSE": (11.21,),
        "DiffSDA": (9.89,),
    },
)
_DEATH = Task(
    "outcome",
    "both",
    ("AUPRC", "AUROC"),
    {
        "GLR": (0.365, 0.752),
        "SPYL": (0.367, 0.764),
        "DBSE": (0.473, 0.858),
        "DiffSDA": (0.50, 0.87),
        "supervised": (0.446, 0.802),
    },
)
_ICU = Task(
    "ICU",
    "static",
    ("accuracy",),
    {
        "GLR": (38.9,),
        "SPYL": (47.0,),
        "DBSE": (56.9,),
        "DiffSDA": (64.6,),
        "supervised": (62.0,),
    },
)
_PHYSIONET = (
    Task("outcome", "both", ("AUPRC", "AUROC")),
    Task("ICU", "static", ("accuracy",)),
)
# Published results stand only beside the split that they were measured on. Air quality tests on 2016 in both.
TASKS: dict[str, tuple[Task, ...]] = {
    "air-quality": (_MONTH,),
    "air-quality-days": (Task("season", "static", ("accuracy",)),),
    "etth1": (Task("oil temperature", "both", ("MAE",)),),
    "etth1-interleaved": (Task("oil temperature", "both", ("MAE",)),),
    "etth1-published": (_TEMPERATURE,),
    "physionet2012": _PHYSIONET,
    "physionet2012-published": (_DEATH, _ICU),
    "physionet2012-b": _PHYSIONET,
    "physionet2012-c": _PHYSIONET,
    "waves": (Task("trend", "static", ("accuracy",)), Task("season", "both", ("accuracy",))),
}
# How sequences are split, for tables: a row on one split is no neighbour of a row on another without this label.
SPLIT_RULES = {
    "air-quality": "test is 2016, as published; validation by month",
    "etth1": "our split: 12, 4 and 4 months in order of time",
    "etth1-interleaved": "our split: test weeks between those of training",
    "etth1-published": "published split: test is the six months of 2016",
    "physionet2012": "our split: stays of set a at random",
    "physionet2012-published": "published split: test is the first fifth of record ids",
    "physionet2012-b": "our split: trained on set a, tested on set b",
    "physionet2012-c": "our split: trained on set a, tested on set c",
}
