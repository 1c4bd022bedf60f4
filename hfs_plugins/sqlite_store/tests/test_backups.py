"""The README's backups: taken while HFS writes, and put back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.testing.laws.steps import begin, check_whole, say, texts


def vacuum_into(path: Path, copy: Path) -> None:
    """Copy as `VACUUM INTO` does."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))


def back_up(path: Path, copy: Path) -> None:
    """Copy as `.backup` does."""
    with closing(sqlite3.connect(path)) as connection, closing(sqlite3.connect(copy)) as target:
        connection.backup(target)


@pytest.mark.parametrize("take", [vacuum_into, back_up])
async def test_a_backup_of_the_live_file(tmp_path: Path, take: object) -> None:
    """It is whole, though somebody writes all the time, and can be put in place of the file."""
    assert callable(take)
    path, copy = tmp_path / "sessions.db", tmp_path / "copy.db"
    async with open_store(path) as store:
        session = await begin(store, "first")
        is_taken = asyncio.Event()

        async def write() -> None:
            while not is_taken.is_set():
                await say(store, session.id, "x" * 1000)

        writing = asyncio.create_task(write())
        await asyncio.to_thread(take, path, copy)
        is_taken.set()
        await writing
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(f"{path}{ending}")
    os.rename(copy, path)
    async with open_store(path) as store:
        await check_whole(store, session.id)
        await say(store, session.id, "and on")
        said = await texts(store, session.id)
        assert (said[0], said[-1]) == ("first", "and on")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
