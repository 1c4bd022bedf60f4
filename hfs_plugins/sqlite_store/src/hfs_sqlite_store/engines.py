"""How the file is opened: the settings of each connection, for the one writer and for the readers."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hfs_core.api import Paths, make_private
from hfs_sqlite_store.locks import FileLock

BUSY_MS = 5000
LOG_BYTES = 4 * 1024 * 1024
READING = "hfs_reading"
"""The execution option of a connection that only reads."""


def has_reset_bug(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Tell whether this SQLite can damage a file when a checkpoint meets a commit that resets the log.

    Source: sqlite.org/wal.html, "The WAL-reset bug": 3.7.0 to 3.51.2, mended in 3.50.7 and 3.44.6 as well.
    """
    return (
        version < (3, 51, 3) and not (3, 50, 7) <= version < (3, 51) and not (3, 44, 6) <= version < (3, 45)
    )


def write_engine(path: Path) -> Engine:
    """Return the engine of the one writer: every transaction begins with `BEGIN IMMEDIATE`."""
    # NullPool and check_same_thread: the writer's thread opens its one connection and keeps it.
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def read_engine(path: Path) -> AsyncEngine:
    """Return the readers' engine: each SELECT is a transaction by itself, and nothing can be written."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)), pool_size=2, max_overflow=2
    )
    event.listen(engine.sync_engine, "connect", _set_up_reader)
    return engine


def lone_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that can only read, for one long look from a thread of its own."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)  # not made if it is gone
    _set_up_reader(connection, None)
    return connection


async def create_db_engine(db_path: Path | None = None) -> AsyncEngine:
    """Return an engine on the database, which is made if it is not there; reads and writes.

    A connection with the execution option `READING` takes no lock; each other transaction takes the write lock when
    it begins, so keep it short.

    Raises:
        StoreUnusable: the file is damaged, no database, or written by a newer HFS.
        StoreUnavailable: it cannot be made, opened or locked.
    """
    from hfs_sqlite_store.faults import translated
    from hfs_sqlite_store.opening import prepare

    path = db_path or Paths.from_environment().database
    with translated(path):
        make_private(path.parent)
        await asyncio.to_thread(prepare, path)
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)))

    def let_go(_: object, record: Any) -> None:
        if held := record.info.pop("held", None):
            held.close()

    def begin(connection: Connection) -> None:
        let_go(None, connection)  # of its last transaction, if there was one
        if connection.get_execution_options().get(READING):
            return
        if has_reset_bug():
            connection.info["held"] = _hold(path)
        _begin_immediate(connection)

    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", begin)
    event.listen(engine.sync_engine, "checkin", let_go)
    return engine


def _hold(path: Path) -> ExitStack:
    """Keep every process from moving the log into the database until the result is closed; see `has_reset_bug`."""
    held, lock = ExitStack(), FileLock(path.with_name(path.name + ".lock"))
    held.callback(lock.close)
    held.enter_context(lock.shared())
    return held


def make_file(path: Path) -> None:
    """Make an empty file that only its owner may read, unless there is one: SQLite's own would be open to all."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return


def _set_up(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {LOG_BYTES}",
        "trusted_schema = OFF",
        *(["wal_autocheckpoint = 0"] if has_reset_bug() else []),
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _set_up_reader(connection: Any, _: object) -> None:
    connection.isolation_level = None
    _set_up(connection, _)
    connection.execute("PRAGMA query_only = ON").close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
