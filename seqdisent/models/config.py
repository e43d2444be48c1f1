"""Settings that every model has."""

from __future__ import annotations

from dataclasses import dataclass, field

from seqdisent.errors import UsageError
from seqdisent.nn.config import MODULATED, FrameConfig


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
        frame: the frame networks.
    """

    static_size: int = 128
    dynamic_size: int = 32
    hidden: int = 128
    transition: str = "stochastic"
    sigma: float | None = 0.0913
    static_weight: float = 1.0
    dynamic_weight: float = 1.0
    frame: FrameConfig = field(default_factory=FrameConfig)


def require_joined_codes(name: str, config: VAEConfig) -> None:
    """For methods of the papers: their decoder reads the joined codes of a frame, [s, z_t].

    Raises:
        ValueError: if the static code modulates the decoder.
    """
    if config.frame.kind == MODULATED:
        raise UsageError(
            f"a decoder that the static code modulates is not part of {name.upper()}; the model 'vast' has it"
        )
