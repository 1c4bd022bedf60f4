"""The bus tells in order, by pattern, and drops only deltas."""

from __future__ import annotations

import asyncio

from hfs_core.api import EventBus, MessageDelta, RunEnded, RunStarted, StateManager


def bus() -> EventBus:
    return EventBus(StateManager())


async def test_a_pattern_is_a_glob_over_the_type() -> None:
    events = bus()
    runs, all_events = await events.subscribe("run.*"), await events.subscribe()
    await events.emit(RunStarted(run_id="a", session_id=1))
    await events.emit(MessageDelta(run_id="a", text="x"))
    await events.emit(RunEnded(run_id="a", session_id=1))
    assert [(await anext(runs)).event_type for _ in range(2)] == ["run.started", "run.ended"]
    assert [(await anext(all_events)).event_type for _ in range(3)] == [
        "run.started",
        "message.delta",
        "run.ended",
    ]


async def test_deltas_that_wait_together_are_told_as_one_and_lose_nothing() -> None:
    events = bus()
    stream = await events.subscribe("*", limit=4)
    for word in ("a", "b", "c", "d", "e", "f"):
        await events.emit(MessageDelta(run_id="r", text=word))
    event = await anext(stream)
    assert isinstance(event, MessageDelta)
    assert (event.text, stream.dropped) == ("abcdef", 0)


async def test_past_the_limit_only_deltas_go() -> None:
    events = bus()
    stream = await events.subscribe("*", limit=4)
    for number in range(5):
        await events.emit(RunStarted(run_id=str(number), session_id=number))
        await events.emit(MessageDelta(run_id=str(number), text="x"))
    await events.unsubscribe(stream)
    types = [event.event_type async for event in stream]
    assert types.count("run.started") == 5
    assert stream.dropped == 5


async def test_a_subscriber_that_waits_hears_what_comes() -> None:
    events = bus()
    stream = await events.subscribe("run.started")
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await events.emit(RunStarted(run_id="r", session_id=1))
    assert (await waiting).run_id == "r"


async def test_unsubscribing_ends_the_stream_after_what_waits() -> None:
    events = bus()
    stream = await events.subscribe()
    await events.emit(RunStarted(run_id="r", session_id=1))
    await events.unsubscribe(stream)
    await events.emit(RunEnded(run_id="r", session_id=1))
    assert [event.event_type async for event in stream] == ["run.started"]


async def test_the_snapshot_of_an_event_includes_it_and_no_later_one() -> None:
    events = bus()
    stream = await events.subscribe()
    await events.emit(RunStarted(run_id="one", session_id=1))
    await events.emit(RunStarted(run_id="two", session_id=1))
    first, second = await anext(stream), await anext(stream)
    assert first.snapshot is not None
    assert second.snapshot is not None
    assert (first.snapshot.run_id, second.snapshot.run_id) == ("one", "two")
