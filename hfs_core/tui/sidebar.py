"""The column beside the transcript: sessions, then what plugins show there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from hfs_core.tui.session_list import SessionList


class Sidebar(Vertical):
    """Stands beside the transcript where there is room, else over it for as long as it is looked at.

    Until the person folds it away or out, the width of the screen says whether it is shown. It is empty until it
    is filled, after the first paint.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Sidebar {
        dock: left; width: 32; height: 100%; display: none; padding: 1 1 0 1;
        background: $surface;
        & > .title { color: $text-muted; text-style: bold; padding: 0 2; height: 1; }
        & > .missing { color: $text-muted; padding: 0 2; height: auto; display: none; }
        & > .missing.-shown { display: block; }
        & > #gadgets {
            height: auto; max-height: 50%; display: none; scrollbar-size-vertical: 1;
            margin-top: 1; background: $surface;
        }
        & > #gadgets.-shown { display: block; }
    }
    .-side-shown Sidebar, .-side-beside Sidebar.-open { display: block; }
    .-side-shown Sidebar.-folded { display: none; }
    .-side-over Sidebar.-over { display: block; layer: over; max-width: 90%; border-right: outer $surface-lighten-2; }
    .-short Sidebar { padding: 0; }
    .-short Sidebar > .title { display: none; }
    .-tiny Sidebar, .-tiny Sidebar.-open, .-tiny Sidebar.-over { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.go_to_composer", "Back to the composer", show=False),
    ]

    def __init__(self, is_open: bool | None, on_seen: Callable[[], None]):
        super().__init__()
        self._on_seen = on_seen
        self.gadgets = VerticalScroll(id="gadgets", can_focus=False)
        self.sessions: SessionList | None = None
        self._missing = Static(markup=False, classes="missing")
        self._filling = asyncio.Lock()
        self.set_open(is_open)

    def on_show(self) -> None:
        """Tell that it can be seen."""
        self._on_seen()

    def is_shown(self) -> bool:
        """Tell whether it can be seen."""
        return self.is_attached and bool(self.display)

    def set_open(self, is_open: bool | None) -> None:
        """Say whether it is shown where there is room; None leaves it to the width."""
        self.set_class(is_open is True, "-open").set_class(is_open is False, "-folded")

    def set_over(self, is_over: bool) -> None:
        """Lay it over the transcript where there is no room beside it, or take it away there."""
        self.set_class(is_over, "-over")

    async def fill(self, is_running: Callable[[int], bool]) -> None:
        """Make its parts, once; after the first paint, which must not wait for them.

        Args:
            is_running: tells whether a session has a reply under way.
        """
        async with self._filling:
            if self.sessions is None and self.is_attached:
                from hfs_core.tui.session_list import SessionList

                self.sessions = SessionList(is_running)
                title = Static(Content("Sessions"), markup=False, classes="title")
                await self.mount(title, self._missing, self.sessions, self.gadgets)

    def tell(self, text: str) -> None:
        """Say why there are no sessions."""
        self._missing.set_class(bool(text), "-shown")
        self._missing.update(Content(text))
