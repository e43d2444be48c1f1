"""Building blocks that models are given: frame networks and temporal networks."""

from seqdisent.nn.frames import FrameNetworks, frame_networks
from seqdisent.nn.signal import SignalFilter
from seqdisent.nn.temporal import LSTMPrior, SequenceEncoder

__all__ = ["FrameNetworks", "LSTMPrior", "SequenceEncoder", "SignalFilter", "frame_networks"]
