"""Which frame networks a model has, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass

# The kind whose decoder is modulated by the static code: of images and of signals.
MODULATED = "modulated"


@dataclass(frozen=True)
class FrameConfig:
    """Which frame networks, and how wide.

    Args:
        kind: for images a name in :data:`seqdisent.nn.images.NETWORKS`, for steps of a signal one in
            :data:`seqdisent.nn.signals.DECODERS`.
        width: channels after the first convolution, or an eighth of the hidden units of a signal network.
        features: G, size of the feature vector of a frame.
    """

    kind: str = "space-to-depth"
    width: int = 48
    features: int = 256
