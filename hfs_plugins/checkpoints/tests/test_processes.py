"""Several processes on one file, and processes that are killed: the list stays whole."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import CheckpointRepository
from hfs_sqlite_store.store import open_store

from .conftest import Start, talk

KEEPER = Path(__file__).with_name("keeper.py")
KEEP = 3


async def keeper(path: Path, session_id: int, count: int, keep: int, name: str) -> Process:
    words = [str(KEEPER), str(path), str(session_id), str(count), str(keep), name]
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdout=PIPE)


async def numbers_of(process: Process) -> list[int]:
    assert process.stdout is not None
    return [int(line) async for line in process.stdout if line.endswith(b"\n")]


async def check_list(path: Path, session_id: int) -> list[Checkpoint]:
    """Assert that each record can be read and has its state, and that no blob is left over; return the list."""
    async with open_store(path) as store:
        repository = CheckpointRepository(store.records("plugin.checkpoints"))
        kept = await repository.list_for_session(session_id)
        for each in kept:
            assert f'"{each.run_id}"' in await repository.state_json(each.state)
            assert each.digest == (await store.session(session_id)).digest
            assert await repository.get(each.id) == each
        assert await store.verify(session_id, 2) is None
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    blobs = dict(database.execute("SELECT sha256, data FROM blobs"))
    database.close()
    assert {each.state for each in kept} == set(blobs)
    assert all(hashlib.sha256(data).hexdigest() == sha256 for sha256, data in blobs.items())
    return kept


async def test_two_processes_give_each_number_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with open_store(path) as store:
        session = await talk(store, "talk", "one", "two")
    both = [await keeper(path, session.id, 30, 100, name) for name in "ab"]
    given = await asyncio.gather(*map(numbers_of, both))
    assert [await process.wait() for process in both] == [0, 0]
    assert sorted(given[0] + given[1]) == list(range(1, 61))
    assert all(numbers == sorted(numbers) for numbers in given)
    kept = await check_list(path, session.id)
    assert [each.number for each in kept] == list(range(1, 61))
    assert {each.run_id for each in kept} == {f"{name} {n}" for name in "ab" for n in range(30)}


async def check_kills(path: Path, kills: int) -> None:
    """Kill a process that keeps and prunes, again and again; after each the list is whole, and goes on."""
    dice = random.Random(4)  # moments, no secrets
    async with open_store(path) as store:
        session = await talk(store, "talk", "one", "two")
    last = 0
    for kill in range(kills):
        process = await keeper(path, session.id, 100_000, KEEP, f"kill {kill}")
        assert process.stdout is not None
        for _ in range(dice.randint(1, 8)):
            last = int(await process.stdout.readline())
        await asyncio.sleep(dice.random() * 0.004)  # into the middle of whatever it does
        process.kill()
        told = [last, *await numbers_of(process)]
        await process.wait()
        kept = await check_list(path, session.id)
        numbers = [each.number for each in kept]
        assert len(numbers) == min(KEEP, numbers[-1])
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert numbers[-1] in (told[-1], told[-1] + 1), "what was said to be kept is there"
        last = numbers[-1]


async def test_killed_at_any_moment_it_leaves_a_whole_list(tmp_path: Path) -> None:
    await check_kills(tmp_path / "sessions.db", 3)


@pytest.mark.slow
async def test_killed_many_times_it_leaves_a_whole_list(tmp_path: Path) -> None:
    await check_kills(tmp_path / "sessions.db", 40)


DYING = """
import asyncio, os, sys
from pathlib import Path
from hfs_core.api import Paths, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import scan
from hfs_core.testing import ScriptedModel, in_process

class Models:
    @hookimpl
    def provide_models(self):
        return [ScriptedModel("ok", name="test")]

async def main():
    found = [*scan(), in_process("models", Models)]
    async with Kernel(Paths(Path(sys.argv[1])), found=found, environ={"HFS_MODEL": "test/any"}) as host:
        host.bus.listen(lambda event: event.event_type == sys.argv[2] and os._exit(9))
        await host.engine.send("two", session_id=1)

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
async def test_a_process_that_dies_between_the_reply_and_its_checkpoint(start: Start, tmp_path: Path) -> None:
    """What was said is there, the list is whole, and the next checkpoint has the next number."""
    async with start() as person:
        await person.say("one")
    words = ["-c", DYING, str(tmp_path / "home"), "run.ended"]
    dying = await asyncio.create_subprocess_exec(sys.executable, *words)
    assert await dying.wait() == 9
    async with start() as person:
        person.session_id = 1
        assert await person.texts() == ["one", "ok", "two", "ok"]
        assert await person.listed() == [(1, 2)]
        await person.say("three")
        assert await person.listed() == [(1, 2), (2, 6)]
        await person.run("rewind 2")
        assert await person.texts() == ["one", "ok", "two", "ok", "three", "ok"]
