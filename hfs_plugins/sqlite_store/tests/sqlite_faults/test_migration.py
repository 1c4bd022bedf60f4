"""A database of the first plan becomes today's: whole, or not at all, and never without a backup."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import Append, Create, Draft, StoreUnusable
from hfs_core.testing.laws.steps import check_whole

from .conftest import Children, spin
from .first_plan_file import ODD, START, make

SESSIONS = 20


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    """Ask the file itself."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def backups(path: Path) -> list[Path]:
    """Return all that lies beside the database and is a copy of it, complete or not."""
    return sorted(path.parent.glob("sessions.db.backup-*"))


async def test_everything_comes_over(tmp_path: Path) -> None:
    """Ids, names, order, texts, times; digests hold; the present goes on where the past ended."""
    path = make(tmp_path / "sessions.db")
    async with open_store(path) as store:
        sessions = await store.sessions()
        assert [session.id for session in sessions] == [7, 6, 5]
        for session in sessions:
            number = session.id
            assert session.name == f"talk {number} {ODD}"
            assert session.created_at == (START + timedelta(seconds=number)).replace(tzinfo=UTC)
            assert session.updated_at == (START + timedelta(seconds=number + 1000)).replace(tzinfo=UTC)
            messages = await store.messages(number)
            assert [message.content for message in messages] == [f"{number}:{n} {ODD}" for n in range(4)]
            assert [message.role for message in messages] == ["user", "assistant"] * 2
            assert messages[3].created_at == (START + timedelta(seconds=number * 100 + 3)).replace(tzinfo=UTC)
            await check_whole(store, number)
        assert len({session.uid for session in sessions}) == 3
        (made, _) = await store.apply(Create("new", "new"), Append(6, Draft("user", "and now")))
        assert (await store.session("new")).id == 8
        assert made == await store.session("new")
        await check_whole(store, 6)


async def test_checkpoints_become_records(tmp_path: Path) -> None:
    """The plugin that will read them finds each under its session, at its position."""
    path = make(tmp_path / "sessions.db")
    async with open_store(path) as store:
        (record,) = await store.records("plugin.checkpoints").list(session=6)
        assert (record.session_id, record.key, record.position, record.revision) == (6, "first-plan-2", 2, 1)
        assert record.value == {
            "message_index": 2,
            "trigger_event": "run.ended",
            "state_json": '{"run_id": "6"}',
            "created_at": (START + timedelta(seconds=600)).replace(tzinfo=UTC).isoformat(),
        }


async def test_what_lies_in_the_file_afterwards(tmp_path: Path) -> None:
    """Nothing of the old shape stays, the settings of a new file hold, and the backup is the old database."""
    path = make(tmp_path / "sessions.db")
    old = ask(path, "SELECT * FROM messages ORDER BY id")
    async with open_store(path):
        pass
    fresh = tmp_path / "fresh" / "sessions.db"
    async with open_store(fresh):
        pass
    shape = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    assert ask(path, shape) == ask(fresh, shape)
    for pragma in ("user_version", "application_id", "journal_mode", "auto_vacuum"):
        assert ask(path, f"PRAGMA {pragma}") == ask(fresh, f"PRAGMA {pragma}"), pragma
    (backup,) = backups(path)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert ask(backup, "SELECT * FROM messages ORDER BY id") == old
    assert ask(backup, "PRAGMA user_version") == [(0,)]


async def test_without_checkpoints(tmp_path: Path) -> None:
    """An early first plan had none."""
    path = make(tmp_path / "sessions.db", checkpoints=False)
    async with open_store(path) as store:
        assert len(await store.sessions()) == 3


async def test_empty_first_plan(tmp_path: Path) -> None:
    """Tables without rows come over too."""
    path = make(tmp_path / "sessions.db", sessions=0)
    async with open_store(path) as store:
        assert await store.sessions() == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE messages SET session_id = 99 WHERE id = 3",
        "UPDATE checkpoints SET session_id = 99 WHERE id = 1",
        "ALTER TABLE messages RENAME COLUMN content TO body",
        "ALTER TABLE sessions DROP COLUMN name",
        "UPDATE messages SET created_at = 'yesterday' WHERE id = 3",
        "UPDATE messages SET created_at = 5 WHERE id = 3",
    ],
)
async def test_refused_and_unchanged(tmp_path: Path, damage: str) -> None:
    """What cannot be carried over is named, a copy is kept, and not a byte of the file changes, however often."""
    path = make(tmp_path / "sessions.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    before = path.read_bytes()
    for _ in range(5):
        with pytest.raises(StoreUnusable, match=str(path)):
            async with open_store(path):
                pass
    assert path.read_bytes() == before
    assert 1 <= len(backups(path)) <= 3


async def check_old_or_new(path: Path, messages: int) -> str:
    """Assert that a migration that was killed left the old or the new, and that it goes on; return which."""
    ((version,),) = ask(path, "PRAGMA user_version")
    tables = {name for (name,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == 0:
        assert tables == {"sessions", "messages", "checkpoints"}
    else:
        assert not any(str(name).startswith("first_plan_") for name in tables)
    async with open_store(path) as store:
        # The child itself has made one more if it came so far.
        old = [session for session in await store.sessions(limit=1000) if session.name != "made"]
        assert len(old) == SESSIONS
        for session in old:
            assert session.message_count == messages
            assert await store.verify(session.id, messages) is None
    assert ask(path, "PRAGMA journal_mode") == [("wal",)]
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    return "old" if version == 0 else "new"


@pytest.mark.parametrize("rounds", [6, pytest.param(24, marks=pytest.mark.slow)])
async def test_killed_half_way(children: Children, tmp_path: Path, rounds: int) -> None:
    """Old or new, never half; the backups do not pile up, and no half backup stays."""
    messages, chance = 40, random.Random()
    original = make(tmp_path / "original.db", SESSIONS, messages)
    seconds, met = 0.05, []
    for n in range(rounds):
        folder = tmp_path / str(n)
        folder.mkdir()
        path = Path(shutil.copy(original, folder / "sessions.db"))
        for _ in range(1 if n % 4 else 6):
            child = children.start("open_only", path)
            assert child.next() == ["started"]
            start = time.perf_counter()
            if n == 0:
                assert child.rest() == [["opened"], ["end"]]
                seconds = time.perf_counter() - start
                break
            spin(chance.random() * seconds)
            child.kill()
        met.append(await check_old_or_new(path, messages))
        assert 1 <= len(backups(path)) <= 3
        assert not [file for file in backups(path) if not file.name[-1].isdigit()]
        for backup in backups(path):
            assert ask(backup, "SELECT count(*) FROM messages") == [(SESSIONS * messages,)]
    assert {"old", "new"} == set(met) or rounds < 24, f"every kill met the same moment: {met}"


async def test_two_migrate_at_once(children: Children, tmp_path: Path) -> None:
    """One of them does it, the other waits; both work afterwards."""
    for n in range(5):
        path = make(tmp_path / str(n) / "sessions.db", 5, 20)
        both = [children.start("open_only", path), children.start("open_only", path)]
        for child in both:
            assert child.rest() == [["started"], ["opened"], ["end"]]
        assert len(backups(path)) == 1
        async with open_store(path) as store:
            assert len(await store.sessions()) == 7
