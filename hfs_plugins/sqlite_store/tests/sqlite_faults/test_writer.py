"""The one writer: nobody is undone by a neighbour, forgotten at the end, or left waiting for ever."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hfs_sqlite_store.engines import LOG_BYTES, has_reset_bug
from hfs_sqlite_store.opening import prepare
from hfs_sqlite_store.reading import LIST_SHOWN
from hfs_sqlite_store.schema import VERSION
from hfs_sqlite_store.store import open_store
from hfs_sqlite_store.writer import Writer
from sqlalchemy import Connection

from hfs_core.api import (
    Append,
    Conflict,
    Create,
    Draft,
    NotFound,
    Put,
    Store,
    StoreUnavailable,
    StoreUnusable,
)
from hfs_core.testing.laws.steps import begin, check_whole, say, texts

from .conftest import PATIENCE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that nobody has made yet."""
    return tmp_path / "sessions.db"


async def test_a_conflict_undoes_no_neighbour(path: Path) -> None:
    """Of three hundred writes that wait together each third fails, in three ways; all others are kept, in order."""
    async with open_store(path) as store:
        session = await begin(store)

        async def write(n: int) -> None:
            match n % 9:
                case 2:
                    await store.apply(
                        Append(session.id, Draft("user", "lost")), Append("nobody", Draft("user", ""))
                    )
                case 5:
                    await store.apply(Append(session.id, Draft("user", "lost")), Put("key", n, expect=99))
                case 8:
                    await store.apply(Append(session.id, Draft("user", "lost")), Put("key", float("nan")))
                case _:
                    await say(store, session.id, str(n))

        outcomes = await asyncio.gather(*(write(n) for n in range(300)), return_exceptions=True)
        failed = {n: type(outcome) for n, outcome in enumerate(outcomes) if outcome is not None}
        kinds = {2: NotFound, 5: Conflict, 8: ValueError}
        assert failed == {n: kinds[n % 9] for n in range(300) if n % 9 in kinds}
        assert await texts(store, session.id) == [str(n) for n in range(300) if n % 9 not in kinds]
        await check_whole(store, session.id)


async def test_callers_that_go_away(path: Path) -> None:
    """A cancelled caller's write is done whole or not at all, and nobody else's is touched."""
    async with open_store(path) as store:
        session = await begin(store)
        tasks = [asyncio.create_task(say(store, session.id, str(n))) for n in range(200)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert not any(isinstance(outcome, BaseException) for outcome in outcomes[1::2])
        await say(store, session.id, "last")
        said = await texts(store, session.id)
        assert set(said) >= {str(n) for n in range(1, 200, 2)}
        assert said[-1] == "last"
        assert len(said) == len(set(said))
        await check_whole(store, session.id)


async def test_closing_while_writes_wait(path: Path) -> None:
    """What was asked for before the end is done; what comes later is refused, not left waiting."""
    async with open_store(path) as store:
        session = await begin(store)
        tasks = [asyncio.create_task(say(store, session.id, str(n))) for n in range(100)]
        await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
    with pytest.raises(StoreUnavailable, match="closed"):
        await asyncio.wait_for(say(store, session.id, "too late"), PATIENCE)
    async with open_store(path) as store:
        assert await texts(store, session.id) == [str(n) for n in range(100)]


async def test_a_reply_that_outlives_the_store(path: Path) -> None:
    """Its words come back as interrupted, and nobody hangs."""
    async with open_store(path) as store:
        session = await begin(store, "question")
        answer = store.reply(session.id, expect=1)
        reply = await answer.__aenter__()
        await reply.write("half")
    with pytest.raises(StoreUnavailable, match="closed"):
        await asyncio.wait_for(answer.__aexit__(None, None, None), PATIENCE)
    async with open_store(path) as store:
        assert [message.status for message in await store.messages(session.id)] == ["complete", "interrupted"]


def test_an_event_loop_that_has_gone(path: Path) -> None:
    """A writer whose caller's loop is closed goes on for the next loop."""
    prepare(path)
    writer = Writer(path)

    def job(connection: Connection) -> int:
        connection.exec_driver_sql("INSERT INTO blobs VALUES (hex(randomblob(9)), x'')")
        return int(connection.exec_driver_sql("SELECT count(*) FROM blobs").scalar_one())

    async def leave() -> None:
        tasks = [asyncio.create_task(writer.do(job)) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()

    async def come() -> int:
        number = await asyncio.wait_for(writer.do(job), PATIENCE)
        await writer.close()
        return number

    asyncio.run(leave())
    assert asyncio.run(come()) == 51


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 44, 9), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
        ((4, 0, 0), False),
    ],
)
def test_which_versions_have_the_reset_bug(version: tuple[int, int, int], is_affected: bool) -> None:
    assert has_reset_bug(version) is is_affected


async def fill_log(store: Store, path: Path) -> int:
    """Write thrice the limit, in pieces; return the longest that the log has been."""
    log, longest = path.with_name(path.name + "-wal"), 0
    session = await begin(store)
    for _ in range(3 * LOG_BYTES // 200_000 + 1):
        await say(store, session.id, "x" * 200_000)
        longest = max(longest, os.stat(log).st_size)
    return longest


@pytest.mark.parametrize("is_affected", [True, False])
async def test_the_log_is_shortened(path: Path, monkeypatch: pytest.MonkeyPatch, is_affected: bool) -> None:
    """It never grows far beyond its limit, whichever rule is in force."""
    for module in ("writer", "engines"):
        monkeypatch.setattr(f"hfs_sqlite_store.{module}.has_reset_bug", lambda: is_affected)
    async with open_store(path) as store:
        assert await fill_log(store, path) < 2 * LOG_BYTES


async def test_the_log_is_not_shortened_at_every_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After it was shortened once, only a long log is moved again: each time costs two syncs of the disk."""
    monkeypatch.setattr("hfs_sqlite_store.writer.has_reset_bug", lambda: True)
    monkeypatch.setattr("hfs_sqlite_store.engines.has_reset_bug", lambda: True)
    async with open_store(path) as store:
        await fill_log(store, path)
        session = await begin(store, "a little")
        times = {os.stat(path).st_mtime_ns}
        for n in range(20):
            await say(store, session.id, str(n))
            times.add(os.stat(path).st_mtime_ns)
        assert len(times) <= 3


async def test_a_file_that_another_version_took_over_is_not_written_any_more(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with open_store(path) as store:
        await store.apply(Create("before", "before"))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        with pytest.raises(StoreUnusable, match="another version of HFS"):
            await store.apply(Create("after", "after"))
        assert [session.uid for session in await store.sessions()] == ["before"]


async def test_listing_does_not_walk_past_what_is_hidden(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with open_store(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        query = str(LIST_SHOWN.compile(compile_kwargs={"literal_binds": False}))
        query = query.replace(":most", "20").replace(":param_1", "20")
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    assert "sessions_shown" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
