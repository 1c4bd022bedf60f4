"""A store that could not be opened when HFS started, such as in a read-only home: every use tries once more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from hfs_core.contracts import Operation, Outcome, Records, Ref, ReplyWriter, Store
from hfs_core.models import Message, Record, Session


class LateStore:
    """Opens the real store when it is first possible; until then every method raises StoreUnavailable.

    Args:
        open_store: opens it, once; raises StoreUnavailable as long as that cannot be done.
    """

    def __init__(self, open_store: Callable[[], Awaitable[Store]]):
        self._open_store = open_store
        self._store: Store | None = None
        self._opening = asyncio.Lock()

    async def _real(self) -> Store:
        async with self._opening:
            if self._store is None:
                self._store = await self._open_store()
            return self._store

    async def session(self, ref: Ref) -> Session:
        """See `Store.session`."""
        return await (await self._real()).session(ref)

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """See `Store.sessions`."""
        return await (await self._real()).sessions(limit=limit, before=before, deleted=deleted)

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """See `Store.messages`."""
        return await (await self._real()).messages(ref, start, stop)

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """See `Store.apply`."""
        return await (await self._real()).apply(*operations, namespace=namespace)

    @asynccontextmanager
    async def reply(self, ref: Ref, *, expect: int) -> AsyncIterator[ReplyWriter]:
        """See `Store.reply`."""
        async with (await self._real()).reply(ref, expect=expect) as writer:
            yield writer

    def records(self, namespace: str) -> Records:
        """See `Store.records`."""
        return _LateRecords(self._real, namespace)

    async def verify(self, ref: Ref, at: int) -> int | None:
        """See `Store.verify`."""
        return await (await self._real()).verify(ref, at)

    async def purge(self, ref: Ref) -> int:
        """See `Store.purge`."""
        return await (await self._real()).purge(ref)


class _LateRecords:
    """See `Records`."""

    def __init__(self, real: Callable[[], Awaitable[Store]], namespace: str):
        self._real = real
        self._namespace = namespace

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """See `Records.get`."""
        return await (await self._real()).records(self._namespace).get(key, session=session)

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """See `Records.list`."""
        return await (await self._real()).records(self._namespace).list(session=session, inherited=inherited)

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """See `Records.apply`."""
        return await (await self._real()).records(self._namespace).apply(*operations)

    async def blob(self, sha256: str) -> bytes:
        """See `Records.blob`."""
        return await (await self._real()).records(self._namespace).blob(sha256)
