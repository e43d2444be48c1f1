"""Store the golden values of the present code, replacing those that are there. Do it on purpose only.

From the root of the repository::

    python -m tests.golden.make                              everything
    python -m tests.golden.make checkpoints                  every checkpoint
    python -m tests.golden.make checkpoints/vast-sprites     one of them
    python -m tests.golden.make report api url               the others

Then read the difference (``git diff tests/golden/values``) and say in the commit why it is right. The tests:
``python -m pytest tests/golden``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pytest
import torch

from tests.golden import (
    golden_values,
    test_golden_api,
    test_golden_checkpoints,
    test_golden_report,
    test_golden_url,
)

ROOT = Path(__file__).resolve().parents[2]


def values(name: str):
    """What is stored under a name."""
    if name.startswith("checkpoints/"):
        return test_golden_checkpoints.current(name.removeprefix("checkpoints/"))
    if name == "report":
        return test_golden_report.current()
    from demo.app import build

    app = build()
    if name == "api":
        return test_golden_api.current(app)
    return {
        case: test_golden_url.current(app, asked)
        for case, asked in test_golden_url.ADDRESSES.items()
    }


def main() -> None:
    """Store what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    every = [f"checkpoints/{name}" for name in test_golden_checkpoints.names()]
    parser.add_argument("names", nargs="*", help="what to store; everything by default")
    asked = parser.parse_args().names or [*every, "report", "api", "url"]
    if "checkpoints" in asked:
        asked = [*(name for name in asked if name != "checkpoints"), *every]
    if unknown := set(asked) - {*every, "report", "api", "url"}:
        parser.error(f"nothing is stored under {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        golden_values.use_shipped(patch, Path(folder))
        for name in asked:
            print(golden_values.store(name, values(name)).relative_to(ROOT))


if __name__ == "__main__":
    main()
