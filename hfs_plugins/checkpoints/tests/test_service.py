"""Checkpoints that keep themselves, in a running HFS."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hfs_checkpoints.repository import CheckpointRepository

from hfs_core.api import (
    CheckpointCreated,
    CheckpointRequested,
    CommandError,
    HfsEvent,
    MessageAdded,
    NegotiationClaimed,
    NegotiationResolved,
    PhaseEnded,
    PhaseStarted,
    RunSnapshot,
    Status,
)
from hfs_core.plugins.registry import PluginState
from hfs_core.testing import ScriptedModel

from .conftest import Emitter, Person, Start


def write_config(tmp_path: Path, text: str) -> None:
    home = tmp_path / "home"
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yaml").write_text(text)


async def heard(person: Person, pattern: str, work: Any) -> list[HfsEvent]:
    """Do some work, and return the events that it caused."""
    told = await person.host.bus.subscribe(pattern)
    await work
    await person.host.bus.unsubscribe(told)
    return [event async for event in told]


async def test_three_runs_are_three_checkpoints_that_keep_the_replies(start: Start) -> None:
    async with start() as person:
        added = await person.host.bus.subscribe("message.added")
        events = await heard(person, "checkpoint.created", person.say("one", "two", "three"))
        await person.host.bus.unsubscribe(added)
        digests = [e.message.digest async for e in added if isinstance(e, MessageAdded)]
        assert person.session_id is not None
        kept = await person.repository.list_for_session(person.session_id)
        assert [(each.number, each.message_index, each.triggers) for each in kept] == [
            (1, 2, ("run.ended",)),
            (2, 4, ("run.ended",)),
            (3, 6, ("run.ended",)),
        ]
        assert [each.digest for each in kept] == digests[1::2]
        messages = await person.host.store.messages(person.session_id)
        assert [each.digest for each in kept] == [message.digest for message in messages[1::2]]
        assert [messages[each.message_index - 1].role for each in kept] == ["assistant"] * 3
        assert not any(each.stays or each.label for each in kept)
        states = [RunSnapshot.from_json(await person.repository.state_json(each.state)) for each in kept]
        assert [state.run_id for state in states] == [each.run_id for each in kept]
        assert len({each.run_id for each in kept}) == 3
        assert [
            (e.number, e.session_id, e.message_index, e.digest, e.run_id)
            for e in events
            if isinstance(e, CheckpointCreated)
        ] == [(c.number, c.session_id, c.message_index, c.digest, c.run_id) for c in kept]


async def test_what_was_published_is_kept_though_hfs_ends_at_once(start: Start, kind: str) -> None:
    async with start() as person:
        run = await person.host.engine.send("one")
        store = person.host.store
    if kind == "sqlite_store":
        async with start() as person:
            person.session_id = run.session.id
            assert await person.listed() == [(1, 2)]
    else:
        kept = await CheckpointRepository(store.records("plugin.checkpoints")).list_for_session(
            run.session.id
        )
        assert len(kept) == 1


async def test_start_and_stop_leave_no_task_and_no_subscription(start: Start) -> None:
    before = asyncio.all_tasks()
    async with start() as person:
        idle = set(person.host.bus._subscriptions)
        await person.say("one")
        await person.run("checkpoint")
        assert set(person.host.bus._subscriptions) == idle
        bus = person.host.bus
    assert asyncio.all_tasks() == before
    assert bus._subscriptions == []


async def test_the_triggers_are_those_of_the_settings(start: Start, tmp_path: Path) -> None:
    write_config(tmp_path, "plugins: {checkpoints: {triggers: [phase.ended]}}")
    emitter = Emitter()
    async with start(emitter.info) as person:
        run = await person.host.engine.send("one")
        person.session_id = run.session.id
        about: dict[str, Any] = {"session_id": run.session.id, "run_id": "mine"}
        work = emitter.context.emit(PhaseEnded(phase_id="p", phase_name="plan", duration_ms=1, **about))
        told = await person.host.bus.subscribe("checkpoint.created")
        await work
        async with asyncio.timeout(10):
            await anext(told)
        kept = await person.repository.list_for_session(run.session.id)
        assert [(each.triggers, each.message_index) for each in kept] == [(("phase.ended",), 2)]


@pytest.mark.parametrize("kind", ["memory"], indirect=True)
@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("[checkpoint.created]", "'checkpoint.created' cannot be a trigger"),
        ("[message.delta]", "triggers: 'message.delta' cannot be a trigger"),
        ("['']", "'' cannot be a trigger"),
        ("run.ended", "triggers: it must be a list, such as [run.ended]"),
        ("[7]", "triggers"),
    ],
)
async def test_wrong_triggers_name_themselves_and_the_chat_goes_on(
    start: Start, tmp_path: Path, value: str, named: str
) -> None:
    write_config(tmp_path, f"plugins: {{checkpoints: {{triggers: {value}}}}}")
    async with start() as person:
        run = await person.host.engine.send("one")
        person.session_id = run.session.id
        assert run.status is Status.COMPLETE
        with pytest.raises(CommandError):
            await person.run("checkpoints")
        entry = person.host.plugins.entries["checkpoints"]
        assert entry.state is PluginState.MISCONFIGURED
        assert named in entry.reason


async def test_no_triggers_keep_only_what_is_asked_for(start: Start, tmp_path: Path) -> None:
    write_config(tmp_path, "plugins: {checkpoints: {triggers: []}}")
    async with start() as person:
        person.session_id = (await person.host.engine.send("one")).session.id
        assert await person.told("checkpoint") == (
            "Checkpoint created at message #2. `rewind 1` goes back to it."
        )
        assert await person.listed() == [(1, 2)]


async def test_the_retention_is_the_one_in_force_at_that_moment(start: Start) -> None:
    async with start() as person:
        person.host.settings.write("checkpoint_retention", 3)
        await person.say("one", "two", "three", "four")
        assert await person.listed() == [(2, 4), (3, 6), (4, 8)]
        person.host.settings.write("checkpoint_retention", 1)
        assert len(await person.listed()) == 3
        await person.run("checkpoint by hand")
        await person.say("five")
        assert await person.listed() == [(5, 8), (6, 10)]
        for wrong in (0, -1, "many"):
            with pytest.raises(Exception, match="checkpoint_retention"):
                person.host.settings.write("checkpoint_retention", wrong)
        person.host.settings.write("checkpoint_retention", 10)
        await person.say("six")
        assert await person.listed() == [(5, 8), (6, 10), (7, 12)]


async def test_events_of_no_session_keep_nothing(start: Start) -> None:
    emitter = Emitter()
    async with start(emitter.info) as person:
        await person.say("one")
        events = [PhaseEnded(phase_id="p", phase_name="p", duration_ms=1), CheckpointRequested(label="x")]
        for event in events:
            await emitter.context.emit(event)
        await person.say("two")
        assert await person.listed() == [(1, 2), (2, 4)]
        with pytest.raises(CommandError, match="there is no session yet"):
            await Person(person.host).run("checkpoints")


async def test_a_plugin_asks_for_one_and_hears_of_it(start: Start) -> None:
    emitter = Emitter()
    async with start(emitter.info) as person:
        await person.say("one")
        label = "  before \n the\x07refactor \ud800 " + "x" * 300
        told = await person.host.bus.subscribe("checkpoint.created")
        await emitter.context.emit(CheckpointRequested(session_id=person.session_id, label=label))
        async with asyncio.timeout(10):
            created = await anext(told)
        await emitter.context.emit(HfsEvent(event_type="checkpoint.request", session_id=person.session_id))
        await person.say("two")
        kept = await person.repository.list_for_session(person.session_id or 0)
        assert [(each.number, each.message_index, each.triggers) for each in kept] == [
            (1, 2, ("run.ended",)),
            (2, 2, ("checkpoint.request",)),
            (3, 4, ("run.ended",)),
        ]
        assert kept[1].label.startswith("before the refactor \ufffd xxx")
        assert len(kept[1].label) == 200
        assert kept[0].digest == kept[1].digest
        assert isinstance(created, CheckpointCreated)
        assert (created.number, created.message_index, created.label) == (2, 2, kept[1].label)
    types = [event.event_type for event in emitter.heard]
    assert types.count("checkpoint.created") == 3


async def test_the_triggers_of_a_run_are_one_checkpoint_with_its_last_state(start: Start) -> None:
    emitter = Emitter()
    gate = asyncio.Event()
    model = ScriptedModel("first", ["half ", gate, "whole"])
    async with start(emitter.info, model=model) as person:
        await person.say("one")
        sending = asyncio.create_task(person.host.engine.send("two", session_id=person.session_id))
        await model.wait_for_requests(2)
        run_id = model.requests[-1].run_id
        about: dict[str, Any] = {"session_id": person.session_id, "run_id": run_id}
        for phase in ("plan", "write"):
            await emitter.context.emit(PhaseStarted(phase_id=phase, phase_name=phase, **about))
            section: dict[str, Any] = {"section_name": "intro", "claimants": ("a", "b")}
            await emitter.context.emit(NegotiationClaimed(**section, **about))
            await emitter.context.emit(
                NegotiationResolved(winner="a", resolution_type="concede", **section, **about)
            )
            await emitter.context.emit(PhaseEnded(phase_id=phase, phase_name=phase, duration_ms=5, **about))
        gate.set()
        await sending
        await person.say("three")
        kept = await person.repository.list_for_session(person.session_id or 0)
        assert [(each.number, each.message_index, each.triggers) for each in kept] == [
            (1, 2, ("run.ended",)),
            (2, 3, ("negotiation.resolved", "phase.ended")),
            (3, 4, ("run.ended",)),
            (4, 6, ("run.ended",)),
        ]
        state = RunSnapshot.from_json(await person.repository.state_json(kept[1].state))
        assert [phase.phase_name for phase in state.timeline] == ["plan", "write"]
        assert all(phase.ended_at for phase in state.timeline)
        assert state.negotiation.sections[0].owner == "a"
