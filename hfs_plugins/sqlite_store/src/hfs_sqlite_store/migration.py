"""Older databases become today's: backed up first, one transaction, counts verified."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hfs_core.api import StoreUnusable
from hfs_sqlite_store import first_plan
from hfs_sqlite_store.engines import make_file
from hfs_sqlite_store.opening import stamp
from hfs_sqlite_store.schema import VERSION

BACKUPS_KEPT = 3

Step = Callable[[sqlite3.Connection], None]

STEPS: dict[int, Step] = {0: first_plan.migrate}
"""What leads from each version to the next; a step raises ValueError if something does not fit."""


def migrate(path: Path, connection: sqlite3.Connection, version: int) -> None:
    """Bring the database from `version` to today's, after a backup beside it; killed half way it is the old one.

    Raises:
        StoreUnusable: what it holds cannot be carried over; not a byte of it has changed.
    """
    backup = back_up(path, connection)
    connection.execute("PRAGMA foreign_keys = OFF")  # else dropping a table deletes what refers to it
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, VERSION):
            STEPS[step](connection)
        stamp(connection, VERSION)
        connection.execute("COMMIT")
    except (ValueError, sqlite3.IntegrityError) as error:
        connection.execute("ROLLBACK")
        raise StoreUnusable(
            f"{path} could not be brought to this HFS' shape: {error}; it is unchanged, and copied to {backup}: mend "
            "it with SQLite, or set plugins.sqlite_store.path to another file"
        ) from error


def back_up(path: Path, connection: sqlite3.Connection) -> Path:
    """Copy the database beside it through SQLite, keep the latest few copies, and return the new one."""
    for unfinished in path.parent.glob(f"{path.name}.backup-*.partial*"):
        unfinished.unlink()
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    backup = path.with_name(f"{path.name}.backup-{moment}")
    partial = backup.with_name(backup.name + ".partial")
    make_file(partial)
    connection.execute("VACUUM INTO ?", (str(partial),))
    _sync(partial)  # SQLite leaves that to the system (sqlite.org/lang_vacuum.html)
    partial.rename(backup)
    _sync(path.parent)
    for old in sorted(path.parent.glob(f"{path.name}.backup-*[0-9]"))[:-BACKUPS_KEPT]:
        old.unlink()
    return backup


def _sync(file: Path) -> None:
    if file.is_dir() and os.name == "nt":
        return  # Windows opens no directories
    descriptor = os.open(file, os.O_RDWR if file.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
