"""Makes the database, or brings an older one to today's shape; refuses a newer one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.schema import CreateIndex, CreateTable

from hfs_core.api import StoreUnusable
from hfs_sqlite_store.engines import BUSY_MS, make_file
from hfs_sqlite_store.locks import FileLock
from hfs_sqlite_store.schema import APPLICATION_ID, VERSION, metadata


def prepare(path: Path) -> None:
    """Leave a database of today's shape at `path`.

    Raises:
        StoreUnusable: it was written by a newer HFS, or is another program's.
        sqlite3.Error, OSError: it cannot be opened or written.
    """
    make_file(path)
    if _version(path) == VERSION:
        return
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        with lock.exclusive(wait=True):  # two that start at once must not both make or migrate it
            version = _version(path)
            if version < VERSION:
                _bring_up(path, version)
    finally:
        lock.close()


def connect(path: Path) -> sqlite3.Connection:
    """Return a plain connection for making and migrating; its transactions begin where we say so."""
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """Make today's tables and indexes, within the caller's transaction."""
    from sqlalchemy.dialects import sqlite

    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))


def stamp(connection: sqlite3.Connection, version: int) -> None:
    """Write the version of the shape into the file, within the caller's transaction."""
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _version(path: Path) -> int:
    with closing(connect(path)) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StoreUnusable(
                f"{path} was written by a newer HFS (shape {version}, this one knows {VERSION}); nothing was changed "
                "in it: upgrade HFS to use it"
            )
        return version


def _bring_up(path: Path, version: int) -> None:
    with closing(connect(path)) as connection:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not tables:
            _make(connection)
            return
        from hfs_sqlite_store.migration import migrate

        migrate(path, connection, version, tables)


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # can be chosen only while the file is empty
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    make_tables(connection)
    stamp(connection, VERSION)
    connection.execute("COMMIT")
