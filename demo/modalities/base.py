"""How the app shows a modality: its thumbnails, the clips of a swap, what a stage is sent, and its files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from seqdisent.data import DatasetSpec, SequenceDataset
from seqdisent.distributions import DiagonalGaussian
from seqdisent.evaluation.codes import PARTS
from seqdisent.media import video
from seqdisent.modalities import MODALITIES, Modality
from seqdisent.types import Sequences

if TYPE_CHECKING:
    from demo.core.generation import GenerationResult
    from demo.core.requests import GeneratedRef
    from demo.core.swapping import Swap

UNKNOWN = "unknown"
FILM_WIDTH, FILM_HEIGHT = 640, 96  # pixels of a sequence above the curves of leakage over time


@dataclass(frozen=True)
class SourceClip:
    """One side of a pair: a sequence of the test split, an upload, or a generated sequence.

    Args:
        name: for people, for example "test sequence 12" or "your recording".
        caption: its factors or its origin, for people.
        factors: its factors as text; "unknown", or missing, if there is no label.
        batch: the sequence, a batch of one.
        wave: of speech, the recording, float ``[n]`` at 16 kHz.
        index: position in the test split, if it is from there.
        title: its title in the data set, if it has one.
        start: of a time series, when it begins, if that is known.
        generated: how it was generated, if it was.
    """

    name: str
    caption: str
    factors: Mapping[str, str]
    batch: Sequences
    wave: np.ndarray | None = None
    index: int | None = None
    title: str = ""
    start: np.datetime64 | None = None
    generated: GeneratedRef | None = None

    @property
    def ref(self) -> int | GeneratedRef | None:
        """How it is named in requests; None for an upload."""
        return self.index if self.generated is None else self.generated


def full_batch(x: torch.Tensor, mask: torch.Tensor | None = None) -> Sequences:
    """A batch ``[B, T, *event]`` whose steps all exist unless a mask ``[B, T]`` says otherwise."""
    if mask is None:
        mask = torch.ones(x.shape[:2], dtype=torch.bool)
    return Sequences(x, mask)


class ModalityView(ABC):
    """How sequences of one modality are shown, described and saved. One object for each; it has no state.

    Attributes:
        name: as in :attr:`seqdisent.spec.DatasetSpec.modality`.
        swap_title: title of a swap, with the places ``{static}`` and ``{dynamic}`` for the donors' letters.
        sources: plural noun of what test sequences were taken from.
        explanation: what a swap must do, for the head of the Swap tab.
        swap_formats: label of each file format of a swap, by suffix.
        default_swap_format: the format that programs get unless they ask for another one.
        generated_formats: suffixes of files of generated sequences; the first is the default.
        interpolation_stops: sequences between A and B, both included.
        coloured_by_page: whether thumbnails are grey and coloured by the page.
        judges_generated: whether a judge classifies generated sequences within the time of an answer.
        captions_name_swaps: whether the caption of a swap says what is expected, rather than which factors
            come from which side.
        one_label_per_sequence: whether one label of a dynamic factor holds for a full sequence.
        shows_dynamic_numbers: whether continuous labels that change within a sequence describe it.
        stage_id: of the stage's element on the page.
        save_id_prefix: of the elements of the buttons that save a swap, before the suffix.
        nearest_titles: headings of the nearest test sequences of an upload, by code.
    """

    name: ClassVar[str]
    sources: ClassVar[str] = "recordings"
    explanation: ClassVar[str]
    swap_formats: ClassVar[Mapping[str, str]]
    default_swap_format: ClassVar[str]
    generated_formats: ClassVar[tuple[str, ...]]
    interpolation_stops: ClassVar[int] = 9
    coloured_by_page: ClassVar[bool] = True
    judges_generated: ClassVar[bool] = False
    captions_name_swaps: ClassVar[bool] = False
    one_label_per_sequence: ClassVar[bool] = True
    shows_dynamic_numbers: ClassVar[bool] = True
    stage_id: ClassVar[str]
    save_id_prefix: ClassVar[str]
    nearest_titles: ClassVar[Mapping[str, str]] = {}

    @property
    def modality(self) -> Modality:
        """The modality itself: nouns, limits, what a judge sees."""
        return MODALITIES[self.name]

    @property
    def sequence_noun(self) -> str:
        """What one sequence is called; its plural takes an s."""
        return self.modality.nouns.sequence

    # --- Test sequences --------------------------------------------------------------------------

    @abstractmethod
    def thumbnails(self, data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
        """A small picture of each sequence, uint8 ``[N, H, W, 3]``."""

    def gallery_frames(self, data: SequenceDataset, rows: np.ndarray) -> np.ndarray:
        """What a gallery shows of each sequence, uint8 ``[N, T, H, W, 3]``; one frame unless they are animated."""
        return self.thumbnails(data, rows)[:, None]

    def strip(self, data: SequenceDataset, row: int, width: int, height: int) -> np.ndarray:
        """A full sequence as one grey picture, uint8 ``[height, width]``, with time to the right."""
        raise NotImplementedError(f"{self.name} has no strips: its films are its frames")

    def film(self, data: SequenceDataset, rows: Sequence[int]) -> dict[str, Any]:
        """Some sequences as a sprite sheet of their parts in time, a row each, and how to read it."""
        parts = data.spec.frames if data.lengths is None else PARTS
        width = parts * (FILM_WIDTH // parts)
        strips = [self.strip(data, row, width, FILM_HEIGHT) for row in rows]
        pictures = np.concatenate(strips)[..., None].repeat(3, 2)
        return {
            "sheet": video.data_uri(
                video.webp(pictures, lossless=not self.is_audible), "image/webp"
            ),
            "grey": True,
            "sound": self.is_audible,
            "one": self.sequence_noun,
            "parts": data.lengths is not None,
            "frames": parts,
            "rate": parts / 2,
            "cell": [width // parts, FILM_HEIGHT],
        }

    @property
    def is_audible(self) -> bool:
        """Whether its sequences can be played as sound."""
        return self.modality.has_waveform

    def caption(self, content: str, others: Mapping[str, str]) -> str:
        """A test sequence in words: "walk · hair red, top blue".

        Args:
            content: the class of the dynamic factor that visitors choose by; empty without such a factor.
            others: the classes of the other factors that visitors choose by, by name.
        """
        known = {name: label for name, label in others.items() if label != UNKNOWN}
        labels = [f"{name} {label}" for name, label in reversed(known.items())]
        return " · ".join(filter(None, [content, ", ".join(labels)]))

    # --- Swaps -----------------------------------------------------------------------------------

    @abstractmethod
    def swap_clips(
        self, pair: Sequence[SourceClip], likelihood: DiagonalGaussian, generated: Sequences
    ) -> Any:
        """The six clips of a swap, in the order of :mod:`demo.modalities.swap_clips`.

        Args:
            likelihood: the decoder's distribution of the four generated clips.
            generated: its means.
        """

    def swap_quality(
        self, data: SequenceDataset, pair: Sequence[SourceClip], generated: Sequences
    ) -> dict[int, float | None]:
        """How close generated clips are to the real ones they should equal, in dB; None where there is none."""
        return {}

    @abstractmethod
    def figures(self, swap: Swap) -> dict[str, Any]:
        """Measurements of a swap for programs."""

    @abstractmethod
    def save_swap(self, swap: Swap, kind: str, scale: int) -> bytes:
        """A file of a swap; RequestError for a format that there is none of."""

    @abstractmethod
    def stage(self, swap: Swap, message: dict[str, Any], name: str) -> Any:
        """The value of the stage component: ``message`` with the clips in it.

        Args:
            message: the pair, a tile for each clip, and the judge.
            name: the checkpoint.
        """

    def stage_of_one(self, spec: DatasetSpec, clip: SourceClip, message: dict[str, Any]) -> Any:
        """The same of a single clip, for modalities that take uploads."""
        raise NotImplementedError(f"the app takes no uploads of {self.name}")

    # --- Generated sequences ---------------------------------------------------------------------

    def decoded(self, likelihood: DiagonalGaussian) -> Any:
        """What is kept of the decoder's distribution of some sequences."""
        return likelihood

    @abstractmethod
    def collect(
        self, parts: Sequence[Any], mask: torch.Tensor | None
    ) -> tuple[Sequences | None, Any]:
        """All that was decoded, as a batch (None if the clips are the batch) and as clips."""

    def batch_of(self, result: GenerationResult, number: int) -> Sequences:
        """One generated sequence as a batch of one."""
        assert result.batch is not None
        return Sequences(result.batch.x[[number]], result.batch.mask[[number]])

    def waveform(self, batch: Sequences) -> np.ndarray | None:
        """The sound of a batch of one, float ``[n]`` at 16 kHz; None if there is none."""
        return None

    @abstractmethod
    def save_generated(self, result: GenerationResult, kind: str, rows: Sequence[int]) -> bytes:
        """A file of some generated sequences, in one of :attr:`generated_formats` but "npz"."""

    @abstractmethod
    def generated_arrays(
        self, result: GenerationResult, rows: Sequence[int]
    ) -> dict[str, np.ndarray]:
        """The same as arrays by name."""

    @abstractmethod
    def fill_tiles(
        self,
        result: GenerationResult,
        sources: Sequence[SourceClip],
        tiles: Sequence[dict[str, Any]],
        name: str,
    ) -> dict[str, Any]:
        """Put the clips into the tiles of the Generate tab, sources first; returns what all tiles share."""
