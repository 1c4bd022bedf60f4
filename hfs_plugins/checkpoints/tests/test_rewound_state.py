"""What `/rewind` brings back beside the words: the state of the agents, also after a restart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hfs_core.api import Notice, PhaseEnded, PhaseStarted, RunSnapshot

from .conftest import Emitter, Person, Start


async def staged(start: Start, person: Person, emitter: Emitter) -> list[RunSnapshot]:
    """Have two runs with a phase each; return the states that their checkpoints hold."""
    for number, text in enumerate(("one", "two"), 1):
        await person.say(text)
        about: dict[str, Any] = {"session_id": person.session_id, "run_id": f"agents {number}"}
        heard = await person.host.bus.subscribe("checkpoint.created")
        await emitter.context.emit(PhaseStarted(phase_id=f"p{number}", phase_name="plan", **about))
        await emitter.context.emit(PhaseEnded(phase_id=f"p{number}", duration_ms=number, **about))
        async with asyncio.timeout(10):
            await anext(heard)
        await person.host.bus.unsubscribe(heard)
    kept = await person.repository.list_for_session(person.session_id or 0)
    assert [(each.number, each.message_index) for each in kept] == [(1, 2), (2, 2), (3, 4), (4, 4)]
    return [RunSnapshot.from_json(await person.repository.state_json(each.state)) for each in kept]


async def test_the_state_of_the_agents_comes_back(start: Start) -> None:
    emitter = Emitter()
    async with start(emitter.info) as person:
        states = await staged(start, person, emitter)
        parent = person.session_id
        last = person.host.state.get_snapshot(parent)
        for number, state in enumerate(states, 1):
            person.session_id = parent
            await person.run(f"rewind {number}")
            assert person.host.state.get_snapshot(person.session_id) == state
            assert person.host.state.get_snapshot(parent) == last
        assert [[phase.phase_id for phase in state.timeline] for state in states] == [[], ["p1"], [], ["p2"]]


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
@pytest.mark.parametrize("gone", ["nothing", "the checkpoint", "the parent"])
async def test_the_state_of_the_agents_survives_a_restart(start: Start, gone: str) -> None:
    """Also where the checkpoint that it came from is not there any more, or its whole session."""
    emitter = Emitter()
    async with start(emitter.info) as person:
        states = await staged(start, person, emitter)
        parent = person.session_id
        assert parent is not None
        await person.run("rewind 2")
        child = person.session_id
        assert child is not None
        if gone == "the checkpoint":
            person.session_id = parent
            await person.run("checkpoint delete 2")
            await person.repository.prune_oldest(parent, 0)
        elif gone == "the parent":
            await person.host.sessions.purge(parent)
    async with start() as person:
        assert person.host.state.get_snapshot(child) is None
        await person.host.sessions.resume(child)
    assert person.host.state.get_snapshot(child) == states[1]
    async with start() as person:
        person.session_id = child
        await person.run("checkpoint")
        kept = (await person.repository.list_for_session(child))[-1]
        assert await person.repository.state_json(kept.state) == states[1].to_json()


async def test_a_state_of_a_newer_hfs_is_left_out_and_said_so(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        session = await person.session()
        text = '{"run_id": "x", "version": 99, "something": "new"}'
        await person.repository.create(
            session.id, 2, "manual", digest=session.digest, state_json=text, is_manual=True
        )
        _, notice = (await person.run("rewind 2")).parts
        assert isinstance(notice, Notice)
        assert notice.level == "warning"
        assert "could not be brought back: it was written by another version of HFS" in notice.text
        assert person.host.state.get_snapshot(person.session_id) is None
        assert await person.texts() == ["one", "ok"]
