"""An import in a process of its own that is killed, or interrupted, in its middle leaves nothing that anybody sees."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import Session

from .conftest import person_at

pytestmark = pytest.mark.slow

MESSAGES = 30_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that takes a while."""
    place = tmp_path / "long.json"
    messages = [{"role": "user", "content": f"message {n} {'x' * 200}"} for n in range(MESSAGES)]
    place.write_text(json.dumps({"metadata": {"schema_version": "1.0.0"}, "messages": messages}))
    return place


@asynccontextmanager
async def importing(home: Path, path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Give a process that has begun to write what it imports."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(home.parent), "HFS_HOME": str(home)}
    words = ("-m", "hfs_core.cli", "import", str(path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            while not [each for each in await kept(home) if each.message_count]:
                assert process.returncode is None
                await asyncio.sleep(0.01)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def kept(home: Path) -> list[Session]:
    """Return all that the store of a home holds."""
    database = home / "sessions.db"
    if not await asyncio.to_thread(database.exists):
        return []
    async with open_store(database) as store:
        return list(await store.sessions(deleted=True))


async def test_what_a_killed_import_left_is_seen_by_nobody_and_swept(tmp_path: Path, path: Path) -> None:
    home = tmp_path / "home"
    async with importing(home, path) as process:
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
    (half,) = await kept(home)
    assert 0 < half.message_count < MESSAGES
    assert half.deleted_at is not None
    async with person_at(home, "sqlite_store") as person:
        assert await person.listed(deleted=True) == {}
        told = await person.told(f"import {path}")
        assert told[0].startswith("Imported session")
        assert [session.message_count for session in await person.everything()] == [MESSAGES]


async def test_a_start_sweeps(tmp_path: Path, path: Path) -> None:
    home = tmp_path / "home"
    async with importing(home, path) as process:
        process.kill()
        await process.wait()
    async with person_at(home, "sqlite_store") as person:
        run = await person.host.engine.send("hello")
        async with asyncio.timeout(20):
            while len(await person.everything()) > 1:  # noqa: ASYNC110 # sweeping is told to nobody
                await asyncio.sleep(0.01)
        assert [session.id for session in await person.everything()] == [run.session.id]


async def test_ctrl_c_leaves_nothing(tmp_path: Path, path: Path) -> None:
    home = tmp_path / "home"
    async with importing(home, path) as process:
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert process.returncode == 130
        assert b"Traceback" not in err
    assert await kept(home) == []


async def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path, path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HFS_HOME": str(tmp_path / "home")}
    line = f"{sys.executable} -m hfs_core.cli"
    shell = f"{line} import {path} >&2 && ({line} export json -; echo ended $? >&2) | head -c 10"
    process = await asyncio.create_subprocess_shell(
        shell, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert out == b'{"metadata'
    assert err.splitlines()[-1] == b"ended 0"
    assert b"hfs:" not in err
