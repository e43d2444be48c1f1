"""People's own recordings: a folder of folders, one for each speaker.

``SPEAKER/FILE.wav`` (or ``.flac``, ``.ogg``, ``.mp3``) in ``audio-folder`` in the data folder, or in the folder given
as ``root``. The speaker is static. What changes is unknown, with one exception: if every file name starts with a word
and ``_`` or ``-`` (``yes_1.wav``), there are 2 to 50 different words, and each is in files of two speakers or more,
then the word is the dynamic factor ``label``.

Files are split within each speaker, about 80/10/10, in an order that is a hash of folder and file name: which split a
file is in may change when files are added, so train again then. A speaker with fewer than three files is in training
only. Files are cut into sequences of two seconds, without pauses. At most :data:`MAX_FILES` files are used, and of
each, the first 90 s. Hidden files and links that lead out of the folder are left alone.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqdisent.audio import prepare
from seqdisent.data.download import DataNotReady, data_root
from seqdisent.data.source import SPLITS, Root
from seqdisent.data.speech.recordings import Recording, audio_spec, to_int16, user_recordings
from seqdisent.spec import DatasetSpec, Factor, Source

NAME = "audio-folder"
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
MAX_FILES = 20_000
SPEAKERS, FILES = 2, 3  # needed: so many speakers with so many files, or a split would lack one
LABELS = range(2, 51)
SECONDS, LAST_SECONDS = 2.0, 0.5  # of a sequence; a shorter rest of a file is left out
LONGEST_SECONDS = 90.0
PAUSE_DB = prepare.TARGET_DB - 25  # a sequence below is a pause

OUTLINE = audio_spec(
    SECONDS,
    name=NAME,
    title="Your recordings",
    factors=(Factor("speaker", "static"),),
    source=Source(url="", licence="yours", credit="those who speak in them"),
    splits=(),
)


def files(root: Root = None) -> dict[str, list[Path]]:
    """The sound files of each speaker, by name of the speaker; a speaker's in the order of their hash.

    Raises:
        DataNotReady: if there are too few; says how many are needed, and where.
    """
    inside = data_root(root) / NAME
    # The data folder itself is only meant where it was named: the usual one holds other data sets too.
    folder = inside if root is None or inside.is_dir() else data_root(root)
    found = {who.name: _sounds(who, folder) for who in _visible(folder, folder) if who.is_dir()}
    found = {who: sounds for who, sounds in sorted(found.items()) if sounds}
    enough = sum(len(sounds) >= FILES for sounds in found.values())
    if enough < SPEAKERS:
        raise DataNotReady(
            f"{NAME}: {SPEAKERS} speakers with {FILES} sound files each are needed, and {folder} has {enough} such "
            f"(folders of speakers with any: {len(found)}, files: {sum(map(len, found.values()))}). Put recordings "
            f"into {inside}/SPEAKER/ANYTHING.wav (or {', '.join(SUFFIXES[1:])}), or name a folder of speakers' "
            "folders with --data-root."
        )
    if (total := sum(map(len, found.values()))) > MAX_FILES:
        share = max(FILES, MAX_FILES // len(found))
        warnings.warn(
            f"{NAME}: of {total:,} files, up to {share:,} of each speaker are used.", stacklevel=2
        )
        found = {who: sounds[:share] for who, sounds in found.items()}
    return found


def spec(root: Root = None) -> DatasetSpec:
    """The declaration of what is there; ``splits`` counts files. Raises :class:`DataNotReady`."""
    found = files(root)
    labels = _labels(found)
    return replace(
        OUTLINE,
        factors=(
            Factor("speaker", "static", tuple(found)),
            *([Factor("label", "dynamic", labels)] if labels else ()),
        ),
        splits=tuple(
            (split, sum(1 for s in map(_parts, found.values()) for _ in s[split]))
            for split in SPLITS
        ),
    )


def recordings(split: str, root: Root = None) -> list[Recording]:
    """Recordings of a split, up to two seconds each; those of one file have its number as utterance and source.

    Files that cannot be used are named in a warning; :class:`DataNotReady` if there are no others.
    """
    found = files(root)
    labels = _labels(found)
    taken = [
        (who, path) for who, sounds in enumerate(found.values()) for path in _parts(sounds)[split]
    ]
    made, refused = [], []
    for number, (who, path) in enumerate(taken):
        try:
            clip = prepare.read(path, max_seconds=LONGEST_SECONDS)
        except prepare.AudioError as error:
            refused.append(f"{path.parent.name}/{path.name}: {error}")
            continue
        known = {"speaker": who, "label": labels.index(_label(path)) if labels else -1}
        made += [
            Recording(wave, known, source=number, utterance=number) for wave in _pieces(clip.wave)
        ]
    if refused:
        listed = "\n".join(refused[:10]) + (
            f"\nand {len(refused) - 10} more" if len(refused) > 10 else ""
        )
        message = f"{NAME}: {len(refused)} of {len(taken)} files of the {split} split cannot be used:\n{listed}"
        if not made:
            raise DataNotReady(message)
        warnings.warn(message, stacklevel=2)
    return made


def _visible(folder: Path, top: Path) -> list[Path]:
    """What is in a folder, by name, without what is hidden and links that lead out of ``top``."""
    if not folder.is_dir():
        return []
    # Of links, those in a circle do not exist, and cannot be resolved.
    stays = lambda path: (
        not path.is_symlink() or (path.exists() and path.resolve().is_relative_to(top.resolve()))
    )
    return [
        path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and stays(path)
    ]


def _sounds(speaker: Path, top: Path) -> list[Path]:
    named = [
        path
        for path in _visible(speaker, top)
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    # With the speaker's name: of words that all say, other takes are held out from each.
    code = lambda path: f"{speaker.name}/{path.name}".encode(errors="surrogateescape")
    return sorted(named, key=lambda path: hashlib.sha256(code(path)).digest())


def _parts(sounds: list[Path]) -> dict[str, list[Path]]:
    """A speaker's files by split."""
    held = max(1, round(len(sounds) / 10)) if len(sounds) >= FILES else 0
    return {
        "test": sounds[:held],
        "validation": sounds[held : 2 * held],
        "train": sounds[2 * held :],
    }


def _label(path: Path) -> str:
    """What comes before the first ``_`` or ``-`` of a file name, if anything does."""
    match = re.match(r"([^_-]+)[_-]", path.stem)
    return match[1].lower() if match else ""


def _labels(found: dict[str, list[Path]]) -> tuple[str, ...]:
    """The classes of the factor ``label``; none if file names do not follow the rule."""
    by_speaker = [{_label(path) for path in sounds} for sounds in found.values()]
    every = sorted(set.union(*by_speaker))
    recur = all(sum(label in some for some in by_speaker) > 1 for label in every)
    return tuple(every) if "" not in every and len(every) in LABELS and recur else ()


def _pieces(wave: np.ndarray) -> Iterator[np.ndarray]:
    """int16 waveforms of at most two seconds, one after the other, without those that are pauses."""
    size, least = (round(s * prepare.RATE_HZ) for s in (SECONDS, LAST_SECONDS))
    for start in range(0, len(wave), size):
        piece = wave[start : start + size]
        if not start or (len(piece) >= least and prepare.loudness_db(piece) > PAUSE_DB):
            yield to_int16(piece)


AUDIO_FOLDER = user_recordings(OUTLINE, spec, recordings)
