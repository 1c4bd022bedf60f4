"""Two people with a home each: one exports, the other one imports; each with a real kernel and store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from hfs_core.api import (
    Append,
    CommandResult,
    Create,
    Draft,
    Host,
    Invocation,
    Notice,
    Paths,
    Session,
    Store,
    SwitchTo,
    Table,
    hookimpl,
)
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.testing import ScriptedModel, in_process

KINDS = ("memory", "sqlite_store")


@dataclass
class Person:
    """Writes command lines, and follows where they lead.

    Attributes:
        shares: how much was done, each time that a command told it.
    """

    host: Host
    session_id: int | None = None

    def __post_init__(self) -> None:
        self.shares: list[float] = []

    @property
    def store(self) -> Store:
        return self.host.store

    async def run(self, line: str, out: Any = None) -> CommandResult:
        """Run a command line as the chat does."""

        async def confirm(question: str) -> bool:
            raise AssertionError(f"asked: {question}")

        def progress(text: str, share: float | None) -> None:
            if share is not None:
                self.shares.append(share)

        invocation = Invocation(self.session_id, self.host, confirm, progress, out=out)
        result = await self.host.commands.run(line, invocation)
        for effect in result.effects:
            assert isinstance(effect, SwitchTo)
            if effect.session_id is not None:
                self.session_id = (await self.host.sessions.resume(effect.session_id)).id
        return result

    async def told(self, line: str) -> list[str]:
        """Run a line and return the sentences that it answers."""
        return [part.text for part in (await self.run(line)).parts if isinstance(part, Notice)]

    async def listed(self, *, deleted: bool = False) -> dict[str, Session]:
        """Return the sessions by uid; with `deleted` the hidden ones too."""
        return {session.uid: session async for session in self.host.sessions.all(deleted=deleted)}

    async def everything(self) -> list[Session]:
        """Return all that the store holds of sessions, also what is only arriving."""
        return list(await self.store.sessions(limit=1_000_000, deleted=True))


Start = Callable[..., AbstractAsyncContextManager[Person]]


@asynccontextmanager
async def person_at(home: Path, kind: str, *more: PluginInfo) -> AsyncIterator[Person]:
    """Start HFS with what is installed and a store, in that home."""
    model = ScriptedModel("ok")

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return [model]

    paths = Paths(home)
    found = [*discover(paths), in_process("models", Models), *more]
    environ = {"HFS_MODEL": f"{model.name}/any", "HFS_STORE": kind}
    async with Kernel(paths, found=found, project=home, environ=environ) as host:
        yield Person(host)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of each store that HFS has."""
    return cast(str, request.param)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start HFS in a home of that name, with that store."""
    monkeypatch.delenv("HFS_HOME", raising=False)

    def started(name: str, kind: str, *more: PluginInfo) -> AbstractAsyncContextManager[Person]:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        return person_at(home, kind, *more)

    return started


def other(kind: str) -> str:
    """Return the other store."""
    return KINDS[1 - KINDS.index(kind)]


async def talk(person: Person, uid: str, *contents: str) -> Session:
    """Say something in a session, which is made for it; returns it."""
    if uid not in await person.listed(deleted=True):
        await person.store.apply(Create(uid, uid))
    await person.store.apply(*(Append(uid, Draft("user", content)) for content in contents))
    return await person.store.session(uid)


def table_of(result: CommandResult) -> list[Mapping[str, Any]]:
    """Return the rows of the table that a command showed."""
    return [row.values for part in result.parts if isinstance(part, Table) for row in part.rows]


@pytest.fixture
async def here(start: Start, kind: str) -> AsyncIterator[Person]:
    async with start("here", kind) as person:
        yield person


@pytest.fixture
async def there(start: Start, kind: str, here: Person) -> AsyncIterator[Person]:
    async with start("there", other(kind)) as person:
        yield person
