"""Writing what waited: records and blobs, others who wrote in the meantime, and writes that failed half way."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from hfs_core.contracts import Append, Change, Create, Delete, Fork, Put, PutBlob
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import Draft, Status

from .steps import begin, check_whole, fork, said, say, texts
from .test_spill_store import Spilling


@pytest.fixture
def spilling() -> Spilling:
    return Spilling()


async def recover(spilling: Spilling) -> None:
    """Let the disk write again, and write what waits."""
    spilling.disk.works_again()
    assert await spilling.store.flush()
    assert spilling.disk.open_replies == 0
    for session in await spilling.kept.sessions(limit=999, deleted=True):
        await check_whole(spilling.kept, session.id)


# --- records ---


async def test_records_in_memory_lie_over_those_on_disk(spilling: Spilling) -> None:
    """Reading, listing and expecting see what was written last, wherever that is; then the disk has the same."""
    root = await begin(spilling.store, *"abcd")
    records = spilling.store.records("n")
    await records.apply(*(Put(f"r{n}", n, session=root.id, position=n) for n in range(4)), Put("own", 0))
    child = await fork(spilling.store, root.id, 2)
    spilling.disk.is_full = True
    (changed,) = await records.apply(Put("r1", "changed", session=root.id, position=1, expect=1))
    assert changed == await records.get("r1", session=root.id)
    with pytest.raises(Conflict):
        await records.apply(Put("r1", "late", session=root.id, expect=1))
    with pytest.raises(Conflict):
        await records.apply(Put("r2", "new?", session=root.id, expect=0))
    await records.apply(
        Delete("r0", session=root.id), Put("own", 1), Put("r9", 9, session=child.id, position=1)
    )
    assert await records.get("r0", session=root.id) is None
    await records.apply(Put("r0", "anew", session=root.id, position=1))
    new = await fork(spilling.store, child.id, 2)
    await records.apply(Put("mine", 1, session=new.id, position=0))

    async def listings(of: object) -> object:
        store = spilling.kept.records("n") if of is spilling.kept else records
        found = [
            await store.list(session=ref, inherited=inherited)
            for ref in (None, root.uid, child.uid, new.uid)
            for inherited in (False, True)
        ]
        return [[(record.key, record.value, record.position) for record in part] for part in found]

    of_root = [("r1", "changed", 1), ("r0", "anew", 1), ("r2", 2, 2), ("r3", 3, 3)]
    seen = await listings(spilling.store)
    assert seen == [
        [("own", 1, 0)],
        [("own", 1, 0)],
        of_root,
        of_root,
        [("r9", 9, 1)],
        [("r1", "changed", 1), ("r9", 9, 1), ("r0", "anew", 1), ("r2", 2, 2)],
        [("mine", 1, 0)],
        [("mine", 1, 0), ("r1", "changed", 1), ("r9", 9, 1), ("r0", "anew", 1), ("r2", 2, 2)],
    ]
    await recover(spilling)
    assert await listings(spilling.kept) == seen == await listings(spilling.store)


async def test_blobs(spilling: Spilling) -> None:
    """A blob is read from where it is, may be named by new records, and goes with its last one."""
    session = await begin(spilling.store)
    records = spilling.store.records("n")
    old, new = (sha256(data).hexdigest() for data in (b"old", b"new"))
    await records.apply(PutBlob(b"old"), Put("a", 1, session=session.id, blobs=(old,)))
    spilling.disk.is_full = True
    assert await records.blob(old) == b"old"
    await records.apply(Put("b", 2, session=session.id, blobs=(old,)), Delete("a", session=session.id))
    await records.apply(PutBlob(b"new"), Put("c", 3, blobs=(new,)))
    assert (await records.blob(old), await records.blob(new)) == (b"old", b"new")
    with pytest.raises(NotFound):
        await records.apply(Put("d", 4, blobs=("0" * 64,)))
    await spilling.kept.apply(Delete("a", session=session.id), namespace="n")
    await recover(spilling)
    kept = spilling.kept.records("n")
    assert (await kept.blob(old), await kept.blob(new)) == (b"old", b"new")
    record = await kept.get("b", session=session.id)
    assert record is not None
    assert record.blobs == (old,)
    await records.apply(Delete("b", session=session.id))
    with pytest.raises(NotFound):
        await records.blob(old)


async def test_a_record_is_written_whatever_became_of_it(spilling: Spilling) -> None:
    """What a write expected was true when it was made; later it is not asked again."""
    records = spilling.store.records("n")
    await records.apply(Put("a", 1), Put("b", 1), Put("c", 1))
    spilling.disk.is_full = True
    await records.apply(Put("a", 2, expect=1), Put("new", 2, expect=0))
    await records.apply(Delete("b", expect=1))
    await records.apply(Delete("c"))
    await spilling.kept.apply(Put("a", 3), Put("new", 3), Put("b", 3), Delete("c"), namespace="n")
    await recover(spilling)
    found = {record.key: record.value for record in await spilling.kept.records("n").list()}
    assert found == {"a": 2, "new": 2}


async def test_inherited_records_below_a_purged_session(spilling: Spilling) -> None:
    """A fork made in memory sees no record of its ancestors behind its own cut, purged ones between or not."""
    root = await begin(spilling.store, *"abcd")
    records = spilling.store.records("n")
    await records.apply(*(Put(f"r{n}", n, session=root.id, position=n) for n in range(5)))
    child = await fork(spilling.store, root.id, 4)
    grandchild = await fork(spilling.store, child.id, 3)
    await spilling.store.purge(child.id)
    spilling.disk.is_full = True
    new = await fork(spilling.store, grandchild.id, 1)
    found = await records.list(session=new.id, inherited=True)
    assert [record.key for record in found] == ["r0", "r1"]
    await recover(spilling)
    assert await spilling.kept.records("n").list(session=new.uid, inherited=True) == found


async def test_what_was_handed_in_may_be_changed(spilling: Spilling) -> None:
    """What waits is not in the caller's hands."""
    spilling.disk.is_full = True
    value, metadata = {"a": [1]}, {"m": [1]}
    session = await begin(spilling.store)
    await spilling.store.apply(
        Append(session.id, Draft("user", "x", metadata=metadata)), Put("k", value), namespace="n"
    )
    value["a"].append(2)
    metadata["m"].append(2)
    await recover(spilling)
    record = await spilling.kept.records("n").get("k")
    assert record is not None
    assert record.value == {"a": [1]}
    assert (await spilling.kept.messages(session.uid))[0].metadata == {"m": [1]}


