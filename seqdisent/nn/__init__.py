"""Building blocks that models are given: frame networks and temporal networks."""

from seqdisent.nn.config import FrameNetworks
from seqdisent.nn.images import frame_networks
from seqdisent.nn.priors import TRANSITIONS, Transition, transition
from seqdisent.nn.recurrent import SequenceEncoder
from seqdisent.nn.subspace import SignalFilter

__all__ = [
    "FrameNetworks",
    "SequenceEncoder",
    "SignalFilter",
    "TRANSITIONS",
    "Transition",
    "frame_networks",
    "transition",
]
