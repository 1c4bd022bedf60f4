"""Keeps the sidebar's sessions up to date, asking the store seldom and only while they are seen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hfs_core import api
from hfs_core.tui.conversation import sentence
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent
    from hfs_core.tui.conversation import Conversation
    from hfs_core.tui.sidebar import Sidebar

SHOWN = 50
"""How many sessions are listed: the last active ones."""

PACE = 1.0
"""Seconds between two readings of the store."""


class SessionFeed:
    """Reads sessions from the store into the sidebar."""

    def __init__(self, conversation: Conversation, sidebar: Sidebar):
        self._conversation = conversation
        self._sidebar = sidebar
        self._is_wanted = True
        self._task: asyncio.Task[None] | None = None

    def hear(self, event: HfsEvent) -> None:
        """Read them again if the event changes them; mark those that run."""
        if event.event_type.startswith("session.") or isinstance(
            event, api.MessageAdded | api.StoreStateChanged
        ):
            self._is_wanted = True
            self.catch_up()
        elif isinstance(event, api.RunStarted | api.RunEnded):
            self.mark()

    def mark(self) -> None:
        """Mark what runs, and what is shown, among those that were read."""
        if self._sidebar.sessions is not None and self._sidebar.is_shown():
            self._sidebar.sessions.redraw(self._conversation.session_id)

    def catch_up(self) -> None:
        """Read what changed while it could not be seen."""
        self.mark()
        if self._is_wanted and self._sidebar.is_shown() and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._read(), name="hfs:tui:sessions")

    def stop(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()

    async def fill(self) -> None:
        """Make the parts of the sidebar, if they are not there yet."""
        await self._sidebar.fill(self._conversation.host.engine.is_running)

    async def _read(self) -> None:
        await self.fill()
        while self._is_wanted and self._sidebar.is_shown():
            self._is_wanted = False
            try:
                sessions = await self._conversation.host.store.sessions(limit=SHOWN)
            except api.StoreError as error:
                self._sidebar.tell(f"cannot be read: {one_line(sentence(error))}")
            else:
                self._sidebar.tell("" if sessions else "none yet")
                if self._sidebar.sessions is not None:
                    self._sidebar.sessions.show(sessions, self._conversation.session_id)
            await asyncio.sleep(PACE)
