"""The widgets of plugins: put where they belong, and told what happens.

Imported late: what it needs of Textual is not needed for the first paint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from hfs_core.tui.drawing import Drawing
from hfs_core.tui.gadget import Gadget
from hfs_core.tui.panel import Panel
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent, LiveWidget
    from hfs_core.tui.app import ChatApp
    from hfs_core.tui.conversation import Conversation
    from hfs_core.tui.sidebar import Sidebar


class PluginWidgets:
    """Every widget of every plugin, in the sidebar, the status line or the panel."""

    def __init__(self, app: ChatApp, conversation: Conversation, sidebar: Sidebar):
        self._app = app
        self._conversation = conversation
        self._sidebar = sidebar
        self._drawings: list[Drawing] = []
        self._segments: list[str] = []

    async def place(self, widgets: list[LiveWidget]) -> None:
        """Put the widgets in their places, and draw each for the first time."""
        panel = Panel()
        places: dict[str, VerticalScroll] = {"sidebar": self._sidebar.gadgets, "panel": panel}
        gadgets: dict[str, list[Gadget]] = {name: [] for name in places}
        for widget in widgets:
            if widget.spec.slot == "status":
                self._segments.append("")
                show = partial(self._show_segment, len(self._segments) - 1)
                self._follow(widget, show)
            else:
                gadget = Gadget(widget.spec)
                gadgets[widget.spec.slot].append(gadget)
                self._follow(widget, partial(self._show, gadget, places[widget.spec.slot]))
        if gadgets["panel"]:
            await self._app.screen_stack[0].mount(panel, after=self._conversation.views.transcript)
            await panel.mount_all(gadgets["panel"])
        if gadgets["sidebar"]:
            await self._sidebar.fill(self._conversation.host.engine.is_running)
            await self._sidebar.gadgets.mount_all(gadgets["sidebar"])
        self.draw_all()

    async def hear(self, event: HfsEvent) -> None:
        """Draw those again that the event changes."""
        for drawing in self._drawings:
            await drawing.hear(event)

    def draw_all(self) -> None:
        """Draw all again: another session is shown."""
        for drawing in self._drawings:
            drawing.want()

    def catch_up(self) -> None:
        """Draw what changed while it could not be seen: the sidebar was unfolded."""
        for drawing in self._drawings:
            drawing.catch_up()

    def stop(self) -> None:
        """Draw nothing any more."""
        for drawing in self._drawings:
            drawing.stop()

    def _follow(self, widget: LiveWidget, show: Callable[[str, bool], Awaitable[None]]) -> None:
        is_visible = self._sidebar.is_shown if widget.spec.slot == "sidebar" else _always
        self._drawings.append(Drawing(widget, lambda: self._conversation.session_id, show, is_visible))

    async def _show(self, gadget: Gadget, place: VerticalScroll, text: str, has_failed: bool) -> None:
        if gadget.is_attached:
            await gadget.show(text, has_failed=has_failed)
            place.set_class(any(each.has_class("-shown") for each in place.query(Gadget)), "-shown")

    async def _show_segment(self, place: int, text: str, has_failed: bool) -> None:
        self._segments[place] = one_line(text)
        self._conversation.views.status.segments = tuple(filter(None, self._segments))


def _always() -> bool:
    return True
