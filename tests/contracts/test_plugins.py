"""The worked examples of docs/, a model and a data set from outside, work like those of this package.

The code and the entry points are read from the guides, so that these stay true. Both packages are installed as pip
would: the module and a ``dist-info`` folder with its entry points lie on ``sys.path``. What depends on them runs in
another process, since the registries read entry points once.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GUIDES = [ROOT / "docs" / "add-a-model.md", ROOT / "docs" / "add-a-data-set.md"]


def install(guide: Path, site: Path) -> None:
    """Write the module of a guide to ``site``, with metadata that declare its entry point."""
    text = guide.read_text(encoding="utf-8")
    code = re.search(r"<!-- file: (\S+) -->\n```python\n(.*?)```", text, re.S)
    points = re.search(r"<!-- entry point: [^\n]*-->\n```toml\n(.*?)```", text, re.S)
    assert code and points, f"{guide.name} has no example"
    (site / code[1]).write_text(code[2], encoding="utf-8")
    project = tomllib.loads(points[1])["project"]
    name = Path(code[1]).stem
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs Python with both packages installed; gives what it prints."""
    site = tmp_path_factory.mktemp("site")
    for guide in GUIDES:
        install(guide, site)
    checkpoints = tmp_path_factory.mktemp("checkpoints")
    paths = os.pathsep.join([str(site), str(ROOT)])
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment = {**inherited, "PYTHONPATH": paths, "SEQDISENT_CHECKPOINTS": str(checkpoints)}
    environment |= {"COLUMNS": "200", "OMP_NUM_THREADS": "1"}

    def python(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    return python


TRAIN = """
import sys, torch, seqdisent
from pathlib import Path
from seqdisent.models import MODELS
from seqdisent.nn import FrameConfig
from seqdisent.recipes import Recipe
from seqdisent.training.config import TrainConfig
from seqdisent.training.run import train_and_save

config = MODELS["mean-difference"].load().Config(
    static_size=4, dynamic_size=2, hidden=8, frame=FrameConfig(width=4, features=12)
)
recipe = Recipe("mean-difference", "moving-square", config, TrainConfig(steps=2, batch_size=8))
folder = seqdisent.checkpoint.checkpoints_root() / "toy"
trained = train_and_save(
    recipe, folder, folder.parent / "run", name="toy", command="test", seed=0, progress=False,
    accelerator="cpu",
)
model, spec = seqdisent.load_checkpoint("toy")
assert list(seqdisent.list_checkpoints()) == ["toy"] and spec.name == "moving-square"
assert model.config == config
data = seqdisent.load_dataset("moving-square", "test")
codes = model.encode(data[:4].x, sample=False).latents
a, b = model.swap(codes[:2], codes[2:])
assert torch.equal(a.static, codes[2:].static) and torch.equal(a.dynamic, codes[:2].dynamic)
assert model.decode(a).shape == (2, 8, 3, 32, 32)
print("trained, saved, loaded, swapped")
"""


def test_it_trains_saves_loads_encodes_swaps_and_is_listed(run):
    assert "swapped" in run("-c", TRAIN)
    listed = run("-c", "from seqdisent.cli.main import main; main(['list'])")
    assert "mean-difference" in listed and "moving-square" in listed and "Traceback" not in listed


def test_it_keeps_every_contract(run):
    """The contract tests are generated from the registries, so an installed package is in them."""
    files = ["test_registered_models.py", "test_datasets.py", "test_modalities.py"]
    chosen = "(mean-difference and (moving-square or waves)) or (moving-square and test_datasets)"
    options = ["-q", "-n0", "-o", "addopts=", "-m", "not slow", "-p", "no:cacheprovider"]
    printed = run("-m", "pytest", *options, "-k", chosen, *(str(HERE / name) for name in files))
    passed = re.search(r"(\d+) passed", printed)
    assert passed and int(passed[1]) >= 10, printed
