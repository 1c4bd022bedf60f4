"""The law of stores, for this one; once with a journal that grows, once with one that is always written anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from hfs_json_store import journal
from hfs_json_store.store import open_store

from hfs_core.api import StoreFactory
from hfs_core.testing import StoreConformance
from hfs_core.testing.laws.machine import check_against_lists


class TestJsonStore(StoreConformance):
    """Every law."""

    def make_factory(self, directory: Path) -> StoreFactory:
        """Open one folder in the directory."""
        return lambda: open_store(directory / "json_store")

    def test_behaves_like_plain_lists(self) -> None:
        """As the law says; a few examples, as each writes to the disk."""
        check_against_lists(self.make_factory, examples=2)

    @pytest.mark.slow
    def test_behaves_like_plain_lists_for_long(self) -> None:
        """As the law says, with as many examples as it asks for."""
        super().test_behaves_like_plain_lists()


@pytest.mark.slow
class TestWrittenAnew(TestJsonStore):
    """Every law, where each change may write the journal anew."""

    @pytest.fixture(autouse=True)
    def no_slack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let no history stand."""
        monkeypatch.setattr(journal, "SLACK", 0)
