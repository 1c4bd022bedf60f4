"""While the store cannot write, the chat goes on in memory; afterwards every word is where it belongs, once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.builtin.spill_store import SpillStore
from hfs_core.contracts import Change, Create, Put
from hfs_core.errors import Conflict, StoreUnavailable
from hfs_core.models import Parent, Session, Status

from .faulty_store import FaultyStore, Gate
from .steps import begin, check_whole, fork, said, say, texts


class Spilling:
    """A spill store over a faulty one, and what was told of it."""

    def __init__(self, *, retry_every: float = 0.0):
        self.disk = FaultyStore(MemoryStore())
        self.told: list[tuple[bool, str]] = []
        self.changed = asyncio.Event()
        self.store = SpillStore(self.disk, self._hear, retry_every=retry_every)

    def _hear(self, saved: bool, reason: str) -> None:
        self.told.append((saved, reason))
        self.changed.set()

    @property
    def kept(self) -> MemoryStore:
        """What another process sees."""
        assert isinstance(self.disk.inner, MemoryStore)
        return self.disk.inner


@pytest.fixture
def spilling() -> Spilling:
    return Spilling()


# --- going over to memory, and back ---


async def test_nothing_is_between_while_the_store_can_write(spilling: Spilling) -> None:
    """What is written and read is the primary store's own; nothing is told."""
    session = await begin(spilling.store, "hello")
    assert session == await spilling.kept.session(session.id)
    async with spilling.store.reply(session.id, expect=1) as reply:
        await reply.write("hi")
        await reply.finish(said("hi", "assistant"))
    assert await spilling.kept.messages(session.id) == await spilling.store.messages(session.id)
    assert spilling.told == []
    assert await spilling.store.flush()
    assert spilling.store.unsaved() == []


async def test_a_new_session_is_in_memory_until_it_is_kept(spilling: Spilling) -> None:
    """It has its uid, and an id that no store gives; that id names it also when it has another."""
    spilling.disk.is_full = True
    session = await begin(spilling.store, "hello", name="my talk")
    assert session.id == -1
    assert spilling.told == [(False, "the disk is full")]
    assert spilling.store.unsaved() == ["my talk"]
    assert await texts(spilling.store, session.uid) == ["hello"]
    before = await spilling.store.messages(-1)
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    assert spilling.told[1:] == [(True, "")]
    assert spilling.store.unsaved() == []
    saved = await spilling.kept.session(session.uid)
    assert saved.id > 0
    assert saved.digest == session.digest
    after = await spilling.kept.messages(saved.id)
    assert [(m.digest, m.created_at) for m in after] == [(m.digest, m.created_at) for m in before]
    assert await spilling.store.session(-1) == saved
    await say(spilling.store, -1, "again", expect=1)
    await spilling.store.records("n").apply(Put("k", 1, session=-1))
    child = await fork(spilling.store, -1, 1)
    assert child.parent == Parent(saved.id, 1)
    assert await texts(spilling.kept, saved.id) == ["hello", "again"]
    await check_whole(spilling.kept, saved.id)


async def test_a_kept_session_goes_on(spilling: Spilling) -> None:
    """A session that is on disk keeps its id, and all that was said is read as one."""
    root = await begin(spilling.store, "a", "b")
    session = await fork(spilling.store, root.id, 1)
    spilling.disk.is_full = True
    message = await say(spilling.store, session.id, "c", expect=1)
    assert (message.session_id, message.index) == (session.id, 1)
    assert (await spilling.store.session(session.id)).parent == Parent(root.id, 1)
    assert await texts(spilling.store, session.uid) == ["a", "c"]
    await check_whole(spilling.store, session.id)
    with pytest.raises(Conflict):
        await say(spilling.store, session.id, "late", expect=1)
    assert await texts(spilling.kept, session.id) == ["a"]
    spilling.disk.is_full = False
    await say(spilling.store, session.id, "d", expect=2)
    assert [saved for saved, _ in spilling.told] == [False, True]
    assert await texts(spilling.kept, session.id) == ["a", "c", "d"]
    assert (await spilling.kept.messages(session.id))[1] == message
    await check_whole(spilling.kept, session.id)


