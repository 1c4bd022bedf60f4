"""The law of stores, for this one; once with a journal that grows, once with one that is always written anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from hfs_json_store import journal
from hfs_json_store.store import open_store

from hfs_core.api import StoreFactory
from hfs_core.testing import StoreConformance
from hfs_core.testing.laws.durability import Start
from hfs_core.testing.laws.machine import check_against_lists


class TestJsonStore(StoreConformance):
    """Every law; with few random histories, as each writes to the disk."""

    examples = 2
    kills = 2

    def make_factory(self, directory: Path) -> StoreFactory:
        """Open one folder in the directory."""
        return lambda: open_store(directory / "json_store")

    @pytest.mark.slow
    async def test_killed_often(self, factory: StoreFactory, start: Start) -> None:
        """As the law says, again and again: a kill finds another moment each time."""
        for _ in range(4):
            await self.test_killed_at_a_random_moment(factory, start)

    @pytest.mark.slow
    def test_behaves_like_plain_lists_for_long(self) -> None:
        """As the law says, with as many examples as it asks for."""
        check_against_lists(self.make_factory, StoreConformance.examples)


@pytest.mark.slow
class TestWrittenAnew(TestJsonStore):
    """Every law, where each change may write the journal anew."""

    @pytest.fixture(autouse=True)
    def no_slack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let no history stand."""
        monkeypatch.setattr(journal, "SLACK", 0)
