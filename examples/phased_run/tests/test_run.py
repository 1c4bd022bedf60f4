"""What a run keeps and tells: in order, whole, and never left as if it went on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hfs_core.api import (
    Agent,
    AgentStatus,
    CommandError,
    Contest,
    Draft,
    HfsEvent,
    MessageAdded,
    MessageRejected,
    ModelError,
    Reject,
    Request,
    RunEnded,
    RunSnapshot,
    SessionBusy,
    Status,
    Triad,
    Usage,
    UsageError,
    hookimpl,
)
from hfs_core.testing import ScriptedModel, in_process

from .conftest import Person, Start

USAGE = Usage(10, 5)
REPLIES = (
    ("A draft.", USAGE),
    ("It lacks a point.", USAGE),
    ("Critic: it saw what is missing, the author did not.", USAGE),
    ("A final text.", USAGE),
)
ORDER = [
    "session.created",
    "message.added",
    "session.resumed",
    "run.started",
    "phase.started",
    "agent.started",
    "message.added",
    "usage.recorded",
    "agent.ended",
    "agent.started",
    "message.added",
    "usage.recorded",
    "agent.ended",
    "phase.ended",
    "phase.started",
    "negotiation.claimed",
    "negotiation.claimed",
    "negotiation.contested",
    "message.added",
    "usage.recorded",
    "negotiation.resolved",
    "agent.started",
    "message.added",
    "usage.recorded",
    "agent.ended",
    "phase.ended",
    "run.ended",
]
OTHERS = ("message.delta", "plugin.state", "checkpoint.created")


async def test_a_run_is_told_in_the_order_on_which_checkpoints_rely(start: Start) -> None:
    async with start(ScriptedModel(*REPLIES)) as person:
        assert (
            await person.told("phased tea")
            == "The critic had the last word; what was said is kept in session 1."
        )
        assert person.happened(*OTHERS) == ORDER
        run_ids = {
            event.run_id for event in person.events if event.event_type not in (*OTHERS, "session.resumed")
        }
        assert len(run_ids - {None}) == 1
        assert [event.run_id for event in person.events if event.event_type == "session.created"] != [None]


async def test_the_end_of_a_run_is_heard_once_with_its_last_state(start: Start) -> None:
    heard_of: list[RunSnapshot] = []

    class Witness:
        @hookimpl
        def on_run_complete(self, run_snapshot: RunSnapshot) -> None:
            heard_of.append(run_snapshot)

    async with start(ScriptedModel(*REPLIES), in_process("witness", Witness)) as person:
        await person.run("phased tea")
        state = person.host.state.get_snapshot(person.session_id)
    assert heard_of == [state]


async def test_every_event_says_where_it_happened(start: Start) -> None:
    async with start(ScriptedModel(*REPLIES)) as person:
        await person.run("phased tea")
        kept = await person.messages()
        digests = {message.index + 1: message.digest for message in kept}
        told = [event for event in person.events if event.event_type not in OTHERS]
        assert [event.digest for event in told] == [digests[event.message_index] for event in told]
        places = {
            event_type: [event.message_index for event in told if event.event_type == event_type]
            for event_type in ("phase.ended", "negotiation.resolved", "run.ended", "message.added")
        }
        assert places == {
            "phase.ended": [3, 5],
            "negotiation.resolved": [4],
            "run.ended": [5],
            "message.added": [1, 2, 3, 4, 5],
        }
        assert [event.message.index for event in told if isinstance(event, MessageAdded)] == [0, 1, 2, 3, 4]


async def test_the_state_holds_agents_negotiation_usage_and_timeline(start: Start) -> None:
    async with start(ScriptedModel(*REPLIES)) as person:
        await person.run("phased tea")
        state = person.host.state.get_snapshot(person.session_id)
        assert state is not None
        done = AgentStatus.COMPLETE
        agents = (Agent("author-1", "author", done), Agent("critic-1", "critic", done))
        assert state.agent_tree == (Triad("writers", "author-critic", agents),)
        (section,) = state.negotiation.sections
        both = ("author-1", "critic-1")
        assert (section.section_name, section.status, section.owner) == ("last word", "resolved", "critic-1")
        assert section.contest_history == (Contest(1, both), Contest(1, both, "critic-1", "arbiter"))
        assert (state.negotiation.round, state.negotiation.temperature) == (1, 0.0)
        assert state.usage.total_tokens == 60
        assert dict(state.usage.by_phase) == {"draft": 30, "revision": 30}
        assert dict(state.usage.by_agent) == {"author-1": 15, "critic-1": 30}  # the arbiter is no agent
        assert [phase.phase_name for phase in state.timeline] == ["Draft and criticism", "The last word"]
        assert all(phase.ended_at is not None for phase in state.timeline)


async def test_the_model_is_asked_with_all_that_was_said_before(start: Start) -> None:
    model = ScriptedModel("Hello.", *REPLIES)
    async with start(model) as person:
        person.session_id = (await person.host.engine.send("hi")).session.id
        await person.run("phased tea & {braces}")
        assert [message.content for message in await person.messages()] == [
            "hi",
            "Hello.",
            "tea & {braces}",
            *(text for text, _ in REPLIES),
        ]
        final = model.requests[-1]
        assert [message.content for message in final.messages[1:-1]] == [
            message.content for message in (await person.messages())[:-1]
        ]
        assert final.messages[0].content.startswith("You are the critic.")
        assert (
            final.messages[-1].content == "You have the last word. Write the final text about: tea & {braces}"
        )
        assert person.progress == [f"the {role} speaks" for role in ("author", "critic", "arbiter", "critic")]


async def test_where_the_arbiter_names_nobody_the_critic_concedes(start: Start) -> None:
    async with start(ScriptedModel(*REPLIES[:2], "Neither.", "A final text.")) as person:
        assert (await person.told("phased tea")).startswith("The author had the last word")
        state = person.host.state.get_snapshot(person.session_id)
        assert state is not None
        assert state.negotiation.sections[0].contest_history[-1].resolution_type == "concede"


def ended(person: Person) -> RunEnded:
    """The end of the only run."""
    (event,) = (event for event in person.events if isinstance(event, RunEnded))
    assert person.events.index(event) == max(
        index for index, each in enumerate(person.events) if each.event_type not in OTHERS
    )
    return event


def is_left_working(person: Person) -> bool:
    """Whether an agent or a phase is still under way."""
    state = person.host.state.get_snapshot(person.session_id)
    assert state is not None
    working = [agent for triad in state.agent_tree for agent in triad.agents if agent.status != "complete"]
    return bool(working) or any(phase.ended_at is None for phase in state.timeline)


async def test_a_failing_model_ends_the_run_and_the_words_that_came_are_kept(start: Start) -> None:
    error = ModelError("the line went dead", model="scripted/any")
    async with start(ScriptedModel("A draft.", ("It lacks", error))) as person:
        result = await person.run("phased tea")
        assert not result.ok
        assert "The run failed: the line went dead; " in str(result.parts[0])
        *_, last = await person.messages()
        assert (last.content, last.status) == ("It lacks", Status.FAILED)
        assert last.metadata["error"] == "the line went dead"
        assert ended(person).status == Status.FAILED
        assert "error.occurred" in person.happened()
        assert not is_left_working(person)
        assert (await person.host.engine.send("and now?", session_id=person.session_id)).status == "failed"


async def test_a_provider_that_raises_what_it_should_not_fails_the_run_and_not_the_plugin(
    start: Start,
) -> None:
    async with start(ScriptedModel((RuntimeError("oops"),), *REPLIES)) as person:
        assert "failed: RuntimeError: oops" in await person.told("phased tea")
        assert [message.content for message in await person.messages()] == ["tea"]
        assert ended(person).message_index == 1
        assert person.host.plugins.entries["phased_run"].state == "active"


async def test_a_run_that_is_interrupted_keeps_the_words_that_came(start: Start) -> None:
    model = ScriptedModel("A draft.", ("It lacks", asyncio.Event()))
    async with start(model) as person:
        running = asyncio.create_task(person.run("phased tea"))
        await model.wait_for_requests(2)
        await heard(person, "message.delta", 2)
        assert person.session_id is not None
        assert person.host.engine.is_running(person.session_id)
        for _ in range(3):  # a person may press Esc more than once
            assert person.host.engine.interrupt(person.session_id)
        result = await running
        assert not result.ok
        assert "The run was stopped; what was said is kept in session 1." in str(result.parts[0])
        *_, last = await person.messages()
        assert (last.content, last.status) == ("It lacks", Status.INTERRUPTED)
        assert ended(person).status == Status.INTERRUPTED
        assert not is_left_working(person)
        assert not person.host.engine.is_running(person.session_id)
        assert not await person.host.engine.is_answering(person.session_id)


@pytest.mark.parametrize("cancels", [1, 2])
async def test_a_command_that_is_cancelled_ends_its_run(start: Start, cancels: int) -> None:
    model = ScriptedModel("A draft.", ("It lacks", asyncio.Event()))
    async with start(model) as person:
        running = asyncio.create_task(person.run("phased tea"))
        await heard(person, "message.delta", 2)
        for _ in range(cancels):
            running.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await running
        if cancels == 1:  # who insists need not wait for the end
            assert "run.ended" in person.happened()
        await heard(person, "run.ended")
        assert (await person.messages())[-1].content == "It lacks"
        assert ended(person).status == Status.INTERRUPTED
        assert not is_left_working(person)


async def test_the_end_of_hfs_ends_the_run(start: Start) -> None:
    model = ScriptedModel("A draft.", ("It lacks", asyncio.Event()))
    async with start(model) as person:
        running = asyncio.create_task(person.run("phased tea"))
        await heard(person, "message.delta", 2)
    assert not (await running).ok
    assert ended(person).status == Status.INTERRUPTED
    async with start(model) as later:
        later.session_id = person.session_id
        assert [message.status for message in await later.messages()] == [
            "complete",
            "complete",
            "interrupted",
        ]


async def test_one_run_at_a_time_in_a_session(start: Start) -> None:
    model = ScriptedModel("Hello.", ("A draft.", asyncio.Event()))
    async with start(model) as person:
        person.session_id = (await person.host.engine.send("hi")).session.id
        running = asyncio.create_task(person.run("phased tea"))
        await model.wait_for_requests(2)
        with pytest.raises(SessionBusy, match="session 1 is answering: wait, or interrupt it"):
            await person.run("phased coffee")
        with pytest.raises(SessionBusy):
            await person.host.engine.send("what?", session_id=person.session_id)
        with pytest.raises(CommandError, match="is getting an answer"):
            await person.run("rewind 1")
        person.host.engine.interrupt(person.session_id)
        await running
        assert [message.content for message in await person.messages()] == ["hi", "Hello.", "tea", "A draft."]
        assert person.host.plugins.entries["phased_run"].state == "active"


async def test_other_plugins_have_their_look_at_what_is_kept_and_what_the_model_sees(start: Start) -> None:
    class Filter:
        @hookimpl
        def on_message(self, message: Draft) -> Draft | Reject:
            if "secret" in message.content:
                return Reject("it is a secret")
            return replace(message, content=message.content.replace("tea", "coffee"))

        @hookimpl
        def before_send(self, request: Request) -> Request:
            return replace(request, options={"temperature": 0})

    model = ScriptedModel("A draft about tea.", *REPLIES[1:])
    async with start(model, in_process("filter", Filter)) as person:
        with pytest.raises(MessageRejected, match="it is a secret"):
            await person.run("phased a secret")
        assert await person.host.store.sessions() == []
        await person.run("phased tea")
        assert [message.content for message in await person.messages()][:2] == [
            "coffee",
            "A draft about coffee.",
        ]
        assert {request.options["temperature"] for request in model.requests} == {0}
        with pytest.raises(MessageRejected, match="it is a secret"):
            await person.run("phased another secret")
        assert len(await person.messages()) == 5


async def test_bad_calls_keep_nothing(start: Start) -> None:
    async with start(ScriptedModel(*REPLIES)) as person:
        for line in ("phased", "phased ' '"):
            with pytest.raises(UsageError, match="say what they are to work on"):
                await person.run(line)
        assert await person.host.store.sessions() == []
        assert await person.told("phased \udce4") != ""
        assert (await person.messages())[0].content == "\ufffd"


async def heard(person: Person, event_type: str, count: int = 1) -> None:
    """Return once that has happened so often."""
    changed = asyncio.Event()

    def hear(event: HfsEvent) -> None:
        changed.set()

    person.host.bus.listen(hear)
    async with asyncio.timeout(10):
        while person.happened().count(event_type) < count:
            changed.clear()
            await changed.wait()
