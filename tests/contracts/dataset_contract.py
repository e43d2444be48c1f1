"""What every data set promises, whoever wrote it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from seqdisent import DatasetSpec
from seqdisent.data.source import SPLITS, DataSource, Root
from seqdisent.errors import UsageError


def check_declaration(name: str, source: DataSource) -> None:
    """The outline has the registered name, consistent shapes and a lossless JSON form."""
    outline = source.outline
    assert outline.name == name and outline.title and outline.frames > 0 and outline.rate_hz > 0
    assert outline.source.licence and outline.source.credit
    assert DatasetSpec.from_json(json.loads(json.dumps(outline.to_json()))) == outline
    assert {split for split, _ in outline.splits} <= set(SPLITS)
    names = [factor.name for factor in outline.factors]
    assert len(names) == len(set(names))
    assert set(outline.identity) <= {factor.name for factor in outline.static_factors}
    if outline.variables:
        assert outline.event_shape[-1] == len(outline.variables)
    with pytest.raises(KeyError, match="has no factor 'mood'"):
        outline.factor("mood")


def check_split(source: DataSource, split: str, root: Root = None) -> None:
    """Sizes, types, ranges and labels of a split, and the same sequences however they are indexed."""
    spec = source.spec(root)
    data = source.load(split, root)
    assert data.spec == spec and len(data) > 1
    rows = [0, len(data) - 1]
    batch = data[rows]
    assert batch.x.shape == (2, spec.frames, *spec.event_shape) and batch.x.dtype == torch.float32
    assert batch.mask.sum(1).tolist() == data.steps[rows].tolist() and batch.mask[:, 0].all()
    if not spec.variables:
        low, high = spec.value_range
        existing = batch.x[batch.mask]
        assert existing.isfinite().all() and existing.min() >= low and existing.max() <= high
    assert set(batch.static) == {factor.name for factor in spec.static_factors}
    assert set(batch.dynamic) == {factor.name for factor in spec.dynamic_factors}
    for factor in spec.factors:
        labels = data.labels()[factor.name]
        assert labels.shape == (
            (len(data), spec.frames) if factor.kind == "dynamic" else (len(data),)
        )
        if factor.continuous:
            assert labels.dtype.kind == "f"
        else:
            assert labels.dtype.kind == "i" and -1 <= labels.min() <= labels.max() < len(
                factor.classes
            )
    assert torch.equal(data[1].x.nan_to_num(), data[:3].x[1:2].nan_to_num())
    assert len(data.select(np.array([1, 0]))) == 2 and len(data.sources) == len(data)
    with pytest.raises(IndexError):
        data[len(data)]
    with pytest.raises(UsageError, match="no split 'dev'"):
        source.load("dev", root)
