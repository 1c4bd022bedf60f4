"""What plugins acquire and start ends with them, whatever they do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hfs_core import hookspecs
from hfs_core.api import Draft, ErrorOccurred, HfsEvent, PluginContext, Status, hookimpl
from hfs_core.hookspecs import HookLaw
from hfs_core.testing import ScriptedModel, in_process
from tests.conftest import StartKernel


def _raise(error: BaseException) -> Any:
    raise error


async def _raise_later(error: BaseException) -> Any:
    raise error


async def test_an_event_hook_that_is_slow_does_not_delay_the_chat(start_kernel: StartKernel) -> None:
    release = asyncio.Event()
    heard: list[str] = []

    class Slow:
        @hookimpl
        async def on_event(self, event: HfsEvent) -> None:
            heard.append(event.event_type)
            await release.wait()

    async with start_kernel(in_process("slow", Slow), model=ScriptedModel("hi")) as host:
        run = await asyncio.wait_for(host.engine.send("hello"), 1)
        assert run.status == Status.COMPLETE
        assert len(heard) <= 1
        release.set()
    assert heard[-1] == "run.ended"  # what was told is heard before HFS ends


async def test_what_a_plugin_acquires_is_released_in_reverse(start_kernel: StartKernel) -> None:
    released: list[str] = []

    class Holder:
        @hookimpl
        async def activate(self, context: PluginContext) -> None:
            context.on_unload(lambda: released.append("first"))

            async def later() -> None:
                released.append("second")

            context.on_unload(later)
            context.spawn(asyncio.Event().wait(), "endless")

        @hookimpl
        def on_message(self, message: Draft) -> None:
            """Be loaded."""

        @hookimpl
        def deactivate(self, context: PluginContext, reason: str) -> None:
            released.append(reason)

    async with start_kernel(in_process("holder", Holder), model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
        assert released == []
    assert released == ["exit", "second", "first"]


UNLOADING: dict[str, Callable[[], Any]] = {
    "raises": lambda: _raise(ValueError("boom")),
    "exits": lambda: _raise(SystemExit(3)),
    "exits later": lambda: _raise_later(SystemExit(3)),
    "cancels": lambda: _raise_later(asyncio.CancelledError()),
    "never ends": lambda: asyncio.Event().wait(),
}


@pytest.mark.parametrize("misdeed", UNLOADING)
async def test_a_plugin_that_does_not_let_go_does_not_keep_hfs_from_ending(
    start_kernel: StartKernel, misdeed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hookspecs.HOOKS, "deactivate", HookLaw("plugin", 0.2))

    class Holder:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            context.on_unload(UNLOADING[misdeed])

        @hookimpl
        def on_message(self, message: Draft) -> None:
            """Be loaded."""

    async with start_kernel(in_process("holder", Holder), model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
    entry = host.plugins.entries["holder"]
    assert not entry.is_active
    assert "on_unload" in entry.reason


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()], ids=repr)
async def test_a_background_task_cannot_end_hfs(start_kernel: StartKernel, error: BaseException) -> None:
    class Spawner:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            context.spawn(_raise_later(error), "worker")

        @hookimpl
        def on_message(self, message: Draft) -> None:
            """Be loaded."""

    async with start_kernel(in_process("spawner", Spawner), model=ScriptedModel("hi")) as host:
        errors = await host.bus.subscribe("error.occurred")
        run = await host.engine.send("hello")
        told = await anext(errors)
    assert run.status == Status.COMPLETE
    assert isinstance(told, ErrorOccurred)
    assert f"spawner failed in a background task: {type(error).__name__}" in told.text


async def test_a_background_task_that_fails_is_blamed_on_its_plugin(start_kernel: StartKernel) -> None:
    class Spawner:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            context.spawn(_raise_later(ValueError("boom")), "worker")

        @hookimpl
        def on_message(self, message: Draft) -> None:
            """Be loaded."""

    async with start_kernel(in_process("spawner", Spawner), model=ScriptedModel("hi")) as host:
        errors = await host.bus.subscribe("error.occurred")
        await host.engine.send("hello")
        error = await anext(errors)
    assert isinstance(error, ErrorOccurred)
    assert "spawner failed in a background task: ValueError: boom" in error.text


async def test_a_filter_cannot_change_what_others_hold(start_kernel: StartKernel) -> None:
    class Mutator:
        @hookimpl
        def on_message(self, message: Any) -> None:
            message.content = "mine"

    async with start_kernel(in_process("mutator", Mutator), model=ScriptedModel("hi")) as host:
        run = await host.engine.send("hello")
        kept = await host.store.messages(run.session.id)
    assert kept[0].content == "hello"


async def test_a_filter_that_may_not_answer_changes_nothing_either(start_kernel: StartKernel) -> None:
    """Nor may one that has answered change its answer once it was looked at."""
    given: list[Any] = []

    class Mutator:
        @hookimpl
        def on_message(self, message: Any) -> None:
            message.metadata["mine"] = object()

        @hookimpl
        def before_send(self, request: Any) -> None:
            request.options["temperature"] = "hot"

    class Late:
        @hookimpl
        def on_message(self, message: Any) -> Draft:
            given.append({"late": [1]})
            return replace(message, metadata=given[-1])

        @hookimpl
        def before_send(self, request: Any) -> None:
            for metadata in given:
                metadata["late"].append(object())

    model = ScriptedModel("hi")
    mutator = in_process("mutator", Mutator, capabilities=("messages.read",))
    async with start_kernel(mutator, in_process("zlate", Late), model=model) as host:
        run = await host.engine.send("hello")
        kept = await host.store.messages(run.session.id)
    assert run.status == Status.COMPLETE
    assert kept[0].metadata == {"late": [1]}
    assert model.requests[0].options == {}
