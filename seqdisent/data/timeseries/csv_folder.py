"""A folder of people's own tables as series of one kind, with what the columns were taken for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from seqdisent.data.download import DataNotReady, data_root
from seqdisent.tables.column_roles import Roles, describe, guess_roles
from seqdisent.tables.read_csv import TableError, read_table
from seqdisent.tables.resample import Regular, Series, regular
from seqdisent.tables.time_steps import default_window, duration

NAME, ROLES = "csv", "roles.json"
SUFFIXES = (".csv", ".tsv", ".txt")
MAX_FILES = 500
WINDOWS = (4, 28)  # least and most windows in a sequence


@dataclass(frozen=True, eq=False)  # known by identity: what is made of it is kept
class Read:
    """All series of a folder, with what the columns are taken for and every repair."""

    series: tuple[Series, ...]
    variables: tuple[str, ...]
    step_seconds: float
    window: int
    windows: int
    roles: Roles
    notes: tuple[str, ...]


def folder(root: str | Path | None = None) -> Path:
    """Where the tables are."""
    inside = data_root(root) / NAME
    return inside if root is None or inside.is_dir() else data_root(root)


def read(root: str | Path | None = None) -> Read:
    """All tables of the folder. Raises :class:`DataNotReady` with what to do."""
    where = folder(root)
    # Nothing hidden, and no link: they may lead out of the folder.
    files = sorted(
        f
        for f in (where.iterdir() if where.is_dir() else ())
        if f.suffix.lower() in SUFFIXES
        and f.is_file()
        and not f.is_symlink()
        and not f.name.startswith(".")
    )
    if not files:
        raise DataNotReady(
            f"{NAME}: no table in {where}. Put one or more CSV files there (a row a time, a column a variable), or "
            "name another folder with --data-root."
        )
    own = where / ROLES
    version = tuple((f, f.stat().st_mtime_ns, f.stat().st_size) for f in files[:MAX_FILES])
    return _read(version, own.read_text(encoding="utf-8") if own.is_file() else "", len(files))


@lru_cache(maxsize=2)
def _read(version: tuple[tuple[Path, int, int], ...], wishes: str, total: int) -> Read:
    asked = _asked(wishes)
    roles, parts, notes, step = asked.get("roles"), [], [], asked.get("step_seconds")
    if total > len(version):
        notes.append(f"Of {total} files, the first {len(version)} are used.")
    for path, _, _ in version:
        try:
            table = read_table(path)
            roles = roles or guess_roles(table)
            found = regular(table, roles, step_seconds=step)
        except TableError as error:
            raise DataNotReady(f"{NAME}: {path.name}: {error}") from error
        step = found.step_seconds
        notes += [f"{path.name}: {note}" for note in (*table.notes, *found.notes)]
        if parts and found.variables != parts[0].variables:
            raise DataNotReady(
                f"{NAME}: {path.name} has the variables {', '.join(found.variables)[:60]}, and {version[0][0].name} "
                f"has {', '.join(parts[0].variables)[:60]}. All files of a folder need the same columns."
            )
        stem = path.stem if len(version) > 1 else ""
        named = lambda s, stem=stem: replace(s, id=" ".join(part for part in (stem, s.id) if part))
        parts.append(Regular(tuple(map(named, found.series)), found.variables, found.step_seconds))
    series = tuple(s for part in parts for s in part.series)
    window = asked.get("window") or default_window(step)
    counts = [len(s.values) // window for s in series]
    if not asked.get("window"):  # short series have short windows
        while window > 1 and np.median(counts) < WINDOWS[0]:
            window //= 2
            counts = [len(s.values) // window for s in series]
    # Long enough to have a course, short enough to have many.
    windows = asked.get("windows") or int(
        np.clip(min(np.median(counts), sum(counts) // 40), *WINDOWS)
    )
    return Read(series, parts[0].variables, step, window, windows, roles, tuple(notes))


def _asked(wishes: str) -> dict:
    """What ``roles.json`` says."""
    if not wishes:
        return {}
    try:
        told = json.loads(wishes)
        names = lambda key: tuple(map(str, told.get(key) or ()))
        long = names("long") or None
        roles = Roles(told.get("time"), names("id"), names("variables"), names("labels"), long)
        sizes = {key: told[key] for key in ("window", "windows", "step_seconds") if told.get(key)}
        if not all(isinstance(v, (int, float)) and v > 0 for v in sizes.values()):
            raise ValueError("window, windows and step_seconds are positive numbers")
        whole = {key: int(value) for key, value in sizes.items() if key != "step_seconds"}
        return {"roles": roles, **sizes, **whole}
    except (ValueError, AttributeError, TypeError) as error:
        raise DataNotReady(
            f"{NAME}: {ROLES} cannot be read ({error}). Mend it, or delete it to guess anew."
        ) from error


def say(root: str | Path | None = None) -> list[str]:
    """What the tables are taken for, in words; writes ``roles.json`` if there is none, to be corrected."""
    found = read(root)
    path = folder(root) / ROLES
    if not path.is_file():
        sizes = {
            "window": found.window,
            "windows": found.windows,
            "step_seconds": found.step_seconds,
        }
        path.write_text(
            json.dumps({**asdict(found.roles), **sizes}, indent=1) + "\n", encoding="utf-8"
        )
    return [
        *describe(found.roles),
        *found.notes,
        f"{len(found.series)} series; a step is {duration(found.step_seconds)}, a window {found.window} steps, a "
        f"sequence {found.windows} windows.",
        f"Not so? Correct {path} and run this again.",
    ]
