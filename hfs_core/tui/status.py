"""The line below the composer."""

from __future__ import annotations

import time
from collections.abc import Iterator

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from hfs_core.tui.text import cut_middle, one_line

ANSWERING = "answering"
BRANCH_OF = " ⑂ of "

TELLING = 24
"""Cells of a session's name that tell it from others."""

HINT_SECONDS = 2.0
"""How long something said in passing stands."""

NEARLY_FULL, FULL = 0.8, 0.95
"""The shares of what a model can take in from which on the line warns."""


class StatusLine(Widget):
    """The model, the session and what goes on; what matters most stays where there is little room.

    Attributes:
        origin: the name of the session that this one is a branch of.
        tokens: what the conversation took when it was last sent, its answer included; None where unknown.
        window: how many tokens the model can take in; None where unknown.
        mode: the composer's, where its keys have modes.
        segments: what plugins say.
    """

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 2; color: $text-muted; }
    """

    model: reactive[str] = reactive("")
    session: reactive[str] = reactive("")
    origin: reactive[str] = reactive("")
    activity: reactive[str] = reactive("starting")
    progress: reactive[str] = reactive("")
    tokens: reactive[int | None] = reactive(None)
    window: reactive[int | None] = reactive(None)
    mode: reactive[str] = reactive("")
    segments: reactive[tuple[str, ...]] = reactive(())

    def __init__(self) -> None:
        super().__init__()
        self._since: float | None = None
        self._clock: Timer | None = None
        self._hinting: Timer | None = None

    def tell_run(self, since: float | None) -> None:
        """Show that a reply is under way since a moment of the monotonic clock; None: that none is."""
        self._since = since
        self.activity = "ready" if since is None else ANSWERING
        if since is None and self._clock is not None:
            self._clock.stop()
            self._clock = None
        elif since is not None and self._clock is None:
            self._clock = self.set_interval(1, self.refresh)  # ends with the reply: idling costs nothing

    def hint(self, text: str, seconds: float = HINT_SECONDS) -> None:
        """Say something in passing."""
        self.progress = text
        if self._hinting is not None:
            self._hinting.stop()
        self._hinting = self.set_timer(seconds, self.forget_hint)

    def forget_hint(self) -> None:
        """Take away what was said in passing."""
        self.progress = ""

    def show_mode(self, name: str) -> None:
        """Show the composer's mode."""
        self.mode = name

    def render(self) -> Content:
        """Draw the line."""
        width = self.content_size.width
        least = min(_cells(self.model.rpartition("/")[2]) + (_cells(self.session) and 3), 40)
        least += min(_cells(self.session), TELLING)
        right = Content("")
        for parts in self._parts():
            right = Content("  ").join(part for part in parts if part.plain)
            if width - right.cell_length - 2 >= least:
                break
        right = right.truncate(width, ellipsis=True)
        left = self._left(width - right.cell_length - 2)
        return left + " " * max(width - left.cell_length - right.cell_length, 0) + right

    def _left(self, room: int) -> Content:
        left = Content(fitted(self.model, self.session, room))
        more = room - left.cell_length - len(BRANCH_OF)
        if self.origin and self.session and more >= 8 and one_line(self.session) in left.plain:
            left += Content(BRANCH_OF + cut_middle(one_line(self.origin), more))
        return left

    def _parts(self) -> Iterator[tuple[Content, ...]]:
        """Give what stands on the right, the most first, what matters most last."""
        if self.progress:
            yield (Content(self.mode), Content(one_line(self.progress)).stylize("$text-accent"))
            yield (Content(one_line(self.progress)).stylize("$text-accent"),)
            return
        segments = [Content(one_line(segment)) for segment in self.segments]
        mode, (long, middle, short) = Content(one_line(self.mode)), self._activities()
        used = self._used()
        for count in range(len(segments), -1, -1):
            yield (*segments[:count], used[0], mode, long)
        yield (used[0], mode, middle)
        yield (used[1], mode, middle)
        yield (mode, middle)
        yield (mode, short)

    def _activities(self) -> tuple[Content, Content, Content]:
        """Return what goes on, at three lengths."""
        if self.activity != ANSWERING or self._since is None:
            return (Content(self.activity),) * 3
        seconds = int(time.monotonic() - self._since)
        middle = f"{ANSWERING} {seconds} s" if seconds else ANSWERING
        short = f"{seconds} s" if seconds else ANSWERING
        return Content(f"{middle} · Esc stops it"), Content(middle), Content(short)

    def _used(self) -> tuple[Content, Content]:
        """Return how much of the model's memory is taken, at two lengths."""
        if self.tokens is None:
            return Content(""), Content("")
        count = f"{counted(self.tokens)} tok"
        if not self.window:
            return Content(count), Content(count)
        share = self.tokens / self.window
        color = "$text-error" if share >= FULL else "$text-warning" if share >= NEARLY_FULL else ""
        percent = Content(f"{share:.0%}").stylize(color) if color else Content(f"{share:.0%}")
        return Content(f"{count} · ") + percent, percent


def counted(tokens: int) -> str:
    """Return a number of tokens, short."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if tokens >= unit * 0.9995:
            return f"{tokens / unit:.3g}{name}" if tokens < unit * 100 else f"{tokens / unit:.0f}{name}"
    return str(tokens)


def fitted(model: str, session: str, width: int) -> str:
    """Return the model and the session in at most `width` cells; a long session name is cut in its middle."""
    model, session = one_line(model), one_line(session)
    for name, least in ((model, TELLING), (model.rpartition("/")[2], 9)):
        room = width - _cells(name) - 3
        if session and room >= min(_cells(session), least):
            return f"{name} · {cut_middle(session, room)}"
        if not session and room >= -3:
            return name
    return cut_middle(model.rpartition("/")[2], width)


def _cells(text: str) -> int:
    return Content(text).cell_length
