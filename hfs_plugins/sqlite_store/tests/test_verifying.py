"""Checking a conversation straight from its rows: as strict as the law of digests, and in nobody's way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hfs_sqlite_store import verifying
from hfs_sqlite_store.store import open_store

from hfs_core.api import Append, Create, Draft, Fork, Store

EVERY_LETTER = "".join(map(chr, [*range(0x300), 0x2028, 0x2029, 0xD7FF, 0xE000, 0xFFFF, 0x1F600, 0x10FFFF]))


async def talk(store: Store, *contents: str) -> None:
    """Make session 1 of these messages, with metadata of several kinds."""
    await store.apply(Create("talk", "talk"))
    metadata = {"ü": [1, 2.5, None, True, "\x00"], "a": {"b": "c"}}
    await store.apply(*(Append("talk", Draft("user", text, metadata=metadata)) for text in contents))


def change(path: Path, column: str, value: str) -> None:
    """Write an SQL expression into a column of the message 2."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f'UPDATE messages SET "{column}" = {value} WHERE "index" = 2')
        connection.commit()


async def test_sqlite_puts_every_letter_as_the_law_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No message needs the second look, which would be slow for a conversation full of them."""
    monkeypatch.delattr(verifying, "_holds")
    async with open_store(tmp_path / "sessions.db") as store:
        await talk(store, EVERY_LETTER, "", '"', "\\", EVERY_LETTER[::-1])
        assert await store.verify(1, 5) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("role", "'system'"),
        ("content", "content || ' '"),
        ("content", "CAST(x'ff' AS TEXT)"),
        ("created_at", "created_at + 1"),
        ("created_at", "'noon'"),
        ("status", "'failed'"),
        ("metadata", "'{}'"),
        ("metadata", "'{'"),
        ("digest", "zeroblob(32)"),
        ("digest", "'text'"),
        ("index", "9"),
    ],
)
async def test_whatever_is_changed_is_named(tmp_path: Path, column: str, value: str) -> None:
    """Also in a fork, which reads it from its parent."""
    async with open_store(tmp_path / "sessions.db") as store:
        await talk(store, *"abcde")
        await store.apply(Fork("fork", "fork", 1, 4), Append("fork", Draft("user", "on")))
        change(tmp_path / "sessions.db", column, value)
        for ref in ("talk", "fork"):
            assert await store.verify(ref, 5) == 2
            assert await store.verify(ref, 2) is None


async def test_metadata_in_another_form_is_the_same(tmp_path: Path) -> None:
    """The digest is of the values, not of how somebody wrote them."""
    async with open_store(tmp_path / "sessions.db") as store:
        await talk(store, *"abcde")
        change(tmp_path / "sessions.db", "metadata", "replace(metadata, ':', ' :  ')")
        assert await store.verify(1, 5) is None


async def test_the_event_loop_stays_free(tmp_path: Path) -> None:
    """However long it takes: it is done on a thread."""
    seen: set[int] = set()
    look = verifying._look

    def watched(*arguments: object) -> int | None:
        seen.add(threading.get_ident())
        return look(*arguments)  # type: ignore[arg-type] # they are passed on as they are

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "_look", watched)
        async with open_store(tmp_path / "sessions.db") as store:
            await talk(store, "a")
            assert await store.verify(1, 1) is None
    assert seen
    assert threading.get_ident() not in seen


async def test_who_gives_up_leaves_no_thread_at_work(tmp_path: Path) -> None:
    """A verification that is cancelled ends at its next row, not after the last."""
    reached: list[int | None] = []
    ended = threading.Event()
    look = verifying._look

    def watched(path: Path, segments: list[tuple[int, int, int]], at: int, is_over: threading.Event) -> None:
        is_over.wait(10)
        reached.append(look(path, segments, at, is_over))
        ended.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "_look", watched)
        async with open_store(tmp_path / "sessions.db") as store:
            await talk(store, *"abcde")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(store.verify(1, 5), 0.2)
            assert await asyncio.to_thread(ended.wait, 10)
    assert reached == [0]
