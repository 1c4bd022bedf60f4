"""Who fails again and again is not called any more; who keeps sessions or answers is, and is named."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from hfs_core.api import Draft, NoModel, PluginContext, Status, hookimpl
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import ScriptedModel, in_process
from tests.conftest import StartKernel


async def test_a_success_in_between_forgives(start_kernel: StartKernel) -> None:
    class Flaky:
        @hookimpl
        def on_message(self, message: Draft) -> None:
            if "fail" in message.content:
                raise ValueError("boom")

    model = ScriptedModel("fail", "fine", "fail", "fine")
    async with start_kernel(in_process("flaky", Flaky), model=model) as host:
        for text in ("fail", "fine", "fail", "fine"):  # each fails twice with its reply, then goes well
            await host.engine.send(text)
        assert host.plugins.entries["flaky"].state == "active"


async def test_a_quarantined_plugin_is_not_called_again(start_kernel: StartKernel) -> None:
    calls: list[str] = []

    class Bad:
        @hookimpl
        def on_message(self, message: Draft) -> None:
            calls.append(message.content)
            raise ValueError("boom")

    async with start_kernel(in_process("bad", Bad), model=ScriptedModel("r")) as host:
        run = await host.engine.send("a")
        await host.engine.send("b", session_id=run.session.id)
        await host.engine.send("c", session_id=run.session.id)
        assert host.plugins.entries["bad"].state == "quarantined"
    assert calls == ["a", "r", "b"]


async def test_answers_that_cannot_be_used_quarantine_too_and_are_told_once(
    start_kernel: StartKernel,
) -> None:
    calls: list[str] = []

    class Rubbish:
        @hookimpl
        def on_message(self, message: Draft) -> Any:
            calls.append(message.content)
            return "rubbish"

    async with start_kernel(in_process("bad", Rubbish), model=ScriptedModel("r")) as host:
        errors = await host.bus.subscribe("error.occurred")
        for text in ("a", "b", "c"):
            await host.engine.send(text)
        assert host.plugins.entries["bad"].state == "quarantined"
        await host.bus.unsubscribe(errors)
        assert len([error async for error in errors]) == 2  # the first of its kind, and the quarantine
    assert calls == ["a", "r", "b"]


async def test_a_plugin_with_a_model_provider_is_never_quarantined(start_kernel: StartKernel) -> None:
    class Both:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return []

        @hookimpl
        def on_message(self, message: Draft) -> None:
            raise ValueError("boom")

    async with start_kernel(in_process("both", Both), model=ScriptedModel("r")) as host:
        for _ in range(3):
            await host.engine.send("a")
        assert host.plugins.entries["both"].state == "failing"


async def test_a_failure_elsewhere_does_not_end_a_quarantine(start_kernel: StartKernel) -> None:
    fail = asyncio.Event()

    class Bad:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            async def work() -> None:
                await fail.wait()
                raise ValueError("late")

            context.spawn(work())

        @hookimpl
        def on_message(self, message: Draft) -> None:
            raise ValueError("boom")

    async with start_kernel(in_process("bad", Bad), model=ScriptedModel("r")) as host:
        for _ in range(2):
            await host.engine.send("a")
        entry = host.plugins.entries["bad"]
        assert entry.state == "quarantined"
        states = await host.bus.subscribe("error.occurred")
        fail.set()
        await anext(states)
        assert entry.state == "quarantined"
        assert "on_message" in entry.reason


BAD_METADATA: dict[str, Any] = {
    "a key that is no text": {1: 2},
    "a lone surrogate": {"a": "\udc00"},
    "no JSON": {"a": object()},
}


@pytest.mark.parametrize("metadata", BAD_METADATA.values(), ids=BAD_METADATA)
async def test_metadata_that_no_store_keeps_is_blamed_and_the_message_is_sent(
    start_kernel: StartKernel, metadata: Any
) -> None:
    class Culprit:
        @hookimpl
        def on_message(self, message: Draft) -> Draft:
            return replace(message, metadata=metadata)

    async with start_kernel(in_process("culprit", Culprit), model=ScriptedModel("hi")) as host:
        run = await host.engine.send("hello")
        entry = host.plugins.entries["culprit"]
    assert run.status == Status.COMPLETE
    assert (entry.state, "on_message" in entry.reason) == ("failing", True)


@pytest.mark.parametrize("rubbish", [5, [None], "x", [object()]], ids=["5", "none", "text", "object"])
async def test_a_plugin_that_provides_no_models_is_blamed_and_others_answer(
    start_kernel: StartKernel, rubbish: Any
) -> None:
    class Rubbish:
        @hookimpl
        def provide_models(self) -> Any:
            return rubbish

    async with start_kernel(in_process("bad", Rubbish), model=ScriptedModel("hi")) as host:
        run = await host.engine.send("hello")
        entry = host.plugins.entries["bad"]
    assert run.status == Status.COMPLETE
    assert (entry.state, "provide_models" in entry.reason) == ("failing", True)


async def test_a_plugin_that_cannot_provide_models_is_named_where_one_is_missing(
    start_kernel: StartKernel,
) -> None:
    broken = PluginInfo(
        "broken",
        module="not_there_at_all",
        hooks=("provide_models",),
        capabilities=("models.provide",),
        lists=True,
    )
    async with start_kernel(broken) as host:
        run = await host.engine.send("hello", model="x/y")
    assert isinstance(run.error, NoModel)
    assert "plugin broken is quarantined" in str(run.error)
    assert "not_there_at_all" in str(run.error)
