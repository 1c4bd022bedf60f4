"""A person at the command, with a real kernel, a real store and a model with a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hfs_phased_run.plugin import PhasedRunPlugin

from hfs_core.api import CommandResult, HfsEvent, Host, Invocation, Message, Notice, Paths, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.testing import ScriptedModel, in_process


@dataclass
class Person:
    """Writes command lines, and sees what comes of them.

    Attributes:
        session_id: the session that the person is in.
        events: all that happened so far.
        progress: what the command said while it ran.
    """

    host: Host
    session_id: int | None = None
    events: list[HfsEvent] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)

    async def run(self, line: str) -> CommandResult:
        async def agree(question: str) -> bool:
            return True

        async def switch_to(session_id: int) -> None:
            self.session_id = (await self.host.sessions.resume(session_id)).id

        invocation = Invocation(
            self.session_id,
            self.host,
            agree,
            lambda text, share: self.progress.append(text),
            switch_to=switch_to,
        )
        return await self.host.commands.run(line, invocation)

    async def told(self, line: str) -> str:
        """Run a line and return the one sentence that it answers."""
        (part,) = (await self.run(line)).parts
        assert isinstance(part, Notice)
        return part.text

    async def messages(self) -> list[Message]:
        """All that is kept of the session."""
        assert self.session_id is not None
        return list(await self.host.store.messages(self.session_id))

    def happened(self, *but: str) -> list[str]:
        """The types of what happened, in order."""
        return [event.event_type for event in self.events if event.event_type not in but]


Start = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start HFS with what is installed, this plugin, and `model` as the one that answers; a home stays a home."""
    monkeypatch.setenv("HFS_HOME", str(tmp_path / "home"))

    @asynccontextmanager
    async def started(model: ScriptedModel, *plugins: PluginInfo) -> AsyncIterator[Person]:
        class Models:
            @hookimpl
            def provide_models(self) -> list[Any]:
                return [model]

        paths = Paths(tmp_path / "home")
        summary = "Let an author and a critic work on a topic"
        found = [
            *discover(paths),
            *plugins,
            in_process("models", Models),
            in_process("phased_run", PhasedRunPlugin, commands=(("phased", summary),)),
        ]
        environ = {"HFS_MODEL": f"{model.name}/any"}
        async with Kernel(paths, found=found, project=tmp_path, environ=environ) as host:
            person = Person(host)
            host.bus.listen(person.events.append)
            yield person

    return started
