"""What a plugin offers beyond its manifest is refused with the difference; who is off unasked is told at the start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hfs_core.api import Command, CommandResult, Invocation, Paths, PluginContext, Service, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel
from .test_capabilities import asking


class Next:
    """A plugin that does nothing."""

    @hookimpl
    def on_exit(self) -> None:
        """Be told."""


async def test_a_service_that_the_manifest_does_not_list_is_refused(start_kernel: StartKernel) -> None:
    class Sly:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            context.services.provide(Service("acme.listed"), self)
            context.services.provide(Service("acme.hidden"), self)

        @hookimpl
        def on_message(self, message: Any, session: Any) -> None:
            """Be loaded."""

    sly = in_process("sly", Sly, services=("acme.listed",))
    async with start_kernel(sly, model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
        entry = host.plugins.entries["sly"]
        assert entry.state == "incompatible"
        assert entry.reason == "its manifest does not list the service acme.hidden, which it offers"


async def test_states_that_nobody_asked_for_are_told_and_listed(home: Paths, tmp_path: Path) -> None:
    found = [
        in_process("one", Next, distribution="one"),
        in_process("one", Next, distribution="two"),
        in_process("needy", Next, requires=("absent",)),
    ]
    kernel = Kernel(home, found=found, project=tmp_path, environ={})
    told = [str(fault) for fault in kernel.faults]
    assert [text.partition(":")[0] for text in told] == [
        "plugin needy is missing dependency",
        "plugin one is incompatible",
    ]
    async with kernel as host:
        assert [(entry.info.name, entry.info.distribution) for entry in host.plugins.all()] == [
            ("needy", ""),
            ("one", "one"),
            ("one", "two"),
        ]


async def test_two_who_ask_at_once_get_one_answer(start_kernel: StartKernel) -> None:
    """Also where that is that the plugin offers too much, and where it begins anew meanwhile."""

    async def nothing(invocation: Invocation) -> CommandResult:
        return CommandResult()

    class Slow:
        @hookimpl
        async def deactivate(self, context: PluginContext, reason: str) -> None:
            await asyncio.sleep(0)

        @hookimpl
        async def provide_commands(self) -> list[Command]:
            await asyncio.sleep(0)
            return [Command("listed", "Listed", nothing), *self.more()]

        def more(self) -> list[Command]:
            return []

    class Sly(Slow):
        def more(self) -> list[Command]:
            return [Command("hidden", "Hidden", nothing)]

    slow = in_process("slow", Slow, commands=(("listed", "Listed"),))
    sly = in_process("sly", Sly, commands=(("listed", "Listed"),))
    async with start_kernel(slow, sly) as host:
        assert await asyncio.gather(host.commands.provided("sly"), host.commands.provided("sly")) == [{}, {}]
        assert host.plugins.entries["sly"].state == "incompatible"
        first, second = await asyncio.gather(host.commands.get("listed"), host.commands.get("listed"))
        assert first is second
        assert await asyncio.gather(*(host.settings.plugins.take_up("slow") for _ in range(2))) == [
            True,
            True,
        ]
        assert host.plugins.may_call("slow")
        await host.commands.run("listed", asking(host))
