"""Reports in checkpoint folders: ``metrics.json``."""

from __future__ import annotations

from pathlib import Path

from seqdisent.checkpoint import METRICS, checkpoints_root
from seqdisent.evaluation.schema import Report, ReportError

NOT_MEASURED = {"", "{}"}


def load_report(name_or_path: str | Path) -> Report | None:
    """The report in a checkpoint folder; None if the checkpoint has not been measured.

    Args:
        name_or_path: a name in the checkpoints folder (``"dbse-sprites"``), or a folder.

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
