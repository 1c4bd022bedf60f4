"""A whole life of HFS beside hostile plugins, and what a well-behaved one must have seen of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hfs_core.api import (
    Command,
    CommandResult,
    Draft,
    Host,
    Invocation,
    Notice,
    Paths,
    Request,
    Run,
    Status,
    WidgetSpec,
    hookimpl,
)
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import ScriptedModel, in_process


@dataclass
class Seen:
    """What the plugin that comes after the culprits has heard and done."""

    hooks: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


def neighbour(seen: Seen, model: ScriptedModel) -> PluginInfo:
    """Return a plugin that has every hook but `provide_store`, behaves well, and is called after all others."""

    async def greet(invocation: Invocation) -> CommandResult:
        return CommandResult((Notice("good day"),))

    class Neighbour:
        @hookimpl
        def activate(self, context: Any) -> None:
            seen.hooks.append("activate")

        @hookimpl
        def deactivate(self, context: Any, reason: str) -> None:
            seen.hooks.append("deactivate")

        @hookimpl
        def on_message(self, message: Draft) -> Draft:
            seen.hooks.append("on_message")
            return replace(message, content=message.content + "!")

        @hookimpl
        async def before_send(self, request: Request) -> Request:
            seen.hooks.append("before_send")
            *others, last = request.messages
            return replace(request, messages=(*others, replace(last, content=last.content + "?")))

        @hookimpl
        def on_event(self, event: Any) -> None:
            seen.events.append(event.event_type)
            seen.hooks.append("on_event")

        @hookimpl
        async def on_start(self, session_id: int) -> None:
            seen.hooks.append("on_start")

        @hookimpl
        def on_run_complete(self, run_snapshot: Any) -> None:
            seen.hooks.append("on_run_complete")

        @hookimpl
        def on_exit(self) -> None:
            seen.hooks.append("on_exit")

        @hookimpl
        def provide_commands(self) -> list[Command]:
            seen.hooks.append("provide_commands")
            return [Command("greet", "Greets", greet)]

        @hookimpl
        def provide_models(self) -> list[Any]:
            seen.hooks.append("provide_models")
            return [model]

        @hookimpl
        def provide_widgets(self) -> list[WidgetSpec]:
            seen.hooks.append("provide_widgets")
            return [WidgetSpec("sidebar", "Weather", lambda session_id: "fair")]

    return in_process("zz_neighbour", Neighbour, commands=(("greet", "Greets"),))


@dataclass
class Life:
    """HFS while it runs beside the animals."""

    host: Host
    kernel: Kernel
    model: ScriptedModel
    seen: Seen

    async def chat(self) -> Run:
        """Do what makes HFS call every hook there is but those of its end; the neighbour must have had its say."""
        await self.kernel.load_unlisted()
        await self.kernel.load_widgets()
        for entry in self.host.plugins:
            await self.host.commands.provided(entry.info.name)
        asked = len(self.model.requests)
        run = await self.host.engine.send("hello")
        kept = [message.content for message in await self.host.store.messages(run.session.id)]
        assert run.status == Status.COMPLETE, run.error
        assert kept == ["hello!", "hi!"]
        assert self.model.requests[asked].messages[-1].content == "hello!?"
        assert [spec.title for plugin, spec in self.host.widgets() if plugin == "zz_neighbour"] == ["Weather"]
        await self.greet()
        return run

    async def greet(self) -> None:
        """Run the neighbour's command."""
        answer = await self.command("greet")
        assert [part.text for part in answer.parts if isinstance(part, Notice)] == ["good day"]

    async def command(self, line: str) -> CommandResult:
        """Run a command, as the chat does."""
        return await self.host.commands.run(line, self.invocation())

    def invocation(self) -> Invocation:
        """Return the circumstances of a command; every question is answered with no."""

        async def confirm(question: str) -> bool:
            return False

        return Invocation(None, self.host, confirm=confirm, progress=lambda text, share: None)


@asynccontextmanager
async def life(home: Paths, *culprits: PluginInfo, **environ: str) -> AsyncIterator[Life]:
    """Run HFS with these animals and their neighbour; once it has ended, every hook of his must have been called."""
    seen, model = Seen(), ScriptedModel("hi")
    found = [*culprits, neighbour(seen, model)]
    variables = {"HFS_MODEL": f"{model.name}/any", **environ}
    kernel = Kernel(home, found=found, project=Path(home.root.parent), environ=variables)
    async with kernel as host:
        yield Life(host, kernel, model, seen)
        assert host.plugins.entries["zz_neighbour"].state == "active"
    assert "run.ended" in seen.events
    missing = set(found[-1].hooks) - set(seen.hooks)
    assert not missing, f"never called: {missing}"
