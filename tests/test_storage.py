"""Which store is in use, and what is said where there is none, or none yet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hfs_core import storage
from hfs_core.api import Paths, StoreStateChanged
from hfs_core.builtin.late_store import LateStore
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo, scan
from hfs_core.testing import ScriptedModel

from .conftest import StartKernel, models_plugin


def sqlite_plugin() -> PluginInfo:
    return next(info for info in scan() if info.name == "sqlite_store")


async def test_without_a_store_nothing_is_saved_and_that_is_said(start_kernel: StartKernel) -> None:
    async with start_kernel() as host:
        assert host.is_saved() == (
            False,
            "no store is installed: `pip install hfs-sqlite-store` keeps what is said",
        )
        assert host.store_name == ""


async def test_a_store_that_the_settings_name_and_nobody_has_is_named(home: Paths, tmp_path: Path) -> None:
    kernel = Kernel(home, found=[sqlite_plugin()], project=tmp_path, environ={"HFS_STORE": "paper"})
    async with kernel as host:
        assert host.is_saved() == (False, "the setting `store` names paper, which is not installed")
    assert not home.database.exists()


async def test_the_memory_can_be_chosen(home: Paths, tmp_path: Path) -> None:
    async with Kernel(
        home, found=[sqlite_plugin()], project=tmp_path, environ={"HFS_STORE": "memory"}
    ) as host:
        assert host.is_saved() == (False, "the setting `store` is memory")
    assert not home.database.exists()


async def test_a_store_that_opens_only_later_gets_what_was_said_until_then(
    home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "FLUSH_EVERY", 0.1)
    home.root.write_text("a file where the folder should be")
    found = [sqlite_plugin(), models_plugin(ScriptedModel("one", "two"))]
    environ = {"HFS_MODEL": "scripted/any"}
    async with Kernel(home, found=found, project=tmp_path, environ=environ) as host:
        told = await host.bus.subscribe("store.state")
        assert not host.is_saved()[0]
        run = await host.engine.send("first")
        assert (await host.store.session(run.session.id)).message_count == 2
        home.root.unlink()
        event = await anext(told)
        while isinstance(event, StoreStateChanged) and not event.saved:
            event = await anext(told)
        assert host.is_saved()[0]
        run = await host.engine.send("second", session_id=run.session.id)
    async with Kernel(home, found=found, project=tmp_path, environ=environ) as host:
        (session,) = await host.store.sessions()
        assert [m.content for m in await host.store.messages(session.id)] == ["first", "one", "second", "two"]
        assert await host.store.verify(session.id, 4) is None
    assert run.session.id == session.id


async def test_what_could_not_be_saved_to_the_end_is_named(home: Paths, tmp_path: Path) -> None:
    home.root.write_text("a file where the folder should be")
    found = [sqlite_plugin(), models_plugin(ScriptedModel("one"))]
    kernel = Kernel(home, found=found, project=tmp_path, environ={"HFS_MODEL": "scripted/any"})
    async with kernel as host:
        await host.engine.send("words that stay nowhere")
    assert [name[:23] for name in kernel.lost] == ["words that stay nowhere"]


async def test_a_late_store_is_opened_once_however_many_ask_at_once() -> None:
    opened: list[MemoryStore] = []

    async def open_store() -> MemoryStore:
        await asyncio.sleep(0)
        opened.append(MemoryStore())
        return opened[-1]

    store = LateStore(open_store)
    await asyncio.gather(*(store.sessions() for _ in range(3)), store.records("x").list())
    assert len(opened) == 1
