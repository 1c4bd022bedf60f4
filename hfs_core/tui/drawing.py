"""Keeps a plugin's widget up to date, at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hfs_core import api

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent, LiveWidget

PACE = 0.1
"""Seconds between two drawings of one widget."""


class Drawing:
    """Draws one widget: at most ten times a second, never twice at once, and only when wanted."""

    def __init__(
        self,
        widget: LiveWidget,
        session_id: Callable[[], int | None],
        show: Callable[[str, bool], Awaitable[None]],
        is_visible: Callable[[], bool],
    ):
        self._widget = widget
        self._session_id = session_id
        self._show = show
        self._is_visible = is_visible
        self._is_wanted = False
        self._task: asyncio.Task[None] | None = None

    async def hear(self, event: HfsEvent) -> None:
        """Draw it again if the event changes it."""
        if await self._widget.wants(event) or (
            isinstance(event, api.PluginStateChanged) and event.plugin == self._widget.plugin
        ):
            self.want()

    def want(self) -> None:
        """Draw it, soon."""
        self._is_wanted = True
        self.catch_up()

    def catch_up(self) -> None:
        """Draw it if that was wanted while it could not be seen."""
        if self._is_wanted and self._is_visible() and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._draw(), name=f"hfs:tui:widget:{self._widget.plugin}")

    def stop(self) -> None:
        """Draw it no more."""
        if self._task is not None:
            self._task.cancel()

    async def _draw(self) -> None:
        while self._is_wanted and self._is_visible():
            self._is_wanted = False
            session_id = self._session_id()
            try:
                text, has_failed = await self._widget.draw(session_id), False
            except api.PluginFailed as failure:
                text, has_failed = str(failure), True
            if session_id == self._session_id():
                await self._show(text, has_failed)
            else:
                self._is_wanted = True
            await asyncio.sleep(PACE)
