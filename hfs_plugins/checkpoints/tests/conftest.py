"""A person who goes back and forth: a real kernel, with each of the stores that HFS has, in a fresh home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import CheckpointRepository, repository_of
from hfs_sqlite_store.store import open_store

from hfs_core.api import (
    Append,
    CommandResult,
    Create,
    Draft,
    Fork,
    HfsEvent,
    Host,
    Invocation,
    Notice,
    Paths,
    Ref,
    Role,
    Session,
    Store,
    SwitchTo,
    hookimpl,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo, discover
from hfs_core.testing import ScriptedModel, in_process


@pytest.fixture(params=["memory", "sqlite_store"])
def kind(request: pytest.FixtureRequest) -> str:
    """The name of each store that HFS has: what is promised is promised on all of them."""
    return cast(str, request.param)


@pytest.fixture
async def store(kind: str, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store that HFS has, empty."""
    if kind == "memory":
        yield MemoryStore()
        return
    async with open_store(tmp_path / "sessions.db") as opened:
        yield opened


@pytest.fixture
def repository(store: Store) -> CheckpointRepository:
    """The checkpoints in the store."""
    return CheckpointRepository(store.records("plugin.checkpoints"))


async def talk(store: Store, name: str, *contents: str) -> Session:
    """Keep a session with these messages, the person's first."""
    await store.apply(Create(name, name))
    return await say(store, name, *contents)


async def branch(store: Store, name: str, parent: Ref, at: int, *contents: str) -> Session:
    """Fork a session by hand, as the core does."""
    await store.apply(Fork(name, name, parent, at))
    return await say(store, name, *contents)


async def say(store: Store, ref: Ref, *contents: str) -> Session:
    """Say more in a session."""
    start = (await store.session(ref)).message_count
    for index, content in enumerate(contents, start):
        role = Role.ASSISTANT if index % 2 else Role.USER
        await store.apply(Append(ref, Draft(role, content), expect=index))
    return await store.session(ref)


async def keep(
    repository: CheckpointRepository, session: Session, at: int | None = None, **options: Any
) -> Checkpoint:
    """Keep a checkpoint of a session, where it is now or at a position; returns it."""
    position = session.message_count if at is None else at
    trigger = options.pop("trigger", "run.ended")
    options = {"digest": session.digest, "run_id": f"run at {position}"} | options
    made, _ = await repository.create(session.id, position, trigger, **options)
    return made


def numbered(checkpoints: list[Checkpoint]) -> list[tuple[int, int]]:
    """Return the number and position of each."""
    return [(each.number, each.message_index) for each in checkpoints]


@dataclass
class Person:
    """Talks, writes command lines, and follows where they lead.

    Attributes:
        session_id: the session that the person is in.
    """

    host: Host
    session_id: int | None = None

    @property
    def repository(self) -> CheckpointRepository:
        return repository_of(self.host)

    async def say(self, *contents: str) -> None:
        """Say these, each once the last was answered, and wait until the checkpoints are kept."""
        for content in contents:
            heard = await self.host.bus.subscribe("checkpoint.created")
            run = await self.host.engine.send(content, session_id=self.session_id)
            self.session_id = run.session.id if self.session_id is None else self.session_id
            async with asyncio.timeout(10):
                while (await anext(heard)).run_id != run.run_id:
                    pass
            await self.host.bus.unsubscribe(heard)

    async def run(self, line: str) -> CommandResult:
        async def confirm(question: str) -> bool:
            raise AssertionError(f"asked: {question}")

        invocation = Invocation(self.session_id, self.host, confirm, lambda text, share: None)
        result = await self.host.commands.run(line, invocation)
        for effect in result.effects:
            assert isinstance(effect, SwitchTo)
            assert effect.session_id is not None
            self.session_id = (await self.host.sessions.resume(effect.session_id)).id
        return result

    async def told(self, line: str) -> str:
        """Run a line and return the one sentence that it answers."""
        (part,) = (await self.run(line)).parts
        assert isinstance(part, Notice)
        return part.text

    async def listed(self) -> list[tuple[int, int]]:
        """Return number and position of what the current session lists."""
        assert self.session_id is not None
        return numbered(await self.repository.list_for_session(self.session_id))

    async def texts(self, session_id: int | None = None) -> list[str]:
        """Return what was said in a session, the current one by default."""
        wanted = self.session_id if session_id is None else session_id
        assert wanted is not None
        return [message.content for message in await self.host.store.messages(wanted)]

    async def session(self) -> Session:
        assert self.session_id is not None
        return await self.host.store.session(self.session_id)


Start = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture
def start(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start HFS with what is installed, each store, and `model` as the one that answers."""
    monkeypatch.setenv("HFS_HOME", str(tmp_path / "home"))

    @asynccontextmanager
    async def started(
        *more: PluginInfo, model: ScriptedModel | None = None, store: str = kind
    ) -> AsyncIterator[Person]:
        answering = model or ScriptedModel("ok")

        class Models:
            @hookimpl
            def provide_models(self) -> list[Any]:
                return [answering]

        paths = Paths(tmp_path / "home")
        found = [*discover(paths), in_process("models", Models), *more]
        environ = {"HFS_MODEL": f"{answering.name}/any", "HFS_STORE": store}
        async with Kernel(paths, found=found, project=tmp_path, environ=environ) as host:
            yield Person(host)

    return started


class Emitter:
    """A plugin through which a test tells events as plugins do."""

    def __init__(self) -> None:
        self.context: Any = None
        self.heard: list[HfsEvent] = []
        emitter = self

        class Plugin:
            @hookimpl
            def activate(self, context: Any) -> None:
                emitter.context = context

            @hookimpl
            async def on_event(self, event: HfsEvent) -> None:
                emitter.heard.append(event)

        self.info = in_process("emitter", Plugin)
