"""Where data live on a user's machine, and how they get there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pooch

from seqdisent.errors import DataNotReady, DownloadFailed
from seqdisent.io import sha256


def data_root(root: str | Path | None = None) -> Path:
    """``root`` if given, else the folder in ``SEQDISENT_DATA``, else the user's cache folder."""
    chosen = root or os.environ.get("SEQDISENT_DATA") or pooch.os_cache("seqdisent")
    return Path(chosen).expanduser()


def verify(
    folder: Path, checksums: Mapping[str, str], name: str, *, own_folder: bool = True
) -> None:
    """Check every file of a data set.

    Args:
        own_folder: whether ``folder`` belongs to the data set, and is not the one in which all data sets are.

    Raises:
        DataNotReady: naming the first file that is missing or has another checksum.
    """
    for relative, expected in checksums.items():
        path = folder / relative
        if not path.is_file():
            raise DataNotReady(
                f"{name}: {relative} is missing from {folder}. Run `seqdisent data {name}` to download "
                f"it, or set SEQDISENT_DATA to a folder that holds {f'{folder.name}/' if own_folder else relative}."
            )
        if sha256(path) != expected:
            raise DataNotReady(
                f"{name}: {path} does not have the expected checksum (half a file, or another "
                f"version). Delete it and run `seqdisent data {name}`."
            )


def fetch(
    name: str,
    url: str,
    checksums: Mapping[str, str],
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Download the files that are not there yet; each is verified before it takes its place.

    Args:
        url: base address; a file's address is ``url + relative path``.
        checksums: sha256 of each file, by relative path.
        progress: called with (files done, files in all) after each file.

    Returns:
        The number of files downloaded. Call again after a failure: whole files are kept.

    Raises:
        DownloadFailed: if there is no network, or a file has a wrong checksum.
    """
    fetched = 0
    for done, (relative, expected) in enumerate(checksums.items(), start=1):
        path = folder / relative
        if not (path.is_file() and sha256(path) == expected):
            _retrieve(name, url + relative, expected, path)
            fetched += 1
        if progress:
            progress(done, len(checksums))
    return fetched


def fetch_archive(name: str, url: str, path: Path, check: Callable[[Path], None]) -> int:
    """Download an archive whose bytes change while its contents do not, unless it is there: 1 if it was fetched.

    Args:
        check: raises :class:`DataNotReady` if the contents are not those expected.

    Raises:
        DownloadFailed: if there is no network, or what came has other contents.
    """
    if path.is_file():
        try:
            check(path)
            return 0
        except DataNotReady:
            pass  # half a file, or another version: fetched anew
    scratch = path.with_name(f".{path.name}.part")
    try:
        _retrieve(name, url, None, scratch)
        check(scratch)
    except DataNotReady as error:
        scratch.unlink(missing_ok=True)
        raise DownloadFailed(
            f"{name}: {url} was downloaded, but {error} It was thrown away."
        ) from error
    scratch.replace(path)
    return 1


def _retrieve(name: str, url: str, expected: str | None, path: Path) -> None:
    """pooch downloads to a temporary file and moves it into place only if the checksum agrees."""
    pooch.get_logger().setLevel("ERROR")
    try:
        known = f"sha256:{expected}" if expected else None
        if known is None:
            path.unlink(
                missing_ok=True
            )  # pooch takes a file that is there for the one it was asked for
        pooch.retrieve(url, known_hash=known, fname=path.name, path=path.parent, progressbar=False)
    except ValueError as error:
        raise DownloadFailed(
            f"{name}: {url} was downloaded but its checksum is wrong, so it was thrown away. "
            "Try again; if it persists, the publisher has changed the file."
        ) from error
    except OSError as error:  # requests' exceptions are OSErrors
        raise DownloadFailed(
            f"{name}: could not download {url} ({type(error).__name__}). Check the network and "
            "try again: files already downloaded are kept."
        ) from error
