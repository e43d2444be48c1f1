"""Emo-DB: ten German actors say ten sentences in seven emotions (Burkhardt et al., Interspeech 2005).

Speaker, sex and emotion are static, the sentence is dynamic. The test split holds two sentences that no training
recording says, so the sentence of a test recording is unknown to every classifier trained on the others.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from pathlib import Path

from seqdisent.audio import prepare
from seqdisent.data.archive import read_archive
from seqdisent.data.download import DataNotReady, data_root
from seqdisent.data.source import Root
from seqdisent.data.speech.recordings import (
    Recording,
    archive_source,
    audio_spec,
    load_recordings,
    to_int16,
)
from seqdisent.spec import Factor, Source

ARCHIVE = "emodb.zip"
RECORDINGS = 535
SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
MEN = ("03", "10", "11", "12", "15")
SENTENCES = ("a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10")
TESTED, VALIDATED = ("a07", "b09"), ("b02",)
EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SECONDS = 2.0
_NAME = re.compile(
    rf"({'|'.join(SPEAKERS)})({'|'.join(SENTENCES)})([{''.join(EMOTIONS)}])[a-z]\.wav",
    re.IGNORECASE,
)

SPEC = audio_spec(
    SECONDS,
    name="emodb",
    title="Berlin Emo-DB",
    factors=(
        Factor("speaker", "static", SPEAKERS),
        Factor("sex", "static", ("woman", "man")),
        Factor("emotion", "static", tuple(EMOTIONS.values())),
        Factor("sentence", "dynamic", SENTENCES),
    ),
    source=Source(
        url="http://emodb.bilderbar.info/download/download.zip",
        licence="free for research; ask the publisher before passing it on",
        credit="Burkhardt, Paeschke, Rolfes, Sendlmeier and Weiss, TU Berlin",
        download_bytes=40_557_632,
    ),
    splits=(("train", 377), ("validation", 51), ("test", 107)),
)


def check(path: Path) -> None:
    """Raise :class:`DataNotReady` unless ``path`` is an archive with the 535 recordings, by name."""
    stat = path.stat() if path.is_file() else None
    known = _known(path, stat and (stat.st_mtime_ns, stat.st_size))
    if known != RECORDINGS:
        raise DataNotReady(
            f"{path} holds {known} of the {RECORDINGS} recordings of Emo-DB. Delete it and run `seqdisent data emodb`."
        )


@lru_cache(maxsize=4)
def _known(path: Path, version: tuple[int, int] | None) -> int:
    return sum(_NAME.fullmatch(name) is not None for name in read_archive(path, ".wav"))


def recordings(split: str, root: Root = None) -> list[Recording]:
    """Recordings of a split. Of the longer ones, the passage of two seconds with most speech is taken."""
    parts = {
        "test": TESTED,
        "validation": VALIDATED,
        "train": tuple(s for s in SENTENCES if s not in TESTED + VALIDATED),
    }
    path = data_root(root) / ARCHIVE
    check(path)
    emotions = list(EMOTIONS)
    found: list[Recording] = []
    for name, content in read_archive(path, ".wav").items():
        match = _NAME.fullmatch(name)
        if match is None or match[2].lower() not in parts[split]:
            continue
        clip = prepare.read(content, max_seconds=SECONDS)
        labels = {
            "speaker": SPEAKERS.index(match[1]),
            "sex": int(match[1] in MEN),
            "emotion": emotions.index(match[3].upper()),
            "sentence": SENTENCES.index(match[2].lower()),
        }
        found.append(Recording(to_int16(clip.wave), labels, source=len(found)))
    return found


EMODB = archive_source(SPEC, partial(load_recordings, SPEC, recordings), ARCHIVE, check)
