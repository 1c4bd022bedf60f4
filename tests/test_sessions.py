"""Sessions as people speak of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hfs_core.api import CommandError, Conflict, excerpt
from hfs_core.sessions import name_for
from hfs_core.testing import ScriptedModel

from .conftest import StartKernel


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("short", "short - "),
        ("x" * 30, "x" * 30 + " - "),
        ("x" * 31, "x" * 30 + "... - "),
        ("two\nlines  here", "two lines here - "),
        ("   ", ""),
    ],
)
def test_the_name_of_a_session_is_its_first_words_and_the_time(text: str, name: str) -> None:
    moment = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    assert name_for(text, moment) == f"{name}{moment.astimezone():%Y-%m-%d_%H-%M}"


async def test_the_current_session_is_the_last_written_resumed_or_forked(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        assert await host.sessions.current() is None
        first = (await host.engine.send("first")).session
        second = (await host.engine.send("second")).session
        current = await host.sessions.current()
        assert current is not None
        assert current.id == second.id
        await host.sessions.resume(first.id)
        current = await host.sessions.current()
        assert current is not None
        assert current.id == first.id
        forked = await host.sessions.fork(second.id, at=1)
        current = await host.sessions.current()
        assert current is not None
        assert current.id == forked.id
        await host.sessions.delete(forked.id)
        current = await host.sessions.current()
        assert current is not None
        assert current.id == second.id


async def test_a_session_is_found_by_number_name_and_part(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        apples = (await host.engine.send("apples and pears")).session
        apricots = (await host.engine.send("apricots")).session
        named = await host.sessions.rename(apricots.id, "99")
        assert (await host.sessions.find(str(apples.id))).id == apples.id
        assert (await host.sessions.find(apples.uid)).id == apples.id
        assert (await host.sessions.find("PEARS")).id == apples.id
        assert (await host.sessions.find("99")).id == named.id
        with pytest.raises(CommandError, match="no session is called, or numbered, 'plums'"):
            await host.sessions.find("plums")
        await host.sessions.rename(apricots.id, "more apples")
        with pytest.raises(CommandError, match="2 sessions fit 'apples'"):
            await host.sessions.find("apples")


async def test_what_happens_to_sessions_is_told(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("ok")) as host:
        told = await host.bus.subscribe("session.*")
        session = (await host.engine.send("one")).session
        await host.sessions.rename(session.id, "plan")
        forked = await host.sessions.fork(session.id)
        again = await host.sessions.fork(forked.id)
        await host.sessions.delete(again.id)
        await host.sessions.restore(again.id)
        await host.sessions.resume(session.id)
        await host.bus.unsubscribe(told)
        events = [event async for event in told]
    assert [event.event_type.removeprefix("session.") for event in events] == [
        "created",
        "renamed",
        "forked",
        "forked",
        "deleted",
        "restored",
        "resumed",
    ]
    assert (forked.name, again.name) == ("plan (fork)", "plan (fork 2)")
    assert {event.digest for event in events[1:]} == {session.digest}


async def test_a_session_is_hidden_only_as_it_was_seen(start_kernel: StartKernel) -> None:
    """With the number of messages that one saw, what was said meanwhile is not hidden, and nothing is told."""
    async with start_kernel(model=ScriptedModel("ok")) as host:
        session = (await host.engine.send("one")).session
        told = await host.bus.subscribe("session.deleted")
        with pytest.raises(Conflict):
            await host.sessions.delete(session.id, expect=1)
        assert (await host.store.session(session.id)).deleted_at is None
        await host.sessions.delete(session.id, expect=2)
        assert (await host.store.session(session.id)).deleted_at is not None
        await host.bus.unsubscribe(told)
        assert len([event async for event in told]) == 1


async def test_an_excerpt_ends_where_it_is_told_to(start_kernel: StartKernel) -> None:
    async with start_kernel(model=ScriptedModel("a1", "a2", "a3")) as host:
        session = (await host.engine.send("one")).session
        for text in ("two", "three"):
            await host.engine.send(text, session_id=session.id)
        shown = await excerpt(host.store, session.id, at=5)
        assert shown == "*1 earlier message*\n\na1\n\n> two\n\na2\n\n> three"
        assert (await excerpt(host.store, session.id)).startswith("*2 earlier messages*\n\n> two")
        assert await excerpt(host.store, session.id, at=99) == await excerpt(host.store, session.id)
        assert await excerpt(host.store, session.id, at=0) == "*No message yet.*"
        assert await excerpt(host.store, 99, at=1) == "*This session is not there any more.*"
