"""The plugin: offers a store on one SQLite file."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

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

        def opened() -> AbstractAsyncContextManager[Store]:
            from hfs_sqlite_store.store import open_store

            return open_store(self._path)

        return opened
