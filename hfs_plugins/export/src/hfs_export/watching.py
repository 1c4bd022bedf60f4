"""Reads a file in threads: tells how far that has come, and ends as soon as nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

EVERY = 0.1
"""How often, in seconds, it is told how far a long step has come."""


class Interrupted(Exception):
    """Nobody waits for what a thread reads."""


class Watched:
    """The reading of one file.

    Args:
        name: of the file.
        size: of what is read of it, in bytes.
        progress: hears a text, and how much is done, from 0 to 1.
    """

    def __init__(self, name: str, size: int, progress: Callable[[str, float | None], None]):
        self._name = name
        self._size = size
        self._progress = progress
        self._read = 0
        self._passes = 1
        self._is_over = False
        self.written = 0

    def told(self, count: int) -> None:
        """Hear, in a thread, of bytes that were read; raises Interrupted where nobody waits for them."""
        if self._is_over:
            raise Interrupted
        self._read += count

    def begin(self, passes: int) -> None:
        """Count from here, where the file is going to be read so often: until now it was told what it is."""
        self._read = 0
        self._passes = passes

    def tell(self, share: float | None = None) -> None:
        """Tell how far it has come, or that it has come so far."""
        if share is None and self._size:
            share = min(self._read / (self._passes * self._size), 1.0)
        done = f"{self.written:,} messages of {self._name}" if self.written else f"reading {self._name}"
        self._progress(done, share)

    async def run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a step in a thread; where that is cancelled, the thread has ended before this does."""
        running = asyncio.ensure_future(asyncio.to_thread(step, *args, **kwargs))
        try:
            while not (await asyncio.wait({running}, timeout=EVERY))[0]:
                self.tell()
        except asyncio.CancelledError:
            self._is_over = True
            await asyncio.wait({running})
            if not running.cancelled():
                running.exception()
            raise
        return running.result()
