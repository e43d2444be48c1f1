"""Leakage of anybody's codes: arrays of codes and labels in, the typed report out.

>>> report = seqdisent.leakage(
...     static, dynamic, {"static": {"speaker": speaker}, "dynamic": {"word": word}}, groups=speaker
... )
>>> report.summary.off_target_bits.dynamic_code
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from seqdisent.errors import UsageError
from seqdisent.evaluation.codes import Codes
from seqdisent.evaluation.leakage import FULL, Effort, measure
from seqdisent.evaluation.progress import TaskProgress
from seqdisent.evaluation.schema import CODES, CodeName, Report
from seqdisent.evaluation.splits import MINIMUM, SPLITS, Splits
from seqdisent.spec import Factor
from seqdisent.types import Latents
from seqdisent.version import __version__

# Shares of the groups; as many sequences for validation as the choice among probes needs.
SHARES = {"training": 0.6, "validation": 0.15, "test": 0.25}
SPLIT_NAMES = {"train": "training", "training": "training", "validation": "validation"}
SPLIT_NAMES |= {"valid": "validation", "val": "validation", "dev": "validation", "test": "test"}
LEAST_SEQUENCES = 3 * MINIMUM
MOST_CLASSES = 1000

Labels = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class CodeArrays:
    """Checked codes and labels of N sequences.

    Args:
        static: ``[N, S]``.
        dynamic: ``[N, K, D]``.
        factors: what the labels are of.
        labels: by factor ``[N]`` or ``[N, K]``: class numbers, -1 where missing; or values, NaN where missing.
        groups: ``[N]``: sequences that are not independent (of one speaker, one recording) have one number.
        split: ``[N]`` of ``"training"``, ``"validation"``, ``"test"``; None if they are still to be chosen.
    """

    static: np.ndarray
    dynamic: np.ndarray
    factors: tuple[Factor, ...]
    labels: dict[str, np.ndarray]
    groups: np.ndarray
    split: np.ndarray | None

    def __len__(self) -> int:
        return len(self.static)


def leakage(
    static: Any,
    dynamic: Any,
    labels: Labels,
    *,
    groups: Any = None,
    split: Any = None,
    name: str = "codes",
    effort: Effort = FULL,
    seed: int = 0,
    progress: TaskProgress | None = None,
) -> Report:
    """Information about every factor in both codes of any model.

    Args:
        static: one code for each sequence, ``[N, S]``; arrays, tensors or lists.
        dynamic: one code for each step of each sequence, ``[N, K, D]``.
        labels: ``{"static": {factor: [N]}, "dynamic": {factor: [N] or [N, K]}}``: the factors that belong in each
            code. Whole numbers, booleans and strings are classes (-1 and empty strings are missing); other numbers are
            values of a continuous factor (NaN is missing).
        groups: ``[N]``, any values: sequences with the same value are not independent, and never in two splits. By
            default every sequence is independent; if it is not, the intervals are too narrow.
        split: ``[N]`` of ``"train"``, ``"validation"``, ``"test"``: use the model's own training sequences for
            ``"train"``. By default groups are divided 60 : 15 : 25 at random.
        name: of the model, for the report.
        effort: how thoroughly; :data:`seqdisent.evaluation.leakage.FULL` or ``QUICK``.
        seed: of splits, probes, shuffles and resamples.
        progress: called with (what is being probed, done, total).

    Returns:
        The report with its leakage part; ``report.summary.off_target_bits`` has the two figures that should be 0.

    Raises:
        UsageError: if the arrays do not fit together; the message names the array and the problem.
    """
    arrays = checked(static, dynamic, labels, groups=groups, split=split)
    return leakage_of(arrays, name=name, effort=effort, seed=seed, progress=progress)


def leakage_of(
    arrays: CodeArrays,
    *,
    name: str = "codes",
    effort: Effort = FULL,
    seed: int = 0,
    progress: TaskProgress | None = None,
    command: str = "",
) -> Report:
    """:func:`leakage` of arrays that have been checked."""
    splits = _splits(arrays, seed)
    found, _ = measure(splits, arrays.factors, effort=effort, seed=seed, progress=progress)
    report = Report(
        checkpoint=name,
        split="test",
        sequences=len(splits.test),
        seed=seed,
        command=command,
        versions={"seqdisent": __version__, "torch": torch.__version__},
        leakage=found,
    )
    return report.with_summary()


def checked(
    static: Any, dynamic: Any, labels: Labels, *, groups: Any = None, split: Any = None
) -> CodeArrays:
    """The arrays of :func:`leakage`, checked.

    Raises:
        UsageError: if they do not fit together.
    """
    static_codes = _codes("static", static, 2, "[N, S]: one code for each sequence")
    dynamic_codes = _codes("dynamic", dynamic, 3, "[N, K, D]: one code for each step")
    count = len(static_codes)
    if len(dynamic_codes) != count:
        raise UsageError(
            f"static codes of {count} sequences and dynamic codes of {len(dynamic_codes)}: there must be as many"
        )
    if count < LEAST_SEQUENCES:
        raise UsageError(
            f"{count} sequences are too few to measure anything; {LEAST_SEQUENCES} are needed, "
            "several hundred give useful intervals"
        )
    factors: list[Factor] = []
    values: dict[str, np.ndarray] = {}
    for kind in CODES:
        for name, given in dict(labels.get(kind, {})).items():
            if name in values:
                raise UsageError(f"the factor {name!r} is static and dynamic; it can be only one")
            factor, checked_labels = _labels(str(name), kind, given, count, dynamic_codes.shape[1])
            factors.append(factor)
            values[str(name)] = checked_labels
    unknown = sorted(set(labels) - set(CODES))
    if unknown:
        raise UsageError(f"labels are of 'static' and 'dynamic' factors, not of {unknown[0]!r}")
    if not factors:
        raise UsageError(
            'there are no labels: give some, as {"static": {name: [N]}, "dynamic": {}}'
        )
    return CodeArrays(
        static_codes,
        dynamic_codes,
        tuple(factors),
        values,
        _groups(groups, count),
        _split(split, count),
    )


def _array(name: str, value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise UsageError(f"{name} is not an array: its rows have different lengths") from error
    if array.dtype == object:
        raise UsageError(
            f"{name} is not an array of numbers or text: its entries are of mixed kinds"
        )
    return array


def _codes(name: str, value: Any, axes: int, shape: str) -> np.ndarray:
    array = _array(name, value)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} codes must be numbers, and are {array.dtype}")
    if array.ndim != axes or 0 in array.shape:
        raise UsageError(f"{name} codes must have the shape {shape}; they have {list(array.shape)}")
    codes = array.astype(np.float32)
    finite = np.isfinite(codes).reshape(len(codes), -1).all(1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise UsageError(
            f"{name} codes of {int((~finite).sum())} sequences are not finite, the first is sequence {row}; "
            "leave these sequences out"
        )
    return codes


def _labels(
    name: str, kind: CodeName, value: Any, count: int, steps: int
) -> tuple[Factor, np.ndarray]:
    array = _array(f"the labels of {name!r}", value)
    allowed = f"[{count}]" if kind == "static" else f"[{count}] or [{count}, {steps}]"
    fits = array.shape == (count,) or (kind == "dynamic" and array.shape == (count, steps))
    if not fits:
        raise UsageError(
            f"the labels of {name!r} must have the shape {allowed}; they have {list(array.shape)}"
        )
    if array.dtype.kind == "f":
        known = array[~np.isnan(array)]
        if np.isinf(known).any():
            raise UsageError(
                f"the labels of {name!r} contain infinite values; use NaN where one is missing"
            )
        if len(known) and len(np.unique(known)) < 2:
            raise UsageError(
                f"the labels of {name!r} are all {known[0]:g}: nothing can be predicted; leave it out"
            )
        return Factor(name, kind), array.astype(np.float64)
    if array.dtype.kind not in "iubUS":
        raise UsageError(f"the labels of {name!r} must be numbers or text, and are {array.dtype}")
    try:
        text = array.astype(str)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the labels of {name!r} are bytes that are not ASCII; give them as text"
        ) from error
    missing = (text == "") | (text == "-1")
    classes, numbers = np.unique(text, return_inverse=True)
    numbers = numbers.reshape(array.shape)
    present = [str(one) for one in classes if one not in ("", "-1")]
    if array.dtype.kind in "iu":
        present.sort(key=int)
    if len(present) < 2:
        only = f"only one class ({present[0]})" if present else "no class"
        raise UsageError(
            f"the labels of {name!r} have {only}: nothing can be predicted; leave it out"
        )
    if len(present) > MOST_CLASSES:
        raise UsageError(
            f"the labels of {name!r} have {len(present)} classes, more than {MOST_CLASSES}; "
            "if they are values of a continuous factor, give them as floating-point numbers"
        )
    number_of = {one: number for number, one in enumerate(present)}
    table = np.array([number_of.get(str(one), -1) for one in classes])
    return Factor(name, kind, tuple(present)), np.where(missing, -1, table[numbers])


def _groups(value: Any, count: int) -> np.ndarray:
    if value is None:
        return np.arange(count)
    array = _array("groups", value)
    if array.shape != (count,):
        raise UsageError(f"groups must have the shape [{count}]; they have {list(array.shape)}")
    return np.unique(array, return_inverse=True)[1]


def _split(value: Any, count: int) -> np.ndarray | None:
    if value is None:
        return None
    array = _array("split", value).astype(str)
    if array.shape != (count,):
        raise UsageError(f"split must have the shape [{count}]; it has {list(array.shape)}")
    unknown = sorted(set(array.tolist()) - set(SPLIT_NAMES))
    if unknown:
        raise UsageError(f"split must be 'train', 'validation' or 'test', not {unknown[0]!r}")
    return np.array([SPLIT_NAMES[one] for one in array.tolist()])


def _splits(arrays: CodeArrays, seed: int) -> Splits:
    split = arrays.split if arrays.split is not None else _random_split(arrays, seed)
    parts = []
    for name in SPLITS:
        rows = np.flatnonzero(split == name)
        if len(rows) < MINIMUM:
            raise UsageError(f"only {len(rows)} {name} sequences; at least {MINIMUM} are needed")
        parts.append(_rows(arrays, rows))
    return Splits(*parts)


def _random_split(arrays: CodeArrays, seed: int) -> np.ndarray:
    """Groups divided at random; no group is in two splits."""
    groups = int(arrays.groups.max()) + 1
    if groups < len(SPLITS):
        raise UsageError(
            f"there are only {groups} groups, which cannot be divided into {', '.join(SPLITS)}; "
            "give a split, and say beside every figure that it is of the same groups"
        )
    order = np.random.default_rng(seed).permutation(groups)
    rank = np.empty(groups, dtype=int)
    rank[order] = np.arange(groups)
    first = max(1, round(SHARES["training"] * groups))
    second = max(first + 1, round((SHARES["training"] + SHARES["validation"]) * groups))
    names = np.select([rank < first, rank < min(second, groups - 1)], SPLITS[:2], SPLITS[2])
    return names[arrays.groups]


def _rows(arrays: CodeArrays, rows: np.ndarray) -> Codes:
    latents = Latents(torch.from_numpy(arrays.static[rows]), torch.from_numpy(arrays.dynamic[rows]))
    return Codes(
        mean=latents,
        sample=latents,
        static_kl=torch.zeros(latents.static.shape),
        dynamic_kl=torch.zeros(latents.dynamic.shape[:2]),
        labels={name: value[rows] for name, value in arrays.labels.items()},
        source=arrays.groups[rows],
    )
