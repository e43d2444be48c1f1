"""Settings that every model has."""

from __future__ import annotations

from dataclasses import dataclass, field

from seqdisent.nn.config import FrameConfig


@dataclass(frozen=True)
class VAEConfig:
    """Settings that every model has; a method adds its own in a subclass.

    The published weights "reconstruction w : static KL : dynamic KL" of a summed squared error are
    ``sigma = 1 / sqrt(2 w)``, ``static_weight`` and ``dynamic_weight``.

    Args:
        static_size: S.
        dynamic_size: D.
        hidden: units of the recurrent networks.
        transition: name in :data:`seqdisent.nn.priors.PRIORS`: ``"stochastic"`` as in the papers,
            ``"deterministic"`` (the contrast of DSVAE's paper), ``"linear"`` or ``"independent"``.
        sigma: standard deviation of the Gaussian likelihood, in units of ``x``; ``None`` learns one
            (sigma-VAE, Rybkin et al. 2021). Not used where the decoder predicts a scale for every value.
        static_weight: weight of KL(q(s|x) || p(s)) in the loss.
        dynamic_weight: weight of the summed KL(q(z_t|x) || p(z_t|z_<t)).
        presence_weight: weight of the likelihood of *which* values are present, for data sets with missing values:
            what was measured, and how often, carries information about the subject. Not in the papers: 0 leaves it out.
        static_rank: dimension of the subspace onto which the static code is projected after training; 0 for none.
        dynamic_rank: the same for the dynamic code of a full sequence, whose length is then fixed.
            :mod:`seqdisent.models.pruning` finds both.
        augmentation: name in :data:`seqdisent.models.augmentations.AUGMENTATIONS`; ``"none"`` as in the papers.
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
    static_rank: int = 0
    dynamic_rank: int = 0
    augmentation: str = "none"
    frame: FrameConfig = field(default_factory=FrameConfig)
