"""The contract of every registered data set; of those that need a download, as far as it goes without one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqdisent import DatasetSpec
from seqdisent.data import DATASETS, data_source, is_ready, load_dataset
from seqdisent.data.download import DataNotReady

GENERATED = [name for name in DATASETS if data_source(name).origin == "generated"]
ABSENT = [name for name in DATASETS if name not in GENERATED]


def smallest_split(spec: DatasetSpec) -> tuple[str, int]:
    return min(spec.splits, key=lambda split: split[1])


@pytest.mark.parametrize("name", DATASETS)
def test_declaration(name: str) -> None:
    source = data_source(name)
    spec = source.outline
    assert spec.name == name and spec.title and spec.source.licence
    assert DatasetSpec.from_json(spec.to_json()) == spec
    assert source.origin in ("generated", "download", "user")
    low, high = spec.value_range
    assert low < high and spec.frames >= 1 and spec.rate_hz > 0
    names = [factor.name for factor in spec.factors]
    assert len(set(names)) == len(names)
    assert set(spec.identity) <= {factor.name for factor in spec.static_factors}
    with pytest.raises(KeyError, match="has no factor 'mood'"):
        spec.factor("mood")
    if spec.variables:
        assert len(spec.variables) == spec.event_shape[-1]


@pytest.mark.parametrize("name", GENERATED)
def test_sequences_are_what_is_declared(name: str) -> None:
    spec = data_source(name).spec()
    split, count = smallest_split(spec)
    data = load_dataset(name, split)
    assert is_ready(name) and len(data) == count and data.spec == spec
    rows = np.linspace(0, count - 1, min(count, 40)).astype(int)
    batch = data[rows]
    assert batch.x.shape == (len(rows), spec.frames, *spec.event_shape)
    assert batch.x.dtype == torch.float32 and batch.mask.dtype == torch.bool
    assert batch.mask[:, 0].all() and not (batch.mask[:, 1:] & ~batch.mask[:, :-1]).any()
    present = batch.x[batch.mask]
    missing = present.isnan()
    assert spec.likelihood == "scaled" or not missing.any()
    if spec.modality == "video":
        low, high = spec.value_range
        assert low <= present.min() and present.max() <= high
    for factor in spec.factors:
        labels = batch.labels[factor.name]
        expected = (len(rows),) if factor.kind == "static" else (len(rows), spec.frames)
        assert labels.shape == expected, factor.name
        if not factor.continuous:
            assert labels.min() >= -1 and labels.max() < len(factor.classes), factor.name
    # However it is indexed, it is the same sequence.
    torch.testing.assert_close(data[1].x, data[:3].x[1:2], rtol=0, atol=0, equal_nan=True)
    with pytest.raises(IndexError):
        data[count]


@pytest.mark.parametrize("name", DATASETS)
def test_an_unknown_split_is_refused(name: str, tmp_path) -> None:
    with pytest.raises(ValueError, match="no split 'dev'"):
        load_dataset(name, "dev", tmp_path)


@pytest.mark.parametrize("name", ABSENT)
def test_data_that_are_not_there_are_named(name: str, tmp_path) -> None:
    assert not is_ready(name, tmp_path)
    with pytest.raises(DataNotReady):
        load_dataset(name, "test", tmp_path)


def test_an_unknown_data_set_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="choose from .*sprites"):
        load_dataset("mnist")
