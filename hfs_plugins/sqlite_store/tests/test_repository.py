"""The models and the repository keep the store's rules, on the same file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hfs_sqlite_store.engines import create_db_engine
from hfs_sqlite_store.locks import FileLock
from hfs_sqlite_store.orm import Base, MessageModel, SessionModel, get_session_factory
from hfs_sqlite_store.repository import SessionRepository
from hfs_sqlite_store.store import open_store
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, selectinload

from hfs_core.api import Fork, Message, NotFound, StoreUnavailable, StoreUnusable
from hfs_core.models import message_digest, to_microseconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sessions.db"


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[AsyncEngine]:
    engine = await create_db_engine(path)
    yield engine
    await engine.dispose()


@pytest.fixture
def factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return get_session_factory(engine)


@pytest.fixture
def repository(factory: async_sessionmaker[AsyncSession]) -> SessionRepository:
    return SessionRepository(factory)


async def test_what_it_writes_the_store_reads(path: Path, repository: SessionRepository) -> None:
    """Counts and digests are right, and the store goes on where it ended."""
    made = await repository.create("talk")
    for n in range(5):
        message = await repository.add_message(made.id, "user", f"{n} \x00\u2028")
        assert (message.index, message.session_id) == (n, made.id)
    found = await repository.get(made.uid)
    assert found is not None
    assert (found.id, found.message_count, found.digest) == (made.id, 5, message.digest)
    async with open_store(path) as store:
        assert await store.session(made.id) == found
        assert [message.content for message in await store.messages(made.id)] == [
            f"{n} \x00\u2028" for n in range(5)
        ]
        assert await store.verify(made.id, 5) is None
        await store.apply(Fork("fork", "fork", made.id, 2))
    added = await repository.add_message("fork", "user", "elsewhere")
    assert added.index == 2
    async with open_store(path) as store:
        assert await store.verify("fork", 3) is None
        assert await store.verify(made.id, 5) is None


async def test_list_recent(repository: SessionRepository) -> None:
    """The last active first, twenty unless told, deleted ones not at all."""
    made = [await repository.create(str(n)) for n in range(22)]
    await repository.add_message(made[3].id, "user", "hello")
    await repository.delete(made[21].id)
    recent = await repository.list_recent()
    assert [session.name for session in recent] == ["3", *map(str, range(20, 3, -1)), "2", "1"]
    assert [session.name for session in await repository.list_recent(limit=1)] == ["3"]


async def test_rename_and_delete(path: Path, repository: SessionRepository) -> None:
    """A deleted session is hidden, its messages stay."""
    made = await repository.create("before")
    await repository.add_message(made.id, "user", "hello")
    assert (await repository.rename(made.id, "after")).name == "after"
    await repository.delete(made.id)
    hidden = await repository.get(made.id)
    assert hidden is not None
    assert hidden.name == "after"
    assert hidden.deleted_at is not None
    async with open_store(path) as store:
        assert len(await store.messages(made.id)) == 1


async def test_what_is_not_there(repository: SessionRepository) -> None:
    assert await repository.get(77) is None
    assert await repository.get("nobody") is None
    with pytest.raises(NotFound):
        await repository.rename(77, "name")
    with pytest.raises(NotFound):
        await repository.add_message(77, "user", "words")
    with pytest.raises(NotFound):
        await repository.delete(77)
    assert await repository.list_recent() == []


async def test_a_failure_changes_nothing(repository: SessionRepository) -> None:
    made = await repository.create("talk")
    with pytest.raises(ValueError, match="surrogates"):
        await repository.add_message(made.id, "user", "\ud800")
    assert await repository.get(made.id) == made


async def test_many_at_once_beside_the_store(path: Path, repository: SessionRepository) -> None:
    """Repository and store write to one session together: each message has a place of its own."""
    made = await repository.create("talk")
    async with open_store(path) as store:
        async with store.reply((await repository.create("other")).id, expect=0) as reply:
            await reply.write("under way")
            await asyncio.gather(*(repository.add_message(made.id, "user", str(n)) for n in range(20)))
        messages = await store.messages(made.id)
        assert sorted(int(message.content) for message in messages) == list(range(20))
        assert await store.verify(made.id, 20) is None


async def test_reading_takes_no_lock(path: Path, factory: async_sessionmaker[AsyncSession]) -> None:
    """While one transaction writes, others read what was there before."""
    repository = SessionRepository(factory)
    made = await repository.create("before")
    async with factory.begin() as session:
        (row,) = (await session.scalars(select(SessionModel))).all()
        row.name = "under way"
        await session.flush()
        assert await asyncio.wait_for(repository.get(made.id), 4) == made
        assert await asyncio.wait_for(repository.list_recent(), 4) == [made]
    changed = await repository.get(made.id)
    assert changed is not None
    assert changed.name == "under way"


async def test_the_log_may_be_moved_between_transactions(
    path: Path, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the log-reset bug each write keeps checkpoints away, and only as long as its connection is in use."""
    monkeypatch.setattr("hfs_sqlite_store.engines.has_reset_bug", lambda: True)
    lock = FileLock(path.with_name("sessions.db.lock"))
    async with engine.connect() as connection:
        for _ in range(2):
            async with connection.begin():
                with lock.exclusive(wait=False) as is_alone:
                    assert not is_alone
    with lock.exclusive(wait=False) as is_alone:
        assert is_alone
    lock.close()


