"""Pictures, clips and maps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import seqdisent
from seqdisent.media import video
from seqdisent.projections import maps
from seqdisent.projections.ship import ship
from tests.fixtures.video_models import build

NAME = "vast-sprites"


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    """Four real clips ``[4, 8, 64, 64, 3]``."""
    return video.to_uint8(seqdisent.load_dataset("sprites", "test")[[0, 10, 500, 2000]].x)


def frames(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        out = []
        for i in range(image.n_frames):
            image.seek(i)
            out.append(np.asarray(image.convert("RGB")))
    return np.stack(out)


def test_pixels_survive_the_way_to_floats_and_back(clips) -> None:
    assert (video.to_uint8(torch.from_numpy(clips).permute(0, 1, 4, 2, 3) / 255) == clips).all()
    assert video.to_uint8(np.full((3, 1, 1), 2.0)).max() == 255


def test_sheet_atlas_and_tile_put_everything_in_its_place(clips) -> None:
    sheet = video.sheet(clips)
    assert (sheet[64:128, 128:192] == clips[1, 2]).all()
    atlas = video.atlas(clips[:3, 0], columns=2)
    assert (
        atlas.shape == (128, 128, 3)
        and (atlas[64:, :64] == clips[2, 0]).all()
        and not atlas[64:, 64:].any()
    )
    tiled = video.tile(list(clips), columns=2, gap=2)
    assert tiled.shape == (8, 130, 130, 3) and (tiled[:, 66:, 66:] == clips[3]).all()
    assert (video.upscale(clips[0], 3)[:, 1::3, 2::3] == clips[0]).all()
    with pytest.raises(ValueError, match="at least 1"):
        video.upscale(clips[0], 0)


def test_stills_and_webp_are_lossless(clips) -> None:
    assert (frames(video.png(video.sheet(clips)))[0] == video.sheet(clips)).all()
    assert (frames(video.webp(clips[0, 0]))[0] == clips[0, 0]).all()
    assert (frames(video.animated_webp(clips[0], 8)) == clips[0]).all()


def test_gif_keeps_frames_time_and_nearly_colours(clips) -> None:
    content = video.animated_gif(video.tile(list(clips), 2), 8)
    shown = frames(content)
    assert shown.shape == (8, 130, 130, 3)
    assert np.abs(shown.astype(int) - video.tile(list(clips), 2)).mean() < 3
    with Image.open(io.BytesIO(content)) as image:
        assert image.info["loop"] == 0 and image.info["duration"] == pytest.approx(125, abs=6)


def test_a_still_clip_keeps_its_frames() -> None:
    still = np.zeros((4, 8, 8, 3), np.uint8)
    still[:, 2:4] = 200
    for encode in (video.animated_webp, video.animated_gif):
        assert len(encode(still, 8)) > 0


def test_mp4_is_h264_with_every_frame(clips, tmp_path) -> None:
    import imageio.v2 as imageio

    path = tmp_path / "clip.mp4"
    path.write_bytes(video.mp4(video.upscale(clips[0], 4)[:, :255, :255], 8, loops=2))
    with imageio.get_reader(path) as reader:
        about = reader.get_meta_data()
        shown = np.stack([frame for frame in reader])  # list() would ask for an endless length
    assert about["codec"] == "h264" and about["fps"] == 8
    assert shown.shape == (16, 256, 256, 3)  # odd sizes gain a pixel
    assert np.abs(shown[:8, 2:250:4, 2:250:4].astype(int) - clips[0][:, :62, :62]).mean() < 6


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_projections_are_deterministic(method) -> None:
    codes = np.random.default_rng(0).normal(size=(60, 12))
    first = maps.project(codes, method)
    assert first.shape == (60, 2) and first.dtype == np.float32 and np.isfinite(first).all()
    assert (first == maps.project(codes, method)).all()


def test_pca_finds_the_widest_directions() -> None:
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(200, 5)) * [9, 0.1, 4, 0.1, 0.1]
    plane = maps.project(codes)
    assert abs(np.corrcoef(plane[:, 0], codes[:, 0])[0, 1]) > 0.99
    assert abs(np.corrcoef(plane[:, 1], codes[:, 2])[0, 1]) > 0.99
    assert maps.trustworthiness(codes, plane) > 0.95
    assert maps.project(codes[:, :1]).shape == (200, 2)


def test_unknown_projections_and_too_few_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="pca"):
        maps.project(np.zeros((9, 2)), "magic")
    with pytest.raises(ValueError, match="at least 3"):
        maps.project(np.zeros((2, 2)))


def test_a_smaller_choice_is_part_of_a_larger_one() -> None:
    small, large = maps.choose_rows(2664, 296), maps.choose_rows(2664, 888)
    assert np.isin(small, large).all() and len(set(large)) == 888


@pytest.fixture
def small_checkpoints(tmp_path: Path) -> Iterator[None]:
    """A folder with two small untrained checkpoints, which the package is told to use."""
    folder = tmp_path / "checkpoints"
    for name, variant in ((NAME, "vast"), ("dsvae-sprites", "dsvae-full")):
        kind = name.split("-")[0]
        seqdisent.save_checkpoint(folder / name, build(variant), kind=kind, recipe={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQDISENT_CHECKPOINTS", str(folder))
        yield


@pytest.mark.usefixtures("small_checkpoints")
def test_maps_are_made_once_then_cached_then_shipped(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path))
    model, spec = seqdisent.load_checkpoint(NAME)
    data = seqdisent.load_dataset(spec.name, "test")
    assert not maps.is_stored(NAME, data, 12, "pca")
    first = maps.load_or_compute(NAME, model, data, n=12, method="pca")
    assert maps.is_stored(NAME, data, 12, "pca")
    monkeypatch.setattr(maps, "project", None)  # nothing may be computed from here on
    second = maps.load_or_compute(NAME, model, data, n=12, method="pca")
    assert (first.static == second.static).all() and first.trust == second.trust
    # A damaged cache is made anew; other weights are another key.
    monkeypatch.undo()
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path))
    for path in (tmp_path / "maps").iterdir():
        path.write_bytes(path.read_bytes()[:50])
    assert (
        maps.load_or_compute(NAME, model, data, n=12, method="pca").dynamic == first.dynamic
    ).all()
    assert not maps.is_stored("dsvae-sprites", data, 12, "pca")
    ship(NAME, (12,), methods=("pca",))
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path / "nothing"))
    assert (
        maps.load_or_compute(NAME, model, data, n=12, method="pca").static == first.static
    ).all()
