"""Reports in checkpoint folders: ``metrics.json``, and ``leakage.npz`` with scores for each test sequence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqdisent.checkpoint import METRICS, checkpoints_root, read_config
from seqdisent.evaluation.schema import Report, ReportError
from seqdisent.io import write_npz, write_text

ARRAYS = "leakage.npz"
NOT_MEASURED = {"", "{}"}


def load_report(name_or_path: str | Path) -> Report | None:
    """The report in a checkpoint folder; None if the checkpoint has not been measured.

    Args:
        name_or_path: a name in the checkpoints folder (``"vast-sprites"``), or a folder.

    Raises:
        ReportError: if the report is damaged, or of a newer schema.
    """
    path = Path(name_or_path)
    folder = path if path.is_dir() else checkpoints_root() / path
    return read_report(folder / METRICS)


def read_report(path: Path) -> Report | None:
    """The report in a JSON file of any known schema; None if there is no file or nothing in it.

    Raises:
        ReportError: if it is damaged, or of a newer schema.
    """
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if text.strip() in NOT_MEASURED:
        return None
    try:
        return Report.from_json(text)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from error


def write_report(
    name_or_path: str | Path, report: Report, arrays: Mapping[str, np.ndarray] | None = None
) -> Path:
    """Keep a report in a checkpoint folder, and the scores for each test sequence if there are some.

    Returns:
        The path of the report.
    """
    folder, _ = read_config(name_or_path)
    path = folder / METRICS
    write_text(path, report.to_json())
    if arrays:
        write_npz(folder / ARRAYS, arrays)
    return path
