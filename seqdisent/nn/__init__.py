"""Building blocks that models are given: frame networks, recurrent networks, priors and observation models."""

from seqdisent.nn.config import FrameConfig
from seqdisent.nn.decoder import FrameDecoder
from seqdisent.nn.frames import FrameNetworks, frame_encoder, frame_networks
from seqdisent.nn.observation import Observation
from seqdisent.nn.priors import PRIORS, DynamicPrior, dynamic_prior
from seqdisent.nn.quantisation import Codebooks, ProductQuantiser
from seqdisent.nn.recurrent import SequenceEncoder
from seqdisent.nn.subspace import SubspaceProjection

__all__ = [
    "PRIORS",
    "Codebooks",
    "DynamicPrior",
    "FrameConfig",
    "FrameDecoder",
    "FrameNetworks",
    "Observation",
    "ProductQuantiser",
    "SequenceEncoder",
    "SubspaceProjection",
    "dynamic_prior",
    "frame_encoder",
    "frame_networks",
]
