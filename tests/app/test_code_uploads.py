"""Files of codes in the app, without a page: bounds, what is measured of them, and what the page is sent."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from demo.core import code_example, code_uploads
from demo.errors import RequestError
from demo.tabs.codes import payload
from seqdisent.evaluation.leakage import QUICK

SMALL = replace(
    QUICK, families=("linear", "trees"), steps=False, nulls=0, permutations=19, resamples=20
)
COUNT, STEPS = 150, 3
LABELS = {"static/who": np.arange(COUNT) % 2, "dynamic/what": np.arange(COUNT) % 3}
ARRAYS = {
    "static": np.random.default_rng(0).normal(size=(COUNT, 2)),
    "dynamic": np.random.default_rng(1).normal(size=(COUNT, STEPS, 2)),
    **LABELS,
}
TAG = "<img src=x onerror=alert(1)>"


def file_of(**changed) -> bytes:
    """A file of the small codes; arrays that are None are left out."""
    buffer = io.BytesIO()
    arrays = {name: value for name, value in {**ARRAYS, **changed}.items() if value is not None}
    np.savez_compressed(buffer, allow_pickle=True, **arrays)
    return buffer.getvalue()


def many_factors(count: int) -> dict[str, np.ndarray]:
    return {f"static/f{number}": LABELS["static/who"] for number in range(count)}


def claiming(shape: str) -> bytes:
    """A file whose first array claims a shape that it does not have."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (117 - len(header)) + b"\n"
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("static.npy", member)
    return buffer.getvalue()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_uploads, "EFFORT", SMALL)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"hello", "not an NPZ file"),
        (b"\0" * (25 * 2**20 + 1), "more than 25 MB"),
        (file_of(static=np.zeros((9000, 2000))), "more than 100 MB"),
        (file_of(static=np.zeros((20_001, 1))), "20,001 sequences; at most 20,000"),
        (file_of(static=np.zeros((COUNT, 513))), "513 numbers in a static code; at most 512"),
        (file_of(dynamic=np.zeros((COUNT, 65, 1))), "65 steps; at most 64"),
        (file_of(dynamic=np.zeros((COUNT, 64, 33))), "2,112 numbers in the dynamic codes"),
        (file_of(**many_factors(11)), "13 factors; at most 12"),
        (file_of(**{"static/" + 70 * "x": LABELS["static/who"]}), "longer than 60 letters"),
        (file_of(groups=np.zeros((1200, 1100), np.int8)), r"'groups' has the shape \[1200, 1100\]"),
        (
            file_of(
                static=np.zeros((300, 2)),
                dynamic=np.zeros((300, 1, 2)),
                **{"static/who": np.arange(300), "dynamic/what": np.arange(300)},
            ),
            "'who' has 300 classes; at most 250",
        ),
        (file_of(**{"static/who": np.array([object()] * COUNT)}), "never loaded"),
        (claiming("(90000000000, 2)"), "90,000,000,000 sequences"),
        (claiming("(-5, 2)"), "."),
        (claiming("(10**30,)"), "cannot be read"),
        (file_of(dynamic=np.full((COUNT, 1, 1), np.nan)), "not finite"),
        (file_of(static=None), "has no array 'static'"),
        (file_of(**{"static/who": np.array([b"\xff", b"a"] * (COUNT // 2))}), "not ASCII"),
    ],
)
def test_what_is_not_taken_says_why(content: bytes, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        code_uploads.read(content)


def test_every_bound_is_stated() -> None:
    for bound in ("25 MB", "100 MB", "20,000 seq", "64 steps", "512", "2,048", "12 f", "250 c"):
        assert bound in code_uploads.BOUNDS


def test_a_large_file_is_sampled_by_its_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_uploads, "MEASURED", 80)
    groups = np.arange(COUNT) // 2
    assert len(code_uploads.read(file_of(groups=groups)).arrays) == 80
    split = np.where(
        np.arange(COUNT) < 100, "train", np.where(np.arange(COUNT) < 125, "val", "test")
    )
    upload = code_uploads.read(file_of(split=split, groups=groups))
    counts = {name: int((upload.arrays.split == name).sum()) for name in ("training", "test")}
    assert counts == {"training": 48, "test": 20} and upload.total == COUNT
    assert upload.arrays.groups.max() + 1 == len(np.unique(upload.arrays.groups))
    said = json.loads(payload.findings(upload))["parts"][0]["items"]
    assert said[0].startswith("80 of the sequences") and "48 training" in said[2]


def test_the_example_has_a_leak_that_is_found_and_nothing_else(small) -> None:
    upload = code_uploads.read(code_example.content())
    report = code_uploads.measure(upload)
    bits = report.summary.off_target_bits
    assert bits.dynamic_code > 1.5 and bits.static_code < 0.1
    assert code_uploads.measure(upload) is report


def test_the_page_is_sent_names_as_they_are_and_strict_json(small) -> None:
    phase = np.tile(np.arange(STEPS), (COUNT, 1))
    content = file_of(
        **{
            f"static/{TAG}": np.where(LABELS["static/who"], TAG, "b"),
            "dynamic/phase": phase,
            "dynamic/height": np.where(phase == 1, np.nan, 0.5 * phase),
        }
    )
    upload = code_uploads.read(content)
    found = " ".join(
        " ".join(part["items"]) for part in json.loads(payload.findings(upload))["parts"]
    )
    assert f"{TAG}: 2 classes ({TAG}, b)" in found and "33% missing" in found
    maps = code_uploads.maps(upload, "pca")
    points = json.loads(payload.points(upload, maps, "pca"))
    assert points["factors"][TAG]["classes"] == [TAG, "b"]
    assert points["factors"]["phase"]["said"] == "mostly"
    assert points["factors"]["height"]["values"][0] == 0.5
    assert len(points["static"]) == len(points["dynamic"]) == COUNT
    with pytest.raises(RequestError, match="method: one of pca"):
        code_uploads.maps(upload, "magic")

    shares: list[float] = []
    report = code_uploads.measure(upload, lambda share, doing: shares.append(share))
    assert shares == sorted(shares) and 0 < shares[-1] < 1
    page = json.loads(payload.page(upload, report))
    assert TAG in {factor["name"] for factor in page["reports"][0]["factors"]}
    assert json.loads(payload.file_of(report, "json"))["leakage"]
    assert TAG not in payload.file_of(report, "html")


@pytest.mark.parametrize("end", [code_uploads.stop, code_uploads.forget])
def test_a_measurement_is_cancelled_and_forgotten_codes_end_it(end) -> None:
    upload = code_uploads.read(file_of())
    with pytest.raises(RequestError, match="cancelled"):
        code_uploads.measure(upload, lambda share, doing: end(upload.key))
    assert upload.report is None


def test_few_may_wait_and_the_next_is_refused() -> None:
    turns = code_uploads.Turns(waiting=1)
    waits = threading.Event()
    done: list[str] = []

    def wait() -> None:
        with turns.turn(waits.set):
            done.append("second")

    with turns.turn(lambda: None):
        second = threading.Thread(target=wait)
        second.start()
        assert waits.wait(30)
        with pytest.raises(RequestError, match="waiting already"), turns.turn(lambda: None):
            pass
        done.append("first")
    second.join(30)
    assert done == ["first", "second"]
