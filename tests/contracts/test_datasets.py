"""Contracts of every registered data set."""

from __future__ import annotations

import pytest

from seqdisent.data import DATASETS, DataSource, data_source, dataset_outline
from seqdisent.data.registry import DatasetEntry
from seqdisent.data.speech import voices
from seqdisent.errors import DataNotReady, UsageError
from tests.contracts.dataset_contract import check_declaration, check_split

GENERATED = [name for name in DATASETS if data_source(name).origin == "generated"]
OTHERS = [name for name in DATASETS if name not in GENERATED]


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_declares_itself(name):
    source = data_source(name)
    assert isinstance(source, DataSource)
    check_declaration(name, source)
    assert source.outline.judged_by in DATASETS


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_data_set_keeps_its_promises(name, monkeypatch):
    few = voices._TAKES["validation"][::60]  # the analysis of a recording takes long
    monkeypatch.setitem(voices._TAKES, "validation", few)
    source = data_source(name)
    assert source.ready() and source.get() == 0 and source.notes() == []
    check_split(source, "validation")
    if name != "voices":
        assert len(source.load("validation")) == dict(source.outline.splits)["validation"]


@pytest.mark.parametrize("name", OTHERS)
def test_data_that_are_not_there_are_asked_for(name, tmp_path):
    source = data_source(name)
    assert not source.ready(tmp_path)
    with pytest.raises(DataNotReady, match=name.split("-")[0]):
        source.load("train", tmp_path)
    with pytest.raises(UsageError, match="no split 'dev'"):
        source.load("dev", tmp_path)
    if source.origin == "user":
        with pytest.raises(DataNotReady):
            source.get(tmp_path)


def test_an_unknown_name_and_a_wrong_object_are_refused():
    with pytest.raises(UsageError, match="choose from .*sprites"):
        dataset_outline("mnist")
    with pytest.raises(TypeError, match="not a DataSource"):
        DatasetEntry("seqdisent.data.video.sprites:SPEC").load()
