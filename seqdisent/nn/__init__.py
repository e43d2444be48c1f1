"""Building blocks that models are given: frame networks and temporal networks."""

from seqdisent.nn.frames import FrameNetworks, frame_networks
from seqdisent.nn.signal import SignalFilter
from seqdisent.nn.temporal import SequenceEncoder
from seqdisent.nn.transition import TRANSITIONS, Transition, transition

__all__ = [
    "FrameNetworks",
    "SequenceEncoder",
    "SignalFilter",
    "TRANSITIONS",
    "Transition",
    "frame_networks",
    "transition",
]
