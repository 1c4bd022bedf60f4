"""Makes the database, or brings an older one to today's shape; refuses a newer one and another program's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.schema import CreateIndex, CreateTable

from hfs_core.api import StoreUnusable
from hfs_sqlite_store.engines import BUSY_MS, make_file
from hfs_sqlite_store.locks import FileLock
from hfs_sqlite_store.schema import APPLICATION_ID, FIRST_PLAN, VERSION, metadata

_INCREMENTAL = 2  # what `PRAGMA auto_vacuum` says of it


def prepare(path: Path) -> None:
    """Leave a database of today's shape at `path`.

    Raises:
        StoreUnusable: it was written by a newer HFS, or is another program's.
        sqlite3.Error, OSError: it cannot be opened or written.
    """
    make_file(path)
    with closing(connect(path)) as connection:
        if version_of(path, connection) == VERSION and _is_settled(connection):
            return
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        with lock.exclusive(wait=True), closing(connect(path)) as connection:
            # Asked anew: of two that start at once, the first has made or migrated it by now.
            _bring_up(path, connection, version_of(path, connection))
            _settle(connection)
    finally:
        lock.close()


def connect(path: Path) -> sqlite3.Connection:
    """Return a plain connection for making and migrating; its transactions begin where we say so."""
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    # EXTRA: while there is a rollback journal, its removal must reach the disk too.
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


def version_of(path: Path, connection: sqlite3.Connection) -> int | None:
    """Return the version of the shape, 0 for the first plan's, None for a file without tables.

    Raises:
        StoreUnusable: it was written by a newer HFS, or is another program's.
    """
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if owner == APPLICATION_ID:
        if version > VERSION:
            raise StoreUnusable(
                f"{path} was written by a newer HFS (shape {version}, this one knows {VERSION}); nothing was changed "
                "in it: upgrade HFS to use it, or set plugins.sqlite_store.path to another file"
            )
        return version
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if (owner, version) == (0, 0) and not tables:
        return None
    if (owner, version) == (0, 0) and tables >= FIRST_PLAN:
        return 0
    raise StoreUnusable(
        f"{path} is a database of another program (its tables: {', '.join(sorted(tables)) or 'none'}); nothing was "
        "changed in it: set plugins.sqlite_store.path to another file"
    )


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


def _bring_up(path: Path, connection: sqlite3.Connection, version: int | None) -> None:
    if version is None:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # costs nothing while the file is empty
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        make_tables(connection)
        stamp(connection, VERSION)
        connection.execute("COMMIT")
    elif version < VERSION:
        from hfs_sqlite_store.migration import migrate

        migrate(path, connection, version)


def _is_settled(connection: sqlite3.Connection) -> bool:
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return bool(mode == "wal" and connection.execute("PRAGMA auto_vacuum").fetchone()[0] == _INCREMENTAL)


def _settle(connection: sqlite3.Connection) -> None:
    """Set what is kept in the file itself; after a migration that needs a VACUUM, which is all or nothing too."""
    if connection.execute("PRAGMA auto_vacuum").fetchone()[0] != _INCREMENTAL:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    connection.execute("PRAGMA journal_mode = WAL")
