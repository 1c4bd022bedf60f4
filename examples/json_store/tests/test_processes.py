"""Processes that are killed, and processes that write at once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hfs_json_store import journal
from hfs_json_store.store import open_store

from hfs_core.api import Put, Status, Store, StoreUnavailable, StoreUnusable
from hfs_core.testing.laws.steps import begin, check_whole, say, texts

TALKER = Path(__file__).with_name("talker.py")


def start(folder: Path, name: str) -> subprocess.Popen[str]:
    """Start a process that writes."""
    command = [sys.executable, str(TALKER), str(folder), name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def files_of(folder: Path) -> list[Path]:
    """All files in a folder."""
    return [file for file in folder.rglob("*") if file.is_file()]


def killed(process: subprocess.Popen[str], after: int) -> list[Any]:
    """Kill a process once it has told that many things; return all that it told."""
    assert process.stdout is not None
    told = list(islice(process.stdout, after))
    process.kill()
    rest, _ = process.communicate()
    return [json.loads(line) for line in [*told, *rest.splitlines()]]


async def check_kept(store: Store, name: str, told: list[Any]) -> bool:
    """Assert that all that was acknowledged is there; tell whether a reply came back interrupted."""
    await check_whole(store, name)
    messages = await store.messages(name)
    for kind, place, value in told:
        if kind == "kept":
            assert messages[place].digest == value
        elif kind == "came":
            assert messages[place].content.startswith(value)
        else:
            record = await store.records("test").get("position", session=name)
            assert record is not None
            assert record.value >= place
    assert {message.status for message in messages[:-1]} <= {Status.COMPLETE, Status.INTERRUPTED}
    return messages[-1].status == Status.INTERRUPTED


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
async def test_kill_at_a_random_moment(tmp_path: Path, kills: int) -> None:
    """No acknowledged word is lost, and a reply that was cut off keeps its words."""
    chance = random.Random()
    interrupted = 0
    for _ in range(kills):
        told = killed(start(tmp_path, "one"), chance.randrange(8, 60))
        assert told
        async with open_store(tmp_path) as store:
            interrupted += await check_kept(store, "one", told)
    assert interrupted or kills < 10


@pytest.mark.slow
async def test_two_are_killed_while_a_third_looks_on(tmp_path: Path) -> None:
    """Who is open all the while sees every word, also of those who died, and can write behind them."""
    async with open_store(tmp_path) as store:
        both = [start(tmp_path, "one"), start(tmp_path, "two")]
        told = [killed(process, 30) for process in both]
        for name, mine in zip(("one", "two"), told, strict=True):
            await check_kept(store, name, mine)
            position = (await store.session(name)).message_count
            await say(store, name, "and now?", expect=position)


@pytest.mark.slow
async def test_processes_that_count_together_miss_nothing(tmp_path: Path) -> None:
    """Each reads, adds one and expects that nobody came between."""
    processes = [start(tmp_path, "25") for _ in range(4)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    async with open_store(tmp_path) as store:
        record = await store.records("test").get("sum")
        assert record is not None
        assert record.value == 100


@pytest.mark.parametrize("torn", [b'[{"torn":"sess', b"\0" * 100, b"[{\n", b'{"torn"'])
async def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    async with open_store(tmp_path) as store:
        session = await begin(store, "kept")
    file = tmp_path / "journal-000001.jsonl"
    with file.open("ab") as opened:
        opened.write(torn)
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        assert await texts(store, session.id) == ["kept"]
        await say(store, session.id, "goes on")
        assert await texts(other, session.id) == ["kept", "goes on"]
    assert torn not in file.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX limits the size of files")
async def test_a_full_disk_loses_nothing_and_goes_on_later(tmp_path: Path) -> None:
    """What is not acknowledged is not there; where there is room again, the same store writes on."""
    import resource

    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        session = await begin(store, "kept")
        size = (tmp_path / "journal-000001.jsonl").stat().st_size
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
        try:
            with pytest.raises(StoreUnavailable, match="cannot be used now: File too large"):
                await say(store, session.id, "lost")
            assert await texts(store, session.id) == await texts(other, session.id) == ["kept"]
            assert (tmp_path / "journal-000001.jsonl").stat().st_size == size
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await say(store, session.id, "goes on", expect=1)
        assert await texts(other, session.id) == ["kept", "goes on"]
        await check_whole(other, session.id)


async def test_a_damaged_line_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        session = await begin(store, "first")
        await say(store, session.id, "second")
    file = tmp_path / "journal-000001.jsonl"
    content = file.read_bytes().replace(b'"content":"first"', b'"content":"fir\x00t"')
    file.write_bytes(content)
    with pytest.raises(StoreUnusable, match=r"journal-000001\.jsonl: the line at byte \d+ is damaged"):
        async with open_store(tmp_path):
            pass
    assert file.read_bytes() == content


async def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journal-000003.jsonl").write_text('{"format":2,"base":0}\n')
    with pytest.raises(StoreUnusable, match="newer version"):
        async with open_store(tmp_path):
            pass


async def test_words_that_were_purged_are_in_no_file(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        kept, gone = await begin(store, "kept words"), await begin(store, "secret words")
        assert await texts(other, gone.id) == ["secret words"]
        await store.purge(gone.id)
        assert [session.id for session in await other.sessions()] == [kept.id]
    everything = b"".join(file.read_bytes() for file in files_of(tmp_path))
    assert b"kept words" in everything
    assert b"secret words" not in everything


async def test_a_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SLACK", 20_000)
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        for number in range(100):
            await store.records("test").apply(Put("key", str(number) * 500))
        assert (await other.records("test").list())[0].value == "99" * 500
        (file,) = (file for file in files_of(tmp_path) if file.name.startswith("journal"))
        assert file.name > "journal-000001.jsonl"
        assert file.stat().st_size < 30_000


def test_only_their_owner_may_look(tmp_path: Path) -> None:
    process = start(tmp_path / "home" / "store", "one")
    killed(process, 3)
    modes = {file.stat().st_mode & 0o777 for file in files_of(tmp_path)}
    assert modes == {0o600}
    assert {file.stat().st_mode & 0o777 for file in tmp_path.rglob("*") if file.is_dir()} == {0o700}
