"""The chat under Textual's pilot: a real kernel, a store that outlives it, and a model with a script."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from textual.widgets import Input, TextArea

from hfs_core.api import Command, CommandResult, Draft, Host, Paths, Role, Store, hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.contracts import Append, Create
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.sessions import NAMESPACE, make_current
from hfs_core.testing import Screen, ScriptedModel, in_process
from hfs_core.tui.app import ChatApp, Opening
from hfs_core.tui.entry import Entry
from tests.conftest import models_plugin
from tests.tui.snapshots import Snapshots


class Chat(Screen):
    """The app on a screen of its own, as a person sees and uses it."""

    @property
    def written(self) -> str:
        """What stands in the composer."""
        return self.app.views.composer.text

    @property
    def indexes(self) -> list[int]:
        """The messages that are mounted."""
        return [entry.index for entry in self.app.query(Entry) if entry.index >= 0]


StartChat = Callable[..., AbstractAsyncContextManager[Chat]]


def store_plugin(store: Store) -> PluginInfo:
    """A plugin that keeps sessions in this store, so that they are saved for as long as the test runs."""

    class Keeper:
        @hookimpl
        def provide_store(self) -> Any:
            @asynccontextmanager
            async def opened() -> AsyncIterator[Store]:
                yield store

            return opened

    return in_process("sqlite_store", Keeper)


def commands_plugin(**handlers: Callable[..., Any]) -> PluginInfo:
    """A plugin with these commands."""

    class Commander:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command(name, f"does {name}", handler) for name, handler in handlers.items()]

    return in_process("commander", Commander, commands=tuple((name, f"does {name}") for name in handlers))


def answers(*parts: Any, effects: Iterable[Any] = ()) -> Callable[..., Any]:
    """A command's handler that answers with this."""

    async def handler(invocation: Any) -> CommandResult:
        return CommandResult(tuple(parts), tuple(effects))

    return handler


async def keep(store: Store, *contents: str, name: str = "old plans") -> int:
    """Keep a session with these messages, the person's first, and make it the current one."""
    uid = f"uid of {name}"
    await store.apply(Create(uid, name))
    for index, content in enumerate(contents):
        await store.apply(Append(uid, Draft(Role.ASSISTANT if index % 2 else Role.USER, content)))
    await store.apply(make_current(uid), namespace=NAMESPACE)
    return (await store.session(uid)).id


@pytest.fixture
def store() -> MemoryStore:
    """A store that outlives the app."""
    return MemoryStore()


@pytest.fixture
def start_chat(home: Paths, tmp_path: Path, store: MemoryStore) -> StartChat:
    """Start the chat; `is_saved=False` leaves the store away, `start` replaces the kernel's."""

    @asynccontextmanager
    async def start(
        *plugins: PluginInfo,
        model: ScriptedModel | None = None,
        opening: Opening | None = None,
        size: tuple[int, int] = (80, 24),
        is_saved: bool = True,
        keeper: Store | None = None,
        start: Callable[[], Any] | None = None,
        awaits: bool = True,
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> AsyncIterator[Chat]:
        model = model or ScriptedModel("Good **day**.")
        found = [*plugins, models_plugin(model), *([store_plugin(keeper or store)] if is_saved else [])]
        environ = {"HFS_MODEL": f"{model.name}/model", **environ}
        app = ChatApp(
            start or (lambda: Kernel(home, found=found, project=tmp_path, environ=environ)), opening
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            chat = Chat(app, pilot, model)
            if awaits:
                await chat.ready()
            yield chat

    return start


def host_of(chat: Chat) -> Host:
    """The host that the app runs on."""
    conversation = chat.app.sitting._conversation
    assert conversation is not None
    return conversation.host


@pytest.fixture
def snapshots(request: pytest.FixtureRequest) -> Iterator[Snapshots]:
    """Compare screens with those that are kept, in UTC wherever the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        for widget in (Input, TextArea):
            patch.setattr(widget.cursor_blink, "_default", False)  # or it would look one way or the other
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield Snapshots(is_updating=request.config.getoption("--update-snapshots"))
    time.tzset()
