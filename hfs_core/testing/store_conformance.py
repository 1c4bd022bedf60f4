"""The law of `Store` as tests: every store passes them, ours and yours.

Subclass it in a test module of your own (pytest with `asyncio_mode = "auto"`, and hypothesis)::

    from hfs_core.testing import StoreConformance

    class TestMyStore(StoreConformance):
        def make_factory(self, directory):
            return lambda: open_my_store(directory / "my.db")
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hfs_core.contracts import Store, StoreFactory

pytest.register_assert_rewrite("hfs_core.testing.laws")

from hfs_core.testing.laws.atomicity import AtomicityLaws  # noqa: E402 # after its asserts can be explained
from hfs_core.testing.laws.concurrency import ConcurrencyLaws  # noqa: E402
from hfs_core.testing.laws.forks import ForkLaws  # noqa: E402
from hfs_core.testing.laws.machine import check_against_lists  # noqa: E402
from hfs_core.testing.laws.messages import MessageLaws  # noqa: E402
from hfs_core.testing.laws.records import RecordLaws  # noqa: E402
from hfs_core.testing.laws.reopening import ReopeningLaws  # noqa: E402
from hfs_core.testing.laws.replies import ReplyLaws  # noqa: E402
from hfs_core.testing.laws.sessions import SessionLaws  # noqa: E402


class StoreConformance(
    SessionLaws,
    MessageLaws,
    ForkLaws,
    AtomicityLaws,
    RecordLaws,
    ReplyLaws,
    ConcurrencyLaws,
    ReopeningLaws,
):
    """What a store promises.

    Attributes:
        persistent: whether words outlive the closing of the store; False skips reopening.
    """

    persistent = True

    def make_factory(self, directory: Path) -> StoreFactory:
        """Return a factory that opens one and the same store, at first empty, in an empty directory."""
        raise NotImplementedError

    @pytest.fixture
    def factory(self, tmp_path: Path) -> StoreFactory:
        """Open the store of this test, as often as wanted."""
        return self.make_factory(tmp_path)

    @pytest.fixture
    async def store(self, factory: StoreFactory) -> AsyncIterator[Store]:
        """Give a fresh store, open."""
        async with factory() as store:
            yield store

    def test_behaves_like_plain_lists(self) -> None:
        """Random appends, forks, deletions and purges leave what lists that are copied would hold."""
        check_against_lists(self.make_factory)
