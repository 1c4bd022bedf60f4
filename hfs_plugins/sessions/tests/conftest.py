"""A person at the commands: a real kernel with the installed plugins, and a real store in a fresh home."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import (
    Append,
    CommandResult,
    Create,
    Draft,
    Fork,
    Host,
    Invocation,
    Notice,
    Paths,
    Role,
    Row,
    Session,
    SwitchTo,
    Table,
    hookimpl,
)
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import discover
from hfs_core.testing import ScriptedModel, in_process


@dataclass
class Person:
    """Writes command lines, and follows where they lead.

    Attributes:
        session_id: the session that the person is in.
        says: what the person answers to questions.
        asked: the questions so far.
    """

    host: Host
    session_id: int | None = None
    says: bool = True
    asked: list[str] = field(default_factory=list)

    async def run(self, line: str) -> CommandResult:
        async def confirm(question: str) -> bool:
            self.asked.append(question)
            return self.says

        invocation = Invocation(self.session_id, self.host, confirm, lambda text, share: None)
        result = await self.host.commands.run(line, invocation)
        for effect in result.effects:
            assert isinstance(effect, SwitchTo)
            self.session_id = effect.session_id
        return result

    async def told(self, line: str) -> str:
        """Run a line and return the one sentence that it answers."""
        (part,) = (await self.run(line)).parts
        assert isinstance(part, Notice)
        return part.text

    async def table(self, line: str) -> Table:
        (part,) = (await self.run(line)).parts
        assert isinstance(part, Table)
        return part

    async def make(self, name: str, *contents: str) -> Session:
        """Keep a session with these messages, the person's first."""
        await self.host.store.apply(Create(f"uid of {name}", name))
        await self.add(f"uid of {name}", *contents)
        return await self.host.store.session(f"uid of {name}")

    async def branch(self, name: str, origin: Session, at: int, *contents: str) -> Session:
        await self.host.store.apply(Fork(f"uid of {name}", name, origin.id, at))
        await self.add(f"uid of {name}", *contents)
        return await self.host.store.session(f"uid of {name}")

    async def add(self, ref: int | str, *contents: str) -> None:
        for index, content in enumerate(contents):
            role = Role.ASSISTANT if index % 2 else Role.USER
            await self.host.store.apply(Append(ref, Draft(role, content)))


def drawn(table: Table) -> list[str]:
    """Return what a person sees of a table of sessions: a name a line, branches indented."""
    return [f"{'  ' * depth}{shown_name(row)}" for depth, row in table.walk()]


def shown_name(row: Row) -> str:
    return str(row.shown.get("name", row.values["name"]))


Start = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start HFS with what is installed, and `model` as the one that answers."""
    monkeypatch.setenv("HFS_HOME", str(tmp_path / "home"))

    @asynccontextmanager
    async def started(*, model: ScriptedModel | None = None, store: str = "") -> AsyncIterator[Person]:
        answering = model or ScriptedModel("ok")

        class Models:
            @hookimpl
            def provide_models(self) -> list[Any]:
                return [answering]

        paths = Paths(tmp_path / "home")
        found = [*discover(paths), in_process("models", Models)]
        environ = {"HFS_MODEL": f"{answering.name}/any", "HFS_STORE": store}
        async with Kernel(paths, found=found, project=tmp_path, environ=environ) as host:
            yield Person(host)

    return started
