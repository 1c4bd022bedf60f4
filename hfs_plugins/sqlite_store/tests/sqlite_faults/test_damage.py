"""A file that is damaged, foreign or newer: a clear word, never another error, never overwritten."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hfs_sqlite_store.schema import VERSION
from hfs_sqlite_store.store import open_store

from hfs_core.api import Append, Create, Draft, Fork, Put, PutBlob, StoreError, StoreUnusable
from hfs_core.testing.laws.steps import begin, check_whole, texts

from .conftest import PATIENCE

PAGE = 4096


async def make(path: Path) -> Path:
    """Make a database with some of everything, all of it in the one file."""
    async with open_store(path) as store:
        for number in range(4):
            session = await begin(store, *(f"{number}:{n} " + "x" * 400 * n for n in range(20)))
            await store.apply(Fork(f"fork {number}", "fork", session.id, 10))
            blob = bytes([number]) * 9000
            state = Put("state", {"n": number}, session=session.id, blobs=(sha256(blob).hexdigest(),))
            await store.apply(PutBlob(blob), state)
    assert "sessions.db-wal" not in os.listdir(path.parent)
    return path


def read(path: Path) -> bytes:
    """Return what is in the file; nobody has it open."""
    return path.read_bytes()


async def refused(path: Path) -> str:
    """Assert that the file is refused and stays as it is; return what is said."""
    before = read(path)
    with pytest.raises(StoreUnusable) as caught:
        async with open_store(path):
            pass
    assert read(path) == before
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"only words " * 999,
        b"SQLite format 3\0" + b"\xff" * PAGE,
        b"SQLite format 3\0",
        bytes(PAGE * 3),
        b"xy",
    ],
)
async def test_no_database_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sessions.db"
    path.write_bytes(content)
    assert "move it away" in await refused(path)


async def test_a_destroyed_header(tmp_path: Path) -> None:
    path = await make(tmp_path / "sessions.db")
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    assert "backup" in await refused(path)


async def test_a_newer_shape(tmp_path: Path) -> None:
    """It is refused, not downgraded, and says what to do."""
    path = await make(tmp_path / "sessions.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert "upgrade HFS" in await refused(path)
    assert not [name for name in os.listdir(tmp_path) if "backup" in name]


@pytest.mark.parametrize("version", [0, VERSION, VERSION + 5])
@pytest.mark.parametrize(
    "tables",
    [
        ["CREATE TABLE bookmarks (url TEXT)"],
        ["CREATE TABLE bookmarks (url TEXT)", "PRAGMA application_id = 77"],
        [
            "CREATE TABLE sessions (token TEXT)",
            "CREATE TABLE messages (n INTEGER)",
            "PRAGMA application_id = 77",
        ],
        ["PRAGMA application_id = 77"],
    ],
)
async def test_another_programs_database(tmp_path: Path, tables: list[str], version: int) -> None:
    """Whatever number it has written there for its own use, it is not ours."""
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in [*tables, f"PRAGMA user_version = {version}"]:
            connection.execute(statement)
    assert "another program" in await refused(path)


async def test_another_programs_sessions_and_messages(tmp_path: Path) -> None:
    """Even one that has tables of the same names is not touched."""
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sessions (token TEXT)")
        connection.execute("CREATE TABLE messages (n INTEGER)")
    assert "table sessions has no id and no name" in await refused(path)


async def use(path: Path) -> None:
    """Read all that is there and write a little; anything but a StoreError comes out."""
    try:
        async with open_store(path) as store:
            for ref in range(1, 9):
                try:
                    session = await store.session(ref)
                    await store.messages(ref)
                    await store.verify(ref, session.message_count)
                    for record in await store.records("").list(session=ref, inherited=True):
                        for name in record.blobs:
                            await store.records("").blob(name)
                    await store.apply(Append(ref, Draft("user", "still here")))
                except StoreError:
                    continue
            await store.diagnose()  # type: ignore[attr-defined]
            await store.sessions()
            await store.apply(Create(f"new {random.random()}", "new"))
            await store.purge(1)
    except StoreError:
        return


def zero(content: bytes, page: int) -> bytes:
    """Return the content with one page lost."""
    return content[: page * PAGE] + bytes(PAGE) + content[(page + 1) * PAGE :]


def scramble(content: bytes, page: int) -> bytes:
    """Return the content with a few bytes of one page changed."""
    chance, changed = random.Random(page), bytearray(content)
    for _ in range(40):
        changed[page * PAGE + chance.randrange(100 if page == 0 else 0, PAGE)] = chance.randrange(256)
    return bytes(changed)


def cut(content: bytes, page: int) -> bytes:
    """Return the content up to somewhere in a page."""
    return content[: page * PAGE + 1234]


@pytest.mark.parametrize("hurt", [zero, scramble, cut])
@pytest.mark.parametrize("every", [12, pytest.param(2, marks=pytest.mark.slow)])
async def test_a_damaged_page(tmp_path: Path, hurt: Callable[[bytes, int], bytes], every: int) -> None:
    """Wherever it is: only errors of the store, no endless search, and the file is never begun anew."""
    content = (await make(tmp_path / "sessions.db")).read_bytes()
    for page in range(0, len(content) // PAGE, every):
        path = tmp_path / f"{hurt.__name__}-{page}" / "sessions.db"
        path.parent.mkdir(mode=0o700)
        path.write_bytes(hurt(content, page))
        try:
            await asyncio.wait_for(use(path), PATIENCE)
        except Exception as error:
            raise AssertionError(f"page {page}") from error
        assert path.stat().st_size >= min(len(content), page * PAGE)


async def test_a_lost_page_in_the_middle_is_named(tmp_path: Path) -> None:
    """Reading what was there is an error that names the file; what lies elsewhere can still be read."""
    path = await make(tmp_path / "sessions.db")
    with closing(sqlite3.connect(path)) as connection:
        (place,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages'").fetchone()
    path.write_bytes(zero(path.read_bytes(), place - 1))
    async with open_store(path) as store:
        assert len(await store.sessions()) == 8
        with pytest.raises(StoreUnusable, match=str(path)):
            await store.messages(1)
        with pytest.raises(StoreUnusable, match=str(path)):
            await store.apply(Append(1, Draft("user", "more")))


async def test_changed_words_are_noticed(tmp_path: Path) -> None:
    """A word that somebody changed in the file breaks the chain of digests at its place."""
    path = await make(tmp_path / "sessions.db")
    async with open_store(path) as store:
        await check_whole(store, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE messages SET content = 'forged' WHERE session_id = 1 AND \"index\" = 7")
        connection.commit()
    async with open_store(path) as store:
        assert (await texts(store, 1))[7] == "forged"
        assert await store.verify(1, 20) == 7
        assert await store.verify(1, 7) is None
        assert await store.verify("fork 0", 10) == 7


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sessions SET parent_id = id WHERE id = 2",
        "UPDATE sessions SET parent_id = 8 WHERE id = 2",
        "UPDATE sessions SET parent_id = -3 WHERE id = 2",
        "UPDATE sessions SET created_at = 9000000000000000000 WHERE id = 2",
        "UPDATE sessions SET digest = 'text' WHERE id = 2",
        "UPDATE sessions SET name = x'ff' WHERE id = 2",
        "UPDATE sessions SET name = CAST(x'ff' AS TEXT) WHERE id = 2",
        "UPDATE messages SET metadata = '{' WHERE session_id = 1",
        "UPDATE messages SET metadata = '[1]' WHERE session_id = 1",
        "UPDATE messages SET content = x'ff' WHERE session_id = 1",
        "UPDATE messages SET content = CAST(x'ff' AS TEXT) WHERE session_id = 1",
        "UPDATE messages SET created_at = 'noon' WHERE session_id = 1",
        "DROP TABLE messages",
    ],
)
async def test_a_row_that_makes_no_sense(tmp_path: Path, damage: str) -> None:
    """It is an error that names the file, not another one, and not an endless search."""
    path = await make(tmp_path / "sessions.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()

    async def use_it() -> None:
        async with open_store(path) as store:
            await store.session(2)
            await store.messages(2)
            await store.verify(2, 10)

    with pytest.raises(StoreUnusable, match=str(path)):
        await asyncio.wait_for(use_it(), PATIENCE)

    async def write() -> None:
        async with open_store(path) as store:
            await store.apply(Fork("another", "fork", 2, 5))

    with suppress(StoreError):
        await asyncio.wait_for(write(), PATIENCE)
