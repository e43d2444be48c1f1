"""Leakage of anybody's codes: arrays and files in, the typed report out; what does not fit is named."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent.cli.main import main
from seqdisent.errors import UsageError
from seqdisent.evaluation.arrays import checked, leakage_of
from seqdisent.evaluation.code_files import read_codes, write_codes
from seqdisent.evaluation.leakage import QUICK
from seqdisent.evaluation.schema import Report

FAST = replace(QUICK, families=("linear",), steps=False, nulls=0, permutations=99, resamples=100)
COUNT, STEPS, SPEAKERS = 600, 4, 60


def foreign_codes(leak: float = 1.0):
    """Codes of a model that nobody knows: the dynamic code contains who speaks, as strongly as ``leak``."""
    rng = np.random.default_rng(0)
    speaker = np.arange(COUNT) % SPEAKERS
    sex = np.array(["f", "m"])[speaker % 2]
    word = rng.integers(3, size=(COUNT, STEPS))
    static = np.eye(2)[speaker % 2] + 0.1 * rng.normal(size=(COUNT, 2))
    dynamic = np.eye(3)[word] + 0.1 * rng.normal(size=(COUNT, STEPS, 3))
    dynamic[..., 0] += leak * (speaker % 2)[:, None]
    labels = {"static": {"sex": sex}, "dynamic": {"word": word}}
    return static, dynamic, labels, speaker


def test_a_planted_leak_is_found_and_none_without_it():
    for leak, least, most in ((1.0, 0.95, 1.0), (0.0, 0.0, 0.02)):
        static, dynamic, labels, speaker = foreign_codes(leak)
        report = seqdisent.leakage(
            torch.from_numpy(static), dynamic.tolist(), labels, groups=speaker, effort=FAST
        )
        entropy = report.leakage.factor("sex").entropy_bits
        share = report.summary.off_target_bits.dynamic_code / entropy
        assert least <= share <= most + 1e-6
        assert report.summary.off_target_bits.static_code < 0.05
        assert report.leakage.test_sources == 15
        assert Report.from_json(report.to_json()).summary == report.summary
    assert report.leakage.factor("sex").classes == ("f", "m")


def test_groups_are_never_in_two_splits_and_a_given_split_is_kept():
    static, dynamic, labels, speaker = foreign_codes()
    split = np.where(speaker < 30, "train", np.where(speaker < 40, "val", "test"))
    arrays = checked(static, dynamic, labels, groups=speaker, split=split)
    leakage = leakage_of(arrays, effort=FAST).leakage
    assert (leakage.train_sequences, leakage.validation_sequences) == (300, 100)
    assert leakage.test_sources == 20


def test_missing_labels_and_continuous_factors():
    static, dynamic, labels, speaker = foreign_codes()
    labels["static"]["age"] = np.where(speaker < 5, np.nan, 20.0 + speaker)
    labels["static"]["sex"] = np.where(np.arange(COUNT) % 7 == 0, "", labels["static"]["sex"])
    leakage = seqdisent.leakage(static, dynamic, labels, groups=speaker, effort=FAST).leakage
    assert leakage.factor("age").continuous and leakage.best("static", "age").measure == "r2"
    assert leakage.best("static", "sex").score.value > 0.95


STATIC, DYNAMIC, LABELS, GROUPS = foreign_codes()
SEX, WORD = LABELS["static"]["sex"], LABELS["dynamic"]["word"]


@pytest.mark.parametrize(
    ("static", "dynamic", "labels", "options", "words"),
    [
        (STATIC[:, 0], DYNAMIC, LABELS, {}, r"static codes must have the shape \[N, S\]"),
        (STATIC, DYNAMIC[:, 0], LABELS, {}, r"dynamic codes must have the shape \[N, K, D\]"),
        (
            STATIC[:-1],
            DYNAMIC,
            LABELS,
            {},
            "static codes of 599 sequences and dynamic codes of 600",
        ),
        (STATIC[:9], DYNAMIC[:9], LABELS, {}, "9 sequences are too few"),
        (np.where(STATIC > 1, np.nan, STATIC), DYNAMIC, LABELS, {}, "not finite, the first is"),
        (STATIC.astype(str), DYNAMIC, LABELS, {}, "must be numbers"),
        (
            STATIC,
            DYNAMIC,
            {"static": {"sex": SEX[:-1]}},
            {},
            r"labels of 'sex' must have the shape \[600\]",
        ),
        (STATIC, DYNAMIC, {"static": {"sex": WORD}}, {}, r"shape \[600\]; they have \[600, 4\]"),
        (STATIC, DYNAMIC, {"static": {"sex": ["f"] * COUNT}}, {}, r"only one class \(f\)"),
        (STATIC, DYNAMIC, {"static": {"age": [1.5] * COUNT}}, {}, "are all 1.5"),
        (STATIC, DYNAMIC, {}, {}, "there are no labels"),
        (STATIC, DYNAMIC, {"speaker": {"sex": SEX}}, {}, "not of 'speaker'"),
        (STATIC, DYNAMIC, {"static": {"x": SEX}, "dynamic": {"x": SEX}}, {}, "static and dynamic"),
        (STATIC, DYNAMIC, LABELS, {"groups": GROUPS[:5]}, r"groups must have the shape \[600\]"),
        (STATIC, DYNAMIC, LABELS, {"groups": [0] * COUNT}, "only 1 groups"),
        (STATIC, DYNAMIC, LABELS, {"split": ["trial"] * COUNT}, "not 'trial'"),
        (STATIC, DYNAMIC, LABELS, {"split": ["train"] * COUNT}, "only 0 validation sequences"),
    ],
)
def test_what_does_not_fit_is_named(static, dynamic, labels, options, words):
    with pytest.raises(UsageError, match=words):
        seqdisent.leakage(static, dynamic, labels, effort=FAST, **options)


def test_a_file_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "codes.npz"
    write_codes(path, STATIC, DYNAMIC, LABELS, groups=GROUPS)
    arrays = read_codes(path)
    assert [(f.name, f.kind) for f in arrays.factors] == [("sex", "static"), ("word", "dynamic")]
    assert np.array_equal(arrays.labels["word"], WORD) and arrays.groups.max() == SPEAKERS - 1
    with path.open("rb") as file:
        assert len(read_codes(file)) == COUNT


def npz(**arrays) -> io.BytesIO:
    file = io.BytesIO()
    np.savez(file, **arrays)
    file.seek(0)
    return file


def test_files_that_cannot_be_read_are_named():
    whole = {"static": STATIC, "dynamic": DYNAMIC, "static/sex": SEX}
    pickled = npz(**whole, groups=np.array([{"a": 1}] * COUNT, dtype=object))
    for file, words in (
        (io.BytesIO(b"no zip"), "not an NPZ file"),
        (npz(dynamic=DYNAMIC), "no array 'static'; it has dynamic"),
        (npz(**whole, speaker=SEX), "'speaker' is not known"),
        (pickled, "Python objects, which are never loaded"),
    ):
        with pytest.raises(UsageError, match=words):
            read_codes(file)
    with pytest.raises(UsageError, match="more than 0 MB"):
        read_codes(npz(**whole), most_bytes=1000)
    for content in (b"no array", b"\x93NUMPY\x01\x00 damaged"):
        damaged = io.BytesIO()
        with zipfile.ZipFile(damaged, "w") as archive:
            archive.writestr("static.npy", content)
        with pytest.raises(UsageError, match="'static' cannot be read"):
            read_codes(damaged)


def test_command(tmp_path, capsys):
    path = tmp_path / "codes.npz"
    write_codes(path, STATIC, DYNAMIC, LABELS, groups=GROUPS)
    outputs = {kind: tmp_path / f"report.{kind}" for kind in ("json", "html", "csv")}
    options = [word for kind, file in outputs.items() for word in (f"--{kind}", str(file))]
    assert main(["leakage", str(path), "--quick", *options]) == 0
    printed = capsys.readouterr().out
    assert "The dynamic code contains" in printed and "sex" in printed
    report = Report.from_json(outputs["json"].read_text())
    assert report.summary.off_target_bits.dynamic_code > 0.6
    assert "codes" in outputs["html"].read_text() and "trees" in outputs["csv"].read_text()
    assert main(["leakage", str(tmp_path / "none.npz")]) == 1
    assert "there is no file" in capsys.readouterr().out
