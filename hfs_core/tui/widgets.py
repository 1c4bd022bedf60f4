"""The widgets of plugins: put where they belong, told what happens, and taken away with their plugin.

Imported late: what it needs of Textual is not needed for the first paint.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from hfs_core import api
from hfs_core.tui.drawing import Drawing
from hfs_core.tui.gadget import Gadget
from hfs_core.tui.panel import Panel
from hfs_core.tui.raw_gadget import RawGadget
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent, LiveRawWidget, LiveWidget
    from hfs_core.tui.app import ChatApp
    from hfs_core.tui.conversation import Conversation
    from hfs_core.tui.sidebar import Sidebar

log = logging.getLogger("hfs.tui")

STOP_SECONDS = 5.0
"""How long widgets that are being taken away when HFS ends may take."""


class Placed:
    """The widgets of one plugin on the screen."""

    def __init__(self) -> None:
        self.drawings: list[Drawing] = []
        self.gadgets: list[Gadget | RawGadget] = []

    async def end(self) -> None:
        """Take them off the screen."""
        for drawing in self.drawings:
            drawing.stop()
        await asyncio.gather(*(_gone(gadget) for gadget in self.gadgets))


class PluginWidgets:
    """Every widget of every plugin, in the sidebar, the status line or the panel."""

    def __init__(self, app: ChatApp, conversation: Conversation, sidebar: Sidebar):
        self._app = app
        self._conversation = conversation
        self._sidebar = sidebar
        self._panel = Panel()
        self._placed: dict[str, Placed] = {}
        self._segments: dict[LiveWidget, str] = {}
        self._is_stopped = False
        self._changing = asyncio.Lock()
        self._changes: set[asyncio.Task[None]] = set()

    @property
    def drawings(self) -> list[Drawing]:
        """What keeps the declared ones up to date."""
        return [drawing for placed in self._placed.values() for drawing in placed.drawings]

    async def place(self, widgets: list[LiveWidget | LiveRawWidget]) -> None:
        """Put widgets in their places, and draw each for the first time."""
        drawings: list[Drawing] = []
        raw: list[RawGadget] = []
        gadgets: dict[str, list[Gadget | RawGadget]] = {"sidebar": [], "panel": []}
        for widget in widgets:
            placed = self._placed.setdefault(widget.plugin, Placed())
            if isinstance(widget, api.LiveRawWidget):
                raw.append(RawGadget(widget))
                gadgets[widget.spec.slot].append(raw[-1])
                placed.gadgets.append(raw[-1])
                continue
            drawing = self._drawing(widget, gadgets, placed)
            placed.drawings.append(drawing)
            drawings.append(drawing)
        await self._mount(gadgets)
        for each in raw:
            each.begin()
        for drawing in drawings:
            drawing.want()
        self._show_places()

    async def hear(self, event: HfsEvent) -> None:
        """Draw those again that the event changes; a plugin's come and go with it."""
        for drawing in self.drawings:
            await drawing.hear(event)
        if isinstance(event, api.PluginStateChanged | api.PluginReloaded) and not self._is_stopped:
            change = asyncio.create_task(self._change(event), name=f"hfs:tui:widgets:{event.plugin}")
            self._changes.add(change)
            change.add_done_callback(self._changes.discard)

    def draw_all(self) -> None:
        """Draw all again: another session is shown."""
        for drawing in self.drawings:
            drawing.want()

    def catch_up(self) -> None:
        """Draw what changed while it could not be seen: the sidebar was unfolded."""
        for drawing in self.drawings:
            drawing.catch_up()

    async def stop(self) -> None:
        """Take all off the screen."""
        self._is_stopped = True
        if self._changes:  # a widget that is on its way out must have left before its plugin is gone
            await asyncio.wait(list(self._changes), timeout=STOP_SECONDS)
        for change in self._changes:
            change.cancel()
        async with self._changing:
            await asyncio.gather(*(placed.end() for placed in self._placed.values()))
            self._placed.clear()

    async def _change(self, event: api.PluginStateChanged | api.PluginReloaded) -> None:
        """Take a plugin's widgets away if it is not in use any more, and bring those of one that has come."""
        try:
            async with self._changing:
                await self._settle(event)
        except Exception:  # the widgets of one plugin must not silence what the others show
            log.exception("the widgets of %s", event.plugin)

    async def _settle(self, event: api.PluginStateChanged | api.PluginReloaded) -> None:
        host, plugin = self._conversation.host, event.plugin
        is_another = isinstance(event, api.PluginReloaded) or event.state == api.PluginState.FOUND
        entry = host.plugins.entries.get(plugin)
        is_usable = entry is not None and entry.is_usable
        if plugin in self._placed and (not is_usable or is_another):
            self._segments = {live: text for live, text in self._segments.items() if live.plugin != plugin}
            await self._placed.pop(plugin).end()
            self._show_places()
            self._show_segments()
        may_have = entry is not None and ("provide_widgets" in entry.info.hooks or not entry.info.lists)
        if is_usable and may_have and plugin not in self._placed and not self._is_stopped:
            await host.load_widgets(plugin)
            await self.place([live for live in api.live_widgets(host) if live.plugin == plugin])

    def _drawing(
        self, widget: LiveWidget, gadgets: dict[str, list[Gadget | RawGadget]], placed: Placed
    ) -> Drawing:
        show: Callable[[str, bool], Awaitable[None]]
        if widget.spec.slot == "status":
            self._segments[widget] = ""
            show = partial(self._show_segment, widget)
        else:
            gadget = Gadget(widget.spec)
            gadgets[widget.spec.slot].append(gadget)
            placed.gadgets.append(gadget)
            show = partial(self._show, gadget)
        is_visible = self._sidebar.is_shown if widget.spec.slot == "sidebar" else _always
        return Drawing(widget, lambda: self._conversation.session_id, show, is_visible)

    async def _mount(self, gadgets: dict[str, list[Gadget | RawGadget]]) -> None:
        if gadgets["panel"]:
            if not self._panel.is_attached:
                place = self._conversation.views.transcript
                await self._app.screen_stack[0].mount(self._panel, after=place)
            await self._panel.mount_all(gadgets["panel"])
        if gadgets["sidebar"]:
            await self._sidebar.fill(self._conversation.host.engine.is_running)
            await self._sidebar.gadgets.mount_all(gadgets["sidebar"])

    async def _show(self, gadget: Gadget, text: str, has_failed: bool) -> None:
        if gadget.is_attached:
            await gadget.show(text, has_failed=has_failed)
            self._show_places()

    def _show_places(self) -> None:
        """Show the places in which there is something to be seen."""
        places: tuple[VerticalScroll, ...] = (self._panel, self._sidebar.gadgets)
        for place in places:
            place.set_class(any(each.has_class("-shown") for each in place.children), "-shown")

    async def _show_segment(self, widget: LiveWidget, text: str, has_failed: bool) -> None:
        if widget in self._segments:
            self._segments[widget] = one_line(text)
            self._show_segments()

    def _show_segments(self) -> None:
        self._conversation.views.status.segments = tuple(filter(None, self._segments.values()))


async def _gone(gadget: Gadget | RawGadget) -> None:
    if isinstance(gadget, RawGadget):
        await gadget.end()
    elif gadget.is_attached:
        await gadget.remove()


def _always() -> bool:
    return True
