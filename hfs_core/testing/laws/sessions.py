"""Sessions: made, listed, renamed, hidden, restored and removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hfs_core.contracts import Append, Change, Create, Put, Store
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import EMPTY_DIGEST, Session, now
from hfs_core.testing.laws.steps import begin, check_whole, fork, said, say, texts


async def listed(store: Store, *, deleted: bool = False) -> list[int]:
    """Return the ids of all sessions, in the store's order."""
    return [session.id for session in await store.sessions(limit=100, deleted=deleted)]


class SessionLaws:
    """What `session`, `sessions`, `Create`, `Change` and `purge` promise."""

    async def test_is_a_store(self, store: Store) -> None:
        """It has every method of the contract."""
        assert isinstance(store, Store)

    async def test_new_session_is_empty(self, store: Store) -> None:
        """A new session has no parent, no message and the empty digest; id and uid both find it."""
        before = now()
        (made,) = await store.apply(Create("abc", "first"))
        assert isinstance(made, Session)
        assert (made.uid, made.name, made.parent, made.message_count) == ("abc", "first", None, 0)
        assert (made.digest, made.deleted_at) == (EMPTY_DIGEST, None)
        assert before - timedelta(seconds=1) <= made.created_at == made.updated_at
        assert made.created_at.utcoffset() == timedelta(0)
        assert await store.session("abc") == await store.session(made.id) == made
        assert await store.messages(made.id) == await store.messages("abc") == []

    @pytest.mark.parametrize("ref", [4711, "nobody", 0, -1, 10**30, "", "12", "\ud800"])
    async def test_unknown_session(self, store: Store, ref: int | str) -> None:
        """What is not there is NotFound, for every way to ask."""
        await begin(store, "something")
        with pytest.raises(NotFound):
            await store.session(ref)
        with pytest.raises(NotFound):
            await store.messages(ref)
        with pytest.raises(NotFound):
            await store.apply(Append(ref, said("x")))
        with pytest.raises(NotFound):
            await store.apply(Change(ref, name="x"))
        with pytest.raises(NotFound):
            await store.verify(ref, 1)
        with pytest.raises(NotFound):
            await store.purge(ref)
        with pytest.raises(NotFound):
            await store.records("any").get("key", session=ref)
        with pytest.raises(NotFound):
            async with store.reply(ref, expect=0):
                pass

    async def test_uid_is_taken_once(self, store: Store) -> None:
        """A second session with a uid is a Conflict, hidden or not."""
        await store.apply(Create("abc", "first"))
        with pytest.raises(Conflict):
            await store.apply(Create("abc", "second"))
        await store.apply(Change("abc", deleted=True))
        with pytest.raises(Conflict):
            await store.apply(Create("abc", "second"))

    async def test_last_active_first(self, store: Store) -> None:
        """Sessions are listed by their last message, not by their making or renaming."""
        first, second, third = [await begin(store, "hello") for _ in range(3)]
        assert await listed(store) == [third.id, second.id, first.id]
        await say(store, first.id, "again")
        await store.apply(Change(second.id, name="other"))
        assert await listed(store) == [first.id, third.id, second.id]
        assert (await store.session(first.id)).updated_at > first.updated_at

    async def test_ties_newest_first(self, store: Store) -> None:
        """Of sessions that were active at the same moment, the newest comes first."""
        made = await store.apply(*(Create(f"uid{n}", "same") for n in range(5)))
        ids = [session.id for session in made if isinstance(session, Session)]
        assert ids == sorted(ids)
        assert await listed(store) == ids[::-1]

    async def test_pages_join(self, store: Store) -> None:
        """Pages continued with `before` give every session once, in order, also among ties."""
        await store.apply(*(Create(f"uid{n}", "same") for n in range(7)))
        for _ in range(4):
            await begin(store, "hello")
        everything = await listed(store)
        pages: list[int] = []
        page = await store.sessions(limit=3)
        while page:
            assert len(page) <= 3
            pages += [session.id for session in page]
            page = await store.sessions(limit=3, before=page[-1])
        assert pages == everything
        assert len(set(pages)) == 11
        assert list(await store.sessions(limit=0)) == []

    async def test_rename(self, store: Store) -> None:
        """Renaming changes the name and nothing else."""
        session = await begin(store, "hello")
        (renamed,) = await store.apply(Change(session.id, name="näme 🎉"))
        assert isinstance(renamed, Session)
        assert renamed == await store.session(session.id)
        assert renamed.name == "näme 🎉"
        assert (renamed.digest, renamed.updated_at) == (session.digest, session.updated_at)

    async def test_delete_hides_and_restore_brings_back(self, store: Store) -> None:
        """A hidden session keeps every word, is listed only when asked for, and comes back as it was."""
        kept, hidden = await begin(store, "one"), await begin(store, "two")
        (gone,) = await store.apply(Change(hidden.id, deleted=True))
        assert isinstance(gone, Session)
        assert gone.deleted_at is not None
        assert await listed(store) == [kept.id]
        assert await listed(store, deleted=True) == [hidden.id, kept.id]
        assert await texts(store, hidden.id) == ["two"]
        await store.apply(Change(hidden.id, deleted=False))
        assert await store.session(hidden.id) == hidden
        assert await listed(store) == [hidden.id, kept.id]

    async def test_delete_expects(self, store: Store) -> None:
        """A change that expects another number of messages is a Conflict and changes nothing."""
        session = await begin(store, "one", "two")
        for expect in (0, 1, 3):
            with pytest.raises(Conflict):
                await store.apply(Change(session.id, name="other", deleted=True, expect=expect))
        assert await store.session(session.id) == session
        await store.apply(Change(session.id, name="other", expect=2))
        assert (await store.session(session.id)).name == "other"

    async def test_purge_removes(self, store: Store) -> None:
        """A purged session is gone with its records, gives its bytes and its uid free, but not its id."""
        other = await begin(store, "stays")
        session = await begin(store, "word " * 1000)
        records = store.records("plugin")
        await records.apply(Put("key", {"a": 1}, session=session.id), Put("key", {"a": 2}, session=other.id))
        assert await store.purge(session.id) >= 5000
        with pytest.raises(NotFound):
            await store.session(session.id)
        with pytest.raises(NotFound):
            await store.session(session.uid)
        with pytest.raises(NotFound):
            await records.get("key", session=session.id)
        with pytest.raises(NotFound):
            await store.purge(session.id)
        assert await listed(store, deleted=True) == [other.id]
        assert (await records.list(session=other.id))[0].value == {"a": 2}
        (again,) = await store.apply(Create(session.uid, "again"))
        assert isinstance(again, Session)
        assert again.id not in (session.id, other.id)
        assert await texts(store, again.id) == []

    async def test_purge_keeps_what_children_share(self, store: Store) -> None:
        """Purging a session leaves its living children whole, and frees only what none of them sees."""
        parent = await begin(store, "a" * 1000, "b" * 1000, "c" * 1000, "d" * 1000)
        short, long = await fork(store, parent.id, 1), await fork(store, parent.id, 3)
        await say(store, long.id, "own")
        assert 1000 <= await store.purge(parent.id) < 2000
        assert [text[0] for text in await texts(store, long.id)] == ["a", "b", "c", "o"]
        assert [text[0] for text in await texts(store, short.id)] == ["a"]
        for child in (short, long):
            await check_whole(store, child.id)
        assert await listed(store, deleted=True) == [long.id, short.id]
        grandchild = await fork(store, long.id, 2)
        assert await store.purge(long.id) >= 1003
        await check_whole(store, grandchild.id)
        assert [text[0] for text in await texts(store, grandchild.id)] == ["a", "b"]
        assert await store.purge(grandchild.id) >= 1000
        await check_whole(store, short.id)
        await say(store, short.id, "goes on")
        await check_whole(store, short.id)
        assert await store.purge(short.id) >= 1000
        assert await listed(store, deleted=True) == []
