"""What is shown of the row or the point under a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown

from hfs_core.tui.conversation import sentence
from hfs_core.tui.text import drawable

if TYPE_CHECKING:
    from textual.timer import Timer

    from hfs_core.api import Point, Row

PAUSE = 0.06
"""Seconds that the cursor rests before its preview is fetched."""

LONGEST = 4_000
"""Characters of a preview that are drawn."""


class Preview(VerticalScroll, can_focus=False):
    """Fetches and draws previews, one at a time; an answer that comes after the cursor has left is dropped.

    Args:
        at_end: the end of a preview that is longer than the room is what is seen of it first.
    """

    DEFAULT_CSS = """
    Preview {
        scrollbar-size-vertical: 1; padding: 0 1;
        & > Markdown { margin: 0; padding: 0; background: transparent; }
    }
    """

    def __init__(self, *, at_end: bool = False) -> None:
        super().__init__()
        self._at_end = at_end
        self._markdown = Markdown(open_links=False)
        self._row: Row | Point | None = None
        self._timer: Timer | None = None
        self._asked = asyncio.Event()
        self._previewer: asyncio.Task[None] | None = None

    def compose(self) -> Iterator[Widget]:
        """Draw nothing yet."""
        yield self._markdown

    def look_at(self, row: Row | Point | None) -> None:
        """Show what there is about a row or a point, once the cursor rests on it."""
        self._row = row
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._asked.set)

    def on_mount(self) -> None:
        """Begin to fetch."""
        self._previewer = asyncio.create_task(self._run(), name="hfs:tui:preview")

    def on_unmount(self) -> None:
        """Fetch no more."""
        if self._previewer is not None:
            self._previewer.cancel()

    def on_resize(self) -> None:
        """Fetch what was not fetched while there was no room."""
        self._asked.set()

    async def _run(self) -> None:
        shown: Row | Point | None = None
        while True:
            await self._asked.wait()
            self._asked.clear()
            row = self._row
            if row is shown or not self.size:
                continue
            fetching = asyncio.create_task(_text_of(row), name="hfs:tui:fetch")
            moving = asyncio.create_task(self._asked.wait())
            try:
                await asyncio.wait({fetching, moving}, return_when=asyncio.FIRST_COMPLETED)
                if fetching.done() and row is self._row:
                    await self._markdown.update(fetching.result())
                    if self._at_end:
                        self.scroll_end(animate=False)
                    else:
                        self.scroll_home(animate=False)
                    shown = row
            finally:
                fetching.cancel()
                moving.cancel()


async def _text_of(row: Row | Point | None) -> str:
    if row is None:
        return ""
    try:
        text = row.preview if isinstance(row.preview, str) else await row.preview()
    except (Exception, SystemExit) as error:  # noqa: BLE001 # a preview is a plugin's code
        text = sentence(error)
    return drawable(str(text)[:LONGEST])
