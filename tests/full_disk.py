"""A chat whose disk fills up in the middle of an answer: run by a test as a process of its own.

The system's limit on the size of files stands in for the disk: beyond it, writing fails with a real error.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from hfs_core.api import Host, Paths, hookimpl
from hfs_core.builtin.spill_store import SpillStore
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import scan
from hfs_core.testing import ScriptedModel, in_process


def fill(database: Path) -> None:
    """Let no file of this process grow beyond the size that the database's log has now."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (database.with_name("sessions.db-wal").stat().st_size, hard))


def free() -> None:
    """Let files grow again."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


async def texts(host: Host, ref: int | str) -> list[str]:
    """Return what was said in a session."""
    return [message.content for message in await host.store.messages(ref)]


async def talk(host: Host, gate: asyncio.Event, told: dict[str, Any]) -> None:
    """Say something before, while and after the disk is full."""
    first = await host.engine.send("one")
    stream = await host.bus.subscribe("message.delta")
    sending = asyncio.create_task(host.engine.send("two", session_id=first.session.id))
    await anext(stream)
    fill(host.paths.database)
    gate.set()
    second = await sending
    told["second"] = [str(second.status), str(second.error), await texts(host, first.session.id)]
    third = await host.engine.send("three")
    told["third"] = [str(third.status), third.session.id, await texts(host, third.session.uid)]
    told["saved"] = host.is_saved()[0]
    told["reason"] = host.is_saved()[1]
    told["listed"] = [session.id for session in await host.store.sessions()]


async def main(home: Path, is_freed: bool) -> None:
    """Talk, free the disk or not, and tell what came of it."""
    gate = asyncio.Event()
    model = ScriptedModel("answer one", ["half ", gate, "whole"], "answer three", "answer four", name="test")

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return [model]

    stores = [info for info in scan() if info.name == "sqlite_store"]
    told: dict[str, Any] = {}
    environ = {"HFS_MODEL": "test/any"}
    async with Kernel(Paths(home), found=[*stores, in_process("models", Models)], environ=environ) as host:
        await talk(host, gate, told)
        if is_freed:
            free()
            store = host.store
            assert isinstance(store, SpillStore)
            told["flushed"] = await store.flush()
            told["saved after"] = host.is_saved()
            fourth = await host.engine.send("four", session_id=told["third"][1])
            told["fourth"] = [str(fourth.status), fourth.session.id]
        kept = host.store
    assert isinstance(kept, SpillStore)
    told["unsaved"] = kept.unsaved()
    free()
    print(json.dumps(told))  # noqa: T201 # what the test reads


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] == "freed"))
