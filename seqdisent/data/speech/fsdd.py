"""The Free Spoken Digit Dataset: six men say the digits fifty times each (Jackson et al. 2018).

The speaker is static, the digit dynamic. Takes 0-4 are the test split, as the authors advise; takes 5-7 are held out
of the others for validation. In ``fsdd-without-NAME`` that speaker is in the test split only.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from seqdisent.audio import prepare
from seqdisent.data.archive import contents, read_archive
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import DataNotReady, data_root
from seqdisent.data.source import DownloadedSource, Root
from seqdisent.data.speech.recordings import (
    Recording,
    archive_source,
    audio_spec,
    in_segments,
    load_recordings,
    to_int16,
)
from seqdisent.spec import DatasetSpec, Factor, Source

COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
ARCHIVE = "fsdd.zip"
# sha256 over the names and sha256 of all recordings: GitHub's archives are not byte-stable, their contents are.
CONTENTS = "0fbe6612aaa20a80ef4371894a46e060038337a518fe3d4728cb7eee7caa013c"
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TAKES = {"test": range(0, 5), "validation": range(5, 8), "train": range(8, 50)}
SECONDS = (
    1.0  # nine recordings in ten are shorter than 0.6 s, one in two hundred is longer than this
)
BANDWIDTH_HZ = 4000.0  # recorded at 8 kHz

SPEC = audio_spec(
    SECONDS,
    name="fsdd",
    title="Free Spoken Digits",
    factors=(Factor("speaker", "static", SPEAKERS), Factor("digit", "dynamic", DIGITS)),
    source=Source(
        url=f"https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/zip/{COMMIT}",
        licence="CC-BY-SA 4.0",
        credit="Zohar Jackson and the speakers of the Free Spoken Digit Dataset",
        download_bytes=16_373_783,
    ),
    splits=tuple((split, len(takes) * 60) for split, takes in TAKES.items()),
    bandwidth_hz=BANDWIDTH_HZ,
)


def check(path: Path) -> None:
    """Raise :class:`DataNotReady` unless ``path`` is an archive with exactly the recordings of the pinned commit."""
    found = contents(path, ".wav")
    if found != CONTENTS:
        raise DataNotReady(
            f"{path} does not hold the recordings of commit {COMMIT[:12]} (half a file, or another version). "
            "Delete it and run `seqdisent data fsdd`."
        )


def recordings(split: str, root: Root = None) -> list[Recording]:
    """Recordings of a split."""
    path = data_root(root) / ARCHIVE
    check(path)
    found: list[Recording] = []
    for name, content in read_archive(path, ".wav").items():
        digit, speaker, take = name.removesuffix(".wav").split("_")
        if int(take) not in TAKES[split]:
            continue
        clip = prepare.read(content, max_seconds=SECONDS)
        labels = {"speaker": SPEAKERS.index(speaker), "digit": int(digit)}
        found.append(Recording(to_int16(clip.wave), labels, source=len(found)))
    return found


def load_without(spec: DatasetSpec, speaker: str, split: str, root: Root = None) -> SequenceDataset:
    """A split in which the speaker is left out of training and validation; all are in the test split.

    What was analysed for all speakers is used again.
    """
    everyone = FSDD.load(split, root)
    other = everyone.static["speaker"] != SPEAKERS.index(speaker)
    rows = np.flatnonzero(other | (split == "test"))
    return replace(everyone.select(rows), spec=spec)


def _without(speaker: str) -> DownloadedSource:
    counts = []
    for split, takes in TAKES.items():
        speakers = len(SPEAKERS) if split == "test" else len(SPEAKERS) - 1
        counts.append((split, len(takes) * len(DIGITS) * speakers))
    spec = replace(
        SPEC,
        name=f"fsdd-without-{speaker}",
        title=f"{SPEC.title} without {speaker}",
        splits=tuple(counts),
        judge="fsdd",
    )
    return archive_source(spec, partial(load_without, spec, speaker), ARCHIVE, check)


SEGMENTS_SPEC = in_segments(SPEC)
FSDD = archive_source(SPEC, partial(load_recordings, SPEC, recordings), ARCHIVE, check)
SEGMENTS = archive_source(
    SEGMENTS_SPEC, partial(load_recordings, SEGMENTS_SPEC, recordings), ARCHIVE, check
)
WITHOUT_GEORGE = _without("george")
WITHOUT_JACKSON = _without("jackson")
WITHOUT_LUCAS = _without("lucas")
WITHOUT_NICOLAS = _without("nicolas")
WITHOUT_THEO = _without("theo")
WITHOUT_YWEWELER = _without("yweweler")
