"""A model and a data set of other packages, two files each, work like those of this package.

Both are installed as pip would: the module and a ``dist-info`` folder with its entry points lie on ``sys.path``. What
depends on them runs in another process, since the registries read entry points once.
"""

from __future__ import annotations

import os
import re
import shutil
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
PACKAGES = sorted((HERE / "plugins").iterdir())


def install(package: Path, site: Path) -> None:
    """Copy the code of a package to ``site``, with the metadata that its ``pyproject.toml`` declares."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for module in package.glob("*.py"):
        shutil.copy(module, site)
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs Python with both packages installed; gives what it prints."""
    site = tmp_path_factory.mktemp("site")
    for package in PACKAGES:
        install(package, site)
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


def test_each_package_has_two_files():
    assert [package.name for package in PACKAGES] == ["toy_data", "toy_model"]
    for package in PACKAGES:
        files = [path.name for path in package.iterdir() if path.is_file()]
        assert sorted(files) == ["pyproject.toml", f"{package.name}.py"]


TRAIN = """
import sys, torch, seqdisent
from pathlib import Path
from seqdisent.models import MODELS
from seqdisent.nn import FrameConfig
from seqdisent.recipes import Recipe
from seqdisent.training.config import TrainConfig
from seqdisent.training.run import train_and_save

config = MODELS["toy-mean"].load().Config(
    static_size=4, dynamic_size=2, hidden=8, frame=FrameConfig("mlp", 4, 12), share=0.5
)
recipe = Recipe("toy-mean", "toy-ramps", config, TrainConfig(steps=2, batch_size=8))
folder = seqdisent.checkpoint.checkpoints_root() / "toy"
trained = train_and_save(
    recipe, folder, folder.parent / "run", name="toy", command="test", seed=0, progress=False,
    accelerator="cpu",
)
model, spec = seqdisent.load_checkpoint("toy")
assert list(seqdisent.list_checkpoints()) == ["toy"] and spec.name == "toy-ramps"
assert model.config == config
data = seqdisent.load_dataset("toy-ramps", "test")
codes = model.encode(data[:4].x, sample=False).latents
a, b = model.swap(codes[:2], codes[2:])
assert torch.equal(a.static, codes[2:].static) and torch.equal(a.dynamic, codes[:2].dynamic)
assert model.decode(a).shape == (2, 6, 4, 2)
print("trained, saved, loaded, swapped")
"""


def test_it_trains_saves_loads_encodes_swaps_and_is_listed(run):
    assert "swapped" in run("-c", TRAIN)
    listed = run("-c", "from seqdisent.cli.main import main; main(['list'])")
    assert "toy-mean" in listed and "toy-ramps" in listed and "Traceback" not in listed


def test_it_keeps_every_contract(run):
    """The contract tests are generated from the registries, so an installed package is in them."""
    files = ["test_registered_models.py", "test_datasets.py", "test_modalities.py"]
    chosen = "(toy-mean and toy-ramps) or (toy-ramps and not test_registered_models)"
    options = ["-q", "-n0", "-o", "addopts=", "-m", "not slow", "-p", "no:cacheprovider"]
    printed = run("-m", "pytest", *options, "-k", chosen, *(str(HERE / name) for name in files))
    passed = re.search(r"(\d+) passed", printed)
    assert passed and int(passed[1]) > 10, printed
