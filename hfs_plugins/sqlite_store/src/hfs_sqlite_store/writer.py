"""The one writer: a thread with a synchronous engine that groups waiting writes into one commit.

A job is a function of the connection and nothing else: where one of a group fails, all is rolled back and each is
done again alone, so that one `Conflict` never undoes a neighbour.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hfs_core.api import HfsError, StoreUnavailable, StoreUnusable
from hfs_sqlite_store.engines import LOG_BYTES, has_reset_bug, write_engine
from hfs_sqlite_store.faults import fault, is_busy
from hfs_sqlite_store.locks import FileLock
from hfs_sqlite_store.schema import VERSION

T = TypeVar("T")
Job = Callable[[Connection], T]

GROUP = 256
"""How many waiting writes go into one commit at most."""


@dataclass(slots=True)
class _Waiting:
    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell whoever waits; called on the loop."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


def _settle(group: Sequence[_Waiting]) -> None:
    """Tell all who wait, each loop once: waking a loop costs more than a write."""
    for loop, ended in groupby(group, key=attrgetter("loop")):
        settled = list(ended)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle_here, settled)


def _settle_here(settled: list[_Waiting]) -> None:
    for waiting in settled:
        waiting.settle()


class Writer:
    """Owns the connection that writes."""

    def __init__(self, path: Path):
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._is_closed = False
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._thread = threading.Thread(target=self._work, name="hfs-sqlite-writer", daemon=True)
        self._thread.start()

    async def do(self, job: Job[T]) -> T:
        """Do a job in a transaction and return its result once it is on disk.

        A caller that is cancelled leaves the job to be done all the same.
        """
        if self._is_closed:
            raise StoreUnavailable(f"the store in {self._path} is closed")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, loop, loop.create_future())
        self._queue.put(waiting)
        result: T = await waiting.done
        return result

    async def shrink(self) -> None:
        """Give some of the pages that nothing uses any more back to the disk."""

        def job(connection: Connection) -> None:
            # The driver itself, and to the end: each step of the statement gives back one page.
            connection.connection.cursor().execute("PRAGMA incremental_vacuum(4096)").fetchall()

        await self.do(job)

    async def close(self) -> None:
        """Do what waits, then end the thread."""
        self._is_closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._lock.close()

    def _work(self) -> None:
        engine = write_engine(self._path)
        connection: Connection | None = None
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if not group:
                continue
            try:
                if connection is None:
                    connection = engine.connect()
                self._write(connection, group)
            except Exception as error:  # noqa: BLE001 # whatever it is, those who wait must hear of it
                for waiting in group:
                    waiting.error = fault(self._path, error)
                _settle(group)
                _close(connection)
                connection = None
        _close(connection)
        engine.dispose()

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Wait for a write, then take all that wait; the second is False after the last."""
        group = []
        item = self._queue.get()
        with suppress(Empty):
            while item is not None:
                group.append(item)
                if len(group) == GROUP:
                    return group, True
                item = self._queue.get_nowait()
            return group, False
        return group, True

    def _write(self, connection: Connection, group: list[_Waiting]) -> None:
        try:
            results = self._commit(connection, group)
        except Exception as error:  # noqa: BLE001 # a job's own error, or the disk's
            if len(group) == 1 or is_busy(error):
                for waiting in group:
                    waiting.error = self._told(error)
                _settle(group)
                return
            for waiting in group:
                self._write(connection, [waiting])
            return
        for waiting, result in zip(group, results, strict=True):
            waiting.result = result
        _settle(group)
        if has_reset_bug():
            self._shorten_log(connection)

    def _commit(self, connection: Connection, group: list[_Waiting]) -> list[Any]:
        with self._lock.shared(), connection.begin():
            self._check_version(connection)
            return [waiting.job(connection) for waiting in group]

    def _check_version(self, connection: Connection) -> None:
        # A newer HFS may have migrated the file while we had it open; what we would write no longer fits.
        found = connection.connection.cursor().execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            raise StoreUnusable(
                f"{self._path} has been taken over by another version of HFS (shape {found}); nothing was written: "
                "start HFS again"
            )

    def _told(self, error: Exception) -> Exception:
        if isinstance(error, HfsError | ValueError | TypeError):
            return error
        return fault(self._path, error)

    def _shorten_log(self, connection: Connection) -> None:
        """Move a long log into the database, at a moment when nobody commits.

        With the bug of `has_reset_bug` a checkpoint that meets a commit can damage the file; all HFS processes hold
        the shared lock while they commit.
        """
        try:
            # Begun anew, the log is cut to exactly the limit and written over: only what is longer has grown.
            if self._log.stat().st_size <= LOG_BYTES:
                return
            with self._lock.exclusive(wait=False) as is_alone:
                if is_alone:
                    connection.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        except (OSError, sqlite3.Error):
            return  # the log stays long until the next write; nothing is lost by it


def _close(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(SQLAlchemyError):
            connection.close()