async def test_it_goes_on_also_when_the_disk_is_gone(spilling: Spilling) -> None:
    """What is in memory is read from there; new sessions can be made; what was never read is unavailable."""
    session, other = await begin(spilling.store, "a"), await begin(spilling.store, "x")
    spilling.disk.is_full = True
    await say(spilling.store, session.id, "b")
    spilling.disk.is_unreadable = True
    await say(spilling.store, session.id, "c")
    assert await texts(spilling.store, session.id) == ["a", "b", "c"]
    new = await begin(spilling.store, "new")
    await spilling.store.apply(Put("current", {"uid": new.uid}), namespace="n")
    assert [s.id for s in await spilling.store.sessions()] == [new.id, session.id]
    with pytest.raises(StoreUnavailable):
        await say(spilling.store, other.id, "y")
    with pytest.raises(StoreUnavailable):
        await spilling.store.messages(other.id)
    spilling.disk.is_full = spilling.disk.is_unreadable = False
    assert await spilling.store.flush()
    assert await texts(spilling.kept, session.id) == ["a", "b", "c"]
    assert await texts(spilling.kept, new.uid) == ["new"]


async def test_a_change_is_told_once(spilling: Spilling) -> None:
    """Each further refusal is silent; so is each write after the recovery."""
    spilling.disk.is_full = True
    for text in "abc":
        await begin(spilling.store, text)
        assert not await spilling.store.flush()
    assert len(spilling.told) == 1
    spilling.disk.is_full = False
    for text in "def":
        await begin(spilling.store, text)
    assert [saved for saved, _ in spilling.told] == [False, True]


async def test_writes_do_not_ask_again_at_once() -> None:
    """For two seconds after a refusal only `flush` asks the disk."""
    spilling = Spilling(retry_every=2.0)
    spilling.disk.is_full = True
    session = await begin(spilling.store, "a")
    asked = spilling.disk.writes
    for _ in range(20):
        await say(spilling.store, session.id, "b")
    assert spilling.disk.writes == asked
    assert not await spilling.store.flush()
    assert spilling.disk.writes == asked + 1
    spilling.disk.is_full = False
    await say(spilling.store, session.id, "c")
    assert spilling.store.unsaved() == ["talk"]
    assert await spilling.store.flush()
    assert len(await spilling.kept.messages(session.uid)) == 22


async def test_closing_tries_a_last_time(spilling: Spilling) -> None:
    """What cannot be saved at the end is named."""
    spilling.disk.is_full = True
    await begin(spilling.store, "a", name="one")
    two = await begin(spilling.store, "b", name="two")
    await spilling.store.apply(Put("k", 1, session=two.id), namespace="n")
    await spilling.store.aclose()
    assert spilling.store.unsaved() == ["one", "two"]
    spilling.disk.is_full = False
    await spilling.store.aclose()
    assert spilling.store.unsaved() == []
    assert len(await spilling.kept.sessions()) == 2


async def test_all_that_write_when_it_begins_go_over_together(spilling: Spilling) -> None:
    """Writers under way at the first refusal lose nothing and keep their order."""
    sessions = [await begin(spilling.store) for _ in range(6)]

    async def talk(session: Session) -> None:
        for n in range(10):
            await say(spilling.store, session.id, str(n), expect=n)
            if n == 4:
                spilling.disk.is_full = session is sessions[3] or spilling.disk.is_full
            await asyncio.sleep(0)

    await asyncio.gather(*map(talk, sessions))
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    for session in sessions:
        assert await texts(spilling.kept, session.id) == [str(n) for n in range(10)]
        await check_whole(spilling.kept, session.id)


async def test_what_is_under_way_when_it_begins_is_waited_for(spilling: Spilling) -> None:
    """A write that the disk still takes is seen by those that it refuses meanwhile."""
    session = await begin(spilling.store, "a")
    spilling.disk.gates["work"] = slow = Gate()
    saying = asyncio.create_task(say(spilling.store, session.id, "b", expect=1))
    await slow.reached.wait()
    spilling.disk.is_full = True
    refused = asyncio.create_task(spilling.store.records("n").apply(Put("k", 1, session=session.id)))
    await spilling.changed.wait()
    slow.opened.set()
    await asyncio.gather(saying, refused)
    await say(spilling.store, session.id, "c", expect=2)
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    assert await texts(spilling.kept, session.id) == ["a", "b", "c"]


