"""Older databases become today's: backed up first, one transaction, counts verified."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hfs_core.api import StoreUnusable
from hfs_sqlite_store import first_plan
from hfs_sqlite_store.opening import stamp
from hfs_sqlite_store.schema import VERSION

BACKUPS_KEPT = 3

Step = Callable[[sqlite3.Connection], None]

STEPS: dict[int, Step] = {0: first_plan.migrate}
"""What leads from each version to the next; a step raises ValueError if its counts do not fit."""


def migrate(path: Path, connection: sqlite3.Connection, version: int, tables: set[str]) -> None:
    """Bring the database from `version` to today's, after a backup beside it; killed half way it is the old one.

    Raises:
        StoreUnusable: it is another program's database, or what it holds cannot be carried over; it is unchanged.
    """
    if version == 0 and not tables >= first_plan.TABLES:
        raise StoreUnusable(
            f"{path} is a database of another program (its tables: {', '.join(sorted(tables))}); nothing was changed "
            "in it: set plugins.sqlite_store.path to another file"
        )
    backup = back_up(path, connection)
    connection.execute("PRAGMA foreign_keys = OFF")  # else dropping a table deletes what refers to it
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, VERSION):
            STEPS[step](connection)
        stamp(connection, VERSION)
        connection.execute("COMMIT")
    except (ValueError, sqlite3.IntegrityError) as error:
        connection.execute("ROLLBACK")
        raise StoreUnusable(
            f"{path} could not be brought to this HFS' shape: {error}; it is unchanged, and copied to {backup}"
        ) from error


def back_up(path: Path, connection: sqlite3.Connection) -> Path:
    """Copy the database beside it through SQLite, keep the latest few copies, and return the new one."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    backup = path.with_name(f"{path.name}.backup-{moment}")
    partial = backup.with_name(backup.name + ".partial")
    connection.execute("VACUUM INTO ?", (str(partial),))
    partial.chmod(0o600)
    partial.rename(backup)
    for old in sorted(path.parent.glob(f"{path.name}.backup-*[0-9]"))[:-BACKUPS_KEPT]:
        old.unlink()
    return backup
