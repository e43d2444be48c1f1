"""Progress of long measurements, reported to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]  # (done, total)
TaskProgress = Callable[[str, int, int], None]  # (task, done, total)


def ignore_progress(task: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def of_task(progress: TaskProgress | None, task: str) -> Progress | None:
    """The progress of one task as (done, total); None if nobody watches."""
    if progress is None:
        return None

    def report(done: int, total: int) -> None:
        progress(task, done, total)

    return report
