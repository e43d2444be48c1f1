"""TIMIT: 630 Americans from eight regions read ten sentences each (Garofolo et al. 1993); from the user's copy.

Speaker, sex and dialect are static, the sentence and, from the ``.PHN`` files, the phone are dynamic. Splits are those
of the papers: 462 speakers to train on, the 50 of the usual development set, the 24 of the core test; eight sentences
of each, since all read the two SA sentences. No speaker is in two splits, and no core test sentence is in training.
Where only a part of TIMIT is there, what is there of each list is used.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from seqdisent.audio import prepare, vocoder
from seqdisent.data.download import DataNotReady, data_root
from seqdisent.data.source import Root
from seqdisent.data.speech.recordings import (
    Recording,
    audio_spec,
    in_segments,
    to_int16,
    user_recordings,
)
from seqdisent.spec import DatasetSpec, Factor, Source

SECONDS = 2.0  # of a sequence
RUN_SECONDS = 10.0  # of an utterance that is a run of segments; the longest has 7.8
DIALECTS = (
    "New England",
    "Northern",
    "North Midland",
    "South Midland",
    "Southern",
    "New York City",
    "Western",
    "Army Brat",
)


def _split_words(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text)


CORE = frozenset(
    _split_words("""
    MDAB0 MWBT0 FELC0 MTAS1 MWEW0 FPAS0 MJMP0 MLNT0 FPKT0 MLLL0 MTLS0 FJLM0
    MBPM0 MKLT0 FNLP0 MCMJ0 MJDH0 FMGD0 MGRT0 MNJM0 FDHC0 MJLN0 MPAM0 FMLD0
""")
)
DEVELOPMENT = frozenset(
    _split_words("""
    FAKS0 FDAC1 FJEM0 MGWT0 MJAR0 MMDB1 MMDM2 MPDF0 FCMH0 FKMS0 MBDG0 MBWM0 MCSH0 FADG0 FDMS0 FEDW0 MGJF0
    MGLB0 MRTK0 MTAA0 MTDT0 MTHC0 MWJG0 FNMR0 FREW0 FSEM0 MBNS0 MMJR0 MDLS0 MDLF0 MDVC0 MERS0 FMAH0 FDRW0
    MRCS0 MRJM4 FCAL1 MMWH0 FJSJ0 MAJC0 MJSW0 MREB0 FGJD0 FJMG0 MROA0 MTEB0 MJFC0 MRJR0 FMML0 MRWS1
