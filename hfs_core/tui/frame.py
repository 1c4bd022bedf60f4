"""What is around the conversation: kept in line with the settings and with what happens."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from hfs_core import api
from hfs_core.tui.appearance import Appearance

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent, Host, Subscription
    from hfs_core.tui.app import ChatApp
    from hfs_core.tui.conversation import Conversation
    from hfs_core.tui.opening import Opening

log = logging.getLogger("hfs.tui")


class Frame:
    """Hears of everything beside the conversation's own listener, in a task of its own."""

    def __init__(self, app: ChatApp, opening: Opening):
        self._app = app
        self._appearance = Appearance(app, opening)
        self._conversation: Conversation | None = None
        self._events: Subscription | None = None
        self._listening: asyncio.Task[None] | None = None

    def apply_first(self) -> None:
        """Look as the settings said when HFS was called, before the first paint."""
        self._appearance.apply_first()

    async def open(self, conversation: Conversation) -> None:
        """Begin to follow a running HFS."""
        self._conversation = conversation
        self._appearance.follow(conversation.host.settings.current)
        self._events = await conversation.host.bus.subscribe()
        self._listening = asyncio.create_task(self._listen(self._events), name="hfs:tui:frame")

    async def close(self) -> None:
        """Follow no longer; what the person chose is written."""
        if self._listening is not None:
            self._listening.cancel()
        await self._appearance.settle()

    def set_output_mode(self, mode: str) -> None:
        """Show as much beside the words as this mode says, for this sitting."""
        self._appearance.show_as(mode)

    def toggle_output_mode(self) -> None:
        """Show more, or less, beside the words, for good."""
        mode = self._appearance.toggle_output_mode(self._host)
        self._app.hint(f"{mode} output")

    @property
    def _host(self) -> Host | None:
        return None if self._conversation is None else self._conversation.host

    async def _listen(self, events: Subscription) -> None:
        async for event in events:
            try:
                self._hear(event)
            except Exception:  # one event that cannot be followed must not silence the others
                log.exception("%s", event.event_type)

    def _hear(self, event: HfsEvent) -> None:
        conversation = self._conversation
        if isinstance(event, api.SettingChanged) and conversation is not None:
            self._appearance.follow(conversation.host.settings.current)
            conversation.show_status()