async def test_the_models(factory: async_sessionmaker[AsyncSession]) -> None:
    """They are the tables; what hangs on a session comes only where it was asked for."""
    assert issubclass(Base, AsyncAttrs)
    assert issubclass(Base, DeclarativeBase)
    repository = SessionRepository(factory)
    made = await repository.create("talk")
    kept: list[Message] = [await repository.add_message(made.id, "user", str(n)) for n in range(3)]
    async with factory() as session:
        model = await session.get_one(SessionModel, made.id)
        with pytest.raises(InvalidRequestError, match="raise"):
            _ = model.messages
    assert (model.name, model.message_count, model.created_at) == (
        "talk",
        3,
        to_microseconds(made.created_at),
    )
    asked = select(SessionModel).options(selectinload(SessionModel.messages))
    async with factory() as session:
        (model,) = (await session.scalars(asked)).all()
    assert [message.content for message in model.messages] == ["0", "1", "2"]
    last: MessageModel = model.messages[-1]
    assert last.digest.hex() == kept[-1].digest
    assert last.details == "{}"
    assert kept[-1].digest == message_digest(
        kept[-2].digest, last.role, last.content, last.created_at, last.status, {}
    )


async def test_objects_stay_readable_after_a_commit(factory: async_sessionmaker[AsyncSession]) -> None:
    made = await SessionRepository(factory).create("talk")
    async with factory() as session:
        model = await session.get_one(SessionModel, made.id)
        await session.commit()
        assert model.name == "talk"


async def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """The engine's maker tells of them as the store does."""
    (tmp_path / "words.db").write_bytes(b"only words " * 999)
    with pytest.raises(StoreUnusable, match=r"words\.db"):
        await create_db_engine(tmp_path / "words.db")
    with pytest.raises(StoreUnavailable, match=r"words\.db"):
        await create_db_engine(tmp_path / "words.db" / "sessions.db")


async def test_the_default_is_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path it is the database that the chat uses."""
    monkeypatch.setenv("HFS_HOME", str(tmp_path / "home"))
    engine = await create_db_engine()
    await engine.dispose()
    assert (tmp_path / "home" / "sessions.db").stat().st_mode & 0o777 == 0o600


def test_the_chat_does_without() -> None:
    """Opening a store imports neither models nor repository."""
    question = "import sys, hfs_sqlite_store.store as _; print([m for m in sys.modules if 'hfs_sqlite' in m])"
    told = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    assert "hfs_sqlite_store.writer" in told
    assert "hfs_sqlite_store.orm" not in told
    assert "hfs_sqlite_store.repository" not in told
