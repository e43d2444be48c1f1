"""Files appear whole or not at all; a cache helps where it can and never stands in the way."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from seqdisent import io


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDISENT_CACHE", str(tmp_path / "cache"))
    io._warn_once.cache_clear()
    return tmp_path / "cache"


def counted(value=1.0):
    """A function that makes an array, and the list of its calls."""
    calls = []

    def make():
        calls.append(value)
        return {"x": np.full(3, value)}

    return make, calls


def test_every_kind_of_file_round_trips_and_leaves_nothing_else(tmp_path):
    folder = tmp_path / "new" / "folder"
    io.write_text(folder / "a.txt", "ü")
    io.write_json(folder / "a.json", {"b": 1})
    io.write_npz(folder / "a.npz", {"x": np.arange(3)})
    io.write_safetensors(folder / "a.safetensors", {"x": torch.arange(3)}, {"key": "value"})
    assert (folder / "a.txt").read_text(encoding="utf-8") == "ü"
    assert io.read_json(folder / "a.json") == {"b": 1}
    assert (io.read_npz(folder / "a.npz")["x"] == np.arange(3)).all()
    assert torch.equal(load_file(folder / "a.safetensors")["x"], torch.arange(3))
    assert len(list(folder.iterdir())) == 4


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path):
    path = tmp_path / "a.txt"
    io.write_text(path, "old")
    with pytest.raises(RuntimeError), io.atomic_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_files_have_the_permissions_of_any_other_file(tmp_path):
    (tmp_path / "plain").touch()
    io.write_text(tmp_path / "written", "")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_arrays_are_computed_once(cache):
    make, calls = counted()
    first, second = (io.cached_arrays("part", "key", make) for _ in range(2))
    assert len(calls) == 1 and (first["x"] == second["x"]).all()
    assert [path.name for path in (cache / "part").iterdir()] == ["key.npz"]


@pytest.mark.parametrize("keep", [0, 10, 100, -20])
def test_a_damaged_file_is_computed_again(cache, keep):
    make, calls = counted()
    io.cached_arrays("part", "key", make)
    path = cache / "part" / "key.npz"
    path.write_bytes(path.read_bytes()[:keep])
    assert (io.cached_arrays("part", "key", make)["x"] == 1).all() and len(calls) == 2
    assert io.read_npz(path) is not None, "the damaged file is still there"


def test_a_flipped_byte_is_noticed(cache):
    make, calls = counted()
    io.cached_arrays("part", "key", make)
    path = cache / "part" / "key.npz"
    content = bytearray(path.read_bytes())
    content[content.index(np.float64(1).tobytes())] ^= 1
    path.write_bytes(content)
    assert (io.cached_arrays("part", "key", make)["x"] == 1).all() and len(calls) == 2


def test_a_cache_that_cannot_be_written_warns_once_and_goes_on(cache):
    cache.write_text("a file where the folder should be")  # holds for every user, root included
    make, calls = counted()
    with pytest.warns(io.CacheWarning, match="SEQDISENT_CACHE"):
        assert (io.cached_arrays("part", "key", make)["x"] == 1).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        io.cached_arrays("part", "key", make)
    assert len(calls) == 2


PROCESS = """
import sys, numpy as np
from seqdisent.io import cached_arrays
for number in range(20):
    found = cached_arrays("part", str(number), lambda: {"x": np.full(10_000, number)})
    assert (found["x"] == number).all() and len(found["x"]) == 10_000
"""


def test_two_processes_share_a_cache(cache):
    command = [sys.executable, "-c", PROCESS]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert len(list((cache / "part").iterdir())) == 20, "temporary files were left behind"


def test_checksums(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert io.sha256(tmp_path / "a").startswith("ba7816bf8f01cfea")
