"""Closing and opening again: what was acknowledged is there."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from hfs_core.contracts import Append, Change, Put, PutBlob, StoreFactory
from hfs_core.errors import Conflict
from hfs_core.models import Draft
from hfs_core.testing.laws.steps import begin, check_whole, fork, said, say, texts


class ReopeningLaws:
    """What a store that is not only in memory promises."""

    persistent: bool

    @pytest.fixture(autouse=True)
    def skip_what_is_not_kept(self, request: pytest.FixtureRequest) -> None:
        """Skip what only a persistent store can do."""
        if request.function.__name__.startswith("test_reopened") and not self.persistent:
            pytest.skip("this store keeps nothing after it is closed")

    async def test_reopened_is_the_same(self, factory: StoreFactory) -> None:
        """Sessions, messages, records and blobs are the same after closing and opening."""
        name = sha256(b"bytes").hexdigest()
        async with factory() as store:
            session = await begin(store, "a", "b\x00\u2028", name="näme")
            await store.apply(Append(session.id, Draft("assistant", "c", metadata={"a": [1]})))
            child = await fork(store, session.id, 2)
            await say(store, child.id, "x")
            hidden = await begin(store, "hidden")
            await store.apply(Change(hidden.id, deleted=True))
            records = store.records("plugin")
            await records.apply(
                PutBlob(b"bytes"), Put("k", {"a": 1}, session=child.id, position=2, blobs=(name,))
            )
            sessions = await store.sessions(deleted=True)
            messages = [await store.messages(session.id) for session in sessions]
            kept = await records.list(session=child.id)
        async with factory() as store:
            assert await store.sessions(deleted=True) == sessions
            assert [await store.messages(session.id) for session in sessions] == messages
            assert await store.records("plugin").list(session=child.id) == kept
            assert await store.records("plugin").blob(name) == b"bytes"
            for session in sessions:
                await check_whole(store, session.id)
            with pytest.raises(Conflict):
                await say(store, child.id, "late", expect=2)
            await say(store, child.id, "y", expect=3)

    async def test_reopened_ids_are_not_reused(self, factory: StoreFactory) -> None:
        """The id of a purged session is not given again, even if it was the last one."""
        async with factory() as store:
            session = await begin(store, "gone")
            await store.purge(session.id)
        async with factory() as store:
            assert (await begin(store)).id > session.id

    async def test_reopened_twice_at_once(self, factory: StoreFactory) -> None:
        """Two openings of one store see each other's writes, and share the rule of one winner a position."""
        async with factory() as one, factory() as two:
            session = await begin(one, "hello")
            assert await texts(two, session.uid) == ["hello"]
            for position in range(1, 6):
                tries = [say(store, session.id, "x", expect=position) for store in (one, two, one, two)]
                outcomes = await asyncio.gather(*tries, return_exceptions=True)
                assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
            await check_whole(one, session.id)
            await check_whole(two, session.id)

    async def test_reopened_reply_of_a_living_one(self, factory: StoreFactory) -> None:
        """Opening a store again does not take a reply from one who is still writing it."""
        async with factory() as one:
            session = await begin(one, "question")
            async with one.reply(session.id, expect=1) as reply:
                await reply.write("words")
                async with factory() as two:
                    assert await texts(two, session.id) == ["question"]
                    with pytest.raises(Conflict):
                        await say(two, session.id, "intruder")
                await reply.finish(said("answer", "assistant"))
            assert await texts(one, session.id) == ["question", "answer"]
