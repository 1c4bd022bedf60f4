"""A reply while it streams: told in frames, kept on disk as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

from hfs_core.contracts import ModelProvider, ReplyWriter
from hfs_core.errors import StoreError, StreamBroken
from hfs_core.models import Delta, Finished, Request, TextDelta, Usage, UsageReport, replace_surrogates

FRAME = 1 / 30
"""Seconds between two deltas that subscribers are told."""

KEEP_EVERY = 0.25
"""Seconds of a reply that a power cut may take."""

SILENCE = 300.0
"""Seconds without a delta after which a provider counts as hung."""


class Reply:
    """Takes in a provider's stream, tells and keeps it; use as a context around the streaming.

    Attributes:
        usage: what the provider says that it cost, None before it does.
        finish_reason: why the stream ended, "" before it has.

    Args:
        writer: keeps the words as they come, at the latest after `KEEP_EVERY` seconds; finishing it is the caller's.
        tell: is given the words that came since it was last called, at most once a frame.
    """

    def __init__(self, writer: ReplyWriter, tell: Callable[[str], Awaitable[None]]):
        self.usage: Usage | None = None
        self.finish_reason = ""
        self._writer = writer
        self._tell = tell
        self._parts: list[str] = []
        self._told = self._kept = 0
        self._to_tell = asyncio.Event()
        self._to_keep = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def text(self) -> str:
        """The words so far."""
        return "".join(self._parts)

    async def __aenter__(self) -> Reply:
        self._tasks = [
            asyncio.create_task(_paced(FRAME, self._to_tell, self._tell_new), name="hfs:reply:tell"),
            asyncio.create_task(_paced(KEEP_EVERY, self._to_keep, self._keep_new), name="hfs:reply:keep"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._tell_new()

    async def ask(self, provider: ModelProvider, request: Request, silence: float = SILENCE) -> None:
        """Ask a provider and take in what it streams; raises StreamBroken, and whatever the provider raises."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(silence):
                    stream = await stack.enter_async_context(provider.stream(request))
            except TimeoutError as error:
                raise _silent(request.model, silence) from error
            await self.take(stream, request.model, silence)

    async def take(self, stream: AsyncIterator[Delta], model: str, silence: float = SILENCE) -> None:
        """Take in a stream to its end.

        Raises:
            StreamBroken: it stopped without `Finished`, went silent, or gave what is no delta.
        """
        while True:
            try:
                async with asyncio.timeout(silence):
                    delta = await anext(stream)
            except StopAsyncIteration:
                break
            except TimeoutError as error:
                raise _silent(model, silence) from error
            if isinstance(delta, TextDelta):
                self._parts.append(replace_surrogates(delta.text))
                self._to_tell.set()
                self._to_keep.set()
            elif isinstance(delta, UsageReport):
                self.usage = delta.usage
            elif isinstance(delta, Finished):
                self.finish_reason = delta.reason
            else:
                raise StreamBroken(f"{model} sent a {type(delta).__name__} instead of a delta", model=model)
        if not self.finish_reason:
            raise StreamBroken(
                f"the reply of {model} broke off; send the message again to retry", model=model
            )

    async def _tell_new(self) -> None:
        start, self._told = self._told, len(self._parts)
        if text := "".join(self._parts[start:]):
            await self._tell(text)

    async def _keep_new(self) -> None:
        start, end = self._kept, len(self._parts)
        text = "".join(self._parts[start:end])
        if not text:
            return
        with suppress(
            StoreError
        ):  # the words are still here: `finish` tries with all of them, and tells if it cannot
            await self._writer.write(text)
        self._kept = end


async def _paced(seconds: float, arrived: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await arrived.wait()
        arrived.clear()
        await work()
        await asyncio.sleep(seconds)


def _silent(model: str, seconds: float) -> StreamBroken:
    return StreamBroken(
        f"{model} said nothing for {seconds:g} s; send the message again to retry", model=model
    )
