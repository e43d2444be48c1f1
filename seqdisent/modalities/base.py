"""What a modality is: how its frames are judged, shown, exported, named and bounded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.media.clips import Writer
from seqdisent.modalities.features import COMMON, Feature, Reconstruction, SourceFeature
from seqdisent.spec import DatasetSpec
from seqdisent.types import Sequences


@dataclass(frozen=True)
class Nouns:
    """What things are called in messages and on pages.

    Args:
        sequence: one sequence; its plural takes an s.
        step: one step of a sequence; its plural takes an s.
        static: what the static code should hold.
        dynamic: what the dynamic code should hold.
        static_question: the same as a question.
        dynamic_question: the same as a question.
        output: what a checkpoint generates.
        input: what a user of the app would bring.
        swap: title of a swap, with the places ``{static}`` and ``{dynamic}`` for the donors' letters.
    """

    sequence: str
    step: str
    static: str
    dynamic: str
    static_question: str
    dynamic_question: str
    output: str
    input: str
    swap: str


@dataclass(frozen=True)
class Limits:
    """What is generated at once must fit memory and not take long.

    Args:
        frames: steps of the longest sequence.
        amount: sum over all sequences, in ``unit`` (:meth:`Modality.amount_per_step`).
        unit: plural noun.
    """

    frames: int
    amount: int
    unit: str


@dataclass(frozen=True)
class JudgeBudget:
    """How much of the work of a judge an evaluation asks for.

    Args:
        anchors: positions of the anchor that diagnostics try.
        anchor_pairs: swaps at each of them.
        sweep_pairs: swaps for each point of a sweep.
    """

    anchors: int = 8
    anchor_pairs: int = 300
    sweep_pairs: int = 900


class Modality(ABC):
    """A kind of sequence. One object for each; it has no state.

    Attributes:
        name: as stored in ``DatasetSpec.modality``.
        title: for people.
        nouns: what things are called.
        limits: what can be generated at once.
        judge_budget: how much of a judge's work an evaluation asks for.
        writers: what writes a file of clips, by suffix; the first is the default.
        swap_order: how the clips of an exported swap (a, b, and both swaps) are arranged, in words.
        has_pixels: whether frames are pictures ``[3, H, W]`` in 0..1.
        has_waveform: whether sequences can be synthesised as waveforms.
        has_variables: whether frames are windows of measured variables, in which values may be missing.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    nouns: ClassVar[Nouns]
    limits: ClassVar[Limits]
    judge_budget: ClassVar[JudgeBudget] = JudgeBudget()
    writers: ClassVar[Mapping[str, Writer]]
    swap_order: ClassVar[str]
    has_pixels: ClassVar[bool] = False
    has_waveform: ClassVar[bool] = False
    has_variables: ClassVar[bool] = False

    def judge_spec(self, spec: DatasetSpec) -> DatasetSpec:
        """The declaration of what a judge of this data sees: by default the data as they are."""
        return spec

    def judge_dataset(
        self, data: SequenceDataset, *, with_reconstructions: bool = False
    ) -> SequenceDataset:
        """A split as a judge sees it.

        Args:
            with_reconstructions: for training, every sequence a second time as it is after the lossy steps that a
                decoded sequence passes through (speech: the vocoder), so that these alone do not sway the judge.
                Nothing is added where there are no such steps.
        """
        return data

    def judge_batch(self, batch: Sequences, spec: DatasetSpec) -> Sequences:
        """Decoded sequences ``[B, T, *event]`` as a judge sees them; labels and mask are kept.

        Args:
            spec: the declaration of the model's data.
        """
        return batch

    def features(self, spec: DatasetSpec) -> dict[str, Feature]:
        """By what a sequence is compared with known ones, in the order in which it is reported.

        The keys of :data:`~seqdisent.modalities.features.COMMON` are measured for every modality; the others by
        :meth:`measure_features`.
        """
        return COMMON

    def measure_features(
        self, reconstruction: Reconstruction, spec: DatasetSpec
    ) -> dict[str, np.ndarray]:
        """Values of this modality's own features, float ``[B]``, NaN where a sequence has none."""
        return {}

    @property
    def source_features(self) -> dict[str, SourceFeature]:
        """Features of what was removed while a user's sequence was prepared."""
        return {}

    @abstractmethod
    def steps_label(self, spec: DatasetSpec) -> str:
        """What the steps of a sequence are, in words: ``"frames"``, ``"steps of 20 ms"``, ``"windows of 24"``."""

    @abstractmethod
    def amount_per_step(self, spec: DatasetSpec) -> int:
        """How much of ``limits.amount`` one step takes."""

    def longest(self, spec: DatasetSpec, count: int) -> int:
        """The most steps that ``count`` sequences generated at once can have."""
        steps = self.limits.amount // (count * self.amount_per_step(spec))
        return min(self.limits.frames, steps)

    def writer(self, output: Path | None, command: str, spec: DatasetSpec) -> tuple[Path, Writer]:
        """Where a command writes clips, and what makes the content.

        Args:
            output: the path that the user chose, if any; its suffix chooses the format.
            command: ``"swap"`` or ``"sample"``; names the file by default.

        Raises:
            UsageError: for a suffix that there is no writer of.
        """
        suffixes = [suffix for suffix in self.writers if command != "swap" or suffix != "npz"]
        path = output or Path(f"{command}.{suffixes[0]}")
        suffix = path.suffix.lower().removeprefix(".")
        if suffix not in suffixes:
            listed = " or ".join(", ".join(f".{one}" for one in suffixes).rsplit(", ", 1))
            raise UsageError(f"{path}: {spec.name} has {self.nouns.output}; write to {listed}")
        return path, self.writers[suffix]
