"""A running HFS with the plugin in it, a store, and models that follow a script."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hfs_commands.plugin import CommandsPlugin

from hfs_core.api import (
    Append,
    CommandResult,
    Completion,
    Create,
    Draft,
    Host,
    Invocation,
    Notice,
    Paths,
    Role,
    Table,
    complete,
    hookimpl,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import ScriptedModel, in_process

NAMES = ("clear", "config", "copy", "exit", "help", "mode", "model", "plugins", "retry", "theme")
CHAT_ONLY = ("clear", "exit", "plugins")


@dataclass
class Caller:
    """Somebody who calls commands."""

    host: Host
    model: str = ""
    keys: tuple[tuple[str, str], ...] = ()

    def invocation(self, session_id: int | None = None) -> Invocation:
        async def never(question: str) -> bool:
            raise AssertionError(question)

        return Invocation(session_id, self.host, never, lambda text, share: None, self.model, self.keys)

    async def run(self, line: str, session_id: int | None = None) -> CommandResult:
        """Run a line as the chat does."""
        return await self.host.commands.run(line, self.invocation(session_id))

    async def complete(self, line: str) -> Sequence[Completion]:
        return (await complete(line, self.invocation())).candidates

    async def say(self, *texts: str, name: str = "plans") -> int:
        """Keep a session with these messages, the person's first, and return its id."""
        await self.host.store.apply(Create(name, name))
        for index, text in enumerate(texts):
            await self.host.store.apply(Append(name, Draft(Role.ASSISTANT if index % 2 else Role.USER, text)))
        return (await self.host.store.session(name)).id


def notice(result: CommandResult) -> Notice:
    """The only sentence of an answer."""
    (found,) = (part for part in result.parts if isinstance(part, Notice))
    return found


def table(result: CommandResult) -> Table:
    """The only table of an answer."""
    (found,) = (part for part in result.parts if isinstance(part, Table))
    return found


def values(result: CommandResult, *keys: str) -> list[Any]:
    """These columns of the only table of an answer."""
    rows = [[row.values[key] for key in keys] for row in table(result).rows]
    return [row[0] if len(keys) == 1 else tuple(row) for row in rows]


def store_plugin(store: MemoryStore) -> PluginInfo:
    """A plugin that keeps sessions, so that they count as saved."""

    class Keeper:
        @hookimpl
        def provide_store(self) -> Any:
            @asynccontextmanager
            async def opened() -> AsyncIterator[MemoryStore]:
                yield store

            return opened

    return in_process("sqlite_store", Keeper)


def models_plugin(*providers: Any) -> PluginInfo:
    """A plugin that provides these models."""

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return list(providers)

    return in_process("models", Models)


Start = Callable[..., AbstractAsyncContextManager[Caller]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A home folder that nobody has used."""
    for variable in list(os.environ):
        if variable.startswith(("HFS_", "OPENAI_")):
            monkeypatch.delenv(variable)
    return Paths(tmp_path / "home")


@pytest.fixture
def start(home: Paths, tmp_path: Path) -> Start:
    """Start HFS with the plugin, these others, and these models."""

    @asynccontextmanager
    async def started(
        *plugins: PluginInfo,
        models: Sequence[Any] = (),
        environ: Mapping[str, str] = MappingProxyType({}),
        is_saved: bool = True,
    ) -> AsyncIterator[Caller]:
        commands = tuple((name, "") for name in NAMES)
        own = in_process("commands", CommandsPlugin, commands=commands, chat_only=CHAT_ONLY)
        found = [own, *plugins, models_plugin(*(models or [ScriptedModel()]))]
        if is_saved:
            found.append(store_plugin(MemoryStore()))
        async with Kernel(home, found=found, project=tmp_path, environ=environ) as host:
            yield Caller(host)

    return started
