"""Forks: they share the past and copy nothing."""

from __future__ import annotations

import pytest

from hfs_core.contracts import Append, Change, Create, Fork, Store
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import EMPTY_DIGEST, Parent, Session
from hfs_core.testing.laws.steps import begin, check_whole, fork, said, say, texts


class ForkLaws:
    """What `Fork` promises."""

    async def test_fork_shares_the_past(self, store: Store) -> None:
        """A fork has the messages below its cut, by the same writer and digest, and then its own."""
        original = await begin(store, "a", "b", "c")
        child = await fork(store, original.id, 2)
        assert child.parent == Parent(original.id, 2)
        assert child.message_count == 2
        shared = (await store.messages(original.id))[:2]
        assert await store.messages(child.id) == shared
        assert child.digest == shared[-1].digest
        own = await say(store, child.id, "x", expect=2)
        assert (own.index, own.session_id) == (2, child.id)
        assert await texts(store, child.id) == ["a", "b", "x"]
        await check_whole(store, child.id)

    async def test_ids_tell_the_order_of_a_family(self, store: Store) -> None:
        """A fork's id comes after its parent's, also where sessions between them were purged."""
        line = [await begin(store, "a")]
        for _ in range(4):
            line.append(await fork(store, line[-1].id, 1))
            await store.purge((await begin(store)).id)
            await store.purge((await fork(store, line[-1].id, 0)).id)
        ids = [session.id for session in line]
        assert ids == sorted(set(ids), key=lambda number: (number < 0, abs(number)))

    async def test_original_does_not_change(self, store: Store) -> None:
        """Nothing done to a fork changes the original, and the other way round."""
        original = await begin(store, "a", "b", "c")
        child = await fork(store, original.id, 1)
        await say(store, child.id, "x")
        await store.apply(Change(child.id, name="other", deleted=True))
        assert await store.session(original.id) == original
        await say(store, original.id, "d")
        assert await texts(store, child.id) == ["a", "x"]
        assert await texts(store, original.id) == ["a", "b", "c", "d"]
        await check_whole(store, original.id)

    async def test_cuts_at_both_ends(self, store: Store) -> None:
        """A fork may share nothing or everything, but not more."""
        original = await begin(store, "a", "b")
        nothing, everything = await fork(store, original.id, 0), await fork(store, original.id, 2)
        assert (nothing.message_count, nothing.digest) == (0, EMPTY_DIGEST)
        assert everything.digest == original.digest
        for at in (3, -1):
            with pytest.raises(NotFound):
                await fork(store, original.id, at)
        with pytest.raises(Conflict):
            await store.apply(Fork(original.uid, "again", original.id, 1))

    async def test_forks_of_forks(self, store: Store) -> None:
        """Lineages of any depth read whole, also where a fork cuts below its parent's own cut."""
        session = await begin(store, *"abcdef")
        expected = list("abcdef")
        for depth in range(12):
            at = [len(expected), len(expected) - 1, 3][depth % 3]
            session = await fork(store, session.id, at)
            expected = expected[:at]
            for n in range(depth % 4):
                await say(store, session.id, f"{depth}.{n}")
                expected.append(f"{depth}.{n}")
            assert await texts(store, session.id) == expected
            await check_whole(store, session.id)
            for start in range(0, len(expected), 2):
                part = await store.messages(session.id, start, start + 3)
                assert [message.content for message in part] == expected[start : start + 3]

    async def test_index_and_writer_across_forks(self, store: Store) -> None:
        """Each message names the session that wrote it and its place in the whole conversation."""
        first = await begin(store, "a", "b")
        second = await fork(store, first.id, 1)
        await say(store, second.id, "c")
        third = await fork(store, second.id, 2)
        await say(store, third.id, "d")
        found = [(message.session_id, message.index) for message in await store.messages(third.id)]
        assert found == [(first.id, 0), (second.id, 1), (third.id, 2)]

    async def test_sessions_made_and_used_in_one_apply(self, store: Store) -> None:
        """A session can be made, filled and forked by its uid in one transaction."""
        outcomes = await store.apply(
            Create("one", "first"),
            Append("one", said("a"), expect=0),
            Append("one", said("b"), expect=1),
            Fork("two", "second", "one", 1),
            Append("two", said("c"), expect=1),
        )
        assert len(outcomes) == 5
        assert isinstance(outcomes[3], Session)
        assert outcomes[3].message_count == 1
        assert await texts(store, "two") == ["a", "c"]
        await check_whole(store, "one")
        await check_whole(store, "two")

    async def test_fork_of_a_hidden_session(self, store: Store) -> None:
        """Hiding a session hides none of its forks, and it can still be forked."""
        original = await begin(store, "a", "b")
        child = await fork(store, original.id, 1)
        await store.apply(Change(original.id, deleted=True))
        assert await texts(store, child.id) == ["a"]
        another = await fork(store, original.id, 2)
        assert {child.id, another.id} == {session.id for session in await store.sessions()}

    async def test_reading_does_not_see_past_the_cut(self, store: Store) -> None:
        """What the original says after the fork is not in the fork, whatever is asked for."""
        original = await begin(store, "a", "b", "c", "d")
        child = await fork(store, original.id, 2)
        assert await store.messages(child.id, 2) == []
        assert await store.messages(child.id, 1, 4) == (await store.messages(original.id))[1:2]
