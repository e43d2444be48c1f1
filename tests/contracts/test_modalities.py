"""Contracts of every modality and of every data set's modality, over the registries."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import torch

from seqdisent.data import DATASETS, dataset_outline
from seqdisent.data.dataset import SequenceDataset
from seqdisent.media.clips import Clips
from seqdisent.modalities import ENTRY_POINT_GROUP, MODALITIES, Modality, modality_of, registry
from seqdisent.modalities.features import COMMON, Feature, Reconstruction
from seqdisent.spec import DatasetSpec
from seqdisent.types import Sequences

ROOT = Path(__file__).parents[2]
STEPS = 3


def random_batch(spec: DatasetSpec, size: int = 2) -> Sequences:
    """Sequences ``[size, 3, *event]`` in the range of the data."""
    low, high = spec.value_range
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(size, STEPS, *spec.event_shape, generator=generator) * (high - low) + low
    return Sequences(x, torch.ones(size, STEPS, dtype=torch.bool))


def fitting_outlines() -> Iterator[DatasetSpec]:
    """One data set for each combination of modality and event shape; those without variables are not known yet."""
    seen = set()
    for name in DATASETS:
        spec = dataset_outline(name)
        key = spec.modality, spec.event_shape
        if key not in seen and np.prod(spec.event_shape):
            seen.add(key)
            yield spec


@pytest.fixture(params=sorted(MODALITIES))
def modality(request) -> Modality:
    return MODALITIES[request.param]


@pytest.fixture(params=fitting_outlines(), ids=lambda spec: spec.name)
def spec(request) -> DatasetSpec:
    return request.param


# -- Every modality --------------------------------------------------------------------------------


def test_a_modality_is_complete(modality: Modality) -> None:
    for member in Modality.__annotations__:
        assert getattr(modality, member) is not None, member
    assert MODALITIES[modality.name] is modality
    nouns = vars(modality.nouns)
    assert all(nouns.values()), nouns
    swap = modality.nouns.swap.format(static="A", dynamic="B")
    assert "A" in swap and "B" in swap and "{" not in swap
    limits = modality.limits
    assert limits.frames > 0 and limits.amount > 0 and limits.unit
    budget = modality.judge_budget
    assert min(budget.anchors, budget.anchor_pairs, budget.sweep_pairs) > 0


def test_a_suffix_chooses_the_writer(modality: Modality, tmp_path: Path) -> None:
    spec = next(fitting_outlines())
    for command in ("swap", "sample"):
        path, write = modality.writer(None, command, spec)
        assert path.stem == command and write is modality.writers[path.suffix[1:]]
    for suffix, writer in modality.writers.items():
        chosen = tmp_path / f"clips.{suffix.upper()}"
        assert modality.writer(chosen, "sample", spec) == (chosen, writer)
    with pytest.raises(ValueError, match=f"has {modality.nouns.output}; write to"):
        modality.writer(Path("clips.txt"), "sample", spec)


# -- Every data set --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_has_a_modality(name: str) -> None:
    spec = dataset_outline(name)
    modality = modality_of(spec)
    assert modality.name == spec.modality
    assert modality.has_variables == bool(spec.variables) or not np.prod(spec.event_shape)
    assert modality.steps_label(spec)


def test_judge_inputs_fit_the_judge_and_keep_the_rest(spec: DatasetSpec) -> None:
    modality, batch = modality_of(spec), random_batch(spec)
    seen = modality.judge_batch(batch, spec)
    judged = modality.judge_spec(spec)
    assert seen.x.shape == (2, STEPS, *judged.event_shape) and seen.x.isfinite().all()
    assert torch.equal(seen.mask, batch.mask)
    assert judged.factors == spec.factors and judged.frames == spec.frames


def test_a_judged_split_is_as_its_spec_says(spec: DatasetSpec) -> None:
    modality, batch = modality_of(spec), random_batch(spec)
    x = batch.x.numpy()
    if modality.has_pixels:
        x = np.round(255 * np.moveaxis(x, 2, -1)).astype(np.uint8)
    recordings = None
    if modality.has_waveform:
        rng = np.random.default_rng(0)
        recordings = tuple(rng.integers(-3000, 3000, (2, 960)).astype(np.int16))
    data = SequenceDataset(spec, x, {}, {}, recordings=recordings)
    judged = modality.judge_spec(spec)
    for twice in (False, True):
        seen = modality.judge_dataset(data, with_reconstructions=twice)
        assert len(seen) in (len(data), 2 * len(data)) and seen.spec == judged
        assert seen[0].x.shape[2:] == judged.event_shape


def test_features_are_measured_as_declared(spec: DatasetSpec) -> None:
    modality, batch = modality_of(spec), random_batch(spec)
    features = modality.features(spec)
    values = modality.measure_features(Reconstruction(batch, 0.9 * batch.x), spec)
    assert set(COMMON) <= set(features)
    assert set(values) == set(features) - set(COMMON)
    assert all(value.shape == (2,) for value in values.values())
    for feature in (*features.values(), *(f.feature for f in modality.source_features.values())):
        assert isinstance(feature, Feature) and feature.text(1.0)


def test_every_writer_writes(spec: DatasetSpec) -> None:
    batch = random_batch(spec)
    log_scale = torch.zeros(STEPS, *spec.event_shape)
    clips = Clips(spec, ("real", "decoded"), batch, (None, log_scale), 2, (None, None))
    contents = [write(clips) for write in modality_of(spec).writers.values()]
    assert all(isinstance(content, bytes) and content for content in contents)
    assert len(set(contents)) == len(contents)


def test_more_sequences_must_be_shorter(spec: DatasetSpec) -> None:
    modality = modality_of(spec)
    lengths = [modality.longest(spec, count) for count in (1, 10, 1000)]
    assert lengths == sorted(lengths, reverse=True)
    for count, length in zip((1, 10, 1000), lengths, strict=True):
        amount = count * length * modality.amount_per_step(spec)
        assert length <= modality.limits.frames and amount <= modality.limits.amount


# -- The registry ----------------------------------------------------------------------------------


def test_an_unknown_modality_is_refused(spec: DatasetSpec) -> None:
    unknown = DatasetSpec.from_json({**spec.to_json(), "modality": "smell"})
    with pytest.raises(ValueError, match="'smell', and there are speech, timeseries, video"):
        modality_of(unknown)


def test_packages_register_modalities_and_replace_none(monkeypatch) -> None:
    points = [
        EntryPoint("smell", "seqdisent.modalities.video:VIDEO", ENTRY_POINT_GROUP),
        EntryPoint("speech", "seqdisent.modalities.video:VIDEO", ENTRY_POINT_GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    found = registry.ModalityRegistry()
    assert list(found) == ["video", "speech", "timeseries", "smell"] and len(found) == 4
    assert found["smell"] is MODALITIES["video"] and found["speech"] is MODALITIES["speech"]


# -- No branches elsewhere -------------------------------------------------------------------------


def is_modality(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "modality"


def holds_names(node: ast.expr) -> bool:
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) for one in ast.walk(node)
    )


def python_branches(path: Path) -> Iterator[int]:
    """Lines of a Python file that compare a modality with a name, match it, or look it up in a constant table."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            sides = node.left, *node.comparators
            found = any(map(is_modality, sides)) and any(map(holds_names, sides))
        elif isinstance(node, ast.Match):
            found = is_modality(node.subject)
        elif isinstance(node, ast.Subscript):
            table = getattr(node.value, "id", getattr(node.value, "attr", ""))
            found = table.isupper() and is_modality(node.slice)
        else:
            continue
        if found:
            yield node.lineno


def script_branches(path: Path) -> Iterator[int]:
    """Lines of a script that compare a modality with a name, or switch on it."""
    quote = "[\"'`]"
    comparison = re.compile(
        rf"modality\s*[!=]==?\s*{quote}|{quote}\s*[!=]==?\s*[\w.]*modality\b|switch\s*\([\w.]*modality"
    )
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if comparison.search(line):
            yield number


@pytest.mark.parametrize("package", ["seqdisent", "demo"])
def test_no_modality_is_compared_outside_the_modalities(package: str) -> None:
    found = []
    for kind, branches in (("*.py", python_branches), ("*.js", script_branches)):
        for path in sorted((ROOT / package).rglob(kind)):
            if path.relative_to(ROOT / package).parts[0] != "modalities":
                found += [f"{path.relative_to(ROOT)}:{line}" for line in branches(path)]
    assert not found
