"""With the checkpoints of HFS: every phase and the negotiation are points to go back to, agents and all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hfs_core.api import RunSnapshot, SwitchTo, Timeline
from hfs_core.testing import ScriptedModel

from .conftest import Person, Start

REPLIES = ("A draft.", "It lacks a point.", "The critic.", "A final text.")


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Return once it holds: plugins hear of what happened off the run's path."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 # what plugins have heard has no event
            await asyncio.sleep(0.005)


async def points(person: Person, triggers: int) -> list[dict[str, Any]]:
    """The points of the session, once so many triggers were taken in."""
    found: list[dict[str, Any]] = []

    async def are_all_there() -> bool:
        (timeline,) = (await person.run("checkpoints")).parts
        assert isinstance(timeline, Timeline)
        found[:] = [dict(point.values) for point in timeline.points]
        return sum(len(point["triggers"]) for point in found) >= triggers

    await until(are_all_there)
    return found


async def rewind(person: Person, number: int) -> None:
    (effect,) = (await person.run(f"rewind {number}")).effects
    assert isinstance(effect, SwitchTo)
    assert effect.session_id is not None
    person.session_id = (await person.host.sessions.resume(effect.session_id)).id


def states(person: Person) -> dict[int, RunSnapshot]:
    """The state at each point, as the event said it that the point was made for."""
    triggers = ("phase.ended", "negotiation.resolved", "run.ended")
    return {
        event.message_index: event.snapshot
        for event in person.events
        if event.event_type in triggers and event.snapshot is not None
    }


async def test_a_phased_run_has_points_at_its_phases_its_negotiation_and_its_end(start: Start) -> None:
    async with start(ScriptedModel(*REPLIES)) as person:
        await person.run("phased tea")
        found = await points(person, 4)
        assert [(point["number"], point["message_index"], point["triggers"]) for point in found] == [
            (1, 3, ["phase.ended"]),
            (2, 4, ["negotiation.resolved"]),
            (3, 5, ["phase.ended", "run.ended"]),
        ]


async def test_three_plain_runs_have_three_points_and_no_phase(start: Start) -> None:
    async with start(ScriptedModel("ok")) as person:
        for text in ("one", "two", "three"):
            person.session_id = (await person.host.engine.send(text, session_id=person.session_id)).session.id
        found = await points(person, 3)
        assert [(point["message_index"], point["triggers"]) for point in found] == [
            (2, ["run.ended"]),
            (4, ["run.ended"]),
            (6, ["run.ended"]),
        ]
        state = person.host.state.get_snapshot(person.session_id)
        assert state is not None
        assert (state.timeline, state.agent_tree, state.negotiation.sections) == ((), (), ())


async def test_a_rewind_brings_the_agents_back_as_they_were_also_after_a_restart(start: Start) -> None:
    model = ScriptedModel(*REPLIES)
    async with start(model) as person:
        await person.run("phased tea")
        await points(person, 4)
        before = states(person)
        origin = person.session_id
        rewound = {}
        for number, position in ((1, 3), (2, 4), (3, 5)):
            person.session_id = origin
            await rewind(person, number)
            assert person.session_id is not None
            rewound[person.session_id] = before[position]
            assert person.host.state.get_snapshot(person.session_id) == before[position]
            assert len(await person.messages()) == position
        assert len({state.to_json() for state in before.values()}) == 3
        rewound_to_first = before[3]
        assert [phase.phase_id for phase in rewound_to_first.timeline] == ["draft"]
        assert rewound_to_first.negotiation.sections == ()

    async with start(model) as later:
        for session_id, state in rewound.items():
            assert later.host.state.get_snapshot(session_id) is None
            await later.host.sessions.resume(session_id)

            async def is_back(session_id: int = session_id) -> bool:
                return later.host.state.get_snapshot(session_id) is not None

            await until(is_back)
            assert later.host.state.get_snapshot(session_id) == state
