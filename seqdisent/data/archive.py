"""Zip archives of publishers whose bytes change while their contents do not."""

from __future__ import annotations

import hashlib
import io
import zlib
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from seqdisent.data.download import DataNotReady


def read_archive(path: Path, suffix: str, name: str | None = None) -> dict[str, bytes]:
    """Contents of the files in a zip that end in ``suffix``, also in zips inside it, by file name, in order of name.

    Args:
        name: of the data set, if the archive is called otherwise.

    Raises:
        DataNotReady: if the file is missing, damaged or no zip.
    """
    try:
        with ZipFile(path) as archive:
            return dict(sorted(_members(archive, suffix)))
    except FileNotFoundError as error:
        raise DataNotReady(
            f"{path.name} is missing from {path.parent}. Run `seqdisent data {name or path.stem}` to download it, or "
            f"set SEQDISENT_DATA to a folder that holds {path.name}."
        ) from error
    except (BadZipFile, OSError, EOFError, NotImplementedError, zlib.error) as error:
        raise DataNotReady(
            f"{path} cannot be read ({error}). Delete it and download it again."
        ) from error


def _members(archive: ZipFile, suffix: str) -> list[tuple[str, bytes]]:
    found = []
    for name in archive.namelist():
        if name.lower().endswith(suffix):
            found.append((name.rsplit("/", 1)[-1], archive.read(name)))
        elif name.lower().endswith(".zip"):
            with ZipFile(io.BytesIO(archive.read(name))) as inner:
                found += _members(inner, suffix)
    return found


def contents(path: Path, suffix: str, name: str | None = None) -> str:
    """sha256 over the names and sha256 of the files in a zip that end in ``suffix``; worked out once a version."""
    stat = path.stat() if path.is_file() else None
    return _contents(path, suffix, name, stat and (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=8)
def _contents(path: Path, suffix: str, name: str | None, version: tuple[int, int] | None) -> str:
    digest = hashlib.sha256()
    for file, content in read_archive(path, suffix, name).items():
        digest.update(file.encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()
