"""The conversation on the screen: a window of mounted messages over any number of kept ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from textual.widget import MountError, Widget

from hfs_core import api
from hfs_core.tui.code import CodeBlocks
from hfs_core.tui.entry import Entry, Note
from hfs_core.tui.garbage import Sweeper
from hfs_core.tui.past import Fetch, Past
from hfs_core.tui.reading import Reading
from hfs_core.tui.results import notice
from hfs_core.tui.welcome import Welcome

if TYPE_CHECKING:
    from hfs_core.api import Message

NEAR = 1.0
"""Screens between the reader and an end of the window below which more is mounted."""

FAR = 2.0
"""Screens between the reader and a message above which it is let go; well over `NEAR`, or it came right back."""


class Transcript(Reading):
    """Shows a session. It follows the end while the reader is there, and else keeps the reader's place.

    Attributes:
        model: the name of the one that answers, for the replies under way.
        code: the blocks of code in it.
    """

    DEFAULT_CSS = """
    Transcript {
        height: 1fr; padding: 1 1 0 1; align: left bottom;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
        scrollbar-color: $surface-lighten-2; scrollbar-background: $background;
    }
    """

    def __init__(self) -> None:
        super().__init__(Welcome())
        self.model = ""
        self.code = CodeBlocks(self)
        self._sweeper = Sweeper(self)
        self._past = Past()
        self._entries: list[Entry] = []
        self._live: list[str] = []
        self._lock = asyncio.Lock()
        self._filling: asyncio.Task[None] | None = None
        self._is_fill_due = False
        self._is_unreadable = False

    @property
    def count(self) -> int:
        """How many kept messages of the session the reader can see or scroll to."""
        return self._past.count

    async def show(self, fetch: Fetch, count: int, live: str = "") -> None:
        """Show the end of a session with `count` messages, and a reply of it that is under way."""
        async with self._change():
            self._past.fetch, self._past.count, self._live = fetch, count, [live] if live else []
            self._past.notes.clear()
            self._is_unreadable = False
            await self._show_end()

    def read_from(self, fetch: Fetch) -> None:
        """Read earlier messages from here: the session that is shown has just been made."""
        self._past.fetch = fetch

    async def add(self, message: Message) -> None:
        """Show a message that was kept; one that is shown already is left alone."""
        async with self._change():
            if message.index < self._past.count:
                return
            is_next = message.index == self._past.count
            at_end = self._shows_end()
            if is_next and at_end:
                await (await self._open_entry()).settle(message)
            self._past.count = message.index + 1
            self._live.clear()
            if not is_next:
                await self._show_end()
            await self._let_go()

    async def wait(self, text: str) -> None:
        """Go to the end and show a message of the person's that is on its way."""
        async with self._change():
            await self._go_to_end()
            await (await self._open_entry()).wait(text)

    async def hear(self, text: str) -> None:
        """Show more of a reply that is under way."""
        async with self._change():
            self._live.append(text)
            self._sweeper.busy(left=1)
            if self._shows_end():
                await (await self._open_entry()).hear(text, self.model)

    async def forget_open(self) -> None:
        """Take away what was shown and then not kept; the notes after it stay."""
        async with self._change():
            self._live.clear()
            if self._entries and self._entries[-1].index == self._past.count:
                entry = self._entries.pop()
                await entry.close_stream()
                await entry.remove()
                for note in self._past.notes.pop(entry.index, []):
                    await self._note(note)

    async def note(self, note: Note) -> None:
        """Say something to the person, after the last message."""
        async with self._change():
            await self._note(note)

    async def answer(self, notes: Sequence[Note]) -> None:
        """Say what the person has asked for, at the end; what is higher than the screen, from its first line on."""
        first: Widget | None = None
        async with self._change(), self._readable():
            await self._go_to_end()
            for note in notes:
                await self._note(note)
                first = first or self._entries[-1].children[-1]
        if first is not None:
            self.call_after_refresh(self._show_from, first)

    async def follow(self) -> None:
        """Go to the end, and follow it."""
        async with self._change(), self._readable():
            await self._go_to_end()

    async def go_to_start(self) -> None:
        """Go to the first message, without what lies between."""
        async with self._change(), self._readable():
            if self._entries and self._entries[0].index >= 0:
                start = self._past.start()
                await self._replace([start, *await self._past.after(0)])
            self.release_anchor()
            self.scroll_home(animate=False)
        self._fill_soon()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Mount more where the reader comes near an end of the window."""
        super().watch_scroll_y(old_value, new_value)
        self._sweeper.busy()
        self._fill_soon()

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[None]:
        """Let one change of the window happen after the other; once the app is gone, none."""
        async with self._lock:
            try:
                yield
            except MountError:
                if self.is_attached:
                    raise

    @asynccontextmanager
    async def _readable(self) -> AsyncIterator[None]:
        """Say it, once, where the session cannot be read."""
        try:
            yield
        except api.StoreError as error:
            if not self._is_unreadable:
                self._is_unreadable = True
                await self._note(notice(f"the rest cannot be read: {error}", "error"))

    def _show_from(self, widget: Widget) -> None:
        entry = self._entries[-1] if self._entries else None
        region = self.regions.get(entry) if entry is not None else None
        if region is not None and widget.parent is entry:
            top = region.y + widget.virtual_region.y
            if region.bottom - top > self.size.height:
                self.release_anchor()
                self.scroll_to(y=top, animate=False)

    def _shows_end(self) -> bool:
        return not self._entries or self._entries[-1].index >= self._past.count - 1

    async def _go_to_end(self) -> None:
        if not self._shows_end():
            await self._show_end()
        self.anchor()

    async def _show_end(self) -> None:
        await self._replace(await self._past.before(self._past.count))
        self.anchor()
        if self._live:
            await (await self._open_entry()).hear("".join(self._live), self.model)
        self._fill_soon()

    async def _replace(self, entries: list[Entry]) -> None:
        """Mount these instead of what is mounted."""
        for entry in self._entries:
            await entry.close_stream()
        self._sweeper.busy(left=len(self.walk_children()))
        with self.app.batch_update():
            await self.remove_children()
            self._entries = entries
            await self.mount_all(entries if self._past.count else [Welcome(), *entries])

    async def _note(self, note: Note) -> None:
        at_end = self._shows_end()
        index = self._entries[-1].index if at_end and self._entries else self._past.count - 1
        self._past.notes.setdefault(index, []).append(note)
        if at_end:
            if not self._entries:
                await self._append(self._past.start())
            else:
                await self._entries[-1].note(note)

    async def _open_entry(self) -> Entry:
        """Return the place of the next message, at the end of the window."""
        if not self._entries or self._entries[-1].index < self._past.count:
            await self._append(Entry(self._past.count))
        return self._entries[-1]

    async def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        await self.mount(entry)
        if entry.index >= 0:
            await self.query_children(Welcome).remove()

    def _fill_soon(self) -> None:
        if not self._is_fill_due and self._entries:
            self._is_fill_due = self.call_after_refresh(self._start_filling)

    def _start_filling(self) -> None:
        self._is_fill_due = False
        if self._filling is None and self.is_attached:
            self._filling = asyncio.create_task(self._fill(), name="hfs:transcript")

    async def _fill(self) -> None:
        has_grown = False
        try:
            async with self._change(), self._readable():
                has_grown = await self._load_earlier() or await self._load_later()
                await self._let_go()
        finally:
            self._filling = None
        if has_grown:
            self._fill_soon()

    async def _load_earlier(self) -> bool:
        first = self._entries[0].index if self._entries else -1
        if first < 0 or self.scroll_y > NEAR * self.size.height:
            return False
        entries = await self._past.before(first)
        with self.app.batch_update():
            self._entries[:0] = entries
            await self.mount_all(entries, before=0)
        return bool(entries)

    async def _load_later(self) -> bool:
        if self._shows_end() or self.max_scroll_y - self.scroll_y > NEAR * self.size.height:
            return False
        entries = await self._past.after(self._entries[-1].index + 1)
        with self.app.batch_update():
            self._entries.extend(entries)
            await self.mount_all(entries)
        if self._shows_end() and self._live:
            await (await self._open_entry()).hear("".join(self._live), self.model)
        return bool(entries)

    async def _let_go(self) -> None:
        """Unmount what is far from the reader."""
        gone: list[Entry] = []
        top, bottom = self.scroll_y, self.scroll_y + self.size.height
        margin = FAR * self.size.height
        while len(self._entries) > 1:
            first, last = self.regions.get(self._entries[0]), self.regions.get(self._entries[-1])
            if first is not None and first.bottom < top - margin:
                gone.append(self._entries.pop(0))
            elif last is not None and last.y > bottom + margin:
                gone.append(self._entries.pop())
            else:
                break
        for entry in gone:
            await entry.close_stream()
        if gone:
            self._sweeper.busy(left=sum(len(entry.walk_children()) for entry in gone))
            with self.app.batch_update():
                await self.remove_children(gone)
        for entry in self._entries:
            region = self.regions.get(entry)
            if region is not None and (region.bottom < top or region.y > bottom):
                entry.forget_drawing()
