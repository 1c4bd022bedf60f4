"""Chooses and opens the store: the configured plugin's, or the memory, and says what is not saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from hfs_core.builtin.late_store import LateStore
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.builtin.spill_store import SpillStore
from hfs_core.contracts import Store, StoreFactory
from hfs_core.dispatch import Dispatcher
from hfs_core.errors import HfsError, PluginFailed, StoreError, StoreUnavailable
from hfs_core.isolation import describe, guarded
from hfs_core.plugins.loader import Loader
from hfs_core.plugins.registry import Registry

DEFAULT = "sqlite_store"
MEMORY = "memory"
FLUSH_EVERY = 5.0
"""Seconds between two tries to write what waits in memory."""


class Storage:
    """The store in use.

    Attributes:
        name: the plugin that provides it, "" for the memory.
        saved: whether what is said is kept, and why not.
        fault: why the configured store could not be opened.
        lost: the names of the sessions of which something could not be kept to the end.
    """

    def __init__(self, loader: Loader, dispatcher: Dispatcher, on_change: Callable[[bool, str], None]):
        self._loader = loader
        self._dispatcher = dispatcher
        self._on_change = on_change
        self.name = ""
        self.saved: tuple[bool, str] = (True, "")
        self.fault: HfsError | None = None
        self.lost: list[str] = []

    @asynccontextmanager
    async def opened(self, wanted: str, registry: Registry) -> AsyncIterator[Store]:
        """Open the store that the configuration selects, `sqlite_store` where it says nothing."""
        async with AsyncExitStack() as stack:
            name = wanted or DEFAULT
            try:
                primary = await self._open(name, bool(wanted), registry, stack)
            except StoreUnavailable as error:
                # The disk may have room, or allow writing, later: what is said until then waits in memory.
                primary = LateStore(lambda: self._open_late(name, registry, stack))
                self._fail(error)
            except HfsError as error:
                primary, self.name = None, ""
                self._fail(error)
            if primary is None:
                yield MemoryStore()
                return
            store = SpillStore(primary, self._changed)
            flushing = asyncio.create_task(self._flush(store), name="hfs:storage:flush")
            try:
                yield store
            finally:
                flushing.cancel()
                await asyncio.wait({flushing})
                await store.aclose()
                self.lost = store.unsaved()

    async def _flush(self, store: SpillStore) -> None:
        """Try again and again to write what waits, also while nobody says anything."""
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            if not self.saved[0]:
                await store.flush()

    async def _open_late(self, name: str, registry: Registry, stack: AsyncExitStack) -> Store:
        store = await self._open(name, True, registry, stack)
        if store is None:
            raise StoreUnavailable(self.saved[1])
        return store

    def _fail(self, error: HfsError) -> None:
        self.fault = error
        self._changed(False, str(error))

    async def _open(
        self, name: str, is_chosen: bool, registry: Registry, stack: AsyncExitStack
    ) -> Store | None:
        if name == MEMORY and is_chosen:
            self.saved = (False, "the setting `store` is memory")
            return None
        entry = registry.entries.get(name)
        if entry is None or "provide_store" not in entry.info.hooks:
            self.saved = (False, self._why_none(name, is_chosen, registry))
            return None
        if not await self._loader.load(name):
            raise StoreError(f"the store {name} is {entry.state}: {entry.reason}")
        factory = await self._dispatcher.call_plugin(name, "provide_store")
        self.name = name
        return await stack.enter_async_context(self._held(name, factory))

    @asynccontextmanager
    async def _held(self, name: str, factory: StoreFactory) -> AsyncIterator[Store]:
        """Open a plugin's store and close it, both in one task of its own: it may cancel itself, or try to exit."""
        opened: asyncio.Future[Store] = asyncio.get_running_loop().create_future()
        closing = asyncio.Event()

        async def hold() -> None:
            async with factory() as store:
                opened.set_result(store)
                await closing.wait()

        task = asyncio.create_task(guarded(hold()), name=f"hfs:{name}:store")
        try:
            await asyncio.wait({task, opened}, return_when=asyncio.FIRST_COMPLETED)
            if not opened.done():
                raise self._failure(name, "could not be opened", task)
            yield opened.result()
        finally:
            closing.set()
            if not opened.done():
                task.cancel()
            await asyncio.wait({task})
        if task.cancelled() or task.result() is not None:
            raise self._failure(name, "could not be closed", task)

    def _failure(self, name: str, problem: str, task: asyncio.Task[Any]) -> HfsError:
        error = asyncio.CancelledError("it cancelled itself") if task.cancelled() else task.result().error
        if isinstance(error, HfsError):
            return error
        self._loader.fail(name, "provide_store", error)
        text = f"the store {name} {problem}: {describe(error)}"
        failure = PluginFailed(text, plugin=name, hook="provide_store")
        failure.__cause__ = error
        return failure

    def _why_none(self, name: str, is_chosen: bool, registry: Registry) -> str:
        others = [entry.info.name for entry in registry.usable() if "provide_store" in entry.info.hooks]
        if is_chosen:
            return f"the setting `store` names {name}, which is not installed"
        if others:
            return f"no store is chosen: set `store: {others[0]}` in config.yaml to use the one that is installed"
        return "no store is installed: `pip install hfs-sqlite-store` keeps what is said"

    def _changed(self, saved: bool, reason: str) -> None:
        self.saved = (saved, reason)
        self._on_change(saved, reason)
