"""What a plugin offers beyond its manifest is refused with the difference; who is off unasked is told at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hfs_core.api import Paths, PluginContext, Service, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel


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
