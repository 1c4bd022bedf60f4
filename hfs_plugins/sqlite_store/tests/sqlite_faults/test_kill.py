"""`kill -9` loses nothing that was acknowledged."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import Message, Status, Store
from hfs_core.testing.laws.steps import check_whole

from .conftest import Children, spin

LANES = ["one", "two", "three"]


async def check_kept(store: Store, told: list[list[Any]]) -> int:
    """Assert that all that was acknowledged is there; return how many replies came back interrupted."""
    interrupted = set()
    for lane in {what[1] for what in told}:
        await check_whole(store, lane)
        messages = await store.messages(lane)
        mine = [what for what in told if what[1] == lane]
        finished = {what[2] for what in mine if what[0] == "kept"}
        for kind, _, place, *rest in mine:
            if kind == "kept":
                assert messages[place].digest == rest[0]
            elif kind == "came":
                assert messages[place].content.startswith(rest[0])
                if _is_interrupted(messages[place], place in finished):
                    interrupted.add((lane, place))
            else:
                record = await store.records("test").get("position", session=lane)
                assert record is not None
                assert record.value >= place
    return len(interrupted)


def _is_interrupted(reply: Message, is_finished: bool) -> bool:
    if is_finished:
        assert reply.status == Status.COMPLETE
    return reply.status == Status.INTERRUPTED


@pytest.mark.parametrize("kills", [20, pytest.param(60, marks=pytest.mark.slow)])
async def test_kill_at_a_random_moment(children: Children, tmp_path: Path, kills: int) -> None:
    """Whatever the moment: no acknowledged message is lost, a reply cut off keeps its words as interrupted."""
    seed = random.randrange(2**32)
    chance, interrupted, kept = random.Random(seed), 0, 0
    for kill in range(kills):
        path = tmp_path / str(kill // 10) / "sessions.db"
        child = children.start("talk", path, seed=seed + kill, names=LANES)
        told = [child.next() for _ in range(chance.choice([1, 5, 25, 60]))]
        assert None not in told, f"the child ended by itself (seed {seed})"
        spin(chance.random() * 0.004)
        known = [what for what in told if what is not None] + child.kill()
        async with open_store(path) as store:
            interrupted += await check_kept(store, known)
            assert len(await store.sessions()) <= len(LANES)
        kept += sum(what[0] == "kept" for what in known)
    assert kept > kills
    assert interrupted > kills // 10, f"too few replies were cut off to prove anything (seed {seed})"
    for number in range(kills // 10):
        path = tmp_path / str(number) / "sessions.db"
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("SELECT count(*) FROM open_texts").fetchone() == (0,)


async def test_kill_one_of_two(children: Children, tmp_path: Path) -> None:
    """The survivor goes on, notices nothing, and loses nothing; the next to come finishes the dead one's reply."""
    chance = random.Random()
    path = tmp_path / "sessions.db"
    survivor = children.start("talk", path, seed=0, names=["survivor"])
    told = [survivor.next()]
    for kill in range(10):
        victim = children.start("talk", path, seed=kill, names=["victim"])
        told += [victim.next() for _ in range(chance.randrange(1, 30))]
        spin(chance.random() * 0.002)
        told += victim.kill()
        told.append(survivor.next())
    told += survivor.kill()
    assert None not in told
    async with open_store(path) as store:
        await check_kept(store, [what for what in told if what is not None])
