"""A disk that is full, or may only be read: said clearly, nothing acknowledged lost, and writing goes on after."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import Append, Create, Draft, Message, Status, Store, StoreUnavailable
from hfs_core.testing.laws.steps import begin, check_whole, say, texts

from .conftest import Children


def mount(*arguments: str) -> None:
    """Mount something, or skip the test loudly."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs Linux, root and mount")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=6m,mode=0700", "none", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def forbid(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Makes a folder read-only; root is bound by no permissions, so for it the folder becomes a read-only mount."""
    mounted = []

    def do(folder: Path) -> None:
        if os.geteuid() != 0:
            folder.chmod(0o500)
            return
        mount("--bind", str(folder), str(folder))
        mounted.append(folder)
        mount("-o", "remount,ro,bind", str(folder))

    yield do
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    for folder in tmp_path.rglob("*/"):
        folder.chmod(0o700)


async def fill(store: Store, session: int, size: int = 20_000) -> tuple[list[Message], StoreUnavailable]:
    """Append until the disk is full; return what was acknowledged, and the refusal."""
    kept = []
    while True:
        try:
            kept.append(await say(store, session, "x" * size))
        except StoreUnavailable as error:
            return kept, error


async def test_a_full_disk(small_disk: Path) -> None:
    """Writing is refused by name, reading works; with room again writing works, in the same store."""
    path = small_disk / "sessions.db"
    async with open_store(path) as store:
        session = await begin(store)
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(2_000_000))
        for _ in range(2):
            before = await store.messages(session.id)
            kept, error = await fill(store, session.id)
            assert str(path) in str(error)
            assert "the disk is full" in str(error)
            assert list(await store.messages(session.id)) == [*before, *kept]
        ballast.unlink()
        for n in range(20):
            await say(store, session.id, str(n))
        await check_whole(store, session.id)
        everything = await store.messages(session.id)
    async with open_store(path) as store:
        assert await store.messages(session.id) == everything


async def test_a_reply_on_a_full_disk(small_disk: Path) -> None:
    """Its words so far are kept; nobody is locked out of the session once there is room again."""
    path = small_disk / "sessions.db"
    async with open_store(path) as store:
        session = await begin(store, "question")
        filler = await begin(store)
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(2_000_000))
        answer = store.reply(session.id, expect=1)
        reply = await answer.__aenter__()
        await reply.write("half an ")
        for size in (20_000, 500, 1):
            await fill(store, filler.id, size)
        with pytest.raises(StoreUnavailable):
            await reply.write("answer" * 10_000)
        with pytest.raises(StoreUnavailable):
            await answer.__aexit__(None, None, None)
        ballast.unlink()
        assert await texts(store, session.id) == ["question", "half an "]
        assert (await store.messages(session.id))[1].status == Status.INTERRUPTED
        await say(store, session.id, "again", expect=2)
        await check_whole(store, session.id)


def test_files_that_may_not_grow(children: Children, tmp_path: Path) -> None:
    """The same where the system limits the size of files: other errors, the same promise."""
    path = tmp_path / "sessions.db"
    told = children.start("fill", path).rest()
    kept = [what for what in told if what[0] == "kept"]
    assert kept
    assert told[len(kept)][:2] == ["full", "StoreUnavailable"]
    assert str(path) in told[len(kept)][2]
    assert told[len(kept) + 1] == ["read", len(kept)]
    assert told[len(kept) + 2][:2] == ["again", len(kept)]
    assert told[-1] == ["end"]


async def test_opening_where_nothing_may_grow(children: Children, tmp_path: Path) -> None:
    """A file that cannot be made is told of, and made the next time."""
    path = tmp_path / "sessions.db"
    ((kind, name, text),) = children.start("open_full", path).rest()
    assert (kind, name) == ("error", "StoreUnavailable")
    assert str(path) in text
    async with open_store(path) as store:
        await begin(store, "works")


async def test_a_read_only_folder(tmp_path: Path, forbid: Callable[[Path], None]) -> None:
    """Nothing can be made there, and the error says so."""
    folder = tmp_path / "home"
    folder.mkdir()
    forbid(folder)
    for path in (folder / "sessions.db", folder / "deeper" / "sessions.db"):
        with pytest.raises(StoreUnavailable, match=str(folder)):
            async with open_store(path):
                pass


async def test_a_database_on_a_read_only_disk(tmp_path: Path, forbid: Callable[[Path], None]) -> None:
    """It cannot be opened, the error says so, and it is unchanged."""
    path = tmp_path / "home" / "sessions.db"
    async with open_store(path) as store:
        await begin(store, "hello")
    before = path.read_bytes()
    forbid(path.parent)
    with pytest.raises(StoreUnavailable, match=str(path)):
        async with open_store(path):
            pass
    assert path.read_bytes() == before


async def test_a_read_only_file(tmp_path: Path) -> None:
    """A file in the way of the folder, and a folder in the way of the file."""
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "sessions.db").mkdir()
    for path in (tmp_path / "file" / "sessions.db", tmp_path / "sessions.db"):
        with pytest.raises(StoreUnavailable, match=str(path)):
            async with open_store(path):
                pass


async def test_held_by_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write lock that is never let go is a clear word after the time that we wait, and no more than that."""
    import sqlite3
    from contextlib import closing

    monkeypatch.setattr("hfs_sqlite_store.engines.BUSY_MS", 50)
    path = tmp_path / "sessions.db"
    async with open_store(path) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="another program has held it"):
                await store.apply(Create("talk", "talk"))
            other.execute("ROLLBACK")
        await store.apply(Create("talk", "talk"), Append("talk", Draft("user", "now")))
