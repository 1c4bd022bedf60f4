"""A run of a plugin's own: it holds its session, and is stopped like any other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hfs_core.api import (
    Draft,
    Host,
    MessageRejected,
    NotFound,
    Operation,
    Outcome,
    Owner,
    PromptMessage,
    Reject,
    Request,
    RunError,
    Session,
    SessionBusy,
    hookimpl,
)
from hfs_core.leases import Leases
from hfs_core.sessions import NAMESPACE
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel


def nothing() -> None:
    """Heed no interruption."""


async def session_of(host: Host) -> int:
    """A session with one answer."""
    return (await host.engine.send("hello")).session.id


async def test_while_a_session_is_held_nothing_else_runs_there_and_then_it_is_free(
    start_kernel: StartKernel,
) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        first, second = await session_of(host), await session_of(host)
        async with host.engine.hold(first, "run", nothing) as session:
            assert (session.id, session.message_count) == (first, 2)
            assert host.engine.is_busy
            assert host.engine.is_running(first)
            assert await host.engine.is_answering(first)
            assert (await host.sessions.current()).id == first
            with pytest.raises(SessionBusy, match="is answering: wait, or interrupt it"):
                await host.engine.send("and?", session_id=first)
            with pytest.raises(SessionBusy):
                async with host.engine.hold(first, "other", nothing):
                    pass
            assert host.engine.is_running(first)  # who was refused took nothing away
            assert (await host.engine.send("and?", session_id=second)).status == "complete"
        assert not host.engine.is_busy
        assert not await host.engine.is_answering(first)
        assert (await host.engine.send("and?", session_id=first)).status == "complete"


async def test_a_session_that_is_not_to_be_written_to_is_not_held(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        session_id = await session_of(host)
        await host.sessions.delete(session_id)
        with pytest.raises(RunError, match="was deleted"):
            async with host.engine.hold(session_id, "run", nothing):
                pass
        with pytest.raises(NotFound, match="purged"):
            async with host.engine.hold(77, "run", nothing):
                pass
        assert not host.engine.is_busy


async def test_another_process_and_a_held_session_refuse_each_other(
    start_kernel: StartKernel, tmp_path: Path
) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        session_id = await session_of(host)
        owner = Owner(host.paths.state / "owners")
        owner.acquire()
        elsewhere = Leases(host.store, owner)
        async with host.engine.hold(session_id, "run", nothing):
            with pytest.raises(SessionBusy):
                await elsewhere.claim(session_id, "theirs")
        await host.store.apply(await elsewhere.claim(session_id, "theirs"), namespace=NAMESPACE)
        with pytest.raises(SessionBusy, match="another HFS"):
            async with host.engine.hold(session_id, "run", nothing):
                pass
        assert not host.engine.is_running(session_id)
        owner.release()


async def test_a_run_that_fails_gives_its_session_back(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        session_id = await session_of(host)
        with pytest.raises(RuntimeError):
            async with host.engine.hold(session_id, "run", nothing):
                raise RuntimeError("oops")
        assert not await host.engine.is_answering(session_id)


async def test_who_gives_up_while_the_session_is_being_taken_leaves_it_free(
    start_kernel: StartKernel,
) -> None:
    """What is cancelled while it is written may be written all the same."""
    async with start_kernel(model=ScriptedModel("ok")) as host:
        session_id = await session_of(host)
        written, apply = asyncio.Event(), host.store.apply

        async def written_but_not_answered(*operations: Operation, namespace: str = "") -> Sequence[Outcome]:
            await apply(*operations, namespace=namespace)
            written.set()
            return await asyncio.Future()

        async def run() -> None:
            async with host.engine.hold(session_id, "run", nothing):
                pass

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(host.store, "apply", written_but_not_answered)
            holding = asyncio.create_task(run())
            await written.wait()
        assert await host.engine.is_answering(session_id)
        holding.cancel()
        await asyncio.wait({holding})
        assert not await host.engine.is_answering(session_id)
        assert (await host.engine.send("and?", session_id=session_id)).status == "complete"


async def test_stopping_hfs_interrupts_a_held_session_and_waits_until_its_words_are_kept(
    start_kernel: StartKernel,
) -> None:
    steps: list[str] = []
    held, stop = asyncio.Event(), asyncio.Event()

    async def run(host: Host, session_id: int) -> None:
        async with host.engine.hold(session_id, "run", stop.set):
            held.set()
            await stop.wait()
            await asyncio.to_thread(time.sleep, 0.05)  # keeping words takes a moment
            steps.append("kept")

    async with start_kernel(model=ScriptedModel("ok")) as host:
        running = asyncio.create_task(run(host, await session_of(host)))
        await held.wait()
        await host.engine.close()
        assert steps == ["kept"]
        await running


async def test_a_run_that_cannot_be_stopped_does_not_keep_hfs(
    start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs_core.engine.ENDS_WITHIN", 0.05)
    stopped = asyncio.Event()

    def raises() -> None:
        raise RuntimeError("oops")

    async with start_kernel(model=ScriptedModel("ok")) as host:
        first, second, third = [await session_of(host) for _ in range(3)]
        async with (
            host.engine.hold(first, "run", raises),
            host.engine.hold(second, "run", nothing),
            host.engine.hold(third, "run", stopped.set),
        ):
            assert host.engine.interrupt(first)
            async with asyncio.timeout(3):
                await host.engine.close()
            assert stopped.is_set()  # what one raises is in nobody else's way


async def test_what_a_run_keeps_and_asks_goes_by_the_filters_of_plugins(start_kernel: StartKernel) -> None:
    class Filter:
        @hookimpl
        def on_message(self, message: Draft, session: Session | None) -> Draft | Reject:
            if message.content == "bad":
                return Reject(f"not in {session.name if session else 'a new session'}")
            return replace(message, content=message.content.upper())

        @hookimpl
        def before_send(self, request: Request) -> Request:
            return replace(request, options={"temperature": 0})

    async with start_kernel(in_process("filter", Filter), model=ScriptedModel("ok")) as host:
        assert (await host.engine.filter_message(Draft("user", "good"), None)).content == "GOOD"
        with pytest.raises(MessageRejected, match="plugin filter refused the message: not in a new session"):
            await host.engine.filter_message(Draft("user", "bad"), None)
        request = Request("test/any", (PromptMessage("user", "good"),))
        assert (await host.engine.filter_request(request)).options == {"temperature": 0}
