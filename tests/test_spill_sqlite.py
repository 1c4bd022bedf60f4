"""The spill store over the real one: the law of stores, and a disk that is really full."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.builtin.spill_store import SpillStore
from hfs_core.contracts import Store, StoreFactory
from hfs_core.errors import Conflict
from hfs_core.testing import StoreConformance

from .faulty_store import FaultyStore
from .steps import begin, check_against_lists, check_whole, said, say, texts

ROOT = Path(__file__).parents[1]

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")


class TestOverSqlite(StoreConformance):
    def make_factory(self, directory: Path) -> StoreFactory:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Store]:
            async with open_store(directory / "sessions.db") as primary:
                store = SpillStore(primary, lambda saved, reason: None)
                yield store
                await store.aclose()
                assert store.unsaved() == []

        return opened

    def test_behaves_like_plain_lists(self) -> None:
        """As the law says; one example, as the store itself has had many."""
        check_against_lists(self.make_factory, examples=1)

    @pytest.mark.slow
    def test_behaves_like_plain_lists_for_long(self) -> None:
        """As the law says, a few times."""
        check_against_lists(self.make_factory, examples=8)


def run_full_disk(home: Path, what: str) -> dict[str, Any]:
    """Run the chat whose disk fills up; return what it told."""
    command = [sys.executable, "-m", "tests.full_disk", str(home), what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check_chat_went_on(told: dict[str, Any]) -> None:
    """Assert what is the same whether the disk is freed or not."""
    assert told["second"] == ["complete", "None", ["one", "answer one", "two", "half whole"]]
    assert told["third"] == ["complete", -1, ["three", "answer three"]]
    assert told["saved"] is False
    assert "sessions.db" in told["reason"]
    assert told["listed"] == [-1, 1]


async def kept_texts(home: Path) -> list[list[str]]:
    """Return what the database holds, oldest session first."""
    async with open_store(home / "sessions.db") as store:
        sessions = await store.sessions()
        for session in sessions:
            await check_whole(store, session.id)
        return [await texts(store, session.id) for session in sessions[::-1]]


@needs_limits
async def test_a_full_disk_that_is_freed(tmp_path: Path) -> None:
    """The chat goes on in memory and says so; with room again, every word is in the database."""
    told = run_full_disk(tmp_path, "freed")
    check_chat_went_on(told)
    assert told["flushed"] is True
    assert told["saved after"] == [True, ""]
    assert told["fourth"] == ["complete", 2]
    assert told["unsaved"] == []
    assert await kept_texts(tmp_path) == [
        ["one", "answer one", "two", "half whole"],
        ["three", "answer three", "four", "answer four"],
    ]


@needs_limits
async def test_a_disk_that_stays_full(tmp_path: Path) -> None:
    """What could not be saved is named at the end; what was saved before is whole."""
    told = run_full_disk(tmp_path, "full")
    check_chat_went_on(told)
    assert [name.split(" - ")[0] for name in told["unsaved"]] == ["one", "three"]
    (kept,) = await kept_texts(tmp_path)
    assert kept[:3] == ["one", "answer one", "two"]
    assert kept[3:] in ([], ["half "])


async def test_words_that_met_another_process(tmp_path: Path) -> None:
    """Over two openings of one database: the words that waited go into a fork, an open reply to its place."""
    path = tmp_path / "sessions.db"
    async with open_store(path) as primary, open_store(path) as other:
        disk = FaultyStore(primary)
        told: list[str] = []
        store = SpillStore(disk, lambda saved, reason: told.append(reason), retry_every=0.0)
        met, answered = await begin(store, "a", name="met"), await begin(store, "question")
        async with store.reply(answered.id, expect=1) as reply:
            await reply.write("half ")
            disk.is_full = True
            await say(store, met.id, "mine", expect=1)
            await say(other, met.id, "theirs", expect=1)
            with pytest.raises(Conflict):
                await say(other, answered.id, "intruder")
            await reply.finish(said("half whole", "assistant"))
        disk.works_again()
        assert await asyncio.create_task(store.flush())
        assert told[1] == "'met' went on elsewhere: what you said meanwhile is in 'met (conflict)'"
        assert await texts(other, met.id) == ["a", "theirs"]
        assert await texts(other, (await store.session(met.id)).id) == ["a", "mine"]
        assert await texts(other, answered.id) == ["question", "half whole"]
        for session in await other.sessions():
            await check_whole(other, session.id)
