"""What the person said that is not sent yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Waiting:
    """Messages in the order in which they were said; some wait for commands that were given before them.

    Attributes:
        is_closed: nothing is to be sent any more.
    """

    def __init__(self, give_back: Callable[[str], None], changed: Callable[[], None]):
        self.is_closed = False
        self._give_back_to = give_back
        self._changed = changed
        self._ready: deque[str] = deque()
        self._held: deque[str] = deque()
        self._commands: set[asyncio.Task[bool]] = set()

    @property
    def texts(self) -> list[str]:
        """All of them, oldest first."""
        return [*self._ready, *self._held]

    @property
    def is_ready(self) -> bool:
        """Tell whether one waits for no command."""
        return bool(self._ready) and not self.is_closed

    def next(self) -> str:
        """Take out the one that waits longest."""
        return self._ready.popleft()

    def send(self, text: str) -> None:
        """Let a message wait for its turn."""
        self._ready.append(text)
        self._changed()

    def say(self, text: str) -> None:
        """Let one wait for the commands under way, too: these may lead to another session."""
        (self._held if self._commands else self._ready).append(text)
        self._changed()

    def hold_for(self, command: asyncio.Task[bool]) -> None:
        """Hold what the person says until a command has ended; where it fails, they get their words back."""
        self._commands.add(command)
        command.add_done_callback(self._release)

    def go_on(self) -> None:
        """Wait for no command any longer."""
        self._commands.clear()
        self._ready.extend(self._held)
        self._held.clear()
        self._changed()

    def take_back(self) -> str | None:
        """Take out the last one; None where there is none."""
        texts = self._held or self._ready
        text = texts.pop() if texts else None
        self._changed()
        return text

    def give_back(self) -> None:
        """Put those into the composer that wait for no command."""
        self._empty(self._ready)

    def _release(self, command: asyncio.Task[bool]) -> None:
        if command not in self._commands or self.is_closed:
            return
        self._commands.discard(command)
        if command.cancelled() or command.exception() is not None or not command.result():
            self._empty(self._held)
        if not self._commands:
            self.go_on()

    def _empty(self, texts: deque[str]) -> None:
        if texts:
            self._give_back_to("\n\n".join(texts))
            texts.clear()
