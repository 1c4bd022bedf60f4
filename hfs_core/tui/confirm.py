"""A question that is answered with yes or no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.events import Resize
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
    Confirm.-narrow > VerticalGroup { max-width: 100%; padding: 0 1; }
    Confirm.-low > VerticalGroup {
        width: 100%; max-width: 100%; height: 100%; max-height: 100%; border: none; padding: 0 1;
    }
    Confirm.-low .keys { dock: bottom; width: 100%; margin: 0; background: $surface; }
    Confirm.-line .keys { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,enter,ctrl+c", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str):
        super().__init__()
        self._question = drawable(question)

    def on_resize(self, event: Resize) -> None:
        """Keep the question and its keys in view on small screens."""
        width, height = event.size
        self.set_class(width < 40, "-narrow")
        self.set_class(height < 12, "-low")
        self.set_class(height < 2, "-line")

    def compose(self) -> Iterator[Widget]:
        """Draw the question and its keys."""
        yield VerticalGroup(
            Static(Content(self._question), markup=False),
            Static(
                Content.assemble(("y", "$text-accent bold"), " yes   ", ("n", "$text-accent bold"), " no"),
                classes="keys",
                markup=False,
            ),
        )
