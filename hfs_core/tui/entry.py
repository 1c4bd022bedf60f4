"""One message on the screen, and what was said to the person after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.text import Cleaner, drawable

if TYPE_CHECKING:
    from textual.widgets import Markdown

    from hfs_core.api import Message

PACE = 0.1
"""Seconds between two drawings of a reply; each lays the screen out, so their number is what a stream costs."""

Note = Callable[[], Widget]
"""Makes the widget of something that was said to the person, such as a failure or a command's answer."""


class Entry(Vertical):
    """A place in the transcript: a message, if there is one, and the notes after it.

    Attributes:
        index: of the message; -1 is the place before the first one.
    """

    DEFAULT_CSS = """
    Entry { height: auto; }
    Entry > .user {
        height: auto; width: 1fr; margin: 0 0 1 0; padding: 0 1;
        border-left: outer $primary; background: $boost;
    }
    Entry > .user.-waiting { border-left: outer $surface-lighten-2; color: $text-muted; }
    Entry > .system { height: auto; margin: 0 0 1 2; color: $text-muted; }
    Entry > Markdown { margin: 0; padding: 0 2; background: transparent; }
    Entry MarkdownH1, Answer MarkdownH1 { content-align: left middle; margin: 0 0 1 0; }
    Entry MarkdownH2, Answer MarkdownH2 { margin: 0 0 1 0; }
    Entry MarkdownFence, Answer MarkdownFence { background: $surface; margin: 0 0 1 0; }
    Entry > .mark { height: auto; margin: 0 0 1 0; padding: 0 2; color: $text-warning; }
    """

    def __init__(self, index: int, message: Message | None = None, notes: Sequence[Note] = ()):
        super().__init__()
        self.index = index
        self._message = message
        self._notes = notes
        self._stream: ReplyStream | None = None
        self._waiting: Static | None = None

    def compose(self) -> Iterator[Widget]:
        """Draw what the place has when it comes onto the screen."""
        if self._message is not None:
            yield _body(self._message.role, drawable(self._message.content))
            yield from _marks(self._message)
        for make in self._notes:
            yield make()

    async def note(self, make: Note) -> None:
        """Draw one more note."""
        await self.mount(make())

    async def wait(self, text: str) -> None:
        """Show a message of the person's that is not kept yet."""
        self._waiting = Static(Content(drawable(text)), classes="user -waiting", markup=False)
        await self.mount(self._waiting)

    async def hear(self, text: str) -> None:
        """Show more of a reply that is under way."""
        if self._stream is None:
            from textual.widgets import Markdown

            markdown = Markdown(open_links=False)
            await self.mount(markdown, before=0)
            self._stream = ReplyStream(markdown)
        self._stream.write(text)

    async def settle(self, message: Message) -> None:
        """Show the message as it was kept."""
        text = drawable(message.content)
        if self._stream is not None:
            await self._stream.end(text)
        elif self._waiting is not None:
            self._waiting.update(Content(text))
            self._waiting.remove_class("-waiting")
        else:
            await self.mount(_body(message.role, text), before=0)
        await self.mount_all(_marks(message), after=0)

    async def close_stream(self) -> None:
        """Stop drawing a reply, before the entry goes."""
        if self._stream is not None:
            await self._stream.stop()


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
            await self._markdown.append(text)
            with suppress(TimeoutError):
                async with asyncio.timeout(PACE):
                    await self._is_over.wait()


def _body(role: str, text: str) -> Widget:
    if role == "assistant":
        from textual.widgets import Markdown

        return Markdown(text, open_links=False)
    return Static(Content(text), classes="user" if role == "user" else "system", markup=False)


def _marks(message: Message) -> list[Widget]:
    if message.status != "complete":
        error = message.metadata.get("error")
        text = f"{message.status}: {error}" if error else str(message.status)
    elif message.metadata.get("finish_reason") == "length":
        text = "cut at the model's limit"
    else:
        return []
    return [Static(Content(drawable(text)), classes="mark", markup=False)]
