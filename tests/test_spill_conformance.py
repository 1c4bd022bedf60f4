"""The spill store keeps the law of stores: over one that works, and over one that cannot write at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.builtin.spill_store import SpillStore
from hfs_core.contracts import Create, Store, StoreFactory
from hfs_core.models import Session
from hfs_core.testing import StoreConformance

from .faulty_store import FaultyStore


def ignore(saved: bool, reason: str) -> None:
    """Hear of a change."""


class TestOverOneThatWorks(StoreConformance):
    persistent = False

    def make_factory(self, directory: Path) -> StoreFactory:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Store]:
            store = SpillStore(MemoryStore(), ignore)
            yield store
            await store.aclose()
            assert store.unsaved() == []

        return opened


class TestOverOneThatIsFull(StoreConformance):
    """Everything happens in memory, and is written when the store is closed."""

    persistent = False

    def make_factory(self, directory: Path) -> StoreFactory:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Store]:
            primary = FaultyStore(MemoryStore(), is_full=True)
            store = SpillStore(primary, ignore)
            yield store
            before = [
                await said_in(store, session) for session in await store.sessions(limit=999, deleted=True)
            ]
            assert await primary.inner.sessions(deleted=True) == []
            primary.is_full = False
            await store.aclose()
            assert store.unsaved() == []
            written = await primary.inner.sessions(limit=999, deleted=True)
            after = [await said_in(primary.inner, session) for session in written]
            assert sorted(map(repr, after)) == sorted(map(repr, before))

        return opened

    @pytest.mark.parametrize("ref", [4711, "nobody", 0, -99, 10**30, "", "12", "\ud800"])
    async def test_unknown_session(self, store: Store, ref: int | str) -> None:
        """As the law says, but -1 is the first session here."""
        await super().test_unknown_session(store, ref)

    async def test_ties_newest_first(self, store: Store) -> None:
        """As the law says, but the ids of unsaved sessions fall."""
        made = await store.apply(*(Create(f"uid{n}", "same") for n in range(5)))
        listed = [session.id for session in await store.sessions()]
        assert listed == [session.id for session in made[::-1] if isinstance(session, Session)]
        assert listed == [-5, -4, -3, -2, -1]


async def said_in(store: Store, session: Session) -> object:
    """Return all of a session that must not change when it is written."""
    words = [(message.content, message.digest) for message in await store.messages(session.id)]
    return session.uid, session.name, session.digest, session.message_count, session.deleted_at is None, words
