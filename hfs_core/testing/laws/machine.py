"""A store against plain lists: a fork copies the list, and everything must agree at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hfs_core.contracts import Append, Change, Create, Fork, Store, StoreFactory
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import Draft, Session
from hfs_core.testing.laws.steps import check_whole, texts

T = TypeVar("T")
SPOKEN = st.text(st.characters(codec="utf-8"), max_size=12)


@dataclass
class Talk:
    """What the model holds of a session."""

    uid: str
    name: str
    words: list[str] = field(default_factory=list)
    is_hidden: bool = False
    is_purged: bool = False


class StoreMachine(RuleBasedStateMachine):
    """Random appends, forks, renamings, deletions and purges."""

    talks = Bundle[Talk]("talks")
    make_factory: Callable[[Path], StoreFactory]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = TemporaryDirectory()
        self.closing = AsyncExitStack()
        self.known: list[Talk] = []
        factory = type(self).make_factory(Path(self.directory.name))
        self.store: Store = self.run(self.closing.enter_async_context(factory()))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.runner.run(work)

    async def _apply(self, *operations: Any) -> Any:
        return (await self.store.apply(*operations))[-1]

    def teardown(self) -> None:
        """Close the store and check that nothing of it stays behind."""
        self.run(self.closing.aclose())
        self.runner.close()
        self.directory.cleanup()

    def _know(self, talk: Talk) -> Talk:
        self.known.append(talk)
        return talk

    @initialize(target=talks)
    def begin(self) -> Talk:
        """There is always a first session."""
        return self._create("first", ["hello", "world"])

    @rule(target=talks, name=SPOKEN, words=st.lists(SPOKEN, max_size=4))
    def create(self, name: str, words: list[str]) -> Talk:
        """Make a session with some messages in one transaction."""
        return self._create(name, words)

    def _create(self, name: str, words: list[str]) -> Talk:
        uid = f"uid{len(self.known)}"
        self.run(self._apply(Create(uid, name), *(Append(uid, Draft("user", text)) for text in words)))
        return self._know(Talk(uid, name, list(words)))

    @rule(talk=talks, text=SPOKEN)
    def append(self, talk: Talk, text: str) -> None:
        """Say something."""
        self.run(self._apply(Append(talk.uid, Draft("user", text), expect=len(talk.words))))
        talk.words.append(text)

    @rule(talk=talks, offset=st.sampled_from([-1, 1]))
    def append_elsewhere(self, talk: Talk, offset: int) -> None:
        """Say something where it does not fit."""
        try:
            self.run(self._apply(Append(talk.uid, Draft("user", "lost"), expect=len(talk.words) + offset)))
        except Conflict:
            return
        raise AssertionError("a position that does not fit was accepted")

    @rule(target=talks, talk=talks, data=st.data())
    def fork(self, talk: Talk, data: st.DataObject) -> Talk:
        """Fork somewhere."""
        at = data.draw(st.integers(0, len(talk.words)))
        uid = f"uid{len(self.known)}"
        self.run(self._apply(Fork(uid, "fork", talk.uid, at)))
        return self._know(Talk(uid, "fork", talk.words[:at]))

    @rule(talk=talks, name=SPOKEN)
    def rename(self, talk: Talk, name: str) -> None:
        """Give another name."""
        self.run(self._apply(Change(talk.uid, name=name)))
        talk.name = name

    @rule(talk=talks, hidden=st.booleans())
    def hide(self, talk: Talk, hidden: bool) -> None:
        """Hide or restore."""
        self.run(self._apply(Change(talk.uid, deleted=hidden)))
        talk.is_hidden = hidden

    @rule(talk=consumes(talks))
    def purge(self, talk: Talk) -> None:
        """Remove for good."""
        assert self.run(self.store.purge(talk.uid)) >= 0
        talk.is_purged = True

    @invariant()
    def agrees(self) -> None:
        """Every session reads as its list, and is listed if it is to be."""
        self.run(self._compare())

    async def _compare(self) -> None:
        for talk in self.known:
            if talk.is_purged:
                try:
                    await self.store.session(talk.uid)
                except NotFound:
                    continue
                raise AssertionError(f"{talk.uid} was purged")
            assert await texts(self.store, talk.uid) == talk.words
            await check_whole(self.store, talk.uid)
        for deleted in (False, True):
            found: list[Session] = list(await self.store.sessions(limit=999, deleted=deleted))
            order = [(session.updated_at, session.id) for session in found]
            assert order == sorted(order, reverse=True)
            expected = {
                (t.uid, t.name) for t in self.known if not t.is_purged and (deleted or not t.is_hidden)
            }
            assert {(session.uid, session.name) for session in found} == expected


def check_against_lists(make_factory: Callable[[Path], StoreFactory], examples: int) -> None:
    """Run the machine on stores from `make_factory`, each in a directory of its own."""

    class Machine(StoreMachine):
        pass

    Machine.make_factory = staticmethod(make_factory)  # a function, not a method
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    limits = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=quiet
    )
    run_state_machine_as_test(Machine, settings=limits)
