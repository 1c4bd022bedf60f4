"""Stores that fail, or lack what a checkpoint needs: a warning, and the chat goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import (
    ErrorOccurred,
    Put,
    Status,
    Store,
    StoreError,
    StoreFactory,
    StoreUnavailable,
    hookimpl,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.plugins.registry import PluginState
from hfs_core.testing import in_process

from .conftest import Start


class Wrapped:
    """A store around another one, whose records are the test's."""

    def __init__(self, inner: Store, records: Any):
        self._inner = inner
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def records(self, namespace: str) -> Any:
        inner = self._inner.records(namespace)
        return self._records(inner) if namespace == "plugin.checkpoints" else inner

    async def apply(self, *operations: Any, namespace: str = "") -> Any:
        if namespace == "plugin.checkpoints":
            return await self._records(self._inner.records(namespace)).apply(*operations)
        return await self._inner.apply(*operations, namespace=namespace)


def store_plugin(kind: str, path: Path, records: Any) -> Any:
    class Stores:
        @hookimpl
        def provide_store(self) -> StoreFactory:
            @asynccontextmanager
            async def opened() -> AsyncIterator[Store]:
                if kind == "memory":
                    yield Wrapped(MemoryStore(), records)  # type: ignore[misc] # has what a store has by __getattr__
                    return
                async with open_store(path / "sessions.db") as inner:
                    yield Wrapped(inner, records)  # type: ignore[misc] # as above

            return opened

    return in_process("odd_store", Stores)


class Failing:
    """Records whose methods raise."""

    def __init__(self, error: BaseException):
        self._error = error

    def __call__(self, inner: Any) -> Failing:
        return self

    async def _fail(self, *arguments: Any, **options: Any) -> Any:
        raise self._error

    get = list = apply = blob = _fail


@pytest.mark.parametrize(
    "error", [StoreError("the disk melts"), RuntimeError("the disk melts"), ValueError("the disk melts")]
)
async def test_a_checkpoint_that_fails_is_one_warning_and_the_run_is_well(
    start: Start, kind: str, tmp_path: Path, error: Exception
) -> None:
    failing = Failing(error)
    async with start(store_plugin(kind, tmp_path, failing), store="odd_store") as person:
        told = await person.host.bus.subscribe("error.occurred")
        for text in ("one", "two", "three", "four"):
            run = await person.host.engine.send(text, session_id=person.session_id)
            person.session_id = run.session.id
            assert run.status is Status.COMPLETE
        bus, entry = person.host.bus, person.host.plugins.entries["checkpoints"]
    await bus.unsubscribe(told)
    events = [event async for event in told if isinstance(event, ErrorOccurred)]
    assert [(event.source, event.text) for event in events] == [
        ("checkpoints", "no checkpoint was kept: the disk melts")
    ]
    assert entry.state is not PluginState.QUARANTINED
    assert entry.reason == ""


async def test_a_failure_is_told_again_once_it_has_been_well_between(
    start: Start, kind: str, tmp_path: Path
) -> None:
    is_broken = False

    class Sometimes:
        def __init__(self, inner: Any):
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            if is_broken:
                return Failing(StoreUnavailable("locked"))._fail
            return getattr(self._inner, name)

    async with start(store_plugin(kind, tmp_path, Sometimes), store="odd_store") as person:
        told = await person.host.bus.subscribe("*")

        async def until(event_type: str) -> None:
            async with asyncio.timeout(10):
                async for event in told:
                    if event.event_type == event_type:
                        return

        for expected in ("error.occurred", "checkpoint.created") * 2:
            is_broken = not is_broken
            run = await person.host.engine.send("hello", session_id=person.session_id)
            person.session_id = run.session.id
            await until(expected)
        assert [position for _, position in await person.listed()] == [4, 8]


@pytest.mark.parametrize("error", [NotImplementedError(), AttributeError("records")])
async def test_a_store_without_records_is_told_in_a_sentence(
    start: Start, kind: str, tmp_path: Path, error: Exception
) -> None:
    sentence = "the store in use keeps no records for plugins, so it keeps no checkpoints"
    async with start(store_plugin(kind, tmp_path, Failing(error)), store="odd_store") as person:
        told = await person.host.bus.subscribe("error.occurred")
        person.session_id = (await person.host.engine.send("one")).session.id
        async with asyncio.timeout(10):
            event = await anext(told)
        assert isinstance(event, ErrorOccurred)
        assert event.text == f"no checkpoint was kept: {sentence}"
        for line in ("checkpoints", "checkpoint", "rewind 1", "undo", "checkpoint pin 1"):
            with pytest.raises(StoreError) as raised:
                await person.run(line)
            assert str(raised.value) == sentence
        assert (await person.host.engine.send("two", session_id=person.session_id)).status is Status.COMPLETE


async def test_a_store_that_refuses_records_at_once(start: Start, kind: str, tmp_path: Path) -> None:
    def refuse(inner: Any) -> Any:
        raise NotImplementedError

    async with start(store_plugin(kind, tmp_path, refuse), store="odd_store") as person:
        run = await person.host.engine.send("one")
        person.session_id = run.session.id
        assert run.status is Status.COMPLETE
        for line in ("checkpoints", "rewind 1", "undo"):
            with pytest.raises(StoreError, match="keeps no records for plugins"):
                await person.run(line)


async def test_a_damaged_state_is_a_warning_when_a_session_is_resumed(
    start: Start, kind: str, tmp_path: Path
) -> None:
    """The plugin does not fail for it, however often."""
    odd: list[str] = ['{"version": 1}', "not JSON", '{"run_id": 7, "agent_tree": "no"}']
    async with start() as person:
        for number, text in enumerate(odd, 1):
            person.session_id = None
            await person.say("one")
            session, repository = await person.session(), person.repository
            await repository.create(
                session.id, 2, "x", digest=session.digest, state_json=text, is_manual=True
            )
            person.host.state._snapshots.clear()
            told = await person.host.bus.subscribe("error.occurred")
            await person.host.sessions.resume(session.id)
            async with asyncio.timeout(10):
                event = await anext(told)
            await person.host.bus.unsubscribe(told)
            assert isinstance(event, ErrorOccurred)
            assert event.text.startswith("the state of its agents could not be brought back"), number
        assert person.host.plugins.entries["checkpoints"].state is PluginState.ACTIVE
        assert (await person.host.store.records("other").apply(Put("x", 1)))[0] is not None
