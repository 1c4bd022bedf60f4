"""`/rewind`: exactly the messages until then, in a session of its own, and not while an answer is on its way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Append, CommandError, Fork, Notice, Operation, Put, SessionForked
from hfs_core.testing import ScriptedModel

from .conftest import Start


async def test_it_keeps_exactly_the_messages_until_then(start: Start) -> None:
    """The model is sent those and the new one, the original stays as it was, and both names tell them apart."""
    model = ScriptedModel("a1", "a2", "a3", "b2")
    async with start(model=model) as person:
        await person.say("one", "two", "three")
        original = await person.session()
        forked = await person.host.bus.subscribe("session.forked")
        result = await person.run("rewind 2")
        assert len(result.effects) == 1
        (notice,) = result.parts
        assert isinstance(notice, Notice)
        assert notice.text == "Rewound to checkpoint #2. Original session preserved."
        assert [action.command for action in notice.actions] == ["undo"]
        assert await person.texts() == ["one", "a1", "two", "a2"]
        made = await person.session()
        assert made.name == f"{original.name} (rewind from #2)"
        assert (made.message_count, made.parent and made.parent.at) == (4, 4)
        event = await anext(forked)
        assert isinstance(event, SessionForked)
        assert (event.session_id, event.parent_id, event.at, event.digest) == (
            made.id,
            original.id,
            4,
            made.digest,
        )
        current = await person.host.sessions.current()
        assert current is not None
        assert current.id == made.id
        await person.say("another three")
        assert [message.content for message in model.requests[-1].messages] == [
            "one",
            "a1",
            "two",
            "a2",
            "another three",
        ]
        assert await person.host.store.session(original.id) == original
        assert await person.texts(original.id) == ["one", "a1", "two", "a2", "three", "a3"]
        assert await person.listed() == [(1, 2), (2, 4), (3, 6)]
        assert await person.host.store.verify(original.id, 6) is None


async def test_it_costs_one_session_and_one_record_in_one_transaction(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as person:
        await person.say("one", "two")
        store = person.host.store
        applied: list[tuple[str, Sequence[Operation]]] = []
        apply = type(store).apply

        async def spied(self: Any, *operations: Operation, namespace: str = "") -> Any:
            applied.append((namespace, operations))
            return await apply(self, *operations, namespace=namespace)

        monkeypatch.setattr(type(store), "apply", spied)
        await person.run("rewind 1")
        monkeypatch.undo()
        (namespace, operations), *rest = applied
        assert namespace == "plugin.checkpoints"
        assert [type(operation) for operation in operations] == [Fork, Put]
        assert [(name, [type(each) for each in more]) for name, more in rest] == [("hfs.core", [Put])]
        assert not any(isinstance(each, Append) for _, more in applied for each in more)


async def test_rewinding_a_rewind(start: Start) -> None:
    """Its name says where it came from last, its list goes on, and the model gets exactly what is there."""
    model = ScriptedModel(lambda request: f"answer {len(request.messages)}")
    async with start(model=model) as person:
        await person.say("one", "two", "three")
        name = (await person.session()).name
        await person.run("rewind 2")
        await person.say("second three", "second four")
        assert await person.listed() == [(1, 2), (2, 4), (3, 6), (4, 8)]
        await person.run("rewind #3")
        assert (await person.session()).name == f"{name} (rewind from #3)"
        assert (await person.texts())[-2:] == ["second three", "answer 5"]
        await person.run("rewind 1")
        assert (await person.session()).name == f"{name} (rewind from #1)"
        await person.say("second two")
        assert [message.content for message in model.requests[-1].messages] == [
            "one",
            "answer 1",
            "second two",
        ]
        assert await person.listed() == [(1, 2), (2, 4)]


async def test_a_long_name_leaves_room_for_where_it_came_from(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        assert person.session_id is not None
        await person.host.sessions.rename(person.session_id, "n" * 200)
        await person.run("rewind 1")
        name = (await person.session()).name
        assert (len(name), name[-20:]) == (200, "n" + " (rewind from #1)"[-19:].rjust(19, "n"))
        await person.run("rewind 1")
        assert (await person.session()).name == name
        await person.host.sessions.rename(person.session_id, name)


async def test_the_end_is_a_place_to_rewind_to_as_well(start: Start) -> None:
    """The parent goes on at the same position, and no number is there twice, in the child or its child."""
    async with start() as person:
        await person.say("one")
        parent = person.session_id
        await person.run("rewind 1")
        child = person.session_id
        person.session_id = parent
        await person.run("checkpoint")
        assert await person.listed() == [(1, 2), (2, 2)]
        person.session_id = child
        assert await person.listed() == [(1, 2)]
        await person.run("checkpoint mine")
        assert await person.listed() == [(1, 2), (2, 2)]
        await person.run("rewind 2")
        await person.run("checkpoint grandchild's")
        assert await person.listed() == [(1, 2), (2, 2), (3, 2)]
        with pytest.raises(CommandError, match=f"is of session {child}") as raised:
            await person.run("checkpoint delete 2")
        assert f"`checkpoint delete 2 --session {child}`" in str(raised.value)


async def test_it_is_refused_while_a_reply_streams(start: Start) -> None:
    gate = asyncio.Event()
    model = ScriptedModel("a1", ["half", gate, "whole"])
    async with start(model=model) as person:
        await person.say("one")
        sending = asyncio.create_task(person.host.engine.send("two", session_id=person.session_id))
        await model.wait_for_requests(2)
        count = len(await person.host.store.sessions())
        with pytest.raises(
            CommandError, match=f"session {person.session_id} is getting an answer: stop it or wait"
        ):
            await person.run("rewind 1")
        assert len(await person.host.store.sessions()) == count
        gate.set()
        await sending
        await person.run("rewind 1")
        assert await person.texts() == ["one", "a1"]


ANSWERING = """
import asyncio, sys
from pathlib import Path
from hfs_core.api import Paths, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import scan
from hfs_core.testing import Ending, ScriptedModel, in_process

model = ScriptedModel(["half", Ending.HANG], name="test")

class Models:
    @hookimpl
    def provide_models(self):
        return [model]

async def main():
    found = [*scan(), in_process("models", Models)]
    async with Kernel(Paths(Path(sys.argv[1])), found=found, environ={"HFS_MODEL": "test/any"}) as host:
        sending = asyncio.create_task(host.engine.send("two", session_id=int(sys.argv[2])))
        await model.wait_for_requests(1)
        print("answering", flush=True)
        await sending

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
async def test_it_is_refused_while_another_living_process_gets_an_answer(
    start: Start, tmp_path: Path
) -> None:
    async with start(model=ScriptedModel("a1")) as person:
        await person.say("one")
        command = [sys.executable, "-c", ANSWERING, str(tmp_path / "home"), str(person.session_id)]
        other = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=tmp_path)
        try:
            assert other.stdout is not None
            assert await other.stdout.readline() == b"answering\n"
            with pytest.raises(CommandError, match="is getting an answer"):
                await person.run("rewind 1")
        finally:
            other.kill()
            await other.wait()
        await person.run("rewind 1")
        assert await person.texts() == ["one", "a1"]
