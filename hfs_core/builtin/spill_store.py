"""The store around the chosen one: while that cannot write, the chat goes on in memory, and is written later.

As long as the chosen store, the primary, can write, everything is left to it. From its first `StoreUnavailable` on,
all writes happen in memory: sessions made there have negative ids until they are kept. Later writes, and `flush`, try
to write what waits; when that is done the memory is forgotten, and the ids of that time go on naming their sessions.
Words to a session that went on elsewhere are written into a fork, which then goes by the session's id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from hfs_core.builtin.spill.outage import Outage
from hfs_core.builtin.spill.reply import open_reply
from hfs_core.builtin.spill.state import as_saved
from hfs_core.contracts import Diagnosable, Operation, Outcome, Records, Ref, ReplyWriter, Store
from hfs_core.models import Message, Record, Session

RETRY_EVERY = 2.0
"""Seconds after a refusal in which a write does not ask the primary store again."""


class SpillStore:
    """A store that never stops writing.

    Args:
        primary: the store that keeps.
        on_change: told once whenever writing has become impossible (False, and why), or possible again and everything
            is written (True, and what the person should know of it, mostly "").
        retry_every: seconds after a refusal in which a write does not ask the primary store again.
    """

    def __init__(
        self, primary: Store, on_change: Callable[[bool, str], None], *, retry_every: float = RETRY_EVERY
    ):
        self._primary = primary
        self._outage = Outage(primary, on_change, retry_every)

    async def flush(self) -> bool:
        """Try now to write what waits; return whether nothing waits any more."""
        return await self._outage.flush()

    def unsaved(self) -> list[str]:
        """Return the names of the sessions of which something is only in memory."""
        return self._outage.memory.unsaved() if self._outage.memory is not None else []

    async def aclose(self) -> None:
        """Try a last time to write what waits; `unsaved` then tells what is lost. The primary store stays open."""
        await self._outage.close()

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Say what the primary store says of itself, and what is not in it; see `Diagnosable`."""
        found = await self._primary.diagnose(subject) if isinstance(self._primary, Diagnosable) else ()
        return [*found, *((f"only in memory: {name}", True) for name in self.unsaved())]

    async def session(self, ref: Ref) -> Session:
        """See `Store.session`."""
        ref = self._outage.real(ref)
        return await self._outage.store_of(ref).session(ref)

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """See `Store.sessions`."""
        if self._outage.memory is not None:
            return await self._outage.memory.listing(limit, before, deleted=deleted)
        return await self._primary.sessions(limit=limit, before=as_saved(before), deleted=deleted)

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """See `Store.messages`."""
        ref = self._outage.real(ref)
        return await self._outage.store_of(ref).messages(ref, start, stop)

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """See `Store.apply`."""
        outage = self._outage
        return await outage.write(
            lambda: self._primary.apply(*outage.real_all(operations), namespace=namespace),
            lambda memory: memory.apply(*outage.real_all(operations), namespace=namespace),
        )

    def reply(self, ref: Ref, *, expect: int) -> AbstractAsyncContextManager[ReplyWriter]:
        """See `Store.reply`; one that is refused in its middle goes on in memory."""
        return open_reply(self._outage, self._primary, ref, expect)

    def records(self, namespace: str) -> Records:
        """See `Store.records`."""
        return _SpillRecords(self, self._primary, self._outage, namespace)

    async def verify(self, ref: Ref, at: int) -> int | None:
        """See `Store.verify`."""
        ref = self._outage.real(ref)
        return await self._outage.store_of(ref).verify(ref, at)

    async def purge(self, ref: Ref) -> int:
        """See `Store.purge`."""
        outage = self._outage
        return await outage.write(
            lambda: self._primary.purge(outage.real(ref)), lambda memory: memory.purge(outage.real(ref))
        )


class _SpillRecords:
    """The records of one namespace; see `Records`."""

    def __init__(self, store: SpillStore, primary: Store, outage: Outage, namespace: str):
        self._store = store
        self._records = primary.records(namespace)
        self._outage = outage
        self._namespace = namespace

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """See `Records.get`."""
        session = self._real(session)
        if self._outage.memory is not None:
            return await self._outage.memory.kept.get(self._namespace, key, session)
        return await self._records.get(key, session=session)

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """See `Records.list`."""
        session = self._real(session)
        if self._outage.memory is not None:
            return await self._outage.memory.kept.list(self._namespace, session, inherited=inherited)
        return await self._records.list(session=session, inherited=inherited)

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """See `Records.apply`."""
        return await self._store.apply(*operations, namespace=self._namespace)

    async def blob(self, sha256: str) -> bytes:
        """See `Records.blob`."""
        if self._outage.memory is not None:
            return await self._outage.memory.kept.blob(self._namespace, sha256)
        return await self._records.blob(sha256)

    def _real(self, session: Ref | None) -> Ref | None:
        return None if session is None else self._outage.real(session)
