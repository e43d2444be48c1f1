"""What comes of a swap, and the files of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from demo.core import text as words
from demo.core.catalog import ServiceError
from demo.core.sources import Original
from demo.core.text import UNKNOWN
from demo.modalities import speech as sounds
from demo.modalities import timeseries as courses
from demo.modalities.speech import Sound
from seqdisent.data import DatasetSpec
from seqdisent.media import video
from seqdisent.media.timeseries import Course

# The six clips of a swap, in the order of Swap.clips, and their names for programs.
A, B, A_AGAIN, A_LIKE_B, B_LIKE_A, B_AGAIN = range(6)
CLIPS = ("a", "b", "a_again", "a_like_b", "b_like_a", "b_again")
SQUARE = (A, A_LIKE_B, B_LIKE_A, B)
SHOWN = (A, A_AGAIN, A_LIKE_B, B, B_LIKE_A, B_AGAIN)  # as on the stages: a row has one static code
# Whose static and whose dynamic code each generated clip has.
DONORS = {A_AGAIN: (0, 0), A_LIKE_B: (0, 1), B_LIKE_A: (1, 0), B_AGAIN: (1, 1)}


@dataclass(frozen=True)
class Verdict:
    """What the judge sees in a clip for one factor, and what should be there."""

    factor: str
    expected: str
    seen: str

    @property
    def kept(self) -> bool | None:
        """Whether it is there; None if nobody knows what should be."""
        return None if self.expected == UNKNOWN else self.expected == self.seen


@dataclass(frozen=True)
class Swap:
    """A pair and everything made of it.

    Args:
        spec: what the data set of the model declares.
        pair: A and B.
        clips: in the order of the constants above: uint8 ``[6, T, H, W, 3]``, six sounds, equally loud, or six courses.
        psnr_db: of video, for each generated clip, PSNR against the real sequence it should equal (for a
            swap, the same character in the other's action), if the test split has that sequence.
        error_db: of sound, for each rebuilt clip, how far its spectral envelope is from the recording's.
        verdicts: for each generated clip, the judge's reading of each factor; empty without judge.
    """

    spec: DatasetSpec
    pair: tuple[Original, Original]
    clips: np.ndarray | tuple[Sound, ...] | tuple[Course, ...]
    psnr_db: dict[int, float | None]
    error_db: dict[int, float]
    verdicts: dict[int, tuple[Verdict, ...]]

    @property
    def a(self) -> int | None:
        """Position of A in the test split."""
        return self.pair[0].index

    @property
    def b(self) -> int | None:
        return self.pair[1].index

    def title(self, clip: int) -> str:
        """Title of a clip."""
        look, motion = DONORS.get(clip, (clip, clip))
        if clip in (A, B) and self.pair[clip].made is not None:
            return f"{'AB'[clip]}, made"
        kind = "real" if clip in (A, B) else "recon" if look == motion else "swap"
        return words.roles(self.spec).title(kind, "AB"[look], "AB"[motion])

    @property
    def factors(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Factors of A and of B in words."""
        return self.pair[0].factors, self.pair[1].factors


def export(it: Swap, kind: str, scale: int = 4) -> bytes:
    """A file of a swap.

    Args:
        kind: of video "gif", "webp" or "mp4" (the 2x2 in step) or "png" (all six clips as a strip); of sound
            "wav" (the four in turn), "wav:NAME" with one of :data:`CLIPS`, or "png" (spectrograms, 2x2); of series
            "csv" (all six, step by step) or "png" (plots of all six).
    """
    named = dict(zip(CLIPS, it.clips, strict=True))
    if it.spec.modality == "timeseries":
        titles = {CLIPS[clip]: it.title(clip) for clip in SHOWN}
        donors = {CLIPS[clip]: tuple(CLIPS[side] for side in pair) for clip, pair in DONORS.items()}
        return courses.save(named, kind, titles, donors, it.spec)
    if it.spec.modality == "speech":
        return sounds.save(named, kind, {CLIPS[clip]: it.title(clip) for clip in SQUARE})
    if kind == "png":
        return video.png(video.upscale(video.sheet(it.clips)[None], 2)[0])
    if kind not in video.ENCODERS:
        names = ", ".join((*video.ENCODERS, "png"))
        raise ServiceError(f"Formats: {names}; not {kind[:20]!r}. This checkpoint makes pictures.")
    square = [it.clips[i] for i in SQUARE]
    return video.ENCODERS[kind](
        video.upscale(video.tile(square, columns=2), scale), it.spec.rate_hz
    )