async def test_two_that_are_refused_at_once(spilling: Spilling) -> None:
    """Both go over to the same memory."""
    session = await begin(spilling.store)
    spilling.disk.gates["arrive"] = slow = Gate()
    first = asyncio.create_task(say(spilling.store, session.id, "a"))
    await slow.reached.wait()
    spilling.disk.is_full = True
    second = asyncio.create_task(say(spilling.store, session.id, "b"))
    await spilling.changed.wait()
    slow.opened.set()
    await asyncio.gather(first, second)
    assert await texts(spilling.store, session.id) == ["b", "a"]
    assert len(spilling.told) == 1


# --- listings ---


async def test_a_listing_goes_on_behind_an_unsaved_session(spilling: Spilling) -> None:
    """Of sessions active at one moment the unsaved one is the newest, also when it is saved by then."""
    saved = await begin(spilling.store, "a")
    spilling.disk.is_full = True
    unsaved = replace(await begin(spilling.store, "b"), updated_at=saved.updated_at)
    assert await spilling.store.sessions(before=unsaved) == [saved]
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    assert await spilling.store.sessions(before=unsaved) == [saved]


async def test_listing_joins_both(spilling: Spilling) -> None:
    """Sessions in memory and on disk make one listing, the last active first, page by page."""
    saved = [await begin(spilling.store, "x", name=f"saved{n}") for n in range(5)]
    await spilling.store.apply(Change(saved[4].id, deleted=True))
    spilling.disk.is_full = True
    await begin(spilling.store, "y", name="new0")
    await say(spilling.store, saved[1].id, "again")
    await spilling.store.apply(Create("u1", "new1"), Create("u2", "new2"))
    await spilling.store.apply(Change(saved[2].id, deleted=True))
    expected = ["new2", "new1", "saved1", "new0", "saved3", "saved0"]
    for limit in (1, 2, 4, 20):
        found: list[str] = []
        before = None
        while page := await spilling.store.sessions(limit=limit, before=before):
            assert len(page) <= limit
            found += [session.name for session in page]
            before = page[-1]
        assert found == expected
    everything = [session.name for session in await spilling.store.sessions(deleted=True)]
    assert everything == ["new2", "new1", "saved1", "new0", "saved4", "saved3", "saved2", "saved0"]
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    kept = [session.name for session in await spilling.kept.sessions()]
    assert kept == expected


# --- replies ---


async def test_a_reply_refused_in_its_middle_goes_on(spilling: Spilling) -> None:
    """All its words are kept, once; its position in the primary store is nobody else's in the meantime."""
    session = await begin(spilling.store, "question")
    async with spilling.store.reply(session.id, expect=1) as reply:
        await reply.write("one ")
        spilling.disk.is_full = True
        await reply.write("two ")
        with pytest.raises(Conflict):
            await say(spilling.kept, session.id, "intruder")
        with pytest.raises(Conflict):
            await say(spilling.store, session.id, "intruder")
        assert spilling.store.unsaved() == ["talk"]
        message = await reply.finish(said("one two three", "assistant"))
    assert await texts(spilling.store, session.id) == ["question", "one two three"]
    await say(spilling.store, session.id, "next", expect=2)
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    assert await texts(spilling.kept, session.id) == ["question", "one two three", "next"]
    assert (await spilling.kept.messages(session.id))[1] == message
    await check_whole(spilling.kept, session.id)


