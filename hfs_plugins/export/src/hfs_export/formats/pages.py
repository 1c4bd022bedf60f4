"""Writes a conversation piece by piece: one reading, bounded memory, and the work off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import TextIO

from hfs_core.api import Message, Write
from hfs_export.formats.facts import Totals

PIECE = 64_000
"""Characters of messages that are rendered, and of a page that are copied, at once."""

_FEW = 200

Render = Callable[[Message], str]
"""Returns a message as it stands on a page; called in a thread."""


async def rendered(messages: AsyncIterator[Message], render: Render, write: Write) -> Totals:
    """Write each message as `render` makes it, and return what they sum up to."""
    totals = Totals()
    waiting: list[Message] = []
    size = 0
    async for message in messages:
        totals.add(message)
        waiting.append(message)
        size += len(message.content)
        if size >= PIECE or len(waiting) >= _FEW:
            await _written(waiting, render, write)
            waiting, size = [], 0
    await _written(waiting, render, write)
    return totals


@contextmanager
def held_back() -> Iterator[TextIO]:
    """Hold the conversation back until what stands above it is known: on disk, in a file without a name."""
    with TemporaryFile("w+", encoding="utf-8", newline="\n") as body:
        yield body


async def copied(body: TextIO, write: Write) -> None:
    """Write what was held back."""
    body.seek(0)
    while piece := body.read(PIECE):
        write(piece)
        await asyncio.sleep(0)


async def _written(messages: list[Message], render: Render, write: Write) -> None:
    text = await asyncio.to_thread(_joined, messages, render)
    for start in range(0, len(text), PIECE):
        write(text[start : start + PIECE])
        await asyncio.sleep(0)


def _joined(messages: list[Message], render: Render) -> str:
    return "".join(map(render, messages))
