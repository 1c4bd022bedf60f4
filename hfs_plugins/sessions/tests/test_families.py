"""The tree of sessions, for any family."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hfs_sessions import families
from hfs_sessions.families import grown, origins_of
from hypothesis import given
from hypothesis import strategies as st

from hfs_core.api import EMPTY_DIGEST, EPOCH, Change, Parent, Row, Session, Table

from .conftest import Start

Sketch = list[tuple[int | None, int, bool]]


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """Sessions, oldest first: the place of the parent (None: purged or none), when last active, whether listed."""
    sketch: Sketch = []
    for place in range(draw(st.integers(0, 25))):
        parent = draw(st.none() | st.integers(0, place - 1)) if place else None
        sketch.append((parent, draw(st.integers(0, 5)), draw(st.booleans())))
    return sketch


def made(sketch: Sketch) -> list[Session]:
    return [
        Session(
            place + 1,
            f"u{place}",
            f"s{place}",
            None if parent is None else Parent(parent + 1, 0),
            0,
            EMPTY_DIGEST,
            EPOCH,
            EPOCH + timedelta(seconds=seconds),
        )
        for place, (parent, seconds, _) in enumerate(sketch)
    ]


def row_of(session: Session, below: tuple[Row, ...]) -> Row:
    return Row({"id": session.id}, children=below)


@given(sketches())
def test_every_session_is_there_once_under_its_parent_and_the_last_active_come_first(sketch: Sketch) -> None:
    everyone = {session.id: session for session in made(sketch)}
    listed = [
        session for session, (_, _, is_listed) in zip(everyone.values(), sketch, strict=True) if is_listed
    ]
    listed.sort(key=lambda session: (session.updated_at, session.id), reverse=True)
    needed: dict[int, Session] = {}
    for session in listed:
        step = session
        while step.parent is not None:
            step = everyone[step.parent.session_id]
            needed[step.id] = step
    origins = [session for session_id, session in needed.items() if session not in listed]
    table = Table((), grown(listed, origins, row_of))

    ids = [row.values["id"] for _, row in table.walk()]
    assert sorted(ids) == sorted({*(session.id for session in listed), *needed})

    def latest(row: Row) -> tuple[object, ...]:
        """When the row's listed sessions were last active, by another way than the code under test."""
        inside = [one.values["id"] for _, one in Table((), (row,)).walk()]
        return max((everyone[one].updated_at, one) for one in inside if everyone[one] in listed)

    waiting: list[tuple[int | None, tuple[Row, ...]]] = [(None, table.rows)]
    while waiting:
        parent, siblings = waiting.pop()
        moments = [latest(row) for row in siblings]
        assert moments == sorted(moments, reverse=True)
        for row in siblings:
            session = everyone[row.values["id"]]
            assert (session.parent.session_id if session.parent else None) == parent
            waiting.append((session.id, row.children))


def test_what_hangs_on_a_purged_session_hangs_on_nothing() -> None:
    first, second = made([(None, 0, True), (0, 1, True)])
    table = Table((), grown([second], [], row_of))
    assert [row.values["id"] for row in table.rows] == [second.id]
    assert [row.values["id"] for row in grown([first], [], row_of)] == [first.id]


@pytest.mark.parametrize("lookups", [0, 1, 100])
async def test_origins_are_found_one_by_one_or_all_at_once(
    start: Start, monkeypatch: pytest.MonkeyPatch, lookups: int
) -> None:
    monkeypatch.setattr(families, "LOOKUPS", lookups)
    async with start() as person:
        root = await person.make("root", "one")
        middle = await person.branch("middle", root, 1)
        listed = await person.branch("listed", middle, 1)
        leaf = await person.branch("leaf", listed, 1)
        twin = await person.branch("twin", middle, 1)
        await person.branch("not asked for", root, 1)
        purged = await person.make("purged", "one")
        orphan = await person.branch("orphan", purged, 1)
        store = person.host.store
        await store.apply(Change(middle.id, deleted=True))
        await store.purge(purged.id)
        found = await origins_of([orphan, twin, leaf, listed], store)
        assert sorted(session.name for session in found) == ["middle", "root"]
        assert await origins_of([root, orphan], store) == []


async def test_a_few_origins_cost_a_few_reads(start: Start) -> None:
    async with start() as person:
        root = await person.make("root", "one")
        twigs = [await person.branch(f"twig {n}", root, 1) for n in range(5)]
        reads: list[object] = []

        class Counting:
            async def session(self, ref: int | str) -> Session:
                reads.append(ref)
                return await person.host.store.session(ref)

        await origins_of(twigs, Counting())  # type: ignore[arg-type] # all that is asked of it
    assert reads == [root.id]
