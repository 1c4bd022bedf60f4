"""Sessions and messages for programs of their own; the chat goes through `Store`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from hfs_core.api import Append, Change, Create, Draft, Message, NotFound, Operation, Outcome, Ref, Session
from hfs_sqlite_store import reading
from hfs_sqlite_store.changes import Transaction
from hfs_sqlite_store.engines import READING
from hfs_sqlite_store.faults import translated
from hfs_sqlite_store.rows import to_session


class SessionRepository:
    """Reads and writes what the store keeps, by the same rules: counts and digests stay right.

    Each method is one transaction. What cannot be done is a `StoreError`, as in the store: `NotFound`, `Conflict`
    while a reply is under way, `StoreUnavailable`, `StoreUnusable`.
    """

    def __init__(self, session_factory: async_sessionmaker[AsyncSession]):
        self._factory = session_factory

    async def create(self, name: str) -> Session:
        """Make a session without messages."""
        return _session(await self._apply(Create(uuid4().hex, name)))

    async def get(self, ref: Ref) -> Session | None:
        """Return a session by its id or uid, None if there is none."""
        try:
            async with self._reading() as connection:
                return to_session(await reading.session_row(connection, ref))
        except NotFound:
            return None

    async def list_recent(self, limit: int = 20) -> Sequence[Session]:
        """Return the sessions that are not deleted, the last active first."""
        async with self._reading() as connection:
            return await reading.read_sessions(connection, limit, None, deleted=False)

    async def rename(self, ref: Ref, name: str) -> Session:
        """Give a session another name; raises NotFound."""
        return _session(await self._apply(Change(ref, name=name)))

    async def add_message(self, ref: Ref, role: str, content: str) -> Message:
        """Put a message at the end of a session; raises NotFound."""
        message = await self._apply(Append(ref, Draft(role, content)))
        assert isinstance(message, Message)
        return message

    async def delete(self, ref: Ref) -> None:
        """Hide a session; its messages stay, as others may share them. Raises NotFound."""
        await self._apply(Change(ref, deleted=True))

    async def _apply(self, operation: Operation) -> Outcome:
        with translated(self._path()):
            async with self._factory.begin() as session:
                connection = await session.connection()
                outcomes = await connection.run_sync(lambda sync: Transaction(sync, "").run([operation]))
        return outcomes[0]

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with translated(self._path()):
            async with self._factory() as session:
                yield await session.connection(execution_options={READING: True})

    def _path(self) -> Path:
        engine = self._factory.kw["bind"]
        assert isinstance(engine, AsyncEngine)
        return Path(engine.url.database or "")


def _session(outcome: Outcome) -> Session:
    assert isinstance(outcome, Session)
    return outcome