async def test_purging_waits_like_the_rest(spilling: Spilling) -> None:
    """A session removed in memory is gone at once, and gone from the disk afterwards; its children stay whole."""
    saved, shared = await begin(spilling.store, "x"), await begin(spilling.store, "a", "b")
    spilling.disk.is_full = True
    child = await fork(spilling.store, shared.id, 1)
    new = await begin(spilling.store, "y")
    for ref in (saved.id, shared.uid, new.id):
        await spilling.store.purge(ref)
        with pytest.raises(NotFound):
            await spilling.store.session(ref)
        with pytest.raises(NotFound):
            await say(spilling.store, ref, "more")
    assert [session.uid for session in await spilling.store.sessions(deleted=True)] == [child.uid]
    await recover(spilling)
    assert [session.uid for session in await spilling.kept.sessions(deleted=True)] == [child.uid]
    assert await texts(spilling.kept, child.uid) == ["a"]


# --- others who wrote in the meantime ---


async def test_words_that_met_others_go_into_a_fork(spilling: Spilling) -> None:
    """They stand where they belong; the old id names the fork, and so does the record of the current session."""
    session = await begin(spilling.store, "a", "b", name="talk")
    spilling.disk.is_full = True
    await spilling.store.apply(
        Append(session.id, said("c"), expect=2), Put("current", {"uid": session.uid}), namespace="n"
    )
    await spilling.store.apply(Put("lease", 1, session=session.id), namespace="n")
    await say(spilling.store, session.id, "d", expect=3)
    await say(spilling.kept, session.id, "elsewhere")
    await recover(spilling)
    assert spilling.told[-1] == (
        True,
        "'talk' went on elsewhere: what you said meanwhile is in 'talk (conflict)'",
    )
    assert await texts(spilling.kept, session.id) == ["a", "b", "elsewhere"]
    forked = await spilling.store.session(session.id)
    assert (forked.name, forked.parent is not None) == ("talk (conflict)", True)
    assert await texts(spilling.kept, forked.id) == ["a", "b", "c", "d"]
    await say(spilling.store, session.id, "e", expect=4)
    assert await texts(spilling.kept, forked.id) == ["a", "b", "c", "d", "e"]
    kept = spilling.kept.records("n")
    assert [record.value for record in await kept.list()] == [{"uid": forked.uid}]
    assert [record.key for record in await kept.list(session=forked.id)] == ["lease"]
    assert await kept.list(session=session.uid) == []
    assert await texts(spilling.store, session.uid) == ["a", "b", "elsewhere"]


async def test_hiding_spares_what_others_said(spilling: Spilling) -> None:
    """A change that expected a number of messages is not made when there are more by then."""
    one, two = await begin(spilling.store, "a"), await begin(spilling.store, "a")
    spilling.disk.is_full = True
    for session in (one, two):
        await spilling.store.apply(Change(session.id, deleted=True, expect=1))
    await say(spilling.kept, one.id, "elsewhere")
    await recover(spilling)
    assert [session.id for session in await spilling.kept.sessions()] == [one.id]


