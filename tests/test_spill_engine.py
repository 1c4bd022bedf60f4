"""The engine over a store that stops writing: the chat goes on, and afterwards nothing is missing or left over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hfs_core.api import Host, hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.contracts import Store, StoreFactory
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel
from .faulty_store import FaultyStore
from .steps import check_whole, texts


def store_plugin(disk: FaultyStore) -> PluginInfo:
    """A plugin that provides this store as the default one."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        yield disk

    class Storing:
        @hookimpl
        def provide_store(self) -> StoreFactory:
            return opened

    return in_process("sqlite_store", Storing)


@pytest.fixture
def disk() -> FaultyStore:
    return FaultyStore(MemoryStore())


async def nothing_left_over(host: Host, disk: FaultyStore) -> None:
    """Assert that every session on the disk is whole and free, and the last one the current."""
    for session in await disk.inner.sessions():
        await check_whole(disk.inner, session.id)
        leases = await disk.inner.records("hfs.core").list(session=session.id)
        assert [lease.value for lease in leases if lease.value["owner"]] == []
    current = await host.sessions.current()
    assert current == (await disk.inner.sessions())[0]


async def flushed(host: Host) -> bool:
    """Write what waits."""
    written: bool = await host.store.flush()  # type: ignore[attr-defined] # the spill store's own
    return written


async def test_a_chat_that_begins_and_ends_in_memory(start_kernel: StartKernel, disk: FaultyStore) -> None:
    model = ScriptedModel("first", "second", "third")
    async with start_kernel(store_plugin(disk), model=model) as host:
        disk.is_full = True
        run = await host.engine.send("one")
        assert run.session.id < 0
        assert not host.is_saved()[0]
        await host.engine.send("two", session_id=run.session.id)
        child = await host.sessions.fork(run.session.id, at=2)
        await host.engine.send("three", session_id=child.id)
        await host.sessions.rename(child.id, "renamed")
        assert [s.id for s in await host.store.sessions()] == [child.id, run.session.id]
        disk.works_again()
        assert await flushed(host)
        assert host.is_saved() == (True, "")
        await nothing_left_over(host, disk)
    kept = await disk.inner.sessions()
    assert kept[0].name == "renamed"
    assert [await texts(disk.inner, session.id) for session in kept] == [
        ["one", "first", "three", "third"],
        ["one", "first", "two", "second"],
    ]


@pytest.mark.parametrize("is_new", [False, True])
async def test_the_disk_comes_back_in_the_middle_of_an_answer(
    start_kernel: StartKernel, disk: FaultyStore, is_new: bool
) -> None:
    gate = asyncio.Event()
    model = ScriptedModel("first", ["half ", gate, "whole"], "third")
    async with start_kernel(store_plugin(disk), model=model) as host:
        saved = await host.engine.send("one")
        disk.is_full = True
        stream = await host.bus.subscribe("message.delta")
        sending = asyncio.create_task(
            host.engine.send("two", session_id=None if is_new else saved.session.id)
        )
        await anext(stream)
        disk.works_again()
        assert not await flushed(host)
        gate.set()
        run = await sending
        assert (run.status, run.error) == ("complete", None)
        assert host.is_saved() == (True, "")
        assert run.session.id > 0
        await host.engine.send("three", session_id=run.session.id)
        await nothing_left_over(host, disk)
        found = await texts(disk.inner, run.session.uid)
    assert found[-4:] == ["two", "half whole", "three", "third"]


@pytest.mark.parametrize("room", range(12))
async def test_a_disk_that_fills_up_at_any_write(
    start_kernel: StartKernel, disk: FaultyStore, room: int
) -> None:
    def numbered(request: Any) -> str:
        return f"answer {len(request.messages)}"

    async with start_kernel(store_plugin(disk), model=ScriptedModel(numbered)) as host:
        disk.fails_after(room)
        session_id = None
        for text in ("one", "two", "three"):
            run = await host.engine.send(text, session_id=session_id)
            assert (run.status, run.error) == ("complete", None)
            session_id = run.session.id
        disk.works_again()
        assert await flushed(host)
        await nothing_left_over(host, disk)
    (kept,) = await disk.inner.sessions()
    assert await texts(disk.inner, kept.id) == ["one", "answer 1", "two", "answer 3", "three", "answer 5"]
