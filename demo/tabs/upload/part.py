"""The part of the Upload tab for one modality: where an upload comes in, and what is said about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr
from gradio.blocks import Block

from demo.tabs.base import Page
from demo.web.events import Updates
from seqdisent.data import DatasetSpec


@dataclass(frozen=True)
class Arrival:
    """What an upload changes.

    Args:
        updates: of the components of the part.
        key: the token of the upload, None if there is none.
        keeps_former: whether the former upload stays, because this choice does not fit.
    """

    updates: Updates
    key: str | None = None
    keeps_former: bool = False


class UploadPart(ABC):
    """One modality's part.

    Attributes:
        modality: its name.
        kind: of checkpoints that take these uploads, "of ...".
        one: such an upload, with its article.
        stage_id: of the element that shows swaps.
        swap_label: of the button.
        downloadable: whether swaps are saved as a file; clips of sound are saved one by one.
    """

    modality: ClassVar[str]
    kind: ClassVar[str]
    one: ClassVar[str]
    stage_id: ClassVar[str]
    swap_label: ClassVar[str]
    downloadable: ClassVar[bool] = False

    box: gr.Column

    @abstractmethod
    def layout(self) -> None:
        """Add the components to the tab."""

    @abstractmethod
    def explanation(self, spec: DatasetSpec) -> str:
        """What to do, in words."""

    @abstractmethod
    def outputs(self) -> list[Block]:
        """The components that an arrival updates."""

    def cleared(self) -> Updates:
        """Nothing has come."""
        return dict.fromkeys(self.outputs())

    @abstractmethod
    def arrivals(self, page: Page) -> list[dict[str, Any]]:
        """The events by which an upload comes: "event", "fn" (its last argument before the event is the former key; it
        returns an :class:`Arrival`), "inputs" between the checkpoint and the key, and "limits" of the queue."""
