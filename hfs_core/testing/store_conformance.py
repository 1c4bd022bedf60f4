"""The law of `Store` as tests: every store passes them, ours and yours.

Subclass it in a test module of your own, with pytest's `asyncio_mode = "auto"` and what `hfs-core[testing]` brings::

    from hfs_core.testing import StoreConformance

    class TestMyStore(StoreConformance):
        def make_factory(self, directory):
            return lambda: open_my_store(directory / "my.db")  # an async context manager that gives a `Store`

That is all: some 130 tests are inherited, which take seconds to a minute. The name and the docstring of a test are the
law that it checks, so a failure says which promise is broken. They are in rooms by subject, and a new store passes
them best in this order:

1. `laws.sessions`, `laws.messages`: what is written can be read, to the letter, in order, by id and by uid;
2. `laws.atomicity`: a failed or cancelled `apply` leaves no trace;
3. `laws.forks`: a session that shares the past of another, and purging;
4. `laws.records`: documents, revisions and blobs of plugins;
5. `laws.replies`: messages that are still being written;
6. `laws.concurrency`: many tasks at once, one winner for each position;
7. `laws.reopening`: the same again after closing, and two openings at once;
8. `laws.durability`: processes that write at once, and that are killed while they do;
9. `laws.machine`: random histories against plain lists, by hypothesis; what it finds, it makes small.

What this suite cannot do for you, as it does not know where your store writes: fill the disk, tear or damage what is
stored. The law holds then too. The example `json_store` does so in its `test_files.py`, and `laws.steps` has what such
tests share: `begin`, `say`, `fork`, `texts`, and `check_whole`, which verifies a conversation and its digests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hfs_core.contracts import Store, StoreFactory

pytest.register_assert_rewrite("hfs_core.testing.laws")

from hfs_core.testing.laws.atomicity import AtomicityLaws  # noqa: E402 # after its asserts can be explained
from hfs_core.testing.laws.concurrency import ConcurrencyLaws  # noqa: E402
from hfs_core.testing.laws.durability import DurabilityLaws  # noqa: E402
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
    DurabilityLaws,
):
    """What a store promises.

    Attributes:
        persistent: whether words outlive the closing of the store; False skips reopening and what processes do.
        kills: how often a process is killed while it writes; 0 for a store that is not in files.
        examples: how many random histories are tried, each with a store of its own.
    """

    persistent = True
    kills = 3
    examples = 25

    def make_factory(self, directory: Path) -> StoreFactory:
        """Return a factory that opens one and the same store, at first empty, in an empty directory.

        What it returns is called several times, also while what it gave before is open: that is another opening of
        the same store. Processes of their own make one too, so it may need nothing but the directory.
        """
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
        check_against_lists(self.make_factory, self.examples)