async def test_words_to_a_session_purged_elsewhere_come_back_with_it(spilling: Spilling) -> None:
    """The conversation is made anew, whole, and the old id names it; a fork of it still works."""
    session = await begin(spilling.store, "a", "b", name="talk")
    spilling.disk.is_full = True
    await say(spilling.store, session.id, "c")
    child = await fork(spilling.store, session.id, 2)
    await say(spilling.store, child.id, "d")
    await spilling.kept.purge(session.id)
    await recover(spilling)
    again = await spilling.store.session(session.id)
    assert (again.uid, again.name) == (session.uid, "talk")
    assert again.id != session.id
    assert await texts(spilling.kept, again.id) == ["a", "b", "c"]
    assert await texts(spilling.store, child.id) == ["a", "b", "d"]


async def test_a_fork_whose_parent_was_purged_elsewhere(spilling: Spilling) -> None:
    """What it shared is copied, so that it is whole."""
    session = await begin(spilling.store, "a", "b")
    spilling.disk.is_full = True
    child = await fork(spilling.store, session.id, 1)
    await say(spilling.store, child.id, "c")
    await spilling.store.apply(Put("k", 1, session=session.id), namespace="n")
    await spilling.kept.purge(session.id)
    await recover(spilling)
    assert await texts(spilling.store, child.id) == ["a", "c"]
    assert [found.uid for found in await spilling.kept.sessions()] == [child.uid]


async def test_a_fork_whose_parent_is_another_by_now(spilling: Spilling) -> None:
    """What it shared is copied also where others have used the uid again."""
    session = await begin(spilling.store, "a", "b")
    spilling.disk.is_full = True
    child = await fork(spilling.store, session.id, 2)
    await spilling.kept.purge(session.id)
    await spilling.kept.apply(Create(session.uid, "other"), Append(session.uid, said("x")))
    await recover(spilling)
    assert await texts(spilling.store, child.id) == ["a", "b"]
    assert await texts(spilling.kept, session.uid) == ["x"]


async def test_a_position_that_another_holds(spilling: Spilling) -> None:
    """Where another process is getting its answer, the words go into a fork."""
    session = await begin(spilling.store, "question", name="talk")
    spilling.disk.is_full = True
    await say(spilling.store, session.id, "mine")
    async with spilling.kept.reply(session.id, expect=1) as reply:
        await recover(spilling)
        await reply.finish(said("theirs", "assistant"))
    assert await texts(spilling.kept, session.id) == ["question", "theirs"]
    assert await texts(spilling.store, session.id) == ["question", "mine"]


async def test_a_uid_taken_elsewhere(spilling: Spilling) -> None:
    """A session made under one uid in both places becomes two, no word lost."""
    spilling.disk.is_full = True
    await spilling.store.apply(Create("same", "mine"), Append("same", said("a")), Append("same", said("b")))
    session = await spilling.store.session("same")
    await spilling.store.apply(Fork("child", "child", "same", 1))
    await spilling.kept.apply(Create("same", "theirs"), Append("same", said("c")))
    await recover(spilling)
    assert await texts(spilling.kept, "same") == ["c"]
    assert await texts(spilling.store, session.id) == ["a", "b"]
    assert await texts(spilling.kept, "child") == ["a"]
    assert len(await spilling.kept.sessions()) == 3


# --- writes that failed half way ---


async def test_writes_whose_answer_was_lost_are_not_done_twice(spilling: Spilling) -> None:
    """A write that is said to have failed, and was done, is known by its digest."""
    session = await begin(spilling.store, "a")
    spilling.disk.loses_answers = True
    lease = Put("lease", 1, session=session.id, expect=0)
    outcomes = await spilling.store.apply(lease, Append(session.id, said("b"), expect=1), namespace="n")
    assert [type(outcome).__name__ for outcome in outcomes] == ["Record", "Message"]
    await spilling.store.apply(Create("new", "new"), Append("new", said("x"), expect=0))
    async with spilling.store.reply(session.id, expect=2) as reply:
        await reply.finish(said("c", "assistant"))
    assert await spilling.store.flush()
    assert await texts(spilling.kept, session.id) == ["a", "b", "c"]
    assert await texts(spilling.kept, "new") == ["x"]
    assert len(await spilling.kept.sessions()) == 2