@pytest.mark.parametrize("full_at", range(5))
@pytest.mark.parametrize("end", ["finish", "abandon", "leave", "fail"])
async def test_a_reply_loses_no_word_wherever_it_is_refused(
    spilling: Spilling, full_at: int, end: str
) -> None:
    """Refused at its opening, at any write or at its end, however it ends: its words are there."""
    session = await begin(spilling.store, "question")
    spilling.disk.is_full = full_at == 0
    try:
        async with spilling.store.reply(session.id, expect=1) as reply:
            for n in range(1, 4):
                spilling.disk.is_full |= full_at == n
                await reply.write(f"{n} ")
            spilling.disk.is_full = True
            if end == "finish":
                await reply.finish(said("1 2 3 ", "assistant"))
            elif end == "abandon":
                await reply.abandon(Status.FAILED)
            elif end == "fail":
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    status = {"finish": "complete", "abandon": "failed"}.get(end, "interrupted")
    here = await spilling.store.messages(session.id)
    assert [(m.content, m.status) for m in here[1:]] == [("1 2 3 ", status)]
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    assert await spilling.kept.messages(session.id) == here
    await say(spilling.kept, session.id, "next", expect=2)
    await check_whole(spilling.kept, session.id)


async def test_a_reply_without_words_leaves_its_place_free(spilling: Spilling) -> None:
    """Abandoned in memory with nothing written, it leaves no message, and the position in both stores free."""
    session = await begin(spilling.store, "question")
    async with spilling.store.reply(session.id, expect=1) as reply:
        spilling.disk.is_full = True
        assert await reply.abandon(Status.FAILED) is None
    await say(spilling.store, session.id, "next", expect=1)
    spilling.disk.is_full = False
    assert await spilling.store.flush()
    assert await texts(spilling.kept, session.id) == ["question", "next"]


async def test_open_replies_go_over_with_the_first_that_is_refused(spilling: Spilling) -> None:
    """Whoever is refused first: the others' replies hold their positions in memory, too."""
    session, other = await begin(spilling.store, "question"), await begin(spilling.store, "x")
    async with spilling.store.reply(session.id, expect=1) as reply:
        await reply.write("half")
        spilling.disk.is_full = True
        await say(spilling.store, other.id, "y")
        with pytest.raises(Conflict):
            await say(spilling.store, session.id, "intruder")
        spilling.disk.is_full = False
        assert not await spilling.store.flush()
        assert await texts(spilling.kept, other.id) == ["x", "y"]
        await reply.write(" whole")
    assert await texts(spilling.kept, session.id) == ["question", "half whole"]
    assert [saved for saved, _ in spilling.told] == [False, True]


async def test_a_finish_that_is_cancelled_is_the_stores_own_affair(spilling: Spilling) -> None:
    """Only the primary store knows how far it came."""
    session = await begin(spilling.store, "question")
    spilling.disk.gates["answer"] = slow = Gate()

    async def answer() -> None:
        async with spilling.store.reply(session.id, expect=1) as reply:
            await reply.finish(said("answer", "assistant"))

    task = asyncio.create_task(answer())
    await slow.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await texts(spilling.kept, session.id) == ["question", "answer"]


async def test_a_closed_reply_is_closed(spilling: Spilling) -> None:
    """Also one that was finished in memory, and is on disk by then."""
    spilling.disk.is_full = True
    session = await begin(spilling.store, "question")
    async with spilling.store.reply(session.id, expect=1) as reply:
        await reply.finish(said("answer", "assistant"))
        spilling.disk.is_full = False
        assert await spilling.store.flush()
        with pytest.raises(RuntimeError):
            await reply.write("more")
        with pytest.raises(RuntimeError):
            await reply.finish(said("again", "assistant"))
        with pytest.raises(RuntimeError):
            await reply.abandon(Status.FAILED)
    assert await texts(spilling.kept, session.uid) == ["question", "answer"]


async def test_a_reply_in_a_new_session_outlives_the_outage(spilling: Spilling) -> None:
    """A reply that began in memory is kept at its end, if the disk can write by then."""
    spilling.disk.is_full = True
    session = await begin(spilling.store, "question")
    async with spilling.store.reply(session.id, expect=1) as reply:
        await reply.write("words")
        spilling.disk.is_full = False
        await reply.finish(said("answer", "assistant"))
    assert spilling.told[-1] == (True, "")
    assert await texts(spilling.kept, session.uid) == ["question", "answer"]
    assert await texts(spilling.store, session.id) == ["question", "answer"]
