"""What a tab is, and the page that tabs share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ClassVar

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog, requests
from demo.core.messages import Address
from demo.core.requests import Ref
from demo.web.events import MODEL, QUIET, Updates, merged, unique, updating


@dataclass(frozen=True)
class Pair:
    """The sequences of a visitor.

    Args:
        a: a position in the test split, or a generated sequence.
        b: the same.
        notes: what to say about A and about B.
    """

    a: Ref
    b: Ref
    notes: tuple[str, str] = ("", "")


class Tab(ABC):
    """One tab of the page: its components, and what they show.

    A tab is created for each page and adds its components to itself in :meth:`layout`. Methods that show something
    return updates by component; each has the list of the components that it may update.

    Attributes:
        id: in the address of the page.
        label: for people.
    """

    id: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def layout(self) -> None:
        """Add the components to the page."""

    @abstractmethod
    def connect(self, page: Page) -> None:
        """Attach the events of the tab."""

    def checkpoint_outputs(self) -> list[Block]:
        """What :meth:`show_checkpoint` updates."""
        return []

    def show_checkpoint(self, name: str) -> Updates:
        """Another checkpoint was chosen, whose data are there."""
        return {}

    def pair_outputs(self) -> list[Block]:
        """What :meth:`show_pair` updates."""
        return []

    def show_pair(self, name: str, pair: Pair) -> Updates:
        """Another pair was chosen."""
        return {}

    def arrival_outputs(self) -> list[Block]:
        """What :meth:`show_arrival` updates."""
        return []

    def show_arrival(self, address: Address) -> Updates:
        """A visitor came, perhaps by a link."""
        return {}

    def opening(self, page: Page) -> dict[str, Any] | None:
        """The event that fills the tab when it is opened, as arguments of a listener; None for a tab that is filled."""
        return None


@dataclass
class Page:
    """What the tabs of a page share.

    Args:
        checkpoint: the menu.
        a: the visitor's first sequence.
        b: the second.
        open_tab: id of the tab that is open.
        frame: the component that holds the tabs.
        work: what holds the frame, hidden while there is nothing to show.
        handles: the component of each tab, by id.
        tabs: the tabs, by id.
    """

    checkpoint: gr.Dropdown
    a: gr.State
    b: gr.State
    open_tab: gr.State
    frame: gr.Tabs
    work: gr.Column
    handles: dict[str, gr.Tab] = field(default_factory=dict)
    tabs: dict[str, Tab] = field(default_factory=dict)

    @property
    def pair(self) -> list[Block]:
        """The checkpoint and both sequences, as inputs of events."""
        return [self.checkpoint, self.a, self.b]

    def pair_outputs(self) -> list[Block]:
        """What :meth:`show_pair` updates."""
        outputs: list[Block] = [self.a, self.b]
        for tab in self.tabs.values():
            outputs += tab.pair_outputs()
        return unique(outputs)

    def show_pair(self, name: str, pair: Pair) -> Updates:
        """The pair in all tabs: one round trip, no second event."""
        it = catalog.load(name)
        a, b = requests.read_ref(it, pair.a), requests.read_ref(it, pair.b)
        checked = Pair(a, b, pair.notes)
        parts = [tab.show_pair(name, checked) for tab in self.tabs.values()]
        return merged({self.a: a, self.b: b}, *parts)

    def choose_on(
        self,
        event: Callable[..., Any],
        choose: Callable[..., Pair],
        *inputs: Block,
        then_show: Callable[[str, Pair], Updates] | None = None,
        also: list[Block] | None = None,
    ) -> Any:
        """Change the pair when an event occurs.

        Args:
            event: a listener of a component.
            choose: (checkpoint, a, b, and the values of ``inputs``, perhaps the event) to the new pair.
            then_show: further updates.
            also: the components of those.
        """

        @wraps(choose)
        def chosen(name: str, *arguments: Any) -> Updates:
            pair = choose(name, *arguments)
            further = then_show(name, pair) if then_show else {}
            return merged(self.show_pair(name, pair), further)

        outputs = unique([*self.pair_outputs(), *(also or [])])
        return event(updating(chosen), [*self.pair, *inputs], outputs, **QUIET, **MODEL)
