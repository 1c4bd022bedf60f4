"""What plugins are told, and where they are told it happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hfs_core.api import (
    STATE,
    STORE,
    CheckpointRequested,
    HfsEvent,
    MessageDelta,
    PhaseEnded,
    RunStarted,
    StateManager,
    Store,
    StoreFactory,
    hookimpl,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.models import EMPTY_DIGEST
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel


class Talkative:
    """Tells events in a plugin's name."""

    context: Any = None

    @hookimpl
    def activate(self, context: Any) -> None:
        type(self).context = context

    @hookimpl
    def on_event(self, event: HfsEvent) -> None:
        pass


async def test_an_event_about_a_session_gets_the_position_that_the_session_has(
    start_kernel: StartKernel,
) -> None:
    """One that says where it happened, and one about no session or a lost one, stays as it is."""
    async with start_kernel(in_process("talkative", Talkative), model=ScriptedModel("ok")) as host:
        session = (await host.engine.send("hello")).session
        told = await host.bus.subscribe("*")
        emit = Talkative.context.emit
        middle = (await host.store.messages(session.id))[0].digest
        events: list[HfsEvent] = [
            CheckpointRequested(session_id=session.id),
            PhaseEnded(phase_id="p", duration_ms=1, session_id=session.id),
            PhaseEnded(phase_id="p", duration_ms=1, session_id=session.id, message_index=1, digest=middle),
            PhaseEnded(phase_id="p", duration_ms=1),
            PhaseEnded(phase_id="p", duration_ms=1, session_id=999),
            MessageDelta(text="x", session_id=session.id),
        ]
        for event in events:
            await emit(event)
        await host.bus.unsubscribe(told)
        heard = [(event.message_index, event.digest) async for event in told]
    now, nowhere = (2, session.digest), (0, EMPTY_DIGEST)
    assert heard == [now, now, (1, middle), nowhere, nowhere, nowhere]


async def test_a_plugin_is_told_nothing_before_there_is_a_store(start_kernel: StartKernel) -> None:
    """What happens while HFS starts waits: whoever is loaded to hear of it finds the store, and the state."""
    got: list[object] = []
    heard: list[str] = []

    class Early:
        @hookimpl
        async def activate(self, context: Any) -> None:
            store: Store = await context.services.get(STORE)
            state: StateManager = await context.services.get(STATE)
            got.extend((store, state))

        @hookimpl
        def on_event(self, event: HfsEvent) -> None:
            heard.append(event.event_type)

    class Slow:
        """Tells of something before it has opened its store, which takes a while."""

        @hookimpl
        async def activate(self, context: Any) -> None:
            await context.emit(PhaseEnded(phase_id="opening", duration_ms=1))

        @hookimpl
        def provide_store(self) -> StoreFactory:
            @asynccontextmanager
            async def opened() -> AsyncIterator[Store]:
                for _ in range(100):  # turns of the event loop, in which the other could be told
                    await asyncio.sleep(0)
                assert not got
                yield MemoryStore()

            return opened

    plugins = (in_process("early", Early), in_process("sqlite_store", Slow))
    async with start_kernel(*plugins, model=ScriptedModel("ok")) as host:
        await host.engine.send("hello")
        store, state = got
        assert await store.sessions() == await host.store.sessions() != []
        assert state.get_snapshot() is host.state.get_snapshot() is not None
        assert host.is_saved()[0]
    assert host.plugins.entries["early"].reason == ""
    assert "phase.ended" in heard
    assert heard[-1] == "run.ended"


async def test_a_reply_under_way_is_known(start_kernel: StartKernel) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([gate, "ok"])
    async with start_kernel(model=model) as host:
        started = await host.bus.subscribe("run.started")
        sending = asyncio.create_task(host.engine.send("hello"))
        event = await anext(started)
        assert isinstance(event, RunStarted)
        assert event.session_id is not None
        assert await host.engine.is_answering(event.session_id)
        assert not await host.engine.is_answering(event.session_id + 1)
        gate.set()
        await sending
        assert not await host.engine.is_answering(event.session_id)
