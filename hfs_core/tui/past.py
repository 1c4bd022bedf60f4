"""The kept messages of the session that is shown, and what was said between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from hfs_core.tui.entry import Entry, Note

if TYPE_CHECKING:
    from hfs_core.api import Message

STEP = 5
"""How many are mounted at most at once when the reader comes near an end of the window."""

STEP_LENGTH = 4_000
"""Characters of messages above which no more are mounted at once: what is mounted, no key interrupts."""

Fetch = Callable[[int, int], Awaitable[Sequence["Message"]]]
"""Reads messages `[start:stop]` of the session that is shown."""


class Past:
    """Makes entries, a few at a time, of what is kept.

    Attributes:
        fetch: reads the messages.
        count: how many there are.
        notes: what was said to the person, by the index of the message before it.
    """

    def __init__(self) -> None:
        self.fetch: Fetch = _nothing
        self.count = 0
        self.notes: dict[int, list[Note]] = {}

    def start(self) -> Entry:
        """Return the place before the first message."""
        return Entry(-1, None, self._notes_at(-1))

    async def before(self, stop: int) -> list[Entry]:
        """Return entries, not yet mounted, for the places before `stop`; before the first message comes another."""
        messages = await self.fetch(max(stop - STEP, 0), stop) if stop > 0 else ()
        start = len(messages)
        while start > 0 and (start == len(messages) or _length(messages[start:]) < STEP_LENGTH):
            start -= 1
        entries = [self._made(message) for message in messages[start:]]
        if stop - len(entries) <= 0:
            entries.insert(0, self.start())
        return entries

    async def after(self, start: int) -> list[Entry]:
        """Return entries, not yet mounted, for the places from `start` on."""
        messages = await self.fetch(start, min(start + STEP, self.count)) if start < self.count else ()
        stop = 0
        while stop < len(messages) and (stop == 0 or _length(messages[:stop]) < STEP_LENGTH):
            stop += 1
        return [self._made(message) for message in messages[:stop]]

    def _made(self, message: Message) -> Entry:
        return Entry(message.index, message, self._notes_at(message.index))

    def _notes_at(self, index: int) -> tuple[Note, ...]:
        return tuple(self.notes.get(index, ()))


def _length(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


async def _nothing(start: int, stop: int) -> Sequence[Message]:
    return ()
