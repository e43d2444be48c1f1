"""Exchanging the static codes of a pair: the six clips, how good they are, and the files of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from demo.core import catalog, generation, text
from demo.core.catalog import Loaded
from demo.core.requests import Ref
from demo.core.text import UNKNOWN
from demo.modalities import swap_clips, view_of
from demo.modalities.base import SourceClip, full_batch
from demo.modalities.swap_clips import DONORS, A, B
from seqdisent.data import DatasetSpec
from seqdisent.types import Latents, Sequences


@dataclass(frozen=True)
class Verdict:
    """What a judge sees in a clip for one factor, and what should be there."""

    factor: str
    expected: str
    seen: str

    @property
    def kept(self) -> bool | None:
        """Whether the two agree; None if the label that should be there is unknown."""
        return None if self.expected == UNKNOWN else self.expected == self.seen


@dataclass(frozen=True)
class Swap:
    """A pair and everything generated from it.

    Args:
        spec: what the data set of the model declares.
        pair: A and B.
        clips: in the order of :mod:`demo.modalities.swap_clips`: uint8 ``[6, T, H, W, 3]``, six equally loud sounds, or
            six series.
        quality_db: of video, for each generated clip, PSNR against the real sequence it should equal (for a swap, the
            same character in the other's action), None if the test split has no such sequence; of speech, for each
            reconstruction, how far its spectral envelope is from the recording's; of time series empty.
        verdicts: for each generated clip, the judge's reading of each factor; empty without judge.
    """

    spec: DatasetSpec
    pair: tuple[SourceClip, SourceClip]
    clips: Any
    quality_db: dict[int, float | None]
    verdicts: dict[int, tuple[Verdict, ...]]

    @property
    def a(self) -> int | None:
        """Position of A in the test split, None if it is not of it."""
        return self.pair[0].index

    @property
    def b(self) -> int | None:
        """Position of B in the test split, None if it is not of it."""
        return self.pair[1].index

    def title(self, clip: int) -> str:
        """Title of a clip."""
        if clip in (A, B) and self.pair[clip].generated is not None:
            return f"{'AB'[clip]}, generated"
        static, dynamic = swap_clips.donors(clip)
        return text.terms(self.spec).title(swap_clips.kind(clip), "AB"[static], "AB"[dynamic])

    @property
    def factors(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The labels of A and of B as text, by factor."""
        return self.pair[0].factors, self.pair[1].factors


@torch.inference_mode()
def swap(name: str, a: Ref | SourceClip, b: Ref | SourceClip) -> Swap:
    """Encode a pair, exchange its static codes, decode everything.

    Args:
        name: the checkpoint.
        a: a position in the test split, a generated sequence, or an upload.
        b: the same.
    """
    it = catalog.load(name)
    view = view_of(it.spec)
    pair = _side(it, a), _side(it, b)
    x = torch.cat([one.batch.x for one in pair])
    mask = torch.cat([one.batch.mask for one in pair])
    lengths_differ = it.dataset.lengths is not None
    latents = it.model.encode(x, mask if lengths_differ else None, sample=False).latents
    codes = Latents.cat([_exchange(latents, *sides) for sides in DONORS.values()])
    likelihood = it.model.likelihood(codes)
    generated = full_batch(likelihood.mean, codes.mask)
    return Swap(
        it.spec,
        pair,
        view.swap_clips(pair, likelihood, generated),
        view.swap_quality(it.dataset, pair, generated),
        _verdicts(it, pair, generated),
    )


def export(it: Swap, kind: str, scale: int = 4) -> bytes:
    """A file of a swap.

    Args:
        kind: of video "gif", "webp" or "mp4" (the 2x2 in step) or "png" (all six clips as a strip); of speech "wav"
            (the four in turn), "wav:NAME" with one of :data:`demo.modalities.swap_clips.CLIPS`, or "png" (spectrograms,
            2x2); of time series "csv" (all six, step by step) or "png" (plots of all six).
        scale: screen pixels to a pixel of video.

    Raises:
        RequestError: for another kind.
    """
    return view_of(it.spec).save_swap(it, kind, scale)


def _side(it: Loaded, one: Ref | SourceClip) -> SourceClip:
    return one if isinstance(one, SourceClip) else generation.source(it, one)


def _exchange(latents: Latents, static: int, dynamic: int) -> Latents:
    """The static code of one side with the dynamic code of the other."""
    return latents[static : static + 1].with_dynamic(latents[dynamic : dynamic + 1])


def _verdicts(
    it: Loaded, pair: tuple[SourceClip, SourceClip], generated: Sequences
) -> dict[int, tuple[Verdict, ...]]:
    """The judge's reading of every generated clip, for the factors of which a sequence has one label."""
    if it.judge is None:
        return {clip: () for clip in DONORS}
    seen = it.judge.classify(view_of(it.spec).modality.judge_batch(generated, it.spec))
    factors = [f for f in it.spec.factors if f.name in seen and not text.aggregation(it.spec, f)]
    verdicts = {}
    for row, (clip, (static, dynamic)) in enumerate(DONORS.items()):
        found = []
        for factor in factors:
            donor = pair[static if factor.kind == "static" else dynamic]
            label = factor.classes[int(seen[factor.name][row])]
            found.append(Verdict(factor.name, donor.factors.get(factor.name, UNKNOWN), label))
        verdicts[clip] = tuple(found)
    return verdicts
