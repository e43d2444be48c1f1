"""The Free Spoken Digit Dataset: six men say the digits fifty times each (Jackson et al. 2018).

The speaker is static, the digit dynamic. Takes 0-4 are the test split, as the authors advise; takes 5-7 are held out
of the others for validation. In ``fsdd-without-NAME`` that speaker is heard in the test split only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqdisent.audio import prepare
from seqdisent.data import FSDD_SPEAKERS
from seqdisent.data.archive import contents, read_archive
from seqdisent.data.dataset import SequenceDataset
from seqdisent.data.download import DataNotReady, data_root
from seqdisent.data.speech.recordings import (
    ArchiveSource,
    Recording,
    audio_spec,
    in_segments,
    to_int16,
)
from seqdisent.spec import Factor, Source

COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
ARCHIVE = "fsdd.zip"
# sha256 over the names and sha256 of all recordings: GitHub's archives are not byte-stable, their contents are.
CONTENTS = "0fbe6612aaa20a80ef4371894a46e060038337a518fe3d4728cb7eee7caa013c"
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
    factors=(Factor("speaker", "static", FSDD_SPEAKERS), Factor("digit", "dynamic", DIGITS)),
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


def recordings(split: str, root: str | Path | None = None) -> list[Recording]:
    """Recordings of a split."""
    if split not in TAKES:
        raise ValueError(f"no split {split!r}; choose from {sorted(TAKES)}")
    path = data_root(root) / ARCHIVE
    check(path)
    found = []
    for name, content in read_archive(path, ".wav").items():
        digit, speaker, take = name.removesuffix(".wav").split("_")
        if int(take) not in TAKES[split]:
            continue
        clip = prepare.read(content, max_seconds=SECONDS)
        labels = {"speaker": FSDD_SPEAKERS.index(speaker), "digit": int(digit)}
        found.append(Recording(to_int16(clip.wave), labels, source=len(found)))
    return found


FSDD = ArchiveSource(SPEC, recordings, ARCHIVE, check)
SEGMENTS = ArchiveSource(in_segments(SPEC), recordings, ARCHIVE, check)


@dataclass(frozen=True)
class LeftOut(ArchiveSource):
    """All but one speaker (an index) in training and validation; everybody in the test split."""

    speaker: int

    def load(self, split: str, root: str | Path | None = None) -> SequenceDataset:
        """As :meth:`.AudioSource.load`; what was analysed for all speakers is used again."""
        whole = FSDD.load(split, root)
        rows = np.flatnonzero((whole.static["speaker"] != self.speaker) | (split == "test"))
        return replace(whole.select(rows), spec=self.SPEC)


def _without(speaker: str) -> LeftOut:
    counts = tuple(
        (split, len(takes) * (60 if split == "test" else 50)) for split, takes in TAKES.items()
    )
    name, title = f"fsdd-without-{speaker}", f"{SPEC.title} without {speaker}"
    spec = replace(SPEC, name=name, title=title, splits=counts, judge="fsdd")
    return LeftOut(spec, recordings, ARCHIVE, check, FSDD_SPEAKERS.index(speaker))


globals().update({f"WITHOUT_{speaker.upper()}": _without(speaker) for speaker in FSDD_SPEAKERS})
