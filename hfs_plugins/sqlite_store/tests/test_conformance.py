"""The law of stores, for this one."""

from __future__ import annotations

from pathlib import Path

from hfs_sqlite_store.store import open_store

from hfs_core.api import StoreFactory
from hfs_core.testing import StoreConformance


class TestSqliteStore(StoreConformance):
    """Every law."""

    def make_factory(self, directory: Path) -> StoreFactory:
        """Open one file in the directory."""
        return lambda: open_store(directory / "sessions.db")