async def test_flushes_whose_answer_was_lost_are_not_done_twice(spilling: Spilling) -> None:
    """The same is true of writing what waits: each transaction is taken up again, and found done."""
    session = await begin(spilling.store, "a")
    spilling.disk.is_full = True
    await say(spilling.store, session.id, "b", expect=1)
    new = await begin(spilling.store, "x", "y")
    child = await fork(spilling.store, new.id, 1)
    await say(spilling.store, child.id, "z")
    spilling.disk.is_full, spilling.disk.loses_answers = False, True
    for _ in range(4):
        assert not await spilling.store.flush()
    await recover(spilling)
    assert await texts(spilling.kept, session.id) == ["a", "b"]
    assert await texts(spilling.store, new.id) == ["x", "y"]
    assert await texts(spilling.store, child.id) == ["x", "z"]
    assert len(await spilling.kept.sessions()) == 3
    assert spilling.told[-1] == (True, "")


async def test_a_finish_whose_answer_was_lost(spilling: Spilling) -> None:
    """A reply that was finished though that is said to have failed is there once, also when that happens later."""
    session = await begin(spilling.store, "a")
    async with spilling.store.reply(session.id, expect=1) as reply:
        await reply.write("b")
        spilling.disk.loses_answers = True
        message = await reply.finish(said("b", "assistant"))
    assert await spilling.kept.messages(session.id, 1) == [message]
    async with spilling.store.reply(session.id, expect=2) as reply:
        await reply.write("c")
        spilling.disk.is_full = True
        await reply.finish(said("c", "assistant"))
    spilling.disk.is_full = False
    assert not await spilling.store.flush()
    await recover(spilling)
    assert await texts(spilling.kept, session.id) == ["a", "b", "c"]


async def test_a_fork_whose_answer_was_lost_is_made_once(spilling: Spilling) -> None:
    """The fork that keeps words beside others' goes by the same uid whenever it is made."""
    session = await begin(spilling.store, "a")
    spilling.disk.is_full = True
    await say(spilling.store, session.id, "mine")
    await say(spilling.kept, session.id, "theirs")
    spilling.disk.is_full, spilling.disk.loses_answers = False, True
    assert not await spilling.store.flush()
    await recover(spilling)
    assert len(await spilling.kept.sessions()) == 2
    assert await texts(spilling.store, session.id) == ["a", "mine"]


async def test_a_cancelled_flush_is_taken_up_again(spilling: Spilling) -> None:
    """Whoever waits for the writing may leave; nothing is lost or done twice by it."""
    spilling.disk.is_full = True
    sessions = [await begin(spilling.store, "a", "b") for _ in range(4)]
    spilling.disk.is_full = False
    for steps in range(6):
        task = asyncio.create_task(spilling.store.flush())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await recover(spilling)
    for session in sessions:
        assert await texts(spilling.kept, session.uid) == ["a", "b"]
    assert len(await spilling.kept.sessions()) == 4


async def test_what_a_refused_flush_has_written_waits_no_longer(spilling: Spilling) -> None:
    """Refused in the middle, the rest goes on waiting, in order."""
    spilling.disk.is_full = True
    session = await begin(spilling.store, "a", name="one")
    await say(spilling.store, session.id, "b")
    await begin(spilling.store, "x", name="two")
    spilling.disk.fails_after(1)
    assert not await spilling.store.flush()
    assert await texts(spilling.kept, session.uid) == ["a"]
    assert await texts(spilling.store, session.id) == ["a", "b"]
    assert [s.name for s in await spilling.store.sessions()] == ["two", "one"]
    await say(spilling.store, session.id, "c", expect=2)
    assert spilling.store.unsaved() == ["one", "two"]
    await recover(spilling)
    assert await texts(spilling.kept, session.uid) == ["a", "b", "c"]


async def test_a_second_outage(spilling: Spilling) -> None:
    """Each outage gives ids of its own; those of an earlier one go on naming their sessions."""
    spilling.disk.is_full = True
    first = await begin(spilling.store, "a")
    await recover(spilling)
    spilling.disk.is_full = True
    await say(spilling.store, first.id, "b", expect=1)
    second = await begin(spilling.store, "x")
    child = await fork(spilling.store, first.id, 2)
    assert len({first.id, second.id, child.id}) == 3
    async with spilling.store.reply(first.id, expect=2) as reply:
        await reply.write("c")
        await reply.abandon(Status.INTERRUPTED)
    await recover(spilling)
    assert await texts(spilling.store, first.id) == ["a", "b", "c"]
    assert await texts(spilling.store, second.id) == ["x"]
    assert await texts(spilling.store, child.id) == ["a", "b"]
    assert [saved for saved, _ in spilling.told] == [False, True] * 2
    await spilling.store.purge(second.id)
    assert len(await spilling.kept.sessions(deleted=True)) == 2
