"""`/delete`, `/restore` and `/purge`."""

from __future__ import annotations

import asyncio

import pytest
from hfs_sessions.wording import sized

from hfs_core.api import Action, CommandError, NotFound, Notice
from hfs_core.testing import Ending, ScriptedModel

from .conftest import Start


async def test_a_deleted_session_is_hidden_and_comes_back(start: Start) -> None:
    async with start() as person:
        plans = await person.make("my plans", "one", "two")
        person.session_id = (await person.make("current", "one")).id
        result = await person.run("delete my plans")
        undo = Action("u", "Undo", f"restore {plans.id}")
        assert result.parts == (Notice("Session deleted: my plans", actions=(undo,)),)
        assert not result.effects
        assert not person.asked
        assert [one.name for one in await person.host.store.sessions()] == ["current"]
        with pytest.raises(CommandError, match="is deleted"):
            await person.run(f"delete {plans.id}")
        assert await person.told(undo.command) == "Session restored: my plans"
        with pytest.raises(CommandError, match="is not deleted"):
            await person.run(undo.command)
        await person.run(f"resume {plans.id}")
        assert [m.content for m in await person.host.store.messages(plans.id)] == ["one", "two"]
        await person.run("delete current")
        assert await person.told("restore curr") == "Session restored: current"


async def test_a_part_of_a_name_is_asked_about_before_it_is_deleted(start: Start) -> None:
    async with start() as person:
        plans = await person.make("garden plans 2026", "one")
        person.says = False
        assert await person.told("delete 2026") == "Nothing was deleted."
        assert person.asked == [
            f"Delete session {plans.id}, garden plans 2026? `restore {plans.id}` brings it back."
        ]
        person.says = True
        assert await person.told("delete 2026") == "Session deleted: garden plans 2026"


async def test_deleting_the_current_session_asks_and_leads_to_a_new_one(start: Start) -> None:
    async with start() as person:
        older = await person.make("older", "one")
        plans = await person.make("plans", "one")
        await person.run(f"resume {plans.id}")
        person.says = False
        assert await person.told("delete") == "Nothing was deleted."
        assert await person.told(f"delete {plans.id}") == "Nothing was deleted."
        assert person.session_id == plans.id
        assert all("current session, plans" in question for question in person.asked)
        assert len(person.asked) == 2
        person.says = True
        assert await person.told("delete") == "Session deleted: plans"
        assert person.session_id is None
        current = await person.host.sessions.current()
        assert current is not None
        assert current.id == older.id
        with pytest.raises(CommandError, match="there is no session yet"):
            await person.run("delete")


async def test_a_purge_says_what_it_frees_and_what_stays(start: Start) -> None:
    async with start() as person:
        plans = await person.make("plans", "a" * 500, "b" * 500, "c" * 1500)
        await person.branch("left", plans, 1, "more")
        right = await person.branch("right", plans, 2)
        await person.branch("shares nothing", plans, 0)
        await person.run(f"delete {right.id}")
        person.says = False
        assert await person.told(f"purge {plans.id}") == "Nothing was purged."
        assert (await person.host.store.session(plans.id)).name == "plans"
        person.says = True
        kept = "Its 2 branches keep the first 2 messages: "
        text = await person.told(f"purge {plans.id}")
        assert f"session {plans.id}, plans, with its 3 messages, for good? {kept}" in person.asked[-1]
        assert text.startswith(f"Session purged: plans; 1.5 kB freed. {kept}")
        assert f"{right.id} (right)" in text
        assert "(left)" in text
        with pytest.raises(NotFound):
            await person.host.store.session(plans.id)
        assert [m.content[:1] for m in await person.host.store.messages(right.id)] == ["a", "b"]
        text = await person.told("purge right")
        assert text == "Session purged: right; 500 bytes freed."
        assert "keep" not in person.asked[-1]


async def test_purging_the_current_session_leads_to_a_new_one(start: Start) -> None:
    async with start() as person:
        person.session_id = (await person.make("plans", "one")).id
        assert await person.told("purge plans") == "Session purged: plans; 3 bytes freed."
        assert "the current session, plans, with its 1 message, for good" in person.asked[-1]
        assert person.session_id is None


async def test_a_session_that_is_being_answered_is_not_purged(start: Start) -> None:
    async with start(model=ScriptedModel(["begun", Ending.HANG])) as person:
        deltas = await person.host.bus.subscribe("message.delta")
        sending = asyncio.create_task(person.host.engine.send("question"))
        session_id = (await anext(aiter(deltas))).session_id
        with pytest.raises(CommandError, match="is getting an answer"):
            await person.run(f"purge {session_id}")
        assert not person.asked
        assert session_id is not None
        person.host.engine.interrupt(session_id)
        await sending
        await person.host.bus.unsubscribe(deltas)
        assert "Session purged" in await person.told(f"purge {session_id}")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5 * 10**12, "5.0 TB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_bytes_are_said_as_people_read_them(size: int, text: str) -> None:
    assert sized(size) == text
