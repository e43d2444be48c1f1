"""Stand-ins whose leakage is known, so that the report itself can be tested.

======================= ==================================== ===========================================
stand-in                its codes                            what the report must say of it
======================= ==================================== ===========================================
:class:`Oracle`         static: the static labels; dynamic:  everything on target, nothing off target
                        the dynamic labels of each step
``Oracle(leaky=True)``  both codes hold every label          everything everywhere
:func:`untrained`       a model with its first weights       whatever a random network lets through
:class:`Shuffled`       a model's codes, of other sequences  nothing anywhere
======================= ==================================== ===========================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import UsageError
from seqdisent.evaluation.codes import Codes, ModelSubject, Progress, Subject, labels_in_parts
from seqdisent.models import SequentialVAE, build_model
from seqdisent.spec import DatasetSpec, Factor
from seqdisent.types import Latents, Sequences

KINDS = ("oracle", "leaky", "untrained", "shuffled")
NOISE = 0.05  # standard deviation around a label's one-hot code, so that no dimension is constant


class Oracle:
    """Codes are labels; a sequence with the labels of a code is looked up, not generated.

    Args:
        gallery: a split in which to look sequences up.
        leaky: both codes hold every factor; each decoded factor then comes from the wrong code.
    """

    def __init__(self, gallery: SequenceDataset, leaky: bool = False) -> None:
        self.spec: DatasetSpec = gallery.spec
        self.gallery, self.leaky = gallery, leaky
        self.labels = gallery.sequence_labels()
        classes = tuple(f for f in self.spec.factors if not f.continuous)
        own = {kind: tuple(f for f in classes if f.kind == kind) for kind in ("static", "dynamic")}
        self.factors = {kind: classes if leaky else own[kind] for kind in own}

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        generator = torch.Generator().manual_seed(seed)
        # A step that does not exist has the label -1: any class will do, nobody looks at it.
        labels = {
            n: np.maximum(v, 0) if v.dtype.kind == "i" else v for n, v in data.labels().items()
        }
        steps = data.spec.frames
        joined = lambda kind, t: torch.cat(
            [_onehot(_at(labels[f.name], t), f) for f in self.factors[kind]], -1
        )
        static = joined("static", 0)
        dynamic = torch.stack([joined("dynamic", t) for t in range(steps)], dim=1)
        noisy = lambda code: code + NOISE * torch.randn(code.shape, generator=generator)
        kl = lambda code: torch.zeros(code.shape[:2])
        mask = (
            None
            if data.lengths is None
            else torch.from_numpy(np.arange(steps) < data.lengths[:, None])
        )
        mean, sample = (Latents(noisy(static), noisy(dynamic), mask) for _ in range(2))
        return Codes(mean, sample, kl(static), kl(dynamic), labels_in_parts(data), data.sources)

    def decode(self, latents: Latents) -> Sequences:
        """The gallery's sequence that agrees with the codes in most factors."""
        agreement = torch.zeros(len(latents), len(self.gallery))
        for kind, code in (("static", latents.static), ("dynamic", latents.dynamic[:, 0])):
            at = 0
            for factor in self.factors[kind]:
                said = code[:, at : at + len(factor.classes)].argmax(-1)
                at += len(factor.classes)
                if (factor.kind == kind) != self.leaky:
                    agreement += said[:, None] == torch.from_numpy(self.labels[factor.name])
        return self.gallery[agreement.argmax(1).numpy()]

    def sample(self, n: int, frames: int, *, static=None, dynamic=None, generator=None) -> Latents:
        """Codes of random gallery sequences."""
        codes = self.codes(self.gallery).mean
        pick = lambda: torch.randint(len(self.gallery), (n,), generator=generator)
        return Latents(
            codes.static[pick()] if static is None else static,
            codes.dynamic[pick()] if dynamic is None else dynamic,
        )


@dataclass(frozen=True)
class Shuffled:
    """Another subject whose every code belongs to another sequence."""

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

    def sample(self, n: int, frames: int, **kept) -> Latents:
        return self.other.sample(n, frames, **kept)


def untrained(model: SequentialVAE, seed: int = 0) -> ModelSubject:
    """The same architecture with the weights it began with."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        fresh = build_model(model.name, model.spec, replace(model.config))
    return ModelSubject(fresh.to(memory_format=torch.channels_last).eval().requires_grad_(False))


def calibration(kind: str, model: SequentialVAE, gallery: SequenceDataset) -> Subject:
    """The stand-in called ``kind`` for a model; ``ValueError`` names the ones there are."""
    if kind not in KINDS:
        raise UsageError(f"no calibration model {kind!r}; choose from {list(KINDS)}")
    if kind == "untrained":
        return untrained(model)
    if kind == "shuffled":
        return Shuffled(ModelSubject(model))
    return Oracle(gallery, leaky=kind == "leaky")


def _at(labels: np.ndarray, step: int) -> np.ndarray:
    return labels if labels.ndim == 1 else labels[:, step]


def _onehot(labels: np.ndarray, factor: Factor) -> Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(labels), len(factor.classes)).float()
