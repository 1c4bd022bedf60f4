"""What a plugin is handed, and the scope on which everything that it acquires hangs."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hfs_core.bus import EventBus
from hfs_core.contracts import Operation, Outcome, Records, Ref, Services, Store
from hfs_core.errors import PluginFailed, StoreError
from hfs_core.events import HfsEvent, MessageDelta
from hfs_core.isolation import describe, waiting_on_store
from hfs_core.models import EMPTY_DIGEST, Record
from hfs_core.paths import Paths, make_private

if TYPE_CHECKING:
    from hfs_core.config import UserConfig

T = TypeVar("T")

BACKGROUND = "a background task"
"""Where a plugin failed that failed in what it spawned."""


class LateRecords:
    """A namespace of a store that is opened only when it is first used."""

    def __init__(self, open_store: Callable[[], Awaitable[Store]], namespace: str):
        self._open_store = open_store
        self._namespace = namespace

    async def _records(self) -> Records:
        return (await self._open_store()).records(self._namespace)

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """Return a record, None if there is none."""
        with waiting_on_store():
            return await (await self._records()).get(key, session=session)

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """Return records by position, then as they were made."""
        with waiting_on_store():
            return await (await self._records()).list(session=session, inherited=inherited)

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """Do all operations or none."""
        with waiting_on_store():
            return await (await self._records()).apply(*operations)

    async def blob(self, sha256: str) -> bytes:
        """Return a blob; raises NotFound."""
        with waiting_on_store():
            return await (await self._records()).blob(sha256)


class Context:
    """The `PluginContext` of one plugin."""

    def __init__(
        self,
        *,
        name: str,
        settings: Any,
        config: Callable[[], UserConfig],
        paths: Paths,
        bus: EventBus,
        services: Services,
        records: Records,
        open_store: Callable[[], Awaitable[Store]],
        has: Callable[[str], bool],
        report: Callable[[str, BaseException], None],
    ):
        self.name = name
        self.settings = settings
        self._config = config
        self.paths = paths
        self.services = services
        self.records = records
        self.has = has
        self.log = logging.getLogger(f"hfs.plugin.{name}")
        self._bus = bus
        self._open_store = open_store
        self._report = report
        self._scope = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def data_dir(self) -> Path:
        """A folder of the plugin's own, made on first use."""
        return make_private(self.paths.data / self.name)

    @property
    def config(self) -> UserConfig:
        """HFS' own settings as they are in force now."""
        return self._config()

    async def emit(self, event: HfsEvent) -> None:
        """Tell everybody of an event."""
        await self._bus.emit(await self._placed(event))

    async def _placed(self, event: HfsEvent) -> HfsEvent:
        """Return an event about a session with the position that the session has now, if it says none."""
        says_where = event.message_index or event.digest != EMPTY_DIGEST or isinstance(event, MessageDelta)
        if event.session_id is None or says_where:
            return event
        try:
            with waiting_on_store():
                session = await (await self._open_store()).session(event.session_id)
        except StoreError:
            return event  # what it tells may well be that the session is gone
        return replace(event, message_index=session.message_count, digest=session.digest)

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Run in the background until done or unloaded."""

        async def contained() -> T:
            try:
                return await coroutine
            except (SystemExit, KeyboardInterrupt) as error:  # these would go through the loop itself
                text = f"plugin {self.name} tried to end HFS: {describe(error)}"
                raise PluginFailed(text, plugin=self.name, hook=BACKGROUND) from error

        task = asyncio.create_task(contained(), name=f"hfs:{self.name}:{name or 'task'}")
        self._tasks.add(task)
        task.add_done_callback(lambda _: coroutine.close())  # one cancelled before its first step never began
        task.add_done_callback(self._ended)
        return task

    async def run_blocking(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a blocking function in a thread."""
        return await asyncio.to_thread(partial(function, *arguments))

    def on_unload(self, callback: Callable[[], object]) -> None:
        """Call this when the plugin is unloaded; the last registered first."""

        async def call() -> None:
            answer = callback()
            if inspect.isawaitable(answer):
                await answer

        self._scope.push_async_callback(call)

    async def close(self) -> None:
        """Cancel what was spawned, then release in reverse what was acquired."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=1)
        await self._scope.aclose()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            cause = error.__cause__ if isinstance(error, PluginFailed) else None
            self._report(BACKGROUND, cause or error)
