"""A model that says what a script tells it to: for tests and demonstrations, never a default."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import Enum

from hfs_core.models import Delta, Finished, ModelInfo, Request, TextDelta, Usage, UsageReport


class Ending(Enum):
    """How a reply may go wrong without an error."""

    HANG = "hang"
    """It goes silent and never ends."""

    CLOSE = "close"
    """It stops without `Finished`."""


Step = str | Usage | Delta | asyncio.Event | BaseException | Ending
"""A text, the usage, a delta as it is, an event to wait for, an error to raise, or a bad ending."""

Reply = str | Sequence[Step] | Callable[[Request], "str | Sequence[Step]"]


class ScriptedModel:
    """A `ModelProvider` with one model; each request takes the next reply, the last is given again and again.

    Attributes:
        requests: all that it was asked, in order.
        left_early: how many streams were left before their end.
    """

    def __init__(self, *replies: Reply, name: str = "scripted", model: str = "model"):
        self.name = name
        self.requests: list[Request] = []
        self.left_early = 0
        self._model = model
        self._replies: tuple[Reply, ...] = replies or ("Hello from the scripted model.",)
        self._given = 0
        self._changed = asyncio.Event()

    def script(self, *replies: Reply) -> None:
        """Let the requests from now on take these replies."""
        self._replies, self._given = replies, 0

    async def models(self) -> Sequence[ModelInfo]:
        """Return its one model."""
        return [ModelInfo(self._model, note="says what a script tells it to")]

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[Delta]]:
        """Give the next reply."""
        reply = self._replies[min(self._given, len(self._replies) - 1)]
        self._given += 1
        self.requests.append(request)
        self._changed.set()
        steps = reply(request) if callable(reply) else reply
        deltas = _deltas((steps,) if isinstance(steps, str) else steps)
        is_left_early = True

        async def watched() -> AsyncIterator[Delta]:
            nonlocal is_left_early
            try:
                async for delta in deltas:
                    is_left_early = not isinstance(delta, Finished)
                    yield delta
            except Exception:
                is_left_early = False
                raise
            is_left_early = False

        try:
            yield watched()
        finally:
            self.left_early += is_left_early

    async def wait_for_requests(self, count: int = 1) -> None:
        """Return once it has been asked that often."""
        while len(self.requests) < count:
            self._changed.clear()
            await self._changed.wait()


async def _deltas(steps: Sequence[Step]) -> AsyncIterator[Delta]:
    for step in steps:
        if isinstance(step, str):
            yield TextDelta(step)
        elif isinstance(step, Usage):
            yield UsageReport(step)
        elif isinstance(step, asyncio.Event):
            await step.wait()
        elif isinstance(step, BaseException):
            raise step
        elif step is Ending.HANG:
            await asyncio.Event().wait()
        elif step is Ending.CLOSE:
            return
        else:
            yield step
            if isinstance(step, Finished):
                return
    yield Finished()
