"""The modalities that the app shows, by name."""

from __future__ import annotations

from demo.modalities.base import ModalityView, SourceClip
from demo.modalities.speech import SpeechView
from demo.modalities.timeseries import TimeSeriesView
from demo.modalities.video import VideoView
from seqdisent.data import DatasetSpec

VIEWS: dict[str, ModalityView] = {
    view.name: view for view in (VideoView(), SpeechView(), TimeSeriesView())
}


def view_named(name: str) -> ModalityView:
    """How a modality is shown."""
    return VIEWS[name]


def view_of(spec: DatasetSpec) -> ModalityView:
    """How sequences of a data set are shown."""
    return VIEWS[spec.modality]


__all__ = ["VIEWS", "ModalityView", "SourceClip", "view_named", "view_of"]
