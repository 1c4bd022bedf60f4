"""The law of stores, for this one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import StoreFactory
from hfs_core.testing import StoreConformance
from hfs_core.testing.laws.machine import check_against_lists


class TestSqliteStore(StoreConformance):
    """Every law; with few random histories, as each writes to the disk."""

    examples = 2
    kills = 1

    def make_factory(self, directory: Path) -> StoreFactory:
        """Open one file in the directory."""
        return lambda: open_store(directory / "sessions.db")

    @pytest.mark.slow
    def test_behaves_like_plain_lists_for_long(self) -> None:
        """As the law says, with as many examples as it asks for."""
        check_against_lists(self.make_factory, StoreConformance.examples)
