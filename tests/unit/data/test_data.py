"""Data sets: contracts over every one, the LPC composition, and a download that can fail."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seqdisent import DatasetSpec, dataset_spec, io, load_dataset
from seqdisent.data import download, is_ready
from seqdisent.data.download import DataNotReady, DownloadFailed
from seqdisent.data.video import layers, lpc_sprites


@pytest.fixture(scope="session")
def lpc_root(tmp_path_factory) -> Path:
    """Sheets of the real layout, drawn here: every cell says which sheet and cell it is."""
    root = tmp_path_factory.mktemp("lpc")
    for name in lpc_sprites.CHECKSUMS:
        sheet = np.zeros((21 * 64, 13 * 64, 4), np.uint8)
        layer = ("body", "bottomwear", "topwear", "hair", "shoes").index(name.split("/")[0])
        value = int(Path(name).stem)
        for cell in range(21 * 13):
            y, x = 64 * (cell // 13), 64 * (cell % 13)
            # Each layer marks a band of its own, half transparent for the hair.
            band = sheet[y + 12 * layer : y + 12 * layer + 14, x : x + 64]
            band[...] = (40 * value + 10, cell % 256, 60 * layer, 128 if layer == 3 else 255)
        path = root / "lpc-sprites" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet).save(path)
    return root


@pytest.fixture
def lpc(lpc_root, monkeypatch):
    """The LPC loader, told the checksums of the sheets that the tests drew."""
    sums = {n: io.sha256(lpc_root / "lpc-sprites" / n) for n in lpc_sprites.CHECKSUMS}
    monkeypatch.setattr(lpc_sprites, "CHECKSUMS", sums)
    lpc_sprites._layers.cache_clear()
    yield lpc_root
    lpc_sprites._layers.cache_clear()


PICTURES = (
    "sprites",
    "sprites-32",
    "lpc-sprites",
)  # speech: test_speech_data.py and test_own_recordings.py


@pytest.mark.parametrize("name", PICTURES)
def test_every_data_set_keeps_the_contract(name, lpc):
    spec = dataset_spec(name)
    for split, count in spec.splits:
        data = load_dataset(name, split, lpc)
        assert len(data) == count
        batch = data[[0, count - 1]]
        assert batch.x.shape == (2, spec.frames, *spec.event_shape)
        assert batch.x.dtype == torch.float32 and batch.mask.all()
        low, high = spec.value_range
        assert batch.x.min() >= low and batch.x.max() <= high
        for factor in spec.factors:
            labels = batch.static if factor.kind == "static" else batch.dynamic
            shape = (2,) if factor.kind == "static" else (2, spec.frames)
            assert labels[factor.name].shape == shape
            every = (data.static if factor.kind == "static" else data.dynamic)[factor.name]
            assert set(np.unique(every)) == set(range(len(factor.classes)))
        assert torch.equal(data[1].x, data[:3].x[1:2])  # however it is indexed, the same sequence
        with pytest.raises(IndexError):
            data[count]
    with pytest.raises(ValueError, match="no split 'dev'"):
        load_dataset(name, "dev", lpc)
    assert DatasetSpec.from_json(spec.to_json()) == spec
    with pytest.raises(KeyError, match="has no factor 'mood'"):
        spec.factor("mood")


def test_unknown_data_set():
    with pytest.raises(ValueError, match="choose from"):
        load_dataset("mnist")


def test_no_character_is_in_two_splits():
    parts = [set(layers.split_characters(s)) for s in ("train", "validation", "test")]
    assert [len(p) for p in parts] == [900, 100, 296]
    assert len(set.union(*parts)) == 1296
    # The papers' test characters: the last 296 of numpy's legacy permutation with seed 423.
    assert parts[2] == set(np.random.RandomState(423).permutation(1296)[1000:])


def test_lpc_sequence_equals_pillow_composing_the_sheets(lpc):
    """The first frame of walking is the *last* of its eight cells; layers stack as in the papers."""
    data = load_dataset("lpc-sprites", "validation", lpc)
    first = {"walk": (131, 118, 144), "spellcast": (26, 13, 39), "slash": (182, 169, 195)}
    order = {
        "walk": [7, 0, 1, 2, 3, 4, 5, 6],
        "spellcast": [0, 1, 2, 3, 4, 5, 4, 6],
        "slash": [0, 1, 2, 3, 4, 5, 4, 0],
    }
    for row in (0, 13, 401, 899):
        motion = layers.MOTIONS[data.dynamic["motion"][row, 0]]
        direction = data.dynamic["direction"][row, 0]
        for t, offset in enumerate(order[motion]):
            cell = first[motion][direction] + offset
            canvas = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
            names = [
                f"body/{data.static['skin'][row]}",
                f"bottomwear/{data.static['pants'][row]}",
                f"topwear/{data.static['top'][row]}",
                f"hair/{data.static['hair'][row]}",
                "shoes/1",
            ]
            for name in names:
                with Image.open(lpc / "lpc-sprites" / f"{name}.png") as sheet:
                    x, y = 64 * (cell % 13), 64 * (cell // 13)
                    canvas.alpha_composite(sheet.crop((x, y, x + 64, y + 64)))
            expected = np.asarray(canvas)[..., :3].astype(int)
            assert np.abs(data.frames[np.array([row])][0, t] - expected).max() <= 1


def test_action_is_motion_and_direction():
    data = load_dataset("sprites", "test")
    action, motion, direction = (data.dynamic[k] for k in ("action", "motion", "direction"))
    assert np.array_equal(action, motion * 3 + direction)


def test_select_and_in_memory_keep_rows_and_labels():
    data = load_dataset("sprites", "test")
    some = data.select(np.array([5, 2600, 7]))
    assert isinstance(some.frames, np.ndarray) and some.frames.dtype == np.uint8
    assert torch.equal(some[1].x, data[2600].x)
    assert some.static["hair"].tolist() == data.static["hair"][[5, 2600, 7]].tolist()
    assert some.in_memory() is some


# -- downloads -------------------------------------------------------------------------------------


class Server(http.server.BaseHTTPRequestHandler):
    """Serves ``files``; ``broken`` ones arrive with other bytes."""

    files: dict[str, bytes] = {}
    asked: list[str] = []

    def do_GET(self):
        name = self.path.lstrip("/")
        type(self).asked.append(name)
        body = self.files.get(name)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    Server.files = {f"sheet/{i}.png": f"content {i}".encode() for i in range(3)}
    Server.asked = []
    http_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=http_server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http_server.server_port}/"
    http_server.shutdown()


def sums() -> dict[str, str]:
    return {name: hashlib.sha256(body).hexdigest() for name, body in Server.files.items()}


def test_fetch_downloads_verifies_reports_and_resumes(server, tmp_path):
    steps = []
    assert download.fetch("d", server, sums(), tmp_path, lambda *s: steps.append(s)) == 3
    assert steps == [(1, 3), (2, 3), (3, 3)]
    download.verify(tmp_path, sums(), "d")
    (tmp_path / "sheet" / "1.png").unlink()
    Server.asked.clear()
    assert download.fetch("d", server, sums(), tmp_path) == 1
    assert Server.asked == ["sheet/1.png"]


def test_wrong_checksum_leaves_the_cache_sound(server, tmp_path):
    right = sums()
    Server.files["sheet/1.png"] = b"tampered"
    with pytest.raises(DownloadFailed, match="checksum is wrong"):
        download.fetch("d", server, right, tmp_path)
    kept = sorted(p.name for p in tmp_path.rglob("*") if p.is_file())
    assert kept == ["0.png"]


def test_no_network_is_a_clear_message(tmp_path):
    with pytest.raises(DownloadFailed, match="Check the network and try again"):
        download.fetch("d", "http://127.0.0.1:9/", {"a.png": "0" * 64}, tmp_path)


def test_missing_and_half_files_are_named(lpc, tmp_path):
    with pytest.raises(DataNotReady, match="body/0.png is missing .*seqdisent data lpc-sprites"):
        load_dataset("lpc-sprites", "test", tmp_path)
    assert not is_ready("lpc-sprites", tmp_path) and is_ready("lpc-sprites", lpc)
    half = tmp_path / "lpc-sprites" / "body" / "0.png"
    half.parent.mkdir(parents=True)
    half.write_bytes((lpc / "lpc-sprites" / "body" / "0.png").read_bytes()[:100])
    with pytest.raises(DataNotReady, match="does not have the expected checksum"):
        load_dataset("lpc-sprites", "test", tmp_path)
    shutil.copytree(lpc, tmp_path, dirs_exist_ok=True)
    half.write_bytes(half.read_bytes()[:100])
    assert not is_ready("lpc-sprites", tmp_path)  # every file is there, one of them half


def test_a_half_file_is_replaced_by_a_whole_one(server, tmp_path):
    (tmp_path / "sheet").mkdir()
    (tmp_path / "sheet" / "0.png").write_bytes(b"con")
    assert download.fetch("d", server, sums(), tmp_path) == 3
    assert (tmp_path / "sheet" / "0.png").read_bytes() == b"content 0"


def test_data_root_order(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQDISENT_DATA", str(tmp_path / "env"))
    assert download.data_root("given") == Path("given")
    assert download.data_root() == tmp_path / "env"
    monkeypatch.delenv("SEQDISENT_DATA")
    assert "seqdisent" in str(download.data_root())


@pytest.mark.network
def test_the_real_download(tmp_path):
    assert lpc_sprites.fetch(tmp_path) == len(lpc_sprites.CHECKSUMS)
    assert len(load_dataset("lpc-sprites", "test", tmp_path)) == 2664


def test_sequences_of_a_character_share_their_source():
    """Intervals resample sources: nine actions of one character are not nine independent facts."""
    data = load_dataset("sprites", "test")
    assert (
        len(np.unique(data.sources)) == 296
        and (np.bincount(data.sources)[np.unique(data.sources)] == 9).all()
    )
    for name in data.static:
        assert all(
            len(set(data.static[name][data.sources == s])) == 1
            for s in np.unique(data.sources)[:20]
        )
    few = data.select(np.array([3, 700]))
    assert np.array_equal(few.sources, data.sources[[3, 700]])


def test_the_small_sprites_are_the_large_ones_averaged():
    rows = np.array([0, 5, 2000])
    large = load_dataset("sprites", "test").frames[rows].astype(float)
    small = load_dataset("sprites-32", "test").frames[rows]
    expected = large.reshape(3, 8, 32, 2, 32, 2, 3).mean((3, 5))
    assert small.dtype == np.uint8 and np.abs(small - expected).max() <= 0.5
