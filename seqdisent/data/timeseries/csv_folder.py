"""A folder of the user's tables as series with the same variables, and how their columns were read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from seqdisent.data.download import data_root
from seqdisent.data.source import Root
from seqdisent.errors import DataNotReady, TableError
from seqdisent.io import write_text
from seqdisent.tables.column_roles import Roles, describe, guess_roles
from seqdisent.tables.read_csv import read_table
from seqdisent.tables.resample import Regular, Series, regular
from seqdisent.tables.time_steps import default_window, duration

NAME = "csv"
ROLES = "roles.json"
SUFFIXES = (".csv", ".tsv", ".txt")
MAX_FILES = 500
MIN_WINDOWS, MAX_WINDOWS = 4, 28  # in a sequence
SEQUENCES_WANTED = 40  # sequences that do not overlap; with fewer, sequences are shorter

FileVersion = tuple[Path, int, int]  # path, time of the last change in ns, size


@dataclass(frozen=True, eq=False)  # compared by identity, so that it can be the key of a cache
class TableFolder:
    """All series of a folder.

    Args:
        series: of all files; with several files, an id starts with the name of the file.
        variables: what is measured, the last axis of the values.
        step_seconds: seconds from step to step.
        window: steps in a window.
        windows: windows in a sequence.
        roles: how the columns were read.
        notes: a sentence for each repair.
    """

    series: tuple[Series, ...]
    variables: tuple[str, ...]
    step_seconds: float
    window: int
    windows: int
    roles: Roles
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """What ``roles.json`` sets; None is guessed."""

    roles: Roles | None = None
    window: int | None = None
    windows: int | None = None
    step_seconds: float | None = None


def tables_folder(root: Root = None) -> Path:
    """The folder that holds the tables: ``csv`` in the data folder, or ``root`` itself."""
    inside = data_root(root) / NAME
    # The data folder itself is only meant where it was named: the usual one holds other data sets, too.
    return inside if root is None or inside.is_dir() else data_root(root)


def read_folder(root: Root = None) -> TableFolder:
    """All tables of the folder.

    Raises:
        DataNotReady: if there are none, one cannot be read, or they differ in their columns.
    """
    folder = tables_folder(root)
    files = _table_files(folder)
    if not files:
        raise DataNotReady(
            f"{NAME}: no table in {folder}. Put one or more CSV files there (a row a time, a column a variable), or "
            "name another folder with --data-root."
        )
    versions = []
    for file in files[:MAX_FILES]:
        status = file.stat()
        versions.append((file, status.st_mtime_ns, status.st_size))
    settings_file = folder / ROLES
    settings = settings_file.read_text(encoding="utf-8") if settings_file.is_file() else ""
    return _read_files(tuple(versions), settings, len(files))


def _table_files(folder: Path) -> list[Path]:
    """Tables in a folder, by name, without hidden files and links: they may lead out of the folder."""
    if not folder.is_dir():
        return []
    found = []
    for file in sorted(folder.iterdir()):
        is_table = file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
        if is_table and file.is_file() and not file.is_symlink():
            found.append(file)
    return found


@lru_cache(maxsize=2)
def _read_files(versions: tuple[FileVersion, ...], settings_text: str, total: int) -> TableFolder:
    """The tables of files; ``versions`` are part of the arguments so that changed files are read again."""
    settings = _parse_settings(settings_text)
    notes: list[str] = []
    if total > len(versions):
        notes.append(f"Of {total} files, the first {len(versions)} are used.")
    roles, step = settings.roles, settings.step_seconds
    first: Regular | None = None
    series: list[Series] = []
    for path, _, _ in versions:
        roles, found, found_notes = _read_one(path, roles, step)
        notes += [f"{path.name}: {note}" for note in found_notes]
        first = first or found
        step = found.step_seconds
        if found.variables != first.variables:
            raise DataNotReady(
                f"{NAME}: {path.name} has the variables {', '.join(found.variables)[:60]}, and {versions[0][0].name} "
                f"has {', '.join(first.variables)[:60]}. All files of a folder need the same columns."
            )
        prefix = path.stem if len(versions) > 1 else ""
        for one in found.series:
            parts = [part for part in (prefix, one.id) if part]
            series.append(replace(one, id=" ".join(parts)))
    assert first is not None and roles is not None and step is not None  # there is a file
    window = settings.window or _guess_window(series, step)
    windows = settings.windows or _guess_windows(series, window)
    return TableFolder(tuple(series), first.variables, step, window, windows, roles, tuple(notes))


def _read_one(
    path: Path, roles: Roles | None, step_seconds: float | None
) -> tuple[Roles, Regular, tuple[str, ...]]:
    """Roles (guessed if not given) and series of a file, and its notes."""
    try:
        table = read_table(path)
        roles = roles or guess_roles(table)
        found = regular(table, roles, step_seconds=step_seconds)
    except TableError as error:
        raise DataNotReady(f"{NAME}: {path.name}: {error}") from error
    return roles, found, (*table.notes, *found.notes)


def _guess_window(series: list[Series], step_seconds: float) -> int:
    """Steps in a window: the usual number, halved until half of the series have enough windows."""
    window = default_window(step_seconds)
    while window > 1 and np.median(_window_counts(series, window)) < MIN_WINDOWS:
        window //= 2
    return window


def _guess_windows(series: list[Series], window: int) -> int:
    """Windows in a sequence: enough for a trend within it, and few enough for many sequences."""
    counts = _window_counts(series, window)
    longest = min(float(np.median(counts)), sum(counts) // SEQUENCES_WANTED)
    return int(np.clip(longest, MIN_WINDOWS, MAX_WINDOWS))


def _window_counts(series: list[Series], window: int) -> list[int]:
    return [len(one.values) // window for one in series]


def _parse_settings(text: str) -> Settings:
    """The settings in ``roles.json``; none of them if it is empty."""
    if not text:
        return Settings()
    try:
        stored = json.loads(text)
        long = _names(stored, "long")
        if long and len(long) != 2:
            raise ValueError("long has the column of names and that of values")
        roles = Roles(
            stored.get("time"),
            _names(stored, "id"),
            _names(stored, "variables"),
            _names(stored, "labels"),
            (long[0], long[1]) if long else None,
        )
        sizes = {key: stored.get(key) for key in ("window", "windows", "step_seconds")}
        for size in sizes.values():
            if size and not (isinstance(size, (int, float)) and size > 0):
                raise ValueError("window, windows and step_seconds are positive numbers")
        return Settings(
            roles,
            window=int(sizes["window"] or 0) or None,
            windows=int(sizes["windows"] or 0) or None,
            step_seconds=sizes["step_seconds"] or None,
        )
    except (ValueError, AttributeError, TypeError) as error:
        raise DataNotReady(
            f"{NAME}: {ROLES} cannot be read ({error}). Correct it, or delete it to guess anew."
        ) from error


def _names(stored: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(name) for name in stored.get(key) or ())


def describe_folder(root: Root = None) -> list[str]:
    """Sentences about how the tables were read; writes ``roles.json`` if there is none, to be corrected."""
    found = read_folder(root)
    path = tables_folder(root) / ROLES
    sentences = [
        *describe(found.roles),
        *found.notes,
        f"{len(found.series)} series; a step is {duration(found.step_seconds)}, a window {found.window} steps, a "
        f"sequence {found.windows} windows.",
    ]
    correct = f"Not so? Correct {path} and run this again."
    if not path.is_file():
        try:
            _write_settings(path, found)
        except OSError as error:
            correct = f"{path} could not be written ({error.strerror}): the columns cannot be corrected there."
    return [*sentences, correct]


def _write_settings(path: Path, found: TableFolder) -> None:
    stored = {
        **asdict(found.roles),
        "window": found.window,
        "windows": found.windows,
        "step_seconds": found.step_seconds,
    }
    write_text(path, json.dumps(stored, indent=1) + "\n")
