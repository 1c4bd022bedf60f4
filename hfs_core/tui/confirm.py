"""A question that is answered with yes or no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.text import drawable


class Confirm(ModalScreen[bool]):
    """Asks before something is done; only `y` means yes."""

    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > VerticalGroup {
        width: auto; max-width: 90%; max-height: 90%; padding: 1 2;
        border: round $warning; background: $surface; overflow-y: auto;
    }
    Confirm Static { width: auto; max-width: 100%; }
    Confirm .keys { color: $text-muted; margin-top: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,enter,ctrl+c", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str):
        super().__init__()
        self._question = drawable(question)

    def compose(self) -> Iterator[Widget]:
        """Draw the question and its keys."""
        yield VerticalGroup(
            Static(Content(self._question), markup=False),
            Static(Content("y yes   n no"), classes="keys", markup=False),
        )
