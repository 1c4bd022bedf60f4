"""The plugin: offers a store on one SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from hfs_core.api import PluginContext, Store, StoreFactory, hookimpl
from hfs_sqlite_store.settings import Settings


class SqliteStorePlugin:
    """Keeps sessions in one SQLite file; SQLAlchemy is imported when it is opened."""

    Settings = Settings

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Learn where the file is."""
        self._path = (context.settings.path or context.paths.database).expanduser()

    @hookimpl
    def provide_store(self) -> StoreFactory:
        """Offer the store."""

        @asynccontextmanager
        async def opened() -> AsyncIterator[Store]:
            # In a thread: SQLAlchemy takes a while to import, and the person may be typing.
            module = await asyncio.to_thread(import_module, "hfs_sqlite_store.store")
            async with module.open_store(self._path) as store:
                yield store

        return opened
