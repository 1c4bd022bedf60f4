"""Whatever a plugin does, the chat goes on, the next plugin's answer is right, and the culprit is named."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hfs_core import hookspecs
from hfs_core.api import Draft, ErrorOccurred, HfsEvent, NoModel, PluginContext, Status, hookimpl
from hfs_core.hookspecs import HookLaw
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.plugins.selection import Choice
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel


class _Undescribable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def _raise(error: BaseException) -> Any:
    raise error


async def _raise_later(error: BaseException) -> Any:
    raise error


async def _cancel_current() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def _ignore_cancellation() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if asyncio.current_task() in _released:
                raise


_released: set[Any] = set()


def _recurse() -> Any:
    return _recurse()


MISDEEDS: dict[str, Callable[[], Any]] = {
    "raises": lambda: _raise(ValueError("boom")),
    "raises later": lambda: _raise_later(ValueError("boom")),
    "exits": lambda: _raise(SystemExit(1)),
    "exits later": lambda: _raise_later(SystemExit(1)),
    "interrupts": lambda: _raise(KeyboardInterrupt()),
    "interrupts later": lambda: _raise_later(KeyboardInterrupt()),
    "cancels": lambda: _raise_later(asyncio.CancelledError()),
    "cancels the current task": _cancel_current,
    "never answers": lambda: asyncio.Event().wait(),
    "recurses": _recurse,
    "wrong type": lambda: "not a message",
    "undescribable": lambda: _raise(_Undescribable()),
}


BAD_METADATA: dict[str, Any] = {
    "a key that is no text": {1: 2},
    "a lone surrogate": {"a": "\udc00"},
    "no JSON": {"a": object()},
}


def _culprit(act: Callable[[], Any]) -> type[Any]:
    class Culprit:
        @hookimpl
        def on_message(self, message: Draft) -> Any:
            return act()

    return Culprit


class Next:
    """Comes after the culprit in the order of names."""

    @hookimpl
    def on_message(self, message: Draft) -> Draft:
        return replace(message, content=message.content + "!")


@pytest.mark.parametrize("misdeed", MISDEEDS)
async def test_the_next_plugin_answers_right_and_the_culprit_is_named(
    start_kernel: StartKernel, misdeed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hookspecs.HOOKS, "on_message", HookLaw("chain", 0.2))
    culprit = in_process("culprit", _culprit(MISDEEDS[misdeed]))
    async with start_kernel(culprit, in_process("next", Next), model=ScriptedModel("hi")) as host:
        errors = await host.bus.subscribe("error.occurred")
        run = await host.engine.send("hello")
        kept = await host.store.messages(run.session.id)
        error = await anext(errors)
        assert host.plugins.entries["next"].state == "active"
    assert [message.content for message in kept] == ["hello!", "hi!"]
    assert isinstance(error, ErrorOccurred)
    assert error.source == "culprit"
    assert "on_message" in error.text
    assert host.plugins.entries["culprit"].details


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


async def test_a_plugin_that_ignores_its_cancellation_keeps_nobody_waiting(
    start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hookspecs.HOOKS, "on_message", HookLaw("chain", 0.1))
    before = asyncio.all_tasks()
    async with start_kernel(
        in_process("culprit", _culprit(_ignore_cancellation)), model=ScriptedModel("hi")
    ) as host:
        run = await host.engine.send("hello")
        assert run.status == Status.COMPLETE
    left = asyncio.all_tasks() - before
    _released.update(left)
    for task in left:
        task.cancel()
    await asyncio.wait(left)


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


@pytest.mark.parametrize(
    ("source", "state", "word"),
    [
        ("raise ValueError('boom')", "quarantined", "ValueError: boom"),
        ("import nowhere_to_be_found", "quarantined", "ModuleNotFoundError"),
        ("def (", "quarantined", "SyntaxError"),
        ("import sys; sys.exit(3)", "quarantined", "SystemExit"),
        (
            "from hfs_core.api import hookimpl\n@hookimpl\ndef on_mesage(message): ...",
            "incompatible",
            "did you mean on_message",
        ),
        ("from hfs_core.api import hookimpl\n@hookimpl\ndef on_message(msg): ...", "incompatible", "msg"),
        ("from hfs_core.api import hookimpl\n@hookimpl\ndef on_exit(): ...", "incompatible", "on_exit"),
        (
            "from hfs_core.api import hookimpl\n@hookimpl\ndef activate(context): raise ValueError('boom')",
            "quarantined",
            "ValueError: boom",
        ),
        (
            "from hfs_core.api import hookimpl\nSettings = 5\n@hookimpl\ndef on_message(message): ...",
            "quarantined",
            "AttributeError",
        ),
        ("def __dir__(): raise ValueError('boom')", "quarantined", "ValueError: boom"),
    ],
)
async def test_a_plugin_that_cannot_be_loaded_says_why(
    start_kernel: StartKernel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    state: str,
    word: str,
) -> None:
    (tmp_path / "broken_plugin.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_plugin", raising=False)
    hooks = ("on_message", "on_mesage", "activate")
    broken = PluginInfo("broken", module="broken_plugin", hooks=hooks, capabilities=("hooks",), lists=True)
    async with start_kernel(broken, in_process("next", Next), model=ScriptedModel("hi")) as host:
        run = await host.engine.send("hello")
        entry = host.plugins.entries["broken"]
    assert run.reply is not None
    assert run.reply.content == "hi!"
    assert (entry.state, word in entry.reason) == (state, True), entry.reason


async def test_wrong_settings_misconfigure_only_their_plugin(start_kernel: StartKernel, home: Any) -> None:
    from pydantic import BaseModel

    class Wanted(BaseModel, extra="forbid"):
        """Settings."""

        level: int = 1

    class Set:
        Settings = Wanted

        @hookimpl
        def on_message(self, message: Draft) -> None:
            """Do nothing."""

    home.root.mkdir()
    home.config.write_text("plugins:\n  set:\n    level: high\n    colour: red\n")
    async with start_kernel(
        in_process("set", Set), in_process("next", Next), model=ScriptedModel("hi")
    ) as host:
        run = await host.engine.send("hello")
        entry = host.plugins.entries["set"]
    assert run.reply is not None
    assert run.reply.content == "hi!"
    assert entry.state == "misconfigured"
    assert "plugins.set.level" in entry.reason
    assert "plugins.set.colour" in entry.reason


async def test_a_missing_requirement_is_named(start_kernel: StartKernel) -> None:
    needy = in_process("needy", Next, requires=("absent_one",))
    async with start_kernel(needy, model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
        entry = host.plugins.entries["needy"]
    assert entry.state == "missing dependency"
    assert entry.reason == "needs the plugin absent_one, which is not installed"


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


def test_every_hook_has_a_law_and_says_so() -> None:
    for name in hookspecs.HOOKS:
        assert getattr(hookspecs, name).__doc__


async def test_safe_mode_and_the_setting_load_only_what_they_allow(start_kernel: StartKernel) -> None:
    async with start_kernel(
        in_process("next", Next), model=ScriptedModel("hi"), choice=Choice(is_safe=True)
    ) as host:
        run = await host.engine.send("hello")
        assert host.plugins.entries["next"].state == "disabled"
    assert isinstance(run.error, NoModel)
    own = in_process("next", Next, distribution="hfs-sessions")
    async with start_kernel(own, choice=Choice(is_safe=True)) as host:
        await host.engine.send("hello")
        assert host.plugins.entries["next"].state == "active"


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
