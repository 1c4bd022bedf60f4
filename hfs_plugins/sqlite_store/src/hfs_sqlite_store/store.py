"""The store: reads through the asynchronous engine, writes through the one writer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hfs_core.api import (
    Message,
    Operation,
    Outcome,
    Owner,
    Record,
    Records,
    Ref,
    ReplyWriter,
    Session,
    Store,
    StoreUnavailable,
    make_private,
)
from hfs_sqlite_store import changes, reading, verifying
from hfs_sqlite_store.engines import has_reset_bug, read_engine
from hfs_sqlite_store.faults import translated
from hfs_sqlite_store.opening import prepare
from hfs_sqlite_store.purging import purge
from hfs_sqlite_store.replies import Holders, fold_the_dead, open_reply
from hfs_sqlite_store.rows import SessionRow, to_session
from hfs_sqlite_store.writer import Writer

T = TypeVar("T")


@asynccontextmanager
async def open_store(path: Path) -> AsyncIterator[Store]:
    """Open the store in the file at `path`, which is made if it is not there.

    Raises:
        StoreUnusable: the file is damaged, no database, or written by a newer HFS.
        StoreUnavailable: it cannot be made, opened or locked.
    """
    async with AsyncExitStack() as stack:
        with translated(path):
            make_private(path.parent)
            await asyncio.to_thread(prepare, path)
            owner = Owner(path.parent / "state" / "owners")
            stack.callback(owner.release)
            owner.acquire()
            writer = Writer(path)
            stack.push_async_callback(writer.close)
            engine = read_engine(path)
            stack.push_async_callback(engine.dispose)
        store = SqliteStore(path, engine, writer, owner)
        await store.fold_the_dead()
        yield store


class SqliteStore:
    """See `hfs_core.api.Store`."""

    def __init__(self, path: Path, engine: AsyncEngine, writer: Writer, owner: Owner):
        self._path = path
        self._engine = engine
        self._writer = writer
        self._holders = Holders(owner)

    async def session(self, ref: Ref) -> Session:
        """See `Store.session`."""
        async with self._reading() as connection:
            row = await reading.session_row(connection, ref)
        row = await self._alive(row)
        with translated(self._path):
            return to_session(row)

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """See `Store.sessions`."""
        async with self._reading() as connection:
            return await reading.read_sessions(connection, limit, before, deleted=deleted)

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """See `Store.messages`."""
        async with self._reading() as connection:
            row = await self._alive(await reading.session_row(connection, ref))
            return await reading.read_messages(connection, row, max(start, 0), stop)

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """See `Store.apply`."""
        return await self._writer.do(
            lambda connection: changes.Transaction(connection, namespace).run(operations)
        )

    def reply(self, ref: Ref, *, expect: int) -> AbstractAsyncContextManager[ReplyWriter]:
        """See `Store.reply`."""
        return open_reply(self._writer, self._holders, ref, expect)

    def records(self, namespace: str) -> Records:
        """See `Store.records`."""
        return _Records(self, namespace)

    async def verify(self, ref: Ref, at: int) -> int | None:
        """See `Store.verify`."""
        async with self._reading() as connection:
            row = await reading.session_row(connection, ref)
            segments = await reading.lineage(connection, row)
        with translated(self._path):
            return await verifying.first_broken(self._path, segments, at)

    async def purge(self, ref: Ref) -> int:
        """See `Store.purge`."""
        freed = await self._writer.do(lambda connection: purge(connection, ref))
        with suppress(StoreUnavailable):  # purged it is all the same
            await self._writer.shrink()
        return freed

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Say what the file is and whether it is whole; see `Diagnosable`."""
        async with self._reading() as connection:
            found = (await connection.exec_driver_sql("PRAGMA quick_check(3)")).scalars().all()
            sessions = (await connection.exec_driver_sql("SELECT count(*) FROM sessions")).scalar_one()
            words = (await connection.exec_driver_sql("SELECT count(*) FROM messages")).scalar_one()
        size = self._path.stat().st_size / 1e6
        facts = f"{self._path}: {sessions} sessions, {words} messages, {size:.1f} MB"
        whole = (
            [("the file is whole", False)]
            if found == ["ok"]
            else [(f"damaged: {line}", True) for line in found]
        )
        rule = (
            "its write-ahead log is emptied in moments without commits"
            if has_reset_bug()
            else "it empties its write-ahead log itself"
        )
        return [(facts, False), *whole, (f"SQLite {sqlite3.sqlite_version}: {rule}", False)]

    async def fold_the_dead(self) -> None:
        """End the open replies that nobody writes any more."""
        async with self._reading() as connection:
            held = (await connection.execute(reading.OWNERS)).scalars().all()
        if not all(map(self._holders.is_held, held)):
            await self._writer.do(fold_the_dead(self._holders))

    async def _alive(self, row: SessionRow) -> SessionRow:
        """Return a session's row, anew if it had an open reply that nobody writes any more."""
        if row.open_owner is None or self._holders.is_held(row.open_owner):
            return row
        try:
            await self._writer.do(fold_the_dead(self._holders))
        except StoreUnavailable:
            return (
                row  # a full disk must not keep anybody from reading; its words are folded when there is room
            )
        async with self._reading() as connection:
            return await reading.session_row(connection, row.id)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with translated(self._path):
            async with self._engine.connect() as connection:
                yield connection


class _Records:
    """The records of one namespace; see `Records`."""

    def __init__(self, store: SqliteStore, namespace: str):
        self._store = store
        self._namespace = namespace

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """See `Records.get`."""
        async with self._store._reading() as connection:
            owner = 0 if session is None else (await reading.session_row(connection, session)).id
            return await reading.read_record(connection, self._namespace, owner, key)

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """See `Records.list`."""
        async with self._store._reading() as connection:
            segments = reading.own_only(0)
            if session is not None:
                row = await reading.session_row(connection, session)
                segments = reading.own_only(row.id)
                if inherited:
                    above = (await reading.lineage(connection, row))[1:]
                    segments += [(session_id, cut) for session_id, _, cut in above]
            return await reading.read_records(connection, self._namespace, segments)

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """See `Records.apply`."""
        return await self._store.apply(*operations, namespace=self._namespace)

    async def blob(self, sha256: str) -> bytes:
        """See `Records.blob`."""
        async with self._store._reading() as connection:
            return await reading.read_blob(connection, sha256)
