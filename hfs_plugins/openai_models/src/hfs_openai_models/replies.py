"""From the bytes of an answer to deltas: server-sent events, or one JSON object from who does not stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import TYPE_CHECKING

from hfs_core.api import JSON, Delta, Finished, ModelError, RequestRefused, TextDelta, Usage, UsageReport
from hfs_openai_models.details import detail_of
from hfs_openai_models.failures import Peer

if TYPE_CHECKING:
    from httpx2 import Response, ServerSentEvent

LARGEST_EVENT = 64 * 1024 * 1024
"""Bytes of one event; a server that does not really stream sends its whole reply in one."""

USAGE_SECONDS = 5.0
"""How long the usage is waited for once the reply is complete."""

END_SECONDS = 0.25
"""How long the end of the answer is waited for after its last word, so that the connection can be used again."""


async def read_deltas(response: Response, peer: Peer) -> AsyncGenerator[Delta, None]:
    """Give the deltas of an answer; raises ModelError where it is none, or does not come to its end."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    reading = _Reading(peer)
    if kind == "text/html":
        text = f"{peer.address} answers with a web page; check the address of {peer.provider}, which mostly ends in /v1"
        raise RequestRefused(text, model=peer.model)
    if kind == "application/json":
        for delta in reading.take(await _read_whole(response, reading)):
            yield delta
        reading.is_done = True
    else:
        events = _events(response)
        async for chunk in _chunks(events, reading):
            for delta in reading.take(chunk):
                yield delta
    for delta in reading.end():
        yield delta
    if kind != "application/json":
        await _drain(events)


class _Reading:
    """What is known of a reply so far."""

    def __init__(self, peer: Peer):
        self.peer = peer
        self.has_text = False
        self.is_done = False
        self.finish_reason: str | None = None
        self._usage: Usage | None = None

    @property
    def is_complete(self) -> bool:
        """Whether no more words can come."""
        return self.is_done or self.finish_reason is not None

    def take(self, chunk: JSON) -> Iterator[Delta]:
        """Give what a chunk holds of the first choice; keep its usage and its finish reason."""
        if not isinstance(chunk, dict):
            raise self.peer.broken(f"it holds what is no chunk: {self.peer.clean(json.dumps(chunk))!r}")
        if chunk.get("error"):
            raise self.peer.reported(detail_of(chunk))
        self._usage = _usage_in(chunk.get("usage")) or self._usage
        for choice in chunk.get("choices") or ():
            if not isinstance(choice, dict) or choice.get("index", 0) != 0:
                continue
            said = choice.get("delta") or choice.get("message")
            if isinstance(said, dict) and (text := _text_in(said.get("content"))):
                self.has_text = True
                yield TextDelta(text)
            if reason := choice.get("finish_reason"):
                self.finish_reason = str(reason)

    def end(self) -> Iterator[Delta]:
        """Give what follows the last word; raises StreamBroken if the reply has not come to its end."""
        if not self.is_complete:
            raise self.peer.broken("it has no end")
        if self.finish_reason == "error":
            raise self.peer.broken("the endpoint reports an error without a word")
        if self._usage:
            yield UsageReport(self._usage)
        yield Finished(self.finish_reason or "stop")

    def failed(self, error: Exception) -> ModelError:
        """Translate what went wrong with the connection."""
        import httpx2

        if not isinstance(error, httpx2.TimeoutException):
            return self.peer.broken(self.peer.clean(str(error)) or "the connection was closed")
        if self.has_text:
            return self.peer.broken("nothing more came in time")
        return self.peer.silent("has begun to answer but said no word")


async def _chunks(events: AsyncIterator[ServerSentEvent], reading: _Reading) -> AsyncIterator[JSON]:
    """Give the JSON of each event up to `[DONE]`."""
    import httpx2

    try:
        while True:
            async with asyncio.timeout(USAGE_SECONDS if reading.is_complete else None):
                event = await anext(events, None)
            if event is None:
                return
            if event.data == "[DONE]":
                reading.is_done = True
                return
            if event.data:
                yield _parsed(event, reading.peer)
    except (httpx2.HTTPError, TimeoutError) as error:
        if not reading.is_complete:
            raise reading.failed(error) from error


def _parsed(event: ServerSentEvent, peer: Peer) -> JSON:
    try:
        chunk = json.loads(event.data)
    except ValueError as error:
        raise peer.broken(f"it holds what is no JSON: {peer.clean(event.data[:80])!r}") from error
    if event.event == "error" and isinstance(chunk, dict):
        return {"error": chunk.get("error") or chunk}
    return chunk


def _events(response: Response) -> AsyncIterator[ServerSentEvent]:
    import httpx2

    # Some servers call their stream something else, or nothing; it is read all the same, as UTF-8.
    response.headers["content-type"] = "text/event-stream; charset=utf-8"
    return aiter(httpx2.EventSource(response, LARGEST_EVENT))


async def _drain(events: AsyncIterator[ServerSentEvent]) -> None:
    import httpx2

    try:
        async with asyncio.timeout(END_SECONDS):
            async for _ in events:
                pass
    except (httpx2.HTTPError, TimeoutError):
        pass  # the reply is complete; only the connection is of no more use


async def _read_whole(response: Response, reading: _Reading) -> JSON:
    import httpx2

    try:
        content = await response.aread()
    except httpx2.HTTPError as error:
        raise reading.failed(error) from error
    try:
        return json.loads(content)
    except ValueError as error:
        words = reading.peer.clean(content[:80].decode(errors="replace"))
        raise reading.peer.broken(f"it is no JSON: {words!r}") from error


def _text_in(content: JSON) -> str:
    """Return the words of a content, which a few endpoints send in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


def _usage_in(value: JSON) -> Usage | None:
    if not isinstance(value, dict):
        return None
    counts = (value.get("prompt_tokens") or 0, value.get("completion_tokens") or 0)
    return Usage(*counts) if all(isinstance(count, int) for count in counts) else None
