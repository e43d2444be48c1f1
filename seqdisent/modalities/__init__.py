"""Modalities: how the frames of a kind of sequence are judged, exported, named and bounded."""

from seqdisent.modalities.base import Modality
from seqdisent.modalities.registry import ENTRY_POINTS, MODALITIES, modality_of

__all__ = ["ENTRY_POINTS", "MODALITIES", "Modality", "modality_of"]
