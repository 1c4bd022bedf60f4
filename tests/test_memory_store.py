"""The memory store keeps the law of stores."""

from __future__ import annotations

from pathlib import Path

from hfs_core.builtin.memory_store import memory_store
from hfs_core.contracts import StoreFactory
from hfs_core.testing import StoreConformance


class TestMemoryStore(StoreConformance):
    persistent = False

    def make_factory(self, directory: Path) -> StoreFactory:
        return memory_store
