"""Random talk over a disk that comes and goes: in the end all that was said is on it, in order, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.builtin.spill_store import SpillStore
from hfs_core.contracts import Append, Change, Create, Fork, Put
from hfs_core.errors import Conflict
from hfs_core.models import Draft, Session

from .faulty_store import FaultyStore
from .steps import check_whole, said, texts

T = TypeVar("T")


@dataclass(eq=False)
class Talk:
    """What the model holds of a session, by the id that it had at first."""

    id: int
    uid: str
    name: str
    words: list[str] = field(default_factory=list)


class Alone(RuleBasedStateMachine):
    """One process: what is read is at any time what plain lists hold, and so is the disk in the end."""

    talks = Bundle[Talk]("talks")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.disk = FaultyStore(MemoryStore())
        self.store = SpillStore(self.disk, lambda saved, reason: None, retry_every=0.0)
        self.known: list[Talk] = []
        self.count = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.runner.run(work)

    def word(self) -> str:
        """Return a word that was never said."""
        self.count += 1
        return f"w{self.count}"

    async def _made(self, talk: Talk, *operations: Any) -> Talk:
        if not talk.words or isinstance(operations[0], Fork):
            self.disk.loses_answers = False  # without a message it cannot be known whether it was done
        session = (await self.store.apply(*operations, Put("current", {"uid": talk.uid}), namespace="n"))[0]
        assert isinstance(session, Session)
        talk.id = session.id
        self.known.append(talk)
        return talk

    @initialize(target=talks)
    def begin(self) -> Talk:
        """There is always a first session."""
        return self._create(2)

    @rule(target=talks, size=st.integers(0, 3))
    def create(self, size: int) -> Talk:
        """Make a session with some words."""
        return self._create(size)

    def _create(self, size: int) -> Talk:
        talk = Talk(0, f"uid{len(self.known)}", self.word(), [self.word() for _ in range(size)])
        appends = [Append(talk.uid, said(word), expect=n) for n, word in enumerate(talk.words)]
        return self.run(self._made(talk, Create(talk.uid, talk.name), *appends))

    @rule(talk=talks)
    def say(self, talk: Talk) -> None:
        """Say something, as the engine does."""
        word = self.word()
        self.run(self._say(talk, word))

    async def _say(self, talk: Talk, word: str) -> None:
        session = await self.store.session(talk.id)
        await self.store.apply(
            Put("lease", word, session=talk.id),
            Append(talk.id, said(word), expect=session.message_count),
            Put("current", {"uid": session.uid}),
            namespace="n",
        )
        talk.words.append(word)

    @rule(talk=talks, full=st.lists(st.booleans(), min_size=3, max_size=3), ends=st.booleans())
    def answer(self, talk: Talk, full: list[bool], ends: bool) -> None:
        """Stream an answer, over a disk that fills up and empties."""
        word = self.word()

        async def stream() -> None:
            position = (await self.store.session(talk.id)).message_count
            async with self.store.reply(talk.id, expect=position) as reply:
                for n, is_full in enumerate(full):
                    self.disk.is_full = is_full
                    await reply.write(f"{word}-"[n :: len(full)])
                if ends:
                    await reply.finish(said(word, "assistant"))
            (message,) = await self.store.messages(talk.id, position)
            talk.words.append(message.content)

        self.run(stream())

    @rule(target=talks, talk=talks, data=st.data())
    def fork(self, talk: Talk, data: st.DataObject) -> Talk:
        """Fork somewhere."""
        at = data.draw(st.integers(0, len(talk.words)))
        child = Talk(0, f"uid{len(self.known)}", self.word(), talk.words[:at])
        return self.run(self._made(child, Fork(child.uid, child.name, talk.id, at)))

    @rule(talk=talks)
    def rename(self, talk: Talk) -> None:
        """Give another name."""
        talk.name = self.word()
        self.run(self._rename(talk))

    async def _rename(self, talk: Talk) -> None:
        await self.store.apply(Change(talk.id, name=talk.name))

    @rule(is_full=st.booleans())
    def turn(self, is_full: bool) -> None:
        """Fill or empty the disk."""
        self.disk.works_again()
        self.disk.is_full = is_full

    @rule(writes=st.integers(0, 4))
    def fill_soon(self, writes: int) -> None:
        """Leave the disk room for a few more writes."""
        self.disk.works_again()
        self.disk.fails_after(writes)

    @rule()
    def lose_answers(self) -> None:
        """Let writes be done and said to have failed."""
        self.disk.works_again()
        self.disk.loses_answers = True

    @rule()
    def flush(self) -> None:
        """Try to write."""
        self.run(self.store.flush())

    @invariant()
    def agrees(self) -> None:
        """Every session reads as its list, whatever the disk does."""
        self.run(self._compare())

    async def _compare(self) -> None:
        for talk in self.known:
            assert await texts(self.store, talk.id) == talk.words
            assert (await self.store.session(talk.id)).name == talk.name
            await check_whole(self.store, talk.id)
        listed = await self.store.sessions(limit=999)
        assert {session.uid for session in listed} == {talk.uid for talk in self.known}
        assert len(listed) == len(self.known)

    def teardown(self) -> None:
        """Let the disk work; everything must be on it."""
        self.disk.works_again()
        self.run(self._finally())
        self.runner.close()

    async def _finally(self) -> None:
        await self.store.aclose()
        assert self.store.unsaved() == []
        kept = self.disk.inner
        assert len(await kept.sessions(limit=999)) == len(self.known)
        for talk in self.known:
            assert await texts(kept, talk.uid) == talk.words
            assert (await kept.session(talk.uid)).name == talk.name
            assert (await self.store.session(talk.id)).uid == talk.uid
            await check_whole(kept, talk.uid)


class AmongOthers(Alone):
    """Another process talks in the same sessions: each word is once on the disk, after the words it followed."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts: dict[str, list[str]] = {}

    async def _say(self, talk: Talk, word: str) -> None:
        while True:
            self.contexts[word] = await texts(self.store, talk.id)
            try:
                await super()._say(talk, word)
            except Conflict:
                continue  # the disk could write for a moment, and brought what was said elsewhere
            return

    def answer(self, talk: Talk, full: list[bool], ends: bool) -> None:
        """Leave answers to the other machine: their words are not known beforehand."""

    @rule(talk=Alone.talks)
    def say_elsewhere(self, talk: Talk) -> None:
        """Let the other process say something, if the session is on disk."""
        word = self.word()

        async def say() -> None:
            found = [session.uid for session in await self.disk.inner.sessions(limit=999)]
            if talk.uid in found:
                before = await texts(self.disk.inner, talk.uid)
                await self.disk.inner.apply(Append(talk.uid, Draft("user", word), expect=len(before)))
                self.contexts[word] = before

        self.run(say())

    async def _compare(self) -> None:
        for talk in self.known:
            await check_whole(self.store, talk.id)

    def fork(self, talk: Talk, data: st.DataObject) -> Talk:
        """Fork somewhere, of what is seen."""
        words = self.run(texts(self.store, talk.id))
        at = data.draw(st.integers(0, len(words)))
        child = Talk(0, f"uid{len(self.known)}", self.word(), words[:at])
        return self.run(self._made(child, Fork(child.uid, child.name, talk.id, at)))

    async def _finally(self) -> None:
        await self.store.aclose()
        assert self.store.unsaved() == []
        kept, found = self.disk.inner, []
        for session in await kept.sessions(limit=999):
            await check_whole(kept, session.id)
            words = await texts(kept, session.id)
            for message in await kept.messages(session.id):
                if message.session_id == session.id and message.content in self.contexts:
                    found.append(message.content)
                    assert words[: message.index] == self.contexts[message.content]
        assert sorted(found) == sorted(self.contexts)


LIMITS = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_alone() -> None:
    run_state_machine_as_test(Alone, settings=LIMITS)


def test_among_others() -> None:
    run_state_machine_as_test(AmongOthers, settings=LIMITS)
