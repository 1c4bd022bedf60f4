"""The law of stores, for the memory."""

from __future__ import annotations

from pathlib import Path

from hfs_core.api import StoreFactory
from hfs_core.builtin.memory_store import memory_store
from hfs_core.testing import StoreConformance


class TestMemoryStore(StoreConformance):
    """Every law but those of reopening."""

    persistent = False

    def make_factory(self, directory: Path) -> StoreFactory:
        """Open a new store each time."""
        return memory_store
