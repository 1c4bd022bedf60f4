"""`/undo`: back from the last rewind, as long as nothing was said there."""

from __future__ import annotations

import asyncio

import pytest

from hfs_core.api import CommandError
from hfs_core.testing import ScriptedModel

from .conftest import Start


async def test_it_goes_back_and_hides_the_new_session(start: Start) -> None:
    async with start() as person:
        await person.say("one", "two")
        old = await person.session()
        await person.run("rewind 1")
        new = await person.session()
        assert (
            await person.told("undo")
            == f"Rewind to checkpoint #1 undone: back in session {old.id} ({old.name})."
        )
        assert person.session_id == old.id
        current = await person.host.sessions.current()
        assert current is not None
        assert current.id == old.id
        assert (await person.host.store.session(new.id)).deleted_at is not None
        assert [session.id for session in await person.host.store.sessions()] == [old.id]
        with pytest.raises(CommandError, match=f"session {old.id} is no rewind: there is nothing to undo"):
            await person.run("undo")
        await person.host.sessions.restore(new.id)
        person.session_id = new.id
        assert await person.texts() == ["one", "ok"]
        await person.say("another two")
        assert await person.listed() == [(1, 2), (2, 4)]


async def test_not_after_something_was_written(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        old = await person.session()
        await person.run("rewind 1")
        await person.say("two")
        with pytest.raises(CommandError) as raised:
            await person.run("undo")
        assert str(raised.value) == (
            f"session {person.session_id} has 2 messages since its rewind, which an undo would hide: "
            f"`resume {old.id}` goes back to session {old.id} ({old.name})"
        )
        assert (await person.session()).deleted_at is None


async def test_not_while_an_answer_is_on_its_way(start: Start) -> None:
    gate = asyncio.Event()
    model = ScriptedModel("a1", [gate, "a2"])
    async with start(model=model) as person:
        await person.say("one")
        await person.run("rewind 1")
        sending = asyncio.create_task(person.host.engine.send("two", session_id=person.session_id))
        await model.wait_for_requests(2)
        with pytest.raises(CommandError, match="has 1 message since its rewind"):
            await person.run("undo")
        gate.set()
        await sending


async def test_a_fork_is_no_rewind_also_one_of_a_rewind(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        person.session_id = (await person.host.sessions.fork(person.session_id or 0)).id
        for _ in range(2):
            with pytest.raises(CommandError, match="is no rewind"):
                await person.run("undo")
            await person.run("checkpoint")
        await person.run("rewind 1")
        person.session_id = (await person.host.sessions.fork(person.session_id or 0)).id
        with pytest.raises(CommandError, match="is no rewind"):
            await person.run("undo")


async def test_nested_rewinds_are_undone_one_by_one(start: Start) -> None:
    async with start() as person:
        await person.say("one", "two", "three")
        line = [person.session_id]
        for number in (3, 2, 1):
            await person.run(f"rewind {number}")
            line.append(person.session_id)
        for session_id in reversed(line[:-1]):
            await person.run("undo")
            assert person.session_id == session_id
        with pytest.raises(CommandError, match="is no rewind"):
            await person.run("undo")


async def test_there_is_no_going_back_to_what_is_not_there(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        old = await person.session()
        await person.run("rewind 1")
        await person.host.sessions.delete(old.id)
        with pytest.raises(CommandError) as raised:
            await person.run("undo")
        assert str(raised.value) == (
            f"the session that was rewound, {old.id} ({old.name}), is deleted: `restore {old.id}` brings it back"
        )
        await person.host.sessions.purge(old.id)
        with pytest.raises(CommandError) as raised:
            await person.run("undo")
        assert str(raised.value) == (
            f"the session that session {person.session_id} was rewound from was purged: there is no going back to it"
        )
        assert (await person.session()).deleted_at is None
        assert await person.texts() == ["one", "ok"]


async def test_what_another_process_said_meanwhile_is_not_hidden(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the hiding, somebody writes."""
    async with start() as person:
        await person.say("one")
        await person.run("rewind 1")
        delete = type(person.host.sessions).delete

        async def late(self: object, ref: int, *, expect: int | None = None) -> object:
            await person.host.engine.send("meanwhile", session_id=ref)
            return await delete(person.host.sessions, ref, expect=expect)

        monkeypatch.setattr(type(person.host.sessions), "delete", late)
        with pytest.raises(CommandError, match="since its rewind"):
            await person.run("undo")
        assert (await person.session()).deleted_at is None
        assert (await person.texts())[-2:] == ["meanwhile", "ok"]
