"""One message on the screen, and what was said to the person after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.header import Header, early_header, header_of
from hfs_core.tui.nearby import Near, tell
from hfs_core.tui.stream import ReplyStream
from hfs_core.tui.text import LONGEST, drawable

if TYPE_CHECKING:
    from textual.geometry import Size
    from textual.layout import DockArrangeResult

    from hfs_core.api import Message

Note = Callable[[], Widget]
"""Makes the widget of something that was said to the person, such as a failure or a command's answer."""


class Entry(Vertical):
    """A place in the transcript: a message, if there is one, and the notes after it.

    Attributes:
        index: of the message; -1 is the place before the first one.
        near: what of it is laid out.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Entry { height: auto; margin: 0 0 1 0; }
    Entry > Answer { margin: 1 0 0 0; }
    Entry.-start { margin: 0; }
    Entry.-start > Answer { margin: 0 0 1 0; }
    Entry > .body { height: auto; width: 1fr; padding: 0 2; }
    Entry > .body.user { padding: 0 1; border-left: outer $primary; background: $boost; }
    Entry > .body.-waiting { border-left: outer $surface-lighten-2; color: $text-muted; }
    Entry > .body.system { color: $text-muted; }
    Entry > Prose { margin: 0; padding: 0 2; background: transparent; }
    Entry > .mark { height: auto; padding: 0 2; color: $text-warning; }
    .-compact Entry, .-compact Entry > Answer, .-compact Entry.-start > Answer { margin: 0; }
    .-compact Entry > .body, .-compact Entry > .body.user, .-compact Entry > Prose, .-compact Entry > .mark {
        padding: 0; border: none;
    }
    Entry MarkdownH1, Answer MarkdownH1 { content-align: left middle; margin: 0 0 1 0; }
    Entry MarkdownH2, Answer MarkdownH2 { margin: 0 0 1 0; }
    """

    def __init__(self, index: int, message: Message | None = None, notes: Sequence[Note] = ()):
        super().__init__(classes="-start" if index < 0 else "")
        self.index = index
        self.near: Near = None
        self._message = message
        self._notes = notes
        self._header: Header | None = None
        self._stream: ReplyStream | None = None
        self._waiting: Static | None = None

    def compose(self) -> Iterator[Widget]:
        """Draw what the place has when it comes onto the screen."""
        if self._message is not None:
            yield from _drawn(self._message)
        for make in self._notes:
            yield make()

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Lay the message out, and tell it what of it is near."""
        result = super().arrange(size, optimal)
        for placement in result.placements:
            tell(placement.widget, placement.region, self.near)
        return result

    async def note(self, make: Note) -> None:
        """Draw one more note."""
        await self.mount(make())

    async def wait(self, text: str) -> None:
        """Show a message of the person's that is not kept yet."""
        self._header = Header("user", early_header("user"))
        self._waiting = Static(Content(drawable(text)), classes="body user -waiting", markup=False)
        await self.mount(self._header, self._waiting)

    async def hear(self, text: str, model: str) -> None:
        """Show more of a reply of this model that is under way."""
        if self._stream is None:
            from hfs_core.tui.prose import Prose

            prose = Prose()
            self._header = Header("assistant", early_header("assistant", model))
            await self.mount(self._header, prose, before=0)
            self._stream = ReplyStream(prose)
        self._stream.write(text)

    async def settle(self, message: Message) -> None:
        """Show the message as it was kept."""
        self._message = message
        if self._header is None:
            await self.mount_all(_drawn(message), before=0)
            return
        self._header.update(header_of(message), layout=False)
        if self._stream is not None:
            await self._stream.end(drawable(message.content, LONGEST))
        elif self._waiting is not None:
            self._waiting.update(Content(drawable(message.content)))
            self._waiting.remove_class("-waiting")
        await self.mount_all(_marks(message), after=1)

    def forget_drawing(self) -> None:
        """Forget how it was drawn: each line on the screen leaves hundreds of objects for the collector to visit."""
        for widget in self.walk_children(Widget):
            widget._styles_cache.clear()

    async def close_stream(self) -> None:
        """Stop drawing a reply, before the entry goes."""
        if self._stream is not None:
            await self._stream.stop()


def _drawn(message: Message) -> Iterator[Widget]:
    yield Header(message.role, header_of(message))
    if message.role == "assistant":
        from hfs_core.tui.prose import Prose

        yield Prose(drawable(message.content, LONGEST))
    else:
        yield Static(Content(drawable(message.content)), classes=f"body {message.role}", markup=False)
    yield from _marks(message)


def _marks(message: Message) -> list[Widget]:
    if message.status != "complete":
        error = message.metadata.get("error")
        text = f"{message.status}: {error}" if error else str(message.status)
    elif message.metadata.get("finish_reason") == "length":
        text = "cut at the model's limit"
    elif message.role == "assistant" and not message.content.strip():
        text = "the model said nothing"
    else:
        return []
    return [Static(Content(drawable(text)), classes="mark", markup=False)]
