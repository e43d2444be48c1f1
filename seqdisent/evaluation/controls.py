"""Controls: subjects whose leakage is known, so that the report itself can be checked.

======================= ==================================== ===========================================
control                 its codes                            what the report must find
======================= ==================================== ===========================================
:class:`Oracle`         static: the static labels; dynamic:  every factor on target, nothing off target
                        the dynamic labels of each step
``Oracle(leaky=True)``  both codes contain every label       every factor in both codes
:func:`untrained`       a model with its first weights       what a random network preserves
:class:`Shuffled`       a model's codes, of other sequences  nothing
:class:`HiddenLeak`     the oracle's; inside its clusters,   every factor on target, and
                        at a small scale, the first          the hidden ones off target; with
                        off-target factor                    ``place="interaction"`` whether its label is odd
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

# Relative to the distance of two classes of an on-target factor.
HIDDEN_SCALES = (1.0, 0.3, 0.1, 0.03, 0.01)
HIDDEN_SCALE = 0.03
KINDS = (
    "oracle",
    "leaky",
    "untrained",
    "shuffled",
    "hidden",
    "hidden-step",
    "hidden-interaction",
    *(f"hidden-{scale:g}" for scale in HIDDEN_SCALES),
)
HIDDEN_NOISE = 0.1  # within a hidden leak
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
        mask = _mask(data)

        def noisy(code: Tensor) -> Tensor:
            return code + NOISE * torch.randn(code.shape, generator=generator)

        mean = Latents(noisy(static), noisy(dynamic), mask)
        sample = Latents(noisy(static), noisy(dynamic), mask)
        return _codes(data, mean, sample)

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


def _mask(data: SequenceDataset) -> Tensor | None:
    """The steps that exist, ``[N, T]``; None if all do."""
    if data.lengths is None:
        return None
    return torch.from_numpy(np.arange(data.spec.frames) < data.lengths[:, None])


def _codes(data: SequenceDataset, mean: Latents, sample: Latents) -> Codes:
    """Codes of a control, which has no prior to diverge from."""
    return Codes(
        mean,
        sample,
        static_kl=torch.zeros(mean.static.shape[:2]),
        dynamic_kl=torch.zeros(mean.dynamic.shape[:2]),
        labels=labels_in_parts(data),
        source=data.sources,
    )


class HiddenLeak(Oracle):
    """The oracle, with one off-target factor of each code hidden inside the clusters of the on-target ones.

    The residual has no component outside the directions in which the clusters differ, so that whitening the code does
    not show it.

    Args:
        scale: of the residual, relative to the distance of clusters.
        place: ``"every step"``; ``"one step"``: of the dynamic code; ``"interaction"``: neither of two parts of the
            residual contains anything, their combination contains whether a label is odd.
    """

    def __init__(
        self, gallery: SequenceDataset, scale: float = HIDDEN_SCALE, place: str = "every step"
    ) -> None:
        super().__init__(gallery)
        self.scale, self.place = scale, place
        self.hidden: dict[str, Factor | None] = {}
        for kind in ("static", "dynamic"):
            off_target = [f for f in self.spec.factors if not f.continuous and f.kind != kind]
            self.hidden[kind] = off_target[0] if off_target else None

    def codes(
        self, data: SequenceDataset, *, seed: int = 0, progress: Progress | None = None
    ) -> Codes:
        generator = torch.Generator().manual_seed(seed)
        steps = data.spec.frames
        labels = {name: _without_missing(value) for name, value in data.labels().items()}
        static = self._clusters("static", labels, 0)
        dynamic = torch.stack([self._clusters("dynamic", labels, t) for t in range(steps)], dim=1)
        static_leak = self._residual("static", labels, generator)
        dynamic_leak = self._residual("dynamic", labels, generator)[:, None].expand_as(dynamic)
        if self.place == "one step":
            at_step = torch.arange(steps) == steps // 2
            noise = torch.randn(dynamic.shape, generator=generator, dtype=dynamic.dtype)
            dynamic_leak = torch.where(at_step[:, None], dynamic_leak, noise)
        mask = _mask(data)
        mean = Latents(static + self.scale * static_leak, dynamic + self.scale * dynamic_leak, mask)
        return _codes(data, mean, mean)

    def _clusters(self, kind: str, labels: dict[str, np.ndarray], step: int) -> Tensor:
        """The clusters of a code at one step, in double precision."""
        return self._one_hot(kind, labels, step).double()

    def _residual(
        self, kind: str, labels: dict[str, np.ndarray], generator: torch.Generator
    ) -> Tensor:
        """What is hidden in a code, ``[N, d]``, with unit scale and a little noise."""
        sizes = [len(f.classes) for f in self.factors[kind]]
        width = sum(sizes)
        # The same for every split, whose noise differs.
        fixed = torch.Generator().manual_seed(0)
        total = torch.zeros(len(next(iter(labels.values()))), width, dtype=torch.float64)
        factor = self.hidden[kind]
        if factor is not None:
            label = torch.from_numpy(_at_step(labels[factor.name], 0))
            directions = torch.randn(
                max(2, len(factor.classes)), width, generator=fixed, dtype=torch.float64
            )
            if self.place == "interaction":
                sign = 2.0 * torch.randint(2, (len(label), 1), generator=generator) - 1
                parity = 1.0 - 2.0 * (label[:, None] % 2)
                total += sign * directions[0] + sign * parity * directions[1]
            else:
                total += directions[label]
        noise = torch.randn(total.shape, generator=generator, dtype=torch.float64)
        return _without_block_means(total + HIDDEN_NOISE * noise, sizes)


def _without_block_means(residual: Tensor, sizes: list[int]) -> Tensor:
    """A residual ``[N, d]`` without the directions in which one-hot labels do not differ."""
    parts = [part - part.mean(1, keepdim=True) for part in residual.split(sizes, dim=1)]
    return torch.cat(parts, 1)


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


HIDDEN_PLACES = {
    "hidden": "every step",
    "hidden-step": "one step",
    "hidden-interaction": "interaction",
}


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
    if kind in HIDDEN_PLACES:
        return HiddenLeak(gallery, place=HIDDEN_PLACES[kind])
    if kind.startswith("hidden-"):
        return HiddenLeak(gallery, scale=float(kind.removeprefix("hidden-")))
    return Oracle(gallery, leaky=kind == "leaky")


def _without_missing(labels: np.ndarray) -> np.ndarray:
    """Class labels with 0 in place of -1: steps that do not exist have no label, and are not looked at."""
    return np.maximum(labels, 0) if labels.dtype.kind == "i" else labels


def _at_step(labels: np.ndarray, step: int) -> np.ndarray:
    return labels if labels.ndim == 1 else labels[:, step]


def _one_hot(labels: np.ndarray, factor: Factor) -> Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(labels), len(factor.classes)).float()
