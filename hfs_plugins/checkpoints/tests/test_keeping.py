"""`/checkpoint`: keeps a point on purpose; pins, unpins and deletes exactly one."""

from __future__ import annotations

import asyncio

import pytest

from hfs_core.api import CommandError, Timeline
from hfs_core.testing import ScriptedModel

from .conftest import Person, Start


async def described(person: Person) -> list[tuple[int, str, bool, bool]]:
    kept = await person.repository.list_for_session(person.session_id or 0)
    return [(each.number, each.label, each.is_manual, each.pinned) for each in kept]


async def test_one_is_kept_on_purpose_and_stays(start: Start) -> None:
    async with start() as person:
        person.host.settings.write("checkpoint_retention", 1)
        await person.say("one")
        told = await person.told("checkpoint before the refactor")
        assert told == "Checkpoint created at message #2. `rewind 2` goes back to it."
        await person.say("two", "three")
        assert await described(person) == [(2, "before the refactor", True, False), (4, "", False, False)]
        kept = (await person.repository.list_for_session(person.session_id or 0))[0]
        assert kept.triggers == ("manual",)
        assert kept.digest == (await person.host.store.messages(person.session_id or 0))[1].digest


async def test_all_but_a_verb_and_exactly_one_number_is_a_label(start: Start) -> None:
    lines = {
        "checkpoint": "",
        "checkpoint pin": "pin",
        "checkpoint pin x": "pin x",
        "checkpoint pin 1 2": "pin 1 2",
        "checkpoint delete everything": "delete everything",
        "checkpoint unpin 1x": "unpin 1x",
        "checkpoint '  two   words\n '": "two words",
        "checkpoint Pin 1": "Pin 1",
        "checkpoint " + "x" * 200: "x" * 200,
    }
    async with start() as person:
        await person.say("one")
        for line in lines:
            await person.run(line)
        kept = [(number, label, True, False) for number, label in enumerate(lines.values(), 2)]
        assert await described(person) == [(1, "", False, False), *kept]


async def test_pin_unpin_and_delete(start: Start) -> None:
    async with start() as person:
        await person.say("one", "two")
        assert (
            await person.told("checkpoint pin 1")
            == "Checkpoint #1 pinned: it stays when older ones are pruned."
        )
        assert await described(person) == [(1, "", False, True), (2, "", False, False)]
        await person.run("checkpoint pin #1")
        person.host.settings.write("checkpoint_retention", 1)
        await person.say("three")
        assert [number for number, *_ in await described(person)] == [1, 3]
        assert await person.told("checkpoint unpin 1") == "Checkpoint #1 unpinned."
        await person.say("four")
        assert [number for number, *_ in await described(person)] == [4]
        await person.run("checkpoint mine")
        assert "stays until it is deleted" in await person.told("checkpoint unpin 5")
        assert await person.told("checkpoint delete 5") == "Checkpoint #5 deleted; the messages stay."
        assert [number for number, *_ in await described(person)] == [4]
        assert len(await person.texts()) == 8
        for line in ("checkpoint delete 5", "checkpoint pin 99", "checkpoint unpin 1"):
            with pytest.raises(CommandError):
                await person.run(line)


async def test_a_label_is_not_too_long(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        with pytest.raises(CommandError, match="a label has at most 200 characters, not 1,201"):
            await person.run("checkpoint " + "x" * 1201)
        assert await person.listed() == [(1, 2)]


async def test_while_a_reply_streams_it_is_where_the_question_is(start: Start) -> None:
    gate = asyncio.Event()
    model = ScriptedModel(["half", gate, "whole"])
    async with start(model=model) as person:
        sending = asyncio.create_task(person.host.engine.send("one"))
        await model.wait_for_requests(1)
        (session,) = await person.host.store.sessions()
        person.session_id = session.id
        assert (await person.told("checkpoint")).startswith("Checkpoint created at message #1.")
        gate.set()
        await sending
        await person.say("two")
        assert await person.listed() == [(1, 1), (2, 2), (3, 4)]


async def test_it_may_be_about_another_session(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        other = person.session_id
        person.session_id = None
        await person.say("two")
        await person.run(f"checkpoint there --session {other}")
        assert await described(person) == [(1, "", False, False)]
        person.session_id = other
        assert await described(person) == [(1, "", False, False), (2, "there", True, False)]


async def test_the_listing_has_what_scripts_need(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        await person.run("checkpoint mine")
        (part,) = (await person.run("checkpoints")).parts
        assert isinstance(part, Timeline)
        assert part.title.startswith("Checkpoints for Session")
        assert part.hint == "Use /rewind <#> to restore to a checkpoint."
        kept = await person.repository.list_for_session(person.session_id or 0)
        assert [dict(point.values) for point in part.points] == [
            {
                "number": each.number,
                "session_id": person.session_id,
                "message_index": 2,
                "triggers": list(each.triggers),
                "label": each.label,
                "pinned": False,
                "digest": each.digest,
                "created_at": each.created_at.isoformat(),
            }
            for each in kept
        ]
        assert [(point.number, point.position) for point in part.points] == [(1, 2), (2, 2)]
        assert part.on_select == f"rewind {{number}} --session {person.session_id}"


async def test_two_writers_at_once_in_one_process(start: Start) -> None:
    """A person's and automatic ones at the same moment: each is kept, each has a number."""
    async with start() as person:
        await person.say("one")
        await asyncio.gather(
            *(person.run(f"checkpoint {n}") for n in range(8)),
            person.say("two"),
        )
        kept = await described(person)
        assert sorted(number for number, *_ in kept) == list(range(1, 11))
        assert {label for _, label, *_ in kept} == {"", *map(str, range(8))}
