"""All or nothing: a failed or cancelled `apply` leaves no trace."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from hfs_core.contracts import Append, Change, Create, Delete, Fork, Operation, Put, PutBlob, Store
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import Draft
from hfs_core.testing.laws.steps import begin, check_whole, said, texts

FAILURES: list[tuple[Operation, type[Exception]]] = [
    (Append("old", said("x"), expect=7), Conflict),
    (Append("nobody", said("x")), NotFound),
    (Append("old", Draft("user", "\ud800")), ValueError),
    (Change("old", name="x", expect=0), Conflict),
    (Create("old", "again"), Conflict),
    (Fork("new2", "fork", "old", 99), NotFound),
    (Put("there", 1, session="old", expect=0), Conflict),
    (Put("missing", 1, session="old", expect=1), Conflict),
    (Put("there", float("nan"), session="old"), ValueError),
    (Put("there", 1, session="old", blobs=("0" * 64,)), NotFound),
    (Delete("there", session="old", expect=2), Conflict),
    (Delete("missing", session="old"), NotFound),
    (Delete("missing", session="old", expect=1), Conflict),
]


class AtomicityLaws:
    """What `apply` promises as a whole."""

    @pytest.mark.parametrize(("failing", "error"), FAILURES)
    async def test_all_or_nothing(self, store: Store, failing: Operation, error: type[Exception]) -> None:
        """One operation that fails takes back every other, before and after it, of every kind."""
        name = sha256(b"kept").hexdigest()
        await store.apply(Create("old", "old"), Append("old", said("one")))
        records = store.records("plugin")
        there = Put("there", {"n": 1}, session="old", blobs=(name,))
        await records.apply(PutBlob(b"kept"), there, Put("also", 1), Put("free", 1))
        before = await self._everything(store)
        with pytest.raises(error):
            await records.apply(
                Append("old", said("two"), expect=1),
                Change("old", name="changed", deleted=True),
                Create("new", "new"),
                Append("new", said("hello")),
                Put("also", {"n": 2}, expect=1),
                Put("fresh", {"n": 2}, session="old", expect=0),
                Delete("free"),
                PutBlob(b"gone"),
                failing,
                Append("old", said("three")),
            )
        assert await self._everything(store) == before
        assert await records.blob(name) == b"kept"
        with pytest.raises(NotFound):
            await records.blob(sha256(b"gone").hexdigest())
        await check_whole(store, "old")

    async def _everything(self, store: Store) -> object:
        sessions = await store.sessions(deleted=True)
        found = store.records("plugin")
        messages = [await store.messages(session.id) for session in sessions]
        return sessions, messages, await found.list(session="old"), await found.list()

    async def test_nothing_to_do(self, store: Store) -> None:
        """An empty `apply` has no outcomes."""
        assert list(await store.apply()) == []

    async def test_outcomes_in_order(self, store: Store) -> None:
        """There is one outcome for each operation, in their order."""
        outcomes = await store.apply(
            PutBlob(b"x"), Create("a", "a"), Put("k", 1), Delete("k"), Append("a", said("hi")), namespace="n"
        )
        kinds = [type(outcome).__name__ for outcome in outcomes]
        assert kinds == ["str", "Session", "Record", "NoneType", "Message"]

    async def test_cancelled_in_the_middle(self, store: Store) -> None:
        """A cancelled `apply` is done wholly or not at all, and the store goes on."""
        session = await begin(store)
        for delay in range(12):
            before = (await store.session(session.id)).message_count
            pair = Append(session.id, said("one")), Append(session.id, said("two"))
            task = asyncio.ensure_future(store.apply(*pair, Put(f"k{delay}", 1), namespace="n"))
            for _ in range(delay):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await store.apply(Change(session.id, name=f"after {delay}"))
            added = (await store.session(session.id)).message_count - before
            record = await store.records("n").get(f"k{delay}")
            assert (added, record is not None) in [(0, False), (2, True)]
        await check_whole(store, session.id)
        assert set(await texts(store, session.id)) <= {"one", "two"}
