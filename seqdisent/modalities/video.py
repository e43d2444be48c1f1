"""Video: pictures ``[3, H, W]`` in 0..1."""

from __future__ import annotations

from seqdisent.media import export_video
from seqdisent.modalities.base import Limits, Modality, Nouns
from seqdisent.spec import DatasetSpec


class Video(Modality):
    """A character or scene that moves: the static code is its look, the dynamic code its motion."""

    name = "video"
    title = "video"
    nouns = Nouns(
        sequence="sequence",
        step="frame",
        static="look",
        dynamic="motion",
        static_question="who it is",
        dynamic_question="what it does",
        output="pictures",
        input="pictures",
        swap="{static} moves like {dynamic}",
    )
    limits = Limits(frames=500, amount=8_000_000, unit="pixels")
    writers = export_video.WRITERS
    swap_order = "above, then below"
    has_pixels = True

    def steps_label(self, spec: DatasetSpec) -> str:
        return "frames"

    def amount_per_step(self, spec: DatasetSpec) -> int:
        _, height, width = spec.event_shape
        return height * width


VIDEO = Video()
