"""Which frame networks a model has, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import nn


class FrameNetworks(NamedTuple):
    """An encoder ``[N, *event] -> [N, G]`` and a decoder ``[N, S + D] -> [N, *event]``."""

    encoder: nn.Module
    decoder: nn.Module


@dataclass(frozen=True)
class FrameConfig:
    """Which frame networks, and how wide.

    Args:
        kind: ``"space-to-depth"``, ``"modulated"`` or ``"dcgan"`` for pictures, ``"mlp"`` or ``"modulated"`` for
            steps of a signal, ``"voice"`` for speech.
        width: channels after the first convolution, or an eighth of the hidden units.
        features: G, size of the feature vector of a frame.
    """

    kind: str = "space-to-depth"
    width: int = 48
    features: int = 256
