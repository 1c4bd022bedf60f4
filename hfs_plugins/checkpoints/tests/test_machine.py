"""Checkpoints against plain lists: random steps of two processes, and everything agrees after each."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import CheckpointRepository
from hfs_checkpoints.verifying import verify
from hfs_sqlite_store.store import open_store
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hfs_core.api import NotFound, Store
from hfs_core.builtin.memory_store import memory_store

from .conftest import branch, say, talk

T = TypeVar("T")
Opener = Callable[[Path], AbstractAsyncContextManager[Store]]

RETENTION = 2
STATES = ("{}", '{"run_id": "a"}', '{"run_id": "b"}')


@dataclass
class Point:
    """What the model holds of a checkpoint."""

    number: int
    at: int
    run: int | None
    triggers: list[str]
    state: str
    pinned: bool = False

    @property
    def is_manual(self) -> bool:
        return self.run is None


@dataclass
class Line:
    """What the model holds of a session.

    Attributes:
        shared: the last number of the shared past, None until it counts itself.
        begins: the state that a rewind brought back, None for what is no rewind.
    """

    uid: str
    words: list[str]
    above: Line | None = None
    cut: int = 0
    own: list[Point] = field(default_factory=list)
    last: int = 0
    shared: int | None = None
    begins: str | None = None
    is_purged: bool = False

    def seen(self) -> list[tuple[Line, Point]]:
        """Return what it lists, unordered: of its ancestors what was there when it began to count.

        What a purged one knew of its own ancestors is gone with it.
        """
        theirs = [] if self.above is None else self.above.seen()
        limit = 10**9 if self.shared is None or self.is_purged else self.shared
        theirs = [(line, point) for line, point in theirs if point.at <= self.cut and point.number <= limit]
        return [*theirs, *((self, point) for point in self.own)]

    def begin_to_count(self) -> None:
        if self.shared is None:
            self.shared = self.last = max((point.number for _, point in self.seen()), default=0)

    def add(self, point: Point) -> None:
        self.begin_to_count()
        self.last += 1
        point.number = self.last
        self.own.append(point)

    def prune(self, keep: int, but: Point | None = None) -> int:
        automatic = sorted(
            (p for p in self.own if not (p.is_manual or p.pinned)), key=lambda p: (p.at, p.number)
        )
        gone = [p for p in automatic if p is not but][: max(len(automatic) - keep, 0)]
        self.own = [p for p in self.own if not any(p is each for each in gone)]
        return len(gone)

    def state(self) -> str:
        """Return the last known state."""
        if self.own:
            return max(self.own, key=lambda p: (p.at, p.number)).state
        if self.begins is not None:
            return self.begins
        seen = sorted(self.seen(), key=lambda pair: (pair[1].at, pair[1].number))
        return seen[-1][1].state if seen else "{}"


class CheckpointMachine(RuleBasedStateMachine):
    """Two processes with one store; each step is done by either."""

    lines = Bundle[Line]("lines")
    open: Callable[[Path], AbstractAsyncContextManager[Store]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = TemporaryDirectory()
        self.closing = AsyncExitStack()
        self.known: list[Line] = []
        opened = type(self).open(Path(self.directory.name))
        self.store: Store = self.run(self.closing.enter_async_context(opened))
        self.records = self.store.records("plugin.checkpoints")
        self.both = [CheckpointRepository(self.records), CheckpointRepository(self.records)]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.closing.aclose())
        self.runner.close()
        self.directory.cleanup()

    def _know(self, line: Line) -> Line:
        self.known.append(line)
        return line

    @initialize(target=lines)
    def begin(self) -> Any:
        words = ["a", "b"]
        made = [self._know(Line(f"s{n}", list(words))) for n in range(2)]
        for line in made:
            self.run(talk(self.store, line.uid, *words))
        return multiple(*made)

    @rule(line=lines)
    def send(self, line: Line) -> None:
        """Something is said and answered."""
        words = [f"{line.uid}.{len(line.words)}", "ok"]
        self.run(say(self.store, line.uid, *words))
        line.words += words

    @rule(line=lines, run=st.integers(0, 2), trigger=st.sampled_from("xyz"), state=st.sampled_from(STATES),
          back=st.sampled_from([0, 0, 0, 1]), who=st.integers(0, 1))  # fmt: skip
    def automatic(self, line: Line, run: int, trigger: str, state: str, back: int, who: int) -> None:
        """A trigger of a run, mostly at the end."""
        at = max(len(line.words) - back, 0)
        made, is_new = self.run(self._create(who, line, at, trigger, state, run))
        met = next((p for p in line.own if (p.run, p.at) == (run, at)), None)
        assert is_new is (met is None)
        if met is None:
            met = Point(0, at, run, [trigger], state)
            line.add(met)
        else:
            met.triggers += [trigger] if trigger not in met.triggers else []
            met.state = state
        line.prune(RETENTION, met)
        assert made.number == met.number

    @rule(line=lines, state=st.sampled_from(STATES), who=st.integers(0, 1))
    def manual(self, line: Line, state: str, who: int) -> None:
        """One on purpose."""
        made, _ = self.run(self._create(who, line, len(line.words), "manual", state, None))
        line.add(Point(0, len(line.words), None, ["manual"], state))
        assert made.number == line.last

    async def _create(
        self, who: int, line: Line, at: int, trigger: str, state: str, run: int | None
    ) -> tuple[Checkpoint, bool]:
        session = await self.store.session(line.uid)
        messages = await self.store.messages(line.uid, at - 1, at) if at else []
        return await self.both[who].create(
            session.id,
            at,
            trigger,
            digest=messages[0].digest if messages else "",
            state_json=state,
            run_id=None if run is None else str(run),
            is_manual=run is None,
            keep_count=None if run is None else RETENTION,
        )

    @rule(line=lines, data=st.data(), pinned=st.booleans(), who=st.integers(0, 1))
    def pin(self, line: Line, data: st.DataObject, pinned: bool, who: int) -> None:
        """Pin or unpin one of its own."""
        if line.own:
            point = data.draw(st.sampled_from(line.own))
            self.run(self._change(who, line, point, pinned))
            point.pinned = pinned

    async def _change(self, who: int, line: Line, point: Point, pinned: bool) -> None:
        session = await self.store.session(line.uid)
        found = await self.both[who].get(f"{session.id}#{point.number}")
        await self.both[who].change(found, pinned=pinned)

    @rule(line=lines, data=st.data(), who=st.integers(0, 1))
    def delete(self, line: Line, data: st.DataObject, who: int) -> None:
        """Delete one of its own."""
        if line.own:
            point = data.draw(st.sampled_from(line.own))
            session = self.run(self.store.session(line.uid))
            found = self.run(self.both[who].get(f"{session.id}#{point.number}"))
            self.run(self.both[who].delete(found))
            line.own.remove(point)

    @rule(line=lines, keep=st.integers(0, 2), who=st.integers(0, 1))
    def prune(self, line: Line, keep: int, who: int) -> None:
        """Prune the automatic ones."""
        session = self.run(self.store.session(line.uid))
        assert self.run(self.both[who].prune_oldest(session.id, keep)) == line.prune(keep)

    @rule(target=lines, line=lines, data=st.data(), who=st.integers(0, 1))
    def rewind(self, line: Line, data: st.DataObject, who: int) -> Any:
        """Go on from something that it lists."""
        seen = line.seen()
        if not seen:
            return multiple()
        _, point = data.draw(st.sampled_from(seen))
        uid = f"s{len(self.known)}"
        self.run(self._rewind(who, line, point, uid))
        child = Line(uid, line.words[: point.at], line, point.at, begins=point.state)
        child.begin_to_count()
        return self._know(child)

    async def _rewind(self, who: int, line: Line, point: Point, uid: str) -> None:
        session = await self.store.session(line.uid)
        repository = self.both[who]
        (found,) = [c for c in await repository.list_for_session(session.id) if c.number == point.number]
        await verify(repository, self.store, session, found)
        await repository.fork(found, session, uid, uid)

    @rule(target=lines, line=lines, data=st.data())
    def fork(self, line: Line, data: st.DataObject) -> Line:
        """Fork without a checkpoint, mostly at the end."""
        at = data.draw(st.sampled_from([len(line.words)] * 3 + [len(line.words) // 2]))
        uid = f"s{len(self.known)}"
        self.run(branch(self.store, uid, line.uid, at))
        return self._know(Line(uid, line.words[:at], line, at))

    @precondition(lambda self: sum(not each.is_purged for each in self.known) > 2)
    @rule(line=consumes(lines))
    def purge(self, line: Line) -> None:
        """Remove a session for good, seldom enough that something is left."""
        self.run(self.store.purge(line.uid))
        line.is_purged, line.own = True, []

    @invariant()
    def agrees(self) -> None:
        """Every session lists what its model does, each of its own, no number twice; states live as long as needed."""
        self.run(self._compare())

    async def _compare(self) -> None:
        needed: set[str] = set()
        for line in self.known:
            if line.is_purged:
                continue
            found = await self.both[0].list_for_session(line.uid)
            numbers = [each.number for each in found]
            assert len(set(numbers)) == len(numbers), "a number is there twice"
            expected = sorted(line.seen(), key=lambda pair: (pair[1].at, pair[1].number))
            assert [
                (each.number, each.message_index, list(each.triggers), each.pinned, each.is_manual)
                for each in found
            ] == [(p.number, p.at, p.triggers, p.pinned, p.is_manual) for _, p in expected]
            assert [await self.both[1].state_json(each.state) for each in found] == [
                p.state for _, p in expected
            ]
            assert await self.both[1].latest_state(line.uid) == line.state()
            needed |= {p.state for p in line.own} | ({line.begins} if line.begins else set())
        for state in STATES[1:]:
            assert await self._is_kept(state) is (state in needed)

    async def _is_kept(self, state: str) -> bool:
        try:
            await self.records.blob(hashlib.sha256(state.encode()).hexdigest())
        except NotFound:
            return False
        return True


def check(opener: Opener, examples: int, steps: int) -> None:
    class Machine(CheckpointMachine):
        pass

    Machine.open = staticmethod(opener)  # a function, not a method
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    limits = settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.generate],
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=quiet,
    )
    run_state_machine_as_test(Machine, settings=limits)


def in_memory(directory: Path) -> AbstractAsyncContextManager[Store]:
    return memory_store()


def in_a_file(directory: Path) -> AbstractAsyncContextManager[Store]:
    return open_store(directory / "sessions.db")


@pytest.mark.parametrize(("opener", "examples"), [(in_memory, 40), (in_a_file, 4)])
def test_it_behaves_like_plain_lists(opener: Opener, examples: int) -> None:
    check(opener, examples, 30)


@pytest.mark.slow
@pytest.mark.parametrize(("opener", "examples"), [(in_memory, 400), (in_a_file, 40)])
def test_it_behaves_like_plain_lists_for_long(opener: Opener, examples: int) -> None:
    check(opener, examples, 60)
