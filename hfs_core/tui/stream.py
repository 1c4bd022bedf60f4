"""Draws a reply while it comes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hfs_core.tui.text import Cleaner

if TYPE_CHECKING:
    from textual.widgets import Markdown

PACE = 0.1
"""Seconds between two drawings of a reply; each lays the screen out, so their number is what a stream costs."""

SHARE = 0.1
"""Of the time, what drawing a reply may take: where it takes long, it is drawn less often, and keys come through."""

LONGEST_DRAWING = 1.0
"""Seconds after which a drawing is not waited for any more: the screen may be another one."""


class ReplyStream:
    """Draws a reply while it comes: what arrived within a pace is drawn at once."""

    def __init__(self, markdown: Markdown):
        self._markdown = markdown
        self._cleaner = Cleaner()
        self._pending: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._is_over = asyncio.Event()

    def write(self, text: str) -> None:
        """Draw more of it, soon."""
        self._pending.append(self._cleaner.feed(text))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._draw(), name="hfs:tui:reply")

    async def end(self, text: str) -> None:
        """Draw the whole of it once more: what a piece cut in two, such as a code fence, comes out right."""
        await self.stop()
        await self._markdown.update(text)

    async def stop(self) -> None:
        """Draw no more of it."""
        self._is_over.set()
        if self._task is not None:
            await self._task

    async def _draw(self) -> None:
        while not self._is_over.is_set() and (text := "".join(self._pending)):
            self._pending.clear()
            began = time.thread_time()
            await self._markdown.append(text)
            if self._markdown.is_running:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_DRAWING):
                        await self._markdown.wait_for_refresh()
            pace = max(PACE, (time.thread_time() - began) / SHARE)
            with suppress(TimeoutError):
                async with asyncio.timeout(pace):
                    await self._is_over.wait()
