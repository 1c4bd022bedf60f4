"""`/resume`, `/rename`, `/new` and `/fork`."""

from __future__ import annotations

import asyncio

import pytest
from hfs_sessions.wording import ref_of

from hfs_core.api import EMPTY_DIGEST, CommandError, Session, Table, now
from hfs_core.testing import ScriptedModel

from .conftest import Start


async def test_a_session_is_resumed_by_number_name_and_part(start: Start) -> None:
    async with start() as person:
        plans = await person.make("garden plans 2026", "one")
        other = await person.make("other plans", "one")
        for words in (f"{plans.id}", "garden plans 2026", "'garden plans 2026'", "GARDEN", "2026", plans.uid):
            assert await person.told(f"resume {words}") == "Resumed session: garden plans 2026"
            assert person.session_id == plans.id
        with pytest.raises(CommandError) as several:
            await person.run("resume plans")
        assert f"{plans.id} (garden plans 2026)" in str(several.value)
        assert f"{other.id} (other plans)" in str(several.value)
        with pytest.raises(CommandError, match="numbered, '77'"):
            await person.run("resume 77")
        await person.run(f"delete {other.id}")
        with pytest.raises(CommandError, match=rf"is deleted; `restore {other.id}`"):
            await person.run(f"resume {other.id}")
        (listed,) = (await person.run("resume")).parts
        assert isinstance(listed, Table)
        assert [row.values["id"] for row in listed.rows] == [plans.id]


async def test_of_several_with_one_name_the_last_active_is_resumed(start: Start) -> None:
    async with start() as person:
        first = await person.make("plans", "one")
        second = await person.make("other", "one")
        await person.run(f"rename {second.id} plans")
        await person.add(first.id, "two")
        await person.run("resume plans")
        assert person.session_id == first.id


async def test_the_current_session_is_renamed_or_the_numbered_one(start: Start) -> None:
    async with start() as person:
        one = await person.make("one", "words")
        two = await person.make("two", "words")
        person.session_id = two.id

        async def names() -> list[str]:
            return [(await person.host.store.session(each.id)).name for each in (one, two)]

        assert await person.told(f"rename {one.id} my plans") == "Session renamed to: my plans"
        assert await names() == ["my plans", "two"]
        assert await person.told("rename 2026 plans") == "Session renamed to: 2026 plans"
        assert await names() == ["my plans", "2026 plans"]
        await person.run(f"rename '{one.id} plans'")
        assert await names() == ["my plans", f"{one.id} plans"]
        await person.run(f"rename {one.id}")
        assert await names() == ["my plans", f"{one.id}"]
        await person.run("rename Bob's plans")
        assert await names() == ["my plans", "Bob's plans"]
        await person.run("rename 'Bob and  \"Eve\"'")
        assert await names() == ["my plans", 'Bob and "Eve"']
        await person.run(f"delete {one.id}")
        await person.run(f"rename {one.id} again")
        assert await names() == ["my plans", f"{one.id} again"]
        person.session_id = None
        with pytest.raises(CommandError, match="there is no session yet"):
            await person.run("rename 2026 plans")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("'a\nb\tc\r\x1b[31md\x00e'", "a b c [31md e"),
        ("'a\u2028b\u2029c\x85d'", "a b c d"),
        ("'lone \ud800'", "lone \ufffd"),
        ("'  spaced   out  '", "spaced out"),
        ("n" * 200, "n" * 200),
        ("'日本 \u202eabc'", "日本 \u202eabc"),
    ],
)
async def test_a_name_is_one_line(start: Start, written: str, kept: str) -> None:
    async with start() as person:
        person.session_id = (await person.make("one", "words")).id
        assert await person.told(f"rename {written}") == f"Session renamed to: {kept}"
        assert (await person.host.store.session(person.session_id)).name == kept


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("rename", "write the new name"),
        ("rename ''", "a name that can be seen"),
        ("rename ' \n\t '", "a name that can be seen"),
        ("rename '\u200b\u2060'", "a name that can be seen"),
        ("rename 1 ''", "a name that can be seen"),
        (f"rename {'n' * 1001}", "at most 200 characters, not 1,001"),
        ("fork ''", "a name that can be seen"),
    ],
)
async def test_what_is_no_name_is_refused(start: Start, line: str, reason: str) -> None:
    async with start() as person:
        session = await person.make("one", "words")
        assert session.id == 1
        person.session_id = session.id
        with pytest.raises(CommandError, match=reason):
            await person.run(line)
        assert [one.name for one in await person.host.store.sessions()] == ["one"]


async def test_a_new_session_is_made_by_its_first_message(start: Start) -> None:
    async with start() as person:
        person.session_id = (await person.make("one", "words")).id
        result = await person.run("new")
        assert not result.parts
        assert person.session_id is None
        assert (await person.host.commands.get("new")).surfaces == ("chat",)


async def test_a_fork_shares_what_was_said_and_is_gone_on_in(start: Start) -> None:
    async with start() as person:
        plans = await person.make("plans", "one", "two")
        person.session_id = plans.id
        assert await person.told("fork") == "Session forked: plans (fork) (shares 2 messages with plans)"
        fork = await person.host.store.session(person.session_id)
        assert (fork.name, fork.message_count) == ("plans (fork)", 2)
        assert fork.parent is not None
        assert (fork.parent.session_id, fork.parent.at) == (plans.id, 2)
        await person.run(f"fork --session {plans.id}")
        assert (await person.host.store.session(person.session_id)).name == "plans (fork 2)"
        await person.run("fork another way --session 'plans (fork)'")
        made = await person.host.store.session(person.session_id)
        assert made.name == "another way"
        assert made.parent is not None
        assert made.parent.session_id == fork.id
        person.session_id = None
        with pytest.raises(CommandError, match="there is no session yet"):
            await person.run("fork")


async def test_a_fork_in_mid_reply_begins_with_what_is_kept(start: Start) -> None:
    go_on = asyncio.Event()
    async with start(model=ScriptedModel(["half", go_on, " and half"])) as person:
        deltas = await person.host.bus.subscribe("message.delta")
        sending = asyncio.create_task(person.host.engine.send("question"))
        session_id = (await anext(aiter(deltas))).session_id
        assert session_id is not None
        person.session_id = session_id
        await person.run("fork early")
        fork = await person.host.store.messages(person.session_id)
        assert [message.content for message in fork] == ["question"]
        go_on.set()
        await sending
        origin = await person.host.store.messages(session_id)
        assert [message.content for message in origin] == ["question", "half and half"]
        await person.host.bus.unsubscribe(deltas)


def test_a_session_that_is_not_saved_yet_is_named_by_its_uid() -> None:
    session = Session(-1, "abc", "name", None, 0, EMPTY_DIGEST, now(), now())
    assert ref_of(session) == "abc"
