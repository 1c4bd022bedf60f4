"""What is around the conversation: kept in line with the settings and with what happens."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from hfs_core import api
from hfs_core.tui.appearance import Appearance
from hfs_core.tui.preferences import Preferences, write_preferences
from hfs_core.tui.sidebar import Sidebar

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfs_core.api import Decide, HfsEvent, Paths, Subscription
    from hfs_core.tui.app import ChatApp
    from hfs_core.tui.conversation import Conversation
    from hfs_core.tui.decisions import Decisions
    from hfs_core.tui.gauge import Gauge
    from hfs_core.tui.opening import Opening
    from hfs_core.tui.session_feed import SessionFeed
    from hfs_core.tui.widgets import PluginWidgets

log = logging.getLogger("hfs.tui")


class Frame:
    """Hears of everything beside the conversation's own listener, in a task of its own.

    Attributes:
        sidebar: the column beside the transcript.
    """

    def __init__(self, app: ChatApp, opening: Opening):
        self.sidebar = Sidebar(opening.sidebar, self.catch_up)
        self._app = app
        self._appearance = Appearance(app, opening)
        self._preferences = Preferences(opening.sidebar)
        self._written = self._preferences
        self._remembering: asyncio.Task[None] | None = None
        self._conversation: Conversation | None = None
        self._feed: SessionFeed | None = None
        self._gauge: Gauge | None = None
        self._widgets: PluginWidgets | None = None
        self._decisions: Decisions | None = None
        self._asking: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def apply_first(self) -> None:
        """Look as the settings said when HFS was called, before the first paint."""
        self._appearance.apply_first()
        views = self._app.views
        self._app.watch(views.composer, "mode_name", views.status.show_mode)

    async def open(self, conversation: Conversation) -> None:
        """Begin to follow a running HFS."""
        from hfs_core.tui.gauge import Gauge
        from hfs_core.tui.session_feed import SessionFeed

        self._conversation = conversation
        self._appearance.follow(conversation.host.settings.current)
        self._feed = SessionFeed(conversation, self.sidebar)
        self._gauge = Gauge(conversation)
        conversation.on_switch = self._switched
        self._listening = asyncio.create_task(
            self._listen(await conversation.host.bus.subscribe()), name="hfs:tui:frame"
        )
        self._remember()
        self.catch_up()

    async def place_widgets(self) -> None:
        """Draw the widgets of plugins, which have been collected, and those of plugins that come later."""
        from hfs_core.tui.widgets import PluginWidgets

        if self._conversation is not None:
            self._widgets = PluginWidgets(self._app, self._conversation, self.sidebar)
            await self._widgets.place(api.live_widgets(self._conversation.host))

    async def show_decisions(self, begin: Callable[[], None]) -> None:
        """Say which plugins wait for a decision; `begin` is called once there may be new commands."""
        from hfs_core.tui.decisions import Decisions

        if self._conversation is not None:
            self._decisions = Decisions(self._app, self._conversation, begin)
            await self._decisions.open()

    async def decide(self, effect: Decide) -> None:
        """Let the person decide about a plugin; raises HfsError."""
        if self._decisions is not None:
            await self._decisions.carry_out(effect)

    def ask_all(self) -> None:
        """Ask about each plugin that waits for a decision."""
        if self._decisions is not None and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._decisions.ask_all(), name="hfs:tui:decisions")

    async def close(self) -> None:
        """Follow no longer; what the person chose is written."""
        for part in (self._feed, self._gauge):
            if part is not None:
                part.stop()
        if self._widgets is not None:
            await self._widgets.stop()
        for task in (self._listening, self._asking):
            if task is not None:
                task.cancel()
        if self._remembering is not None:
            await self._remembering
        await self._appearance.settle()

    def set_output_mode(self, mode: str) -> None:
        """Show as much beside the words as this mode says, for this sitting."""
        self._appearance.show_as(mode)

    def toggle_output_mode(self) -> None:
        """Show more, or less, beside the words, for good."""
        host = None if self._conversation is None else self._conversation.host
        mode = self._appearance.toggle_output_mode(host)
        self._app.hint(f"{mode} output")

    def toggle_sidebar(self) -> None:
        """Unfold the sidebar and go there, or fold it away; for good where there is room beside the transcript."""
        is_shown = not self.sidebar.is_shown()
        if self._app.screen_stack[0].has_class("-side-over"):
            self.sidebar.set_over(is_shown)
        else:
            self.sidebar.set_open(is_shown)
            self._preferences = replace(self._preferences, sidebar=is_shown)
            self._remember()
        self._app.call_after_refresh(self._go_to_sidebar if is_shown else self.go_to_composer)

    def go_to_composer(self) -> None:
        """Go back to the composer; where it lies over the transcript, the sidebar goes."""
        self.sidebar.set_over(False)
        self._app.views.composer.focus()

    def catch_up(self) -> None:
        """Draw what changed while it could not be seen: the sidebar may have come into view."""
        if self._feed is not None:
            self._feed.catch_up()
        if self._widgets is not None:
            self._widgets.catch_up()

    async def _go_to_sidebar(self) -> None:
        self.catch_up()
        if self._feed is not None:
            await self._feed.fill()
        if self.sidebar.sessions is not None and self.sidebar.is_shown():
            self.sidebar.sessions.focus()

    def _switched(self) -> None:
        if self._feed is not None and self._gauge is not None:
            self._feed.mark()
            self._gauge.read()
        if self._widgets is not None:
            self._widgets.draw_all()

    def _remember(self) -> None:
        """Write how the person left the screen, elsewhere than on the event loop; one write after the other."""
        if self._conversation is not None and (self._remembering is None or self._remembering.done()):
            paths = self._conversation.host.paths
            self._remembering = asyncio.create_task(self._write(paths), name="hfs:tui:preferences")

    async def _write(self, paths: Paths) -> None:
        while self._preferences != self._written:
            written = self._preferences
            await asyncio.to_thread(write_preferences, paths, written)
            self._written = written

    async def _listen(self, events: Subscription) -> None:
        async for event in events:
            try:
                await self._hear(event)
            except Exception:  # one event that cannot be followed must not silence the others
                log.exception("%s", event.event_type)

    async def _hear(self, event: HfsEvent) -> None:
        conversation = self._conversation
        if self._feed is None or self._gauge is None or conversation is None:
            return
        if isinstance(event, api.SettingChanged):
            self._appearance.follow(conversation.host.settings.current)
            conversation.show_status()
        if isinstance(event, api.PluginReloaded) and self._app.runner is not None:
            self._app.keys.take_back(event.plugin)
            self._app.runner.bind_keys()
        self._feed.hear(event)
        self._gauge.hear(event)
        if self._decisions is not None:
            self._decisions.hear(event)
        if self._widgets is not None:
            await self._widgets.hear(event)
