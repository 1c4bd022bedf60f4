"""An open reply that goes on in memory when the store refuses to write in its middle."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

from hfs_core.builtin.spill.backlog import Entry, Held
from hfs_core.builtin.spill.memory import SpillMemory
from hfs_core.builtin.spill.outage import Outage
from hfs_core.builtin.spill.refit import draft_of
from hfs_core.contracts import Append, Ref, ReplyWriter, Store
from hfs_core.errors import StoreUnavailable
from hfs_core.models import Draft, Message, Status


@asynccontextmanager
async def open_reply(outage: Outage, primary: Store, ref: Ref, expect: int) -> AsyncIterator[ReplyWriter]:
    """See `Store.reply`."""

    async def directly() -> SpillReply:
        context = AsyncExitStack()
        writer = await context.enter_async_context(primary.reply(outage.real(ref), expect=expect))
        return SpillReply(outage, ref, expect, Held(writer, context))

    async def in_memory(memory: SpillMemory) -> SpillReply:
        reply = SpillReply(outage, ref, expect, None)
        try:
            await reply.move_to(memory)
        except BaseException:
            outage.replies.discard(reply)
            raise
        return reply

    reply = await outage.write(directly, in_memory)
    try:
        yield reply
    finally:
        await reply.leave()


class SpillReply:
    """An open reply; see `ReplyWriter`.

    Attributes:
        is_moved: whether it goes on in memory.
    """

    def __init__(self, outage: Outage, ref: Ref, index: int, held: Held | None):
        self.index = index
        self.is_moved = False
        self._outage = outage
        self._ref = ref
        self._held = held
        self._words: list[str] = []
        self._memory: ReplyWriter | None = None
        self._context = AsyncExitStack()
        self._is_ending = self._is_closed = False
        outage.replies.add(self)

    async def move_to(self, memory: SpillMemory) -> None:
        """Go on in memory, with the words so far; the primary store keeps the position."""
        ref = self._outage.real(self._ref)
        await memory.adopt(ref)
        self._memory = await self._context.enter_async_context(memory.reply(ref, expect=self.index))
        self.is_moved = True
        await self._memory.write("".join(self._words))

    async def write(self, text: str) -> None:
        """See `ReplyWriter.write`."""

        async def directly() -> None:
            await self._primary().write(text)
            self._words.append(text)

        async def in_memory(_: SpillMemory) -> None:
            await self._moved().write(text)

        self._check_open()
        await self._outage.write(directly, in_memory)

    async def finish(self, draft: Draft) -> Message:
        """See `ReplyWriter.finish`."""

        async def directly() -> Message:
            return await self._primary().finish(draft)

        async def in_memory(memory: SpillMemory) -> Message:
            if not self.is_moved and (
                done := await memory.said(self._outage.real(self._ref), draft, self.index)
            ):
                return done  # so the memory has no place for it
            message = await self._moved().finish(draft)
            await self._note(memory, message)
            return message

        self._check_open()
        self._is_ending = True
        message = await self._outage.write(directly, in_memory)
        await self._closed()
        return message

    async def abandon(self, status: str) -> Message | None:
        """See `ReplyWriter.abandon`."""

        async def directly() -> Message | None:
            return await self._primary().abandon(status)

        self._check_open()
        self._is_ending = True
        message = await self._outage.write(directly, partial(self._abandon_in_memory, status))
        await self._closed()
        return message

    async def leave(self) -> None:
        """Let go of it; what is not finished is kept as interrupted."""
        try:
            if not self._is_closed:
                await self._outage.write(self._leave, partial(self._abandon_in_memory, Status.INTERRUPTED))
                await self._closed()
        finally:
            self._outage.replies.discard(self)
            if self._held is not None:
                nothing_to_keep = (StoreUnavailable,) if self._is_closed else ()
                with suppress(*nothing_to_keep):
                    await self._held.context.aclose()

    async def _leave(self) -> Message | None:
        if self._is_ending and self._held is not None:
            await self._held.context.aclose()  # only the store knows how far a call came that did not return
            return None
        return await self._primary().abandon(Status.INTERRUPTED)

    async def _abandon_in_memory(self, status: str, memory: SpillMemory) -> Message | None:
        message = await self._moved().abandon(status)
        await self._note(memory, message)
        return message

    async def _note(self, memory: SpillMemory, message: Message | None) -> None:
        """Leave to the backlog what the memory has made of it."""
        await self._context.aclose()
        if message is not None:
            uid = (await memory.session(message.session_id)).uid
            append = Append(uid, draft_of(message), expect=message.index)
            memory.backlog.entries.append(Entry([append], held=self._held))
        elif self._held is not None:
            memory.backlog.entries.append(Entry(held=self._held))
        self._held = None
        self._is_closed = True
        self._outage.replies.discard(self)

    async def _closed(self) -> None:
        self._is_closed = True
        self._outage.replies.discard(self)
        if self.is_moved:
            await self._outage.has_ended()  # its session waited for it alone, perhaps

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("this reply is closed")

    def _primary(self) -> ReplyWriter:
        assert self._held is not None, "a reply that began in memory goes on there"
        return self._held.writer

    def _moved(self) -> ReplyWriter:
        if self._memory is None:
            raise StoreUnavailable(
                "the store can be neither written nor read; your words are on the screen only"
            )
        return self._memory