""")
)
WHO = {
    "train": "training speakers (folder TRAIN)",
    "validation": "50 speakers of the development set (folder TEST)",
    "test": "24 speakers of the core test (folder TEST)",
}
PHONES = tuple(
    _split_words(
        "aa ae ah aw ay b ch d dh dx eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh sil t th uh uw v w y z"
    )
)
# Lee & Hon 1989: 61 labels are folded to 39. The glottal stop, q, is none of them, so it has no label.
_ALIKE = {
    "aa": "ao",
    "ah": "ax ax-h",
    "er": "axr",
    "hh": "hv",
    "ih": "ix",
    "l": "el",
    "m": "em",
    "n": "en nx",
    "ng": "eng",
    "sh": "zh",
    "uw": "ux",
    "sil": "h# pau epi bcl dcl gcl kcl pcl tcl",
}
FOLDED = {phone: number for number, phone in enumerate(PHONES)} | {
    label: PHONES.index(phone) for phone, labels in _ALIKE.items() for label in labels.split()
}

OUTLINE = audio_spec(
    SECONDS,
    name="timit",
    title="TIMIT",
    factors=(
        Factor("speaker", "static"),
        Factor("sex", "static", ("woman", "man")),
        Factor("dialect", "static", DIALECTS),
        Factor("sentence", "dynamic"),
        Factor("phone", "dynamic", PHONES),
    ),
    source=Source(
        url="https://catalog.ldc.upenn.edu/LDC93S1",
        licence="yours with the Linguistic Data Consortium",
        credit="Garofolo, Lamel, Fisher, Fiscus, Pallett, Dahlgren and Zue",
    ),
    splits=(),
)


@dataclass(frozen=True)
class Utterance:
    """A sentence read by a speaker, and the file of its phones if there is one."""

    wav: Path
    phn: Path | None
    speaker: str
    dialect: int
    sentence: str


def utterances(root: Root = None) -> dict[str, list[Utterance]]:
    """The utterances of each split that are in the folder, by speaker and sentence.

    Raises:
        DataNotReady: if TIMIT is not there, there is nothing of a split, or the recordings are compressed.
    """
    base = data_root(root)
    tree = _tree(base)
    if tree is None:
        raise DataNotReady(
            f"timit: TIMIT is not in {base}. It cannot be downloaded: get LDC93S1 from the Linguistic Data Consortium "
            f"({OUTLINE.source.url}; many universities have it), and put or link its folder there as "
            f"{base / 'timit'}, so that {base / 'timit' / 'TRAIN' / 'DR1'} exists (upper or lower case, and a folder "
            "TIMIT in between is fine). Or name the folder that holds it with --data-root or SEQDISENT_DATA."
        )
    found: dict[str, list[Utterance]] = {split: [] for split in WHO}
    for folder in _speaker_folders(tree, "train"):
        found["train"] += _read(folder)
    for folder in _speaker_folders(tree, "test"):
        speaker = folder.name.upper()
        if speaker in CORE:
            found["test"] += _read(folder)
        elif speaker in DEVELOPMENT:
            found["validation"] += _read(folder)
    for split, some in found.items():
        if not some:
            raise DataNotReady(
                f"timit: {tree} has no SI or SX recordings of the {WHO[split]}. Copy all of TIMIT."
            )
        some.sort(key=lambda u: (u.speaker, u.sentence))
    _check_coding(found["train"][0].wav)
    return found


def spec(root: Root = None) -> DatasetSpec:
    """The declaration of the copy that is there; raises :class:`DataNotReady`."""
    return _declared(utterances(root))


def _declared(found: dict[str, list[Utterance]]) -> DatasetSpec:
    every = [utterance for some in found.values() for utterance in some]
    classes = {
        "speaker": tuple(sorted({utterance.speaker for utterance in every})),
        "sentence": tuple(sorted({utterance.sentence for utterance in every})),
    }
    has_phones = any(utterance.phn for utterance in every)
    factors = []
    for factor in OUTLINE.factors:
        if factor.name == "phone" and not has_phones:
            continue
        factors.append(replace(factor, classes=classes.get(factor.name, factor.classes)))
    splits = tuple((split, len(some)) for split, some in found.items())
    return replace(OUTLINE, factors=tuple(factors), splits=splits)


def recordings(split: str, root: Root = None, *, seconds: float = SECONDS) -> list[Recording]:
    """Recordings of a split. Of the longer ones, the passage of ``seconds`` with most speech is taken."""
    there = utterances(root)
    number = {
        f.name: {label: i for i, label in enumerate(f.classes)} for f in _declared(there).factors
    }
    found = []
    for utterance in there[split]:
        try:
            clip = prepare.read(utterance.wav, max_seconds=seconds)
        except prepare.AudioError as error:
            _check_coding(utterance.wav)
            raise DataNotReady(f"timit: {utterance.wav.parent}: {error}") from error
        speaker = number["speaker"][utterance.speaker]
        labels = {
            "speaker": speaker,
            "sex": int(utterance.speaker[0] == "M"),
            "dialect": utterance.dialect,
            "sentence": number["sentence"][utterance.sentence],
            "phone": -1
            if utterance.phn is None
            else phones(utterance.phn, clip.start, len(clip.wave)),
        }
        found.append(Recording(to_int16(clip.wave), labels, source=speaker))
    return found


def phones(path: Path, start: int, length: int) -> np.ndarray:
    """The phone in the middle of each step of a clip, int64 ``[steps]``, -1 where there is none.

    Args:
        path: a ``.PHN`` file: first sample, last sample (exclusive) and label in each line.
        start: first sample of the clip in the recording, and ``length`` its samples, at 16 kHz.
    """
    try:
        lines = [
            line.split() for line in path.read_text(encoding="latin-1").splitlines() if line.strip()
        ]
        begins = [int(begin) for begin, _, _ in lines]
        ends = [int(end) for _, end, _ in lines]
    except ValueError:
        raise DataNotReady(
            f"timit: {path} is not a file of phones (first sample, last sample, label)."
        ) from None
    step = round(vocoder.STEP_SECONDS * prepare.RATE_HZ)
    # Frames are centred on multiples of 10 ms, so the middle of a step of two is 5 ms after its first.
    middles = start + np.arange(0, length, step) + step // 4
    at = [bisect_right(begins, middle) - 1 for middle in middles]
    return np.array(
        [
            FOLDED.get(lines[i][2].lower(), -1) if i >= 0 and middle < ends[i] else -1
            for i, middle in zip(at, middles, strict=True)
        ],
        np.int64,
    )


def _tree(folder: Path, depth: int = 4) -> Path | None:
    """The folder with TRAIN and TEST in ``folder`` or, a few levels down, in folders called after TIMIT."""
    if not folder.is_dir():
        return None
    if any(_inside(part, r"dr[1-8]") for part in _inside(folder, "train|test")):
        return folder
    if depth == 0:
        return None
    for inner in _inside(folder, r".*timit.*|ldc93s1.*|data"):
        tree = _tree(inner, depth - 1)
        if tree is not None:
            return tree
    return None


def _inside(folder: Path, pattern: str) -> list[Path]:
    """Folders in ``folder`` whose names match, upper case or lower, by name."""
    found = []
    for path in folder.iterdir():
        if re.fullmatch(pattern, path.name, re.IGNORECASE) and path.is_dir():
            found.append(path)
    return sorted(found, key=lambda path: path.name.lower())


def _speaker_folders(tree: Path, part: str) -> Iterator[Path]:
    """The folders of speakers in TRAIN or TEST, in the folders DR1 to DR8."""
    for top in _inside(tree, part):
        for region in _inside(top, r"dr[1-8]"):
            yield from _inside(region, r"[fm][a-z]{3}\d")


def _read(folder: Path) -> list[Utterance]:
    """The SI and SX sentences of a speaker. Of ``SX3.WAV`` and a converted ``SX3.WAV.wav``, the latter."""
    speaker = folder.name.upper()
    dialect = int(folder.parent.name[-1]) - 1
    files = {path.name.lower(): path for path in sorted(folder.iterdir())}
    sounds: dict[str, Path] = {}
    for name in sorted(files):  # the name of a converted file sorts after that of its original
        match = re.fullmatch(r"(s[ix]\d+)(?:\.wav){1,2}", name)
        if match:
            sounds[match[1]] = files[name]
    found = []
    for sentence, wav in sounds.items():
        phones_file = files.get(f"{sentence}.phn")
        found.append(Utterance(wav, phones_file, speaker, dialect, sentence.upper()))
    return found


def _check_coding(path: Path) -> None:
    """Raise :class:`DataNotReady` for SPHERE compressed by shorten: libsndfile makes nothing of it, or noise."""
    with path.open("rb") as file:
        head = file.read(1028)
    if head.startswith(b"NIST_1A") and (b"embedded-shorten" in head or head.endswith(b"ajkg")):
        raise DataNotReady(
            f"timit: {path} is a compressed SPHERE file (shorten), which libsndfile does not read. Convert each file "
            "with sph2pipe, `sph2pipe -f wav SX3.WAV SX3.WAV.wav`; a converted file next to it is used."
        )


def segments_spec(root: Root = None) -> DatasetSpec:
    """The declaration in segments of 200 ms; raises :class:`DataNotReady`."""
    return in_segments(spec(root))


TIMIT = user_recordings(OUTLINE, spec, recordings)
SEGMENTS = user_recordings(
    in_segments(OUTLINE), segments_spec, partial(recordings, seconds=RUN_SECONDS)
)
