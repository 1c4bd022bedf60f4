"""A real store that refuses to write, or to read, when it is told to: a full disk without a disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hfs_core.contracts import Operation, Outcome, Records, Ref, ReplyWriter, Store
from hfs_core.errors import StoreUnavailable
from hfs_core.models import Draft, Message, Record, Session


class Gate:
    """Where a write waits until it is let through."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()


class FaultyStore:
    """A store around another one.

    Attributes:
        gates: where the next write waits: on its way there (`arrive`), before it is done (`work`) and
            before it is answered (`answer`).
        open_replies: how many replies nobody has left.
        is_full: whether writing is refused.
        is_unreadable: whether reading is.
        loses_answers: whether a write is done, and then said to have failed.
        writes: how many writes were asked for.
    """

    def __init__(self, inner: Store, *, is_full: bool = False):
        self.inner = inner
        self.is_full = is_full
        self.is_unreadable = False
        self.loses_answers = False
        self.writes = 0
        self.open_replies = 0
        self.gates: dict[str, Gate] = {}
        self._room: int | None = None

    def fails_after(self, writes: int) -> None:
        """Take that many more writes before the disk is full."""
        self._room = self.writes + writes

    def works_again(self) -> None:
        """Refuse nothing any more."""
        self.is_full = self.is_unreadable = self.loses_answers = False
        self._room = None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Let one write through, as slowly as it must be, or refuse it."""
        await self._pass("arrive")
        self.check_write()
        await self._pass("work")
        yield
        await self._pass("answer")
        if self.loses_answers:
            raise StoreUnavailable("the disk is gone")

    async def _pass(self, gate: str) -> None:
        if gate in self.gates:
            passed = self.gates.pop(gate)
            passed.reached.set()
            await passed.opened.wait()

    def check_write(self) -> None:
        """Refuse to write, if it must."""
        self.writes += 1
        if self._room is not None:
            self.is_full = self.writes > self._room
        if self.is_full:
            raise StoreUnavailable("the disk is full")

    def check_read(self) -> None:
        """Refuse to read, if it must."""
        if self.is_unreadable:
            raise StoreUnavailable("the disk is gone")

    async def session(self, ref: Ref) -> Session:
        self.check_read()
        return await self.inner.session(ref)

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        self.check_read()
        return await self.inner.sessions(limit=limit, before=before, deleted=deleted)

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        self.check_read()
        return await self.inner.messages(ref, start, stop)

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        async with self.writing():
            return await self.inner.apply(*operations, namespace=namespace)

    @asynccontextmanager
    async def reply(self, ref: Ref, *, expect: int) -> AsyncIterator[ReplyWriter]:
        self.check_write()
        async with self.inner.reply(ref, expect=expect) as writer:
            self.open_replies += 1
            try:
                yield _FaultyReply(self, writer)
            finally:
                self.open_replies -= 1
            self.check_write()

    def records(self, namespace: str) -> Records:
        return _FaultyRecords(self, namespace)

    async def verify(self, ref: Ref, at: int) -> int | None:
        self.check_read()
        return await self.inner.verify(ref, at)

    async def purge(self, ref: Ref) -> int:
        self.check_write()
        return await self.inner.purge(ref)


class _FaultyReply:
    def __init__(self, store: FaultyStore, writer: ReplyWriter):
        self._store = store
        self._writer = writer
        self.index = writer.index

    async def write(self, text: str) -> None:
        async with self._store.writing():
            await self._writer.write(text)

    async def finish(self, draft: Draft) -> Message:
        async with self._store.writing():
            return await self._writer.finish(draft)

    async def abandon(self, status: str) -> Message | None:
        async with self._store.writing():
            return await self._writer.abandon(status)


class _FaultyRecords:
    def __init__(self, store: FaultyStore, namespace: str):
        self._store = store
        self._namespace = namespace
        self._inner = store.inner.records(namespace)

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        self._store.check_read()
        return await self._inner.get(key, session=session)

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        self._store.check_read()
        return await self._inner.list(session=session, inherited=inherited)

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        return await self._store.apply(*operations, namespace=self._namespace)

    async def blob(self, sha256: str) -> bytes:
        self._store.check_read()
        return await self._inner.blob(sha256)
