"""Checkpoints while the disk is full: they are kept in memory like what was said, and written with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hfs_checkpoints.repository import CheckpointRepository
from hfs_sqlite_store.store import open_store

from hfs_core.api import (
    CommandError,
    CommandResult,
    Host,
    Invocation,
    Ref,
    Store,
    StoreFactory,
    SwitchTo,
    hookimpl,
)
from hfs_core.builtin.memory_store import memory_store
from hfs_core.builtin.spill_store import SpillStore
from hfs_core.kernel import Kernel
from hfs_core.paths import Paths
from hfs_core.plugins.discovery import scan
from hfs_core.testing import ScriptedModel, in_process

from .conftest import models_plugin
from .faulty_store import FaultyStore


async def run(host: Host, line: str, session_id: int | None) -> CommandResult:
    async def no(question: str) -> bool:
        return False

    return await host.commands.run(line, Invocation(session_id, host, no, lambda text, share: None))


async def say(host: Host, text: str, session_id: int | None = None) -> int:
    """Say something and wait for its checkpoint; return the session."""
    told = await host.bus.subscribe("checkpoint.created")
    done = await host.engine.send(text, session_id=session_id)
    async with asyncio.timeout(10):
        while (await anext(told)).run_id != done.run_id:
            pass
    await host.bus.unsubscribe(told)
    return done.session.id if session_id is None else session_id


async def listed(store: Store, ref: Ref) -> list[tuple[int, int, bool]]:
    repository = CheckpointRepository(store.records("plugin.checkpoints"))
    kept = await repository.list_for_session(ref)
    for each in kept:
        assert (await store.messages(ref))[each.message_index - 1].digest == each.digest
        assert await repository.state_json(each.state) != "{}"
    return [(each.number, each.message_index, each.pinned) for each in kept]


@pytest.mark.parametrize("kind", ["memory", "sqlite_store"])
async def test_checkpoints_survive_a_full_disk(home: Paths, tmp_path: Path, kind: str) -> None:
    disks: list[FaultyStore] = []

    class Disk:
        @hookimpl
        def provide_store(self) -> StoreFactory:
            @asynccontextmanager
            async def opened() -> AsyncIterator[Store]:
                path = tmp_path / "kept.db"
                async with memory_store() if kind == "memory" else open_store(path) as store:
                    disks.append(FaultyStore(store))
                    yield disks[0]

            return opened

    plugins = [info for info in scan() if info.name == "checkpoints"]
    model = ScriptedModel("ok", name="test")
    found: list[Any] = [*plugins, in_process("disk", Disk), models_plugin(model)]
    environ = {"HFS_MODEL": "test/any", "HFS_STORE": "disk"}
    async with Kernel(home, found=found, project=tmp_path, environ=environ) as host:
        store, (disk,) = host.store, disks
        assert isinstance(store, SpillStore)
        for _ in range(8):
            old = await say(host, "one")
        disk.is_full = True
        await say(host, "two", old)
        new = await say(host, "three")
        assert new < 0 < old
        await say(host, "four", new)
        await run(host, "checkpoint pin 1", old)
        await run(host, "checkpoint by hand", new)
        (switch,) = (await run(host, "rewind 1", new)).effects
        assert isinstance(switch, SwitchTo)
        assert switch.session_id is not None
        child = (await host.sessions.resume(switch.session_id)).id
        await say(host, "five", child)
        (switch,) = (await run(host, "rewind 2", old)).effects
        assert isinstance(switch, SwitchTo)
        assert switch.session_id is not None
        other = switch.session_id
        await say(host, "again", other)
        uids = [(await store.session(each)).uid for each in (old, new, child, other)]
        expected = [
            [(1, 2, True), (2, 4, False)],
            [(1, 2, False), (2, 4, False), (3, 4, False)],
            [(1, 2, False), (2, 4, False)],
            [(1, 2, True), (2, 4, False), (3, 6, False)],
        ]
        assert [await listed(store, uid) for uid in uids] == expected
        disk.works_again()
        assert await store.flush()
        assert store.unsaved() == []
        assert [await listed(store, each) for each in (old, new, child, other)] == expected
        assert [await listed(disk.inner, uid) for uid in uids] == expected
        await say(host, "six", new)
        await run(host, "checkpoint delete 3", new)
        assert (await listed(store, new))[-1] == (4, 6, False)
        with pytest.raises(CommandError, match="since its rewind"):
            await run(host, "undo", other)
