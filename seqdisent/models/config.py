"""Settings that every model has, and how its codes are taken."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqdisent.distributions import DiagonalGaussian
from seqdisent.nn.config import FrameConfig


@dataclass(frozen=True)
class VAEConfig:
    """Settings that every model has.

    The published weights "reconstruction w : static KL : dynamic KL" of a summed squared error are
    ``sigma = 1 / sqrt(2 w)``, ``static_weight`` and ``dynamic_weight``.

    Args:
        static_size: S.
        dynamic_size: D.
        hidden: units of the recurrent networks.
        transition: name in :data:`seqdisent.nn.priors.TRANSITIONS`: ``"stochastic"`` as in the papers,
            ``"deterministic"`` (DSVAE's contrast), ``"linear"`` or ``"independent"``.
        sigma: standard deviation of the Gaussian likelihood, in units of ``x``; ``None`` learns one
            (sigma-VAE, Rybkin et al. 2021). A decoder with scales of its own has no use for it.
        static_weight: weight of KL(q(s|x) || p(s)) in the loss.
        dynamic_weight: weight of the summed KL(q(z_t|x) || p(z_t|z_<t)).
        presence_weight: weight of the likelihood of *which* values are there, where some may be missing: what was
            measured, and how often, says much about who. Not in the papers: 0 leaves it out.
        swap_weight: weight of the swap's consistency: in training the static codes of a batch are dealt anew; what is
            decoded must be read again as the static code that went in and the dynamics that stayed, as divergences
            in nats. Not in the papers: 0 leaves it out.
        static_rank: directions that the static code is cut down to after training; 0 leaves it as it is.
        dynamic_rank: the same for the dynamic code of a whole sequence, whose length is then fixed.
            :mod:`seqdisent.models.pruning` finds both.
        perturb: name in :data:`seqdisent.models.augmentations.PERTURBATIONS`, or ``"none"`` as in the papers.
        frame: the frame networks.
    """

    static_size: int = 128
    dynamic_size: int = 32
    hidden: int = 128
    transition: str = "stochastic"
    sigma: float | None = 0.0913
    static_weight: float = 1.0
    dynamic_weight: float = 1.0
    presence_weight: float = 0.0
    swap_weight: float = 0.0
    static_rank: int = 0
    dynamic_rank: int = 0
    perturb: str = "none"
    frame: FrameConfig = field(default_factory=FrameConfig)


@dataclass(frozen=True)
class Draw:
    """How to turn a posterior into a code: a draw from a generator, or the mean."""

    sample: bool
    generator: torch.Generator | None = None

    def __call__(self, posterior: DiagonalGaussian) -> Tensor:
        return posterior.sample(self.generator) if self.sample else posterior.mode
