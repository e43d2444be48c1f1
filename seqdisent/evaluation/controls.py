"""Controls: subjects whose leakage is known, so that the report itself can be checked.

======================= ==================================== ===========================================
control                 its codes                            what the report must find
======================= ==================================== ===========================================
:class:`Oracle`         static: the static labels; dynamic:  every factor on target, nothing off target
                        the dynamic labels of each step
``Oracle(leaky=True)``  both codes contain every label       every factor in both codes
:func:`untrained`       a model with its first weights       what a random network preserves
:class:`Shuffled`       a model's codes, of other sequences  nothing
======================= ==================================== ===========================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.checkpoint import prepare
from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.evaluation.codes import Codes, ModelSubject, Subject, labels_in_parts
from seqdisent.evaluation.progress import Progress
from seqdisent.models import SequentialVAE, build_model
from seqdisent.spec import DatasetSpec, Factor
from seqdisent.types import Latents, Sequences

KINDS = ("oracle", "leaky", "untrained", "shuffled")
NOISE = 0.05  # standard deviation around a label's one-hot code, so that no dimension is constant


class Oracle:
    """Codes are labels; decoding looks up a sequence with these labels.

    Args:
        gallery: a split in which sequences are looked up.
        leaky: both codes contain every factor; each decoded factor then comes from the wrong code.
    """

    def __init__(self, gallery: SequenceDataset, leaky: bool = False) -> None:
        self.spec: DatasetSpec = gallery.spec
        self.gallery, self.leaky = gallery, leaky
        self.labels = gallery.sequence_labels()
        classes = tuple(f for f in self.spec.factors if not f.continuous)
        self.factors: dict[str, tuple[Factor, ...]] = {}
        for kind in ("static", "dynamic"):
            on_target = tuple(f for f in classes if f.kind == kind)
            self.factors[kind] = classes if leaky else on_target

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        generator = torch.Generator().manual_seed(seed)
        steps = data.spec.frames
        labels = {name: _without_missing(value) for name, value in data.labels().items()}
        static = self._one_hot("static", labels, 0)
        dynamic = torch.stack([self._one_hot("dynamic", labels, t) for t in range(steps)], dim=1)
        mask = None
        if data.lengths is not None:
            mask = torch.from_numpy(np.arange(steps) < data.lengths[:, None])

        def noisy(code: Tensor) -> Tensor:
            return code + NOISE * torch.randn(code.shape, generator=generator)

        mean = Latents(noisy(static), noisy(dynamic), mask)
        sample = Latents(noisy(static), noisy(dynamic), mask)
        return Codes(
            mean,
            sample,
            static_kl=torch.zeros(static.shape[:2]),
            dynamic_kl=torch.zeros(dynamic.shape[:2]),
            labels=labels_in_parts(data),
            source=data.sources,
        )

    def _one_hot(self, kind: str, labels: dict[str, np.ndarray], step: int) -> Tensor:
        """The labels of all factors in a code at one step, ``[N, sum of classes]``."""
        parts = [_one_hot(_at_step(labels[f.name], step), f) for f in self.factors[kind]]
        return torch.cat(parts, -1)

    def decode(self, latents: Latents) -> Sequences:
        """The gallery's sequence that agrees with the codes in most factors."""
        agreement = torch.zeros(len(latents), len(self.gallery))
        for kind, code in (("static", latents.static), ("dynamic", latents.dynamic[:, 0])):
            start = 0
            for factor in self.factors[kind]:
                label = code[:, start : start + len(factor.classes)].argmax(-1)
                start += len(factor.classes)
                if (factor.kind == kind) != self.leaky:
                    agreement += label[:, None] == torch.from_numpy(self.labels[factor.name])
        return self.gallery[agreement.argmax(1).numpy()]

    def sample(
        self,
        n: int,
        frames: int,
        *,
        static: Tensor | None = None,
        dynamic: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Latents:
        """Codes of random gallery sequences."""
        codes = self.codes(self.gallery).mean
        if static is None:
            static = codes.static[torch.randint(len(self.gallery), (n,), generator=generator)]
        if dynamic is None:
            dynamic = codes.dynamic[torch.randint(len(self.gallery), (n,), generator=generator)]
        return Latents(static, dynamic)


@dataclass(frozen=True)
class Shuffled:
    """Another subject, with every code assigned to another sequence."""

    other: Subject

    @property
    def spec(self) -> DatasetSpec:
        return self.other.spec

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        return self.other.codes(data, seed=seed, progress=progress).shuffled(seed)

    def decode(self, latents: Latents) -> Sequences:
        return self.other.decode(latents)

    def sample(
        self,
        n: int,
        frames: int,
        *,
        static: Tensor | None = None,
        dynamic: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Latents:
        return self.other.sample(n, frames, static=static, dynamic=dynamic, generator=generator)


def untrained(model: SequentialVAE, seed: int = 0) -> ModelSubject:
    """The same architecture with its initial weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        initial = build_model(model.name, model.spec, replace(model.config))
    return ModelSubject(prepare(initial, "cpu"))


def control_subject(kind: str, model: SequentialVAE, gallery: SequenceDataset) -> Subject:
    """The control called ``kind`` for a model.

    Raises:
        UsageError: for another kind; the message lists them.
    """
    if kind not in KINDS:
        raise UsageError(f"no control {kind!r}; choose from {', '.join(KINDS)}")
    if kind == "untrained":
        return untrained(model)
    if kind == "shuffled":
        return Shuffled(ModelSubject(model))
    return Oracle(gallery, leaky=kind == "leaky")


def _without_missing(labels: np.ndarray) -> np.ndarray:
    """Class labels with 0 in place of -1: steps that do not exist have no label, and are not looked at."""
    return np.maximum(labels, 0) if labels.dtype.kind == "i" else labels


def _at_step(labels: np.ndarray, step: int) -> np.ndarray:
    return labels if labels.ndim == 1 else labels[:, step]


def _one_hot(labels: np.ndarray, factor: Factor) -> Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(labels), len(factor.classes)).float()
