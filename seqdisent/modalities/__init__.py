"""Modalities: how the frames of a kind of sequence are judged, exported, named and bounded."""

from seqdisent.modalities.base import Modality
from seqdisent.modalities.registry import ENTRY_POINT_GROUP, MODALITIES, modality_of

__all__ = ["ENTRY_POINT_GROUP", "MODALITIES", "Modality", "modality_of"]
