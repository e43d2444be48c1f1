"""What the app computes, without a page."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from demo import errors
from demo.core import catalog, code_maps, pairs, swapping, text
from demo.core import sources as originals
from demo.core.messages import Address
from demo.modalities import swap_clips, video
from demo.tabs.maps import payload as map_payloads
from demo.tabs.swap import payload as payloads

NAME = "vast-sprites"
pytestmark = pytest.mark.usefixtures("checkpoints")


@pytest.fixture
def it() -> catalog.Loaded:
    return catalog.load(NAME)


def test_ready_checkpoints_come_first_and_the_embedded_one_is_default() -> None:
    assert list(catalog.checkpoints()) == [
        "dsvae-sprites",
        "vast-air-quality",
        "vast-sprites",
        "vast-voices",
        "vast-waves",
        "dsvae-lpc-sprites",
        "vast-lpc-sprites",
    ]
    assert catalog.default_checkpoint() == NAME


def test_no_checkpoint_is_no_crash(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SEQDISENT_CHECKPOINTS", str(tmp_path))
    assert catalog.default_checkpoint() is None


@pytest.mark.parametrize("name", ["../vast-sprites", "/etc", "", "nothing", None, 3])
def test_only_listed_checkpoints_are_opened(name) -> None:
    with pytest.raises(errors.RequestError, match="checkpoint: one of"):
        catalog.load(name)


def test_links_with_a_former_name_show_the_renamed_checkpoint() -> None:
    def shown(name: str) -> str | None:
        return Address.of({"checkpoint": name}, ["swap"]).checkpoint

    assert shown("dbse-voices") == "vast-voices"
    assert shown("vast-waves") == "vast-waves"
    assert shown("dbse-unknown") == shown("") == NAME
    with pytest.raises(errors.RequestError, match="renamed to vast-voices"):
        catalog.load("dbse-voices")


def test_one_copy_serves_all(it) -> None:
    assert catalog.load(NAME) is it


def test_swap_is_what_the_model_says(it) -> None:
    swap = swapping.swap(NAME, 3, 700)
    x = it.dataset[np.array([3, 700])].x
    a, b = (it.model.encode(x[i : i + 1], sample=False).latents for i in (0, 1))
    expected = it.model.decode(a.with_dynamic(b)).clamp(0, 1)[0].permute(0, 2, 3, 1)
    shown = torch.from_numpy(swap.clips[swap_clips.A_LIKE_B]).float() / 255
    assert swap.clips.shape == (6, 8, 64, 64, 3)
    torch.testing.assert_close(shown, expected, atol=0.5 / 255 + 1e-3, rtol=0)
    assert (swap.clips[swap_clips.A] == it.dataset.frames[np.array([3])][0]).all()


def test_swap_is_compared_with_the_real_sequence_of_those_factors(it) -> None:
    values = pairs.labels(it.dataset)
    truth = video.ground_truth(it.dataset, *(originals.from_split(it.dataset, i) for i in (3, 700)))
    found = next(i for i in range(len(it.dataset)) if torch.equal(it.dataset[i].x[0], truth))
    assert all(values[f.name][found] == values[f.name][3] for f in it.spec.static_factors)
    assert values["action"][found] == values["action"][700]
    assert set(swapping.swap(NAME, 3, 700).quality_db) == {2, 3, 4, 5}


def test_what_is_missing_in_both_is_no_difference(it) -> None:
    def truth(dataset, look: int, motion: int):
        return video.ground_truth(
            dataset, *(originals.from_split(it.dataset, i) for i in (look, motion))
        )

    there = np.full(
        (len(it.dataset), 8), np.nan, np.float32
    )  # the course of a ball that none of them has
    nowhere = replace(it.dataset, dynamic={**it.dataset.dynamic, "x": there})
    assert torch.equal(truth(nowhere, 3, 700), truth(it.dataset, 3, 700))
    assert torch.equal(truth(nowhere, 3, 3), it.dataset[3].x[0])
    some = there.copy()
    some[700] = 0.5
    assert truth(replace(nowhere, dynamic={"x": some}), 3, 700) is None


@pytest.mark.parametrize("index", [-1, 2664, 1.5, "0", None, True])
def test_positions_are_checked(index) -> None:
    with pytest.raises(errors.RequestError, match="numbered 0 to 2663"):
        swapping.swap(NAME, 0, index)


def test_nearest_is_exact_when_it_can_be_and_says_so_when_not(it) -> None:
    values = pairs.labels(it.dataset)
    wanted = {f.name: int(values[f.name][42]) for f in text.headline_factors(it.spec)}
    assert pairs.nearest(it.dataset, wanted) == (42, [])
    there = {tuple(v[i] for v in it.dataset.static.values()) for i in range(len(it.dataset))}
    absent = next(c for c in np.ndindex(6, 6, 6, 6) if c not in there)
    index, missed = pairs.nearest(
        it.dataset, dict(zip(it.dataset.static, map(int, absent), strict=True)) | {"action": 5}
    )
    assert missed and "action" not in missed and values["action"][index] == 5
    assert all(name in payloads.difference(it, index, missed) for name in missed)


def test_random_pairs_differ_in_every_factor(it) -> None:
    a, b = pairs.random_pair(it.dataset, np.random.default_rng(0))
    one, other = pairs.describe(it.dataset, a), pairs.describe(it.dataset, b)
    assert all(one[f.name] != other[f.name] for f in text.headline_factors(it.spec))


def test_messages_are_plain_json(it) -> None:
    swap = swapping.swap(NAME, 0, 9)
    stage = json.loads(payloads.stage(it, swap))
    assert [t["title"] for t in stage["tiles"]] == [
        "A, real",
        "A, reconstruction",
        "A moves like B",
        "B, real",
        "B moves like A",
        "B, reconstruction",
    ]
    assert stage["tiles"][2]["caption"] == "Expected: A's skin, pants, top and hair, B's action"
    assert stage["judge"] == dict.fromkeys((f.name for f in it.spec.factors), 90.0)
    assert {v["factor"] for v in stage["tiles"][2]["verdict"]} == set(stage["judge"])
    gallery = json.loads(json.dumps(payloads.gallery(it, 1)))
    ids = [item["id"] for item in gallery["items"]]
    assert len(set(ids)) == payloads.GALLERY and gallery == payloads.gallery(it, 1)
    assert {pairs.describe(it.dataset, i)["action"] for i in ids} == set(
        it.spec.factor("action").classes
    )
    assert np.isin(ids, pairs.shown_rows(it.dataset)).all()
    pair = code_maps.maps(NAME, 296, "pca")
    points = json.loads(json.dumps(map_payloads.points(it, pair, "pca")))
    assert len(points["ids"]) == len(points["static"]) == len(points["dynamic"]) == 296
    headers, rows = map_payloads.table(it, pair)
    assert len(rows) == 296 and len(rows[0]) == len(headers)


def test_a_thumbnail_is_the_picture_of_its_point(it) -> None:
    import base64
    import io

    from PIL import Image

    atlas = map_payloads.atlas(it, 296)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(atlas["uri"].split(",")[1]))))
    rows = code_maps.maps(NAME, 296, "pca").rows
    for i in (0, 33, 295):
        y, x = 64 * (i // atlas["columns"]), 64 * (i % atlas["columns"])
        assert (sheet[y : y + 64, x : x + 64] == it.dataset.frames[rows[i : i + 1]][0, 2]).all()


def test_a_judge_speaks_of_every_factor_when_there_is_one(it, monkeypatch) -> None:
    truth = pairs.labels(it.dataset)
    judge = catalog.Judge(
        lambda batch: {
            name: torch.full((len(batch),), int(values[3])) for name, values in truth.items()
        },
        {"hair": 0.999},
    )
    monkeypatch.setattr(catalog, "load", lambda name: replace(it, judge=judge))
    swap = swapping.swap(NAME, 3, 3)
    assert [v.factor for v in swap.verdicts[swap_clips.A_LIKE_B]] == [
        f.name for f in it.spec.factors
    ]
    assert all(v.kept for v in swap.verdicts[swap_clips.A_LIKE_B])
    assert json.loads(payloads.stage(catalog.load(NAME), swap))["judge"] == {"hair": 99.9}
    monkeypatch.setattr(catalog, "load", lambda name: replace(it, judge=None))
    silent = json.loads(payloads.stage(catalog.load(NAME), swapping.swap(NAME, 3, 3)))
    assert silent["judge"] is None and silent["tiles"][2]["verdict"] == []


def test_missing_data_are_a_message_not_a_crash() -> None:
    assert not catalog.data_ready("lpc-sprites")
    with pytest.raises(errors.RequestError, match="seqdisent data lpc-sprites"):
        catalog.load("vast-lpc-sprites")
    with pytest.raises(errors.RequestError, match="needs no download"):
        catalog.fetch_data(NAME)


def test_a_failed_download_says_so(monkeypatch) -> None:
    from seqdisent.data.download import DownloadFailed
    from seqdisent.data.source import DownloadedSource

    def fail(source, root=None, progress=None):
        raise DownloadFailed("no network")

    monkeypatch.setattr(DownloadedSource, "get", fail)
    with pytest.raises(errors.RequestError, match="no network"):
        catalog.fetch_data("vast-lpc-sprites")


def test_slow_imports_wait_until_they_are_needed() -> None:
    code = (
        "import sys; sys.path.insert(0, '.'); import demo.app; demo.app.build(); "
        "print([m for m in ('umap', 'numba', 'openTSNE', 'sklearn', 'lightning') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip().splitlines()[-1] == "[]"
