"""Whatever a person has done, its export brings it back in another store, digest for digest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hfs_checkpoints.checkpoint import Checkpoint
from hfs_checkpoints.repository import NAMESPACE, CheckpointRepository
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import example as known
from hypothesis import strategies as st

from hfs_core.api import (
    JSON,
    Append,
    Change,
    Create,
    Draft,
    Fork,
    Message,
    Session,
    Store,
)

from .conftest import KINDS, Person, other, person_at

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["\0", "\u2028\u2029", "\x1b[31m", "\\u0000", '"},\n{"', "\U0001f600" * 3, "x" * 3000]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11))])
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)
drafts = st.builds(
    Draft,
    st.sampled_from(["user", "assistant", "system", "tool"]),
    texts,
    moments,
    st.sampled_from(["complete", "failed", "interrupted"]),
    st.dictionaries(texts, values, max_size=2),
)
SAY = ("say", 0, [Draft("user", "hello", datetime(2026, 1, 1, tzinfo=UTC))])
TWINS = [("fork", 0, 1), ("fork", 0, 1), ("keep", 1, False, "{}")]
"""Two branches at one place, and a checkpoint there that only one of them has."""
which = st.integers(0, 40)
steps = st.one_of(
    st.tuples(st.just("create"), texts),
    st.tuples(st.just("say"), which, st.lists(drafts, min_size=1, max_size=3)),
    st.tuples(st.just("say"), which, st.lists(drafts, min_size=1, max_size=3)),
    st.tuples(st.just("fork"), which, which),
    st.tuples(st.just("fork"), which, which),
    st.tuples(
        st.just("keep"), which, st.booleans(), st.sampled_from(["{}", '{"run_id": "a"}', '{"run_id": "b"}'])
    ),
    st.tuples(st.just("rewind"), which, which),
    st.tuples(st.just("hide"), which),
    st.tuples(st.just("purge"), which),
)


@dataclass
class Past:
    """Does the steps, each where it can be done."""

    store: Store
    uids: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.repository = CheckpointRepository(self.store.records(NAMESPACE))

    async def do(self, step: tuple[Any, ...]) -> None:
        name, *facts = step
        uid = f"s{next(self.numbers)}"
        if name == "create":
            await self.store.apply(Create(uid, facts[0]))
            self.uids.append(uid)
            return
        living = [each for each in self.uids if each not in self.hidden]
        if not living:
            return
        session = await self.store.session(living[facts[0] % len(living)])
        match name:
            case "say":
                await self.store.apply(*(Append(session.id, draft) for draft in facts[1]))
            case "fork":
                await self.store.apply(
                    Fork(uid, f"branch {uid}", session.id, facts[1] % (session.message_count + 1))
                )
                self.uids.append(uid)
            case "keep":
                made, _ = await self.repository.create(
                    session.id,
                    session.message_count,
                    "run.ended",
                    digest=session.digest,
                    state_json=facts[2],
                    label=f"label {facts[1]}",
                    is_manual=facts[1],
                    run_id=None if facts[1] else "run",
                )
                if facts[1] and not made.pinned:
                    await self.repository.change(made, pinned=True)
            case "rewind":
                listed = await self.repository.list_for_session(session.id)
                if listed:
                    await self.repository.fork(listed[facts[1] % len(listed)], session, uid, f"rewind {uid}")
                    self.uids.append(uid)
            case "hide":
                await self.store.apply(Change(session.id, deleted=True))
                self.hidden.add(session.uid)
            case "purge" if await self.may_go(session):
                await self.store.purge(session.id)
                self.uids.remove(session.uid)

    async def may_go(self, session: Session) -> bool:
        """Tell whether others still see all that they saw: no store tells what is above one that was purged."""
        kept = [await self.store.session(uid) for uid in self.uids]
        above = session.parent.session_id if session.parent else 0
        has_branches = any(each.parent is not None and each.parent.session_id == session.id for each in kept)
        return not has_branches or all(each.id != above for each in kept)


async def picture(store: Store, session: Session) -> JSON:
    """Return all that a person sees of a session."""
    messages = [said(message) for message in await store.messages(session.id)]
    repository = CheckpointRepository(store.records(NAMESPACE))
    kept = [
        [*facts(each), await repository.state_json(each.state)]
        for each in await repository.list_for_session(session.id)
    ]
    origin = await repository.origin(session.id)
    return {
        "digest": session.digest,
        "messages": messages,
        "checkpoints": kept,
        "origin": None if origin is None else [origin.number, origin.message_index, origin.state],
        "state": await repository.latest_state(session.id),
    }


def said(message: Message) -> list[Any]:
    return [
        message.role,
        message.content,
        message.created_at,
        message.status,
        message.metadata,
        message.digest,
    ]


def facts(each: Checkpoint) -> list[Any]:
    return [
        each.number,
        each.message_index,
        each.triggers,
        each.label,
        each.is_manual,
        each.pinned,
        each.digest,
        each.created_at,
        each.run_id,
        each.state,
    ]


async def parents(store: Store, sessions: Mapping[str, Session]) -> dict[str, tuple[str, int]]:
    """Return where each session branched off: below an ancestor that has begun there already."""
    by_id = {session.id: session for session in sessions.values()}
    found = {}
    for uid, session in sessions.items():
        parent = session.parent
        while parent is not None and parent.session_id in by_id:
            above = by_id[parent.session_id].parent
            if above is None or above.at <= session.parent.at:
                break
            parent = above
        if parent is not None and parent.session_id in by_id and session.parent is not None:
            found[uid] = (by_id[parent.session_id].uid, session.parent.at)
    return found


async def compare(here: Person, there: Person, path: Path, *, every: bool) -> None:
    """Look whether what arrived is what left."""
    old, new = await here.listed(deleted=True), await there.listed(deleted=True)
    document = json.loads(await asyncio.to_thread(path.read_text, "utf-8"))
    exports = document.get("sessions", [document])
    shown = {uid for uid, session in old.items() if session.deleted_at is None}
    told = {
        each["session"]["uid"]
        for export in exports
        for each in [export, *export["branches"], *export["lineage"]]
    }
    assert not every or shown <= told
    for uid in shown & told:
        assert new[uid].deleted_at is None
        assert await picture(here.store, old[uid]) == await picture(there.store, new[uid])
    assert all(new[uid].deleted_at is not None for uid in set(new) - shown)
    was, now = await parents(here.store, old), await parents(there.store, new)
    assert all(now.get(uid) == was[uid] for uid in shown & told if uid in was)
    for export in exports:
        parts = [export, *export["branches"]]
        uids = {part["session"]["uid"] for part in [*parts, *export["lineage"]]}
        written = sum(len(part["messages"]) for part in parts)
        assert written <= len(await everybody(here.store, [old[uid] for uid in uids if uid in old]))


async def everybody(store: Store, sessions: Iterable[Session]) -> set[tuple[int, str]]:
    return {(message.session_id, message.digest) for s in sessions for message in await store.messages(s.id)}


async def clear(person: Person) -> None:
    for session in await person.everything():
        await person.store.purge(session.id)


async def example(
    here: Person, there: Person, done: list[tuple[Any, ...]], *, every: bool, folder: Path
) -> None:
    await clear(here)
    await clear(there)
    past = Past(here.store)
    await past.do(("create", "first"))
    for step in done:
        await past.do(step)
    living = [uid for uid in past.uids if uid not in past.hidden]
    if not living:
        return
    path = folder / "out.json"
    what = "--all" if every else f"--session {living[len(done) % len(living)]}"
    await here.run(f"export json {path} --force {what}")
    await there.run(f"import {path}")
    await compare(here, there, path, every=every)
    back = folder / "back.json"
    await there.run(f"export json {back} --force --all")
    for person, came in ((there, path), (there, back), (here, path), (here, back)):
        before = await person.everything()
        answer = await person.run(f"import {came}")
        assert answer.ok
        assert await person.everything() == before


def check(tmp_path: Path, kind: str, examples: int) -> None:
    """Let hypothesis look for a past that does not come back."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        here, there = (
            runner.run(stack.enter_async_context(person_at(made(tmp_path / name), store)))
            for name, store in (("here", kind), ("there", other(kind)))
        )
        quick = [Phase.explicit, Phase.generate] + ([Phase.shrink] if examples > 100 else [])

        @settings(
            max_examples=examples,
            deadline=None,
            phases=quick,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @known(done=[*TWINS, ("purge", 0)], every=False)
        @known(done=[SAY, *TWINS, ("purge", 0)], every=False)
        @known(done=[SAY, *TWINS, ("purge", 0)], every=True)
        @known(done=[SAY, SAY, ("fork", 0, 1), ("hide", 0)], every=False)
        @given(done=st.lists(steps, max_size=14), every=st.booleans())
        def holds(done: list[tuple[Any, ...]], every: bool) -> None:
            runner.run(example(here, there, done, every=every, folder=tmp_path))

        try:
            holds()
        finally:
            runner.run(stack.aclose())


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_any_past_comes_back_in_the_other_store(tmp_path: Path, kind: str) -> None:
    check(tmp_path, kind, 25)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_pasts_come_back_in_the_other_store(tmp_path: Path, kind: str) -> None:
    check(tmp_path, kind, 400)
