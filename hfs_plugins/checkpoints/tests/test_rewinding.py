"""`/rewind`: exactly the messages until then, in a session of its own, and the agent state with them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import (
    Append,
    CommandError,
    Fork,
    Invocation,
    Notice,
    Operation,
    PhaseEnded,
    PhaseStarted,
    Put,
    RunSnapshot,
    SessionForked,
    UsageError,
    complete,
)
from hfs_core.testing import ScriptedModel

from .conftest import Emitter, Person, Start


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


# --- the state of the agents ---


async def staged(start: Start, person: Person, emitter: Emitter) -> list[RunSnapshot]:
    """Have two runs with a phase each; return the states that their checkpoints hold."""
    for number, text in enumerate(("one", "two"), 1):
        await person.say(text)
        about: dict[str, Any] = {"session_id": person.session_id, "run_id": f"agents {number}"}
        heard = await person.host.bus.subscribe("checkpoint.created")
        await emitter.context.emit(PhaseStarted(phase_id=f"p{number}", phase_name="plan", **about))
        await emitter.context.emit(PhaseEnded(phase_id=f"p{number}", duration_ms=number, **about))
        async with asyncio.timeout(10):
            await anext(heard)
        await person.host.bus.unsubscribe(heard)
    kept = await person.repository.list_for_session(person.session_id or 0)
    assert [(each.number, each.message_index) for each in kept] == [(1, 2), (2, 2), (3, 4), (4, 4)]
    return [RunSnapshot.from_json(await person.repository.state_json(each.state)) for each in kept]


async def test_the_state_of_the_agents_comes_back(start: Start) -> None:
    emitter = Emitter()
    async with start(emitter.info) as person:
        states = await staged(start, person, emitter)
        parent = person.session_id
        last = person.host.state.get_snapshot(parent)
        for number, state in enumerate(states, 1):
            person.session_id = parent
            await person.run(f"rewind {number}")
            assert person.host.state.get_snapshot(person.session_id) == state
            assert person.host.state.get_snapshot(parent) == last
        assert [[phase.phase_id for phase in state.timeline] for state in states] == [[], ["p1"], [], ["p2"]]


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
@pytest.mark.parametrize("gone", ["nothing", "the checkpoint", "the parent"])
async def test_the_state_of_the_agents_survives_a_restart(start: Start, gone: str) -> None:
    """Also where the checkpoint that it came from is not there any more, or its whole session."""
    emitter = Emitter()
    async with start(emitter.info) as person:
        states = await staged(start, person, emitter)
        parent = person.session_id
        assert parent is not None
        await person.run("rewind 2")
        child = person.session_id
        assert child is not None
        if gone == "the checkpoint":
            person.session_id = parent
            await person.run("checkpoint delete 2")
            await person.repository.prune_oldest(parent, 0)
        elif gone == "the parent":
            await person.host.sessions.purge(parent)
    async with start() as person:
        assert person.host.state.get_snapshot(child) is None
        await person.host.sessions.resume(child)
    assert person.host.state.get_snapshot(child) == states[1]
    async with start() as person:
        person.session_id = child
        await person.run("checkpoint")
        kept = (await person.repository.list_for_session(child))[-1]
        assert await person.repository.state_json(kept.state) == states[1].to_json()


async def test_a_state_of_a_newer_hfs_is_left_out_and_said_so(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        session = await person.session()
        text = '{"run_id": "x", "version": 99, "something": "new"}'
        await person.repository.create(
            session.id, 2, "manual", digest=session.digest, state_json=text, is_manual=True
        )
        _, notice = (await person.run("rewind 2")).parts
        assert isinstance(notice, Notice)
        assert notice.level == "warning"
        assert "could not be brought back: it was written by another version of HFS" in notice.text
        assert person.host.state.get_snapshot(person.session_id) is None
        assert await person.texts() == ["one", "ok"]


# --- while a reply streams ---


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


# --- what cannot be trusted ---


def changed(home: Path, statement: str, *values: Any) -> None:
    """Change the file behind HFS' back."""
    database = sqlite3.connect(home / "sessions.db")
    with database:
        assert database.execute(statement, values).rowcount > 0, statement
    database.close()


def record_changed(home: Path, number: int, **changes: Any) -> None:
    """Change what the record of a checkpoint says."""
    database = sqlite3.connect(home / "sessions.db")
    with database:
        key = f"checkpoint/{number}"
        (text,) = database.execute("SELECT value FROM records WHERE key = ?", (key,)).fetchone()
        text = json.dumps(json.loads(text) | changes)
        database.execute("UPDATE records SET value = ? WHERE key = ?", (text, key))
    database.close()


def blob_changed(home: Path, number: int) -> None:
    """Damage the state of a checkpoint."""
    database = sqlite3.connect(home / "sessions.db")
    (text,) = database.execute(
        "SELECT value FROM records WHERE key = ?", (f"checkpoint/{number}",)
    ).fetchone()
    database.close()
    changed(home, "UPDATE blobs SET data = x'00' WHERE sha256 = ?", json.loads(text)["state"])


Damage = Callable[[Path], None]


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
@pytest.mark.parametrize(
    ("damage", "number", "sentence"),
    [
        (
            lambda home: changed(home, "UPDATE messages SET content = 'b2' WHERE \"index\" = 3"),
            3,
            "message #4 is not what was kept; the newest that is sound is #1",
        ),
        (
            lambda home: changed(home, 'UPDATE messages SET created_at = created_at + 1 WHERE "index" = 0'),
            2,
            "message #1 is not what was kept; no checkpoint of session 1 is sound",
        ),
        (
            lambda home: changed(home, 'DELETE FROM messages WHERE "index" = 5'),
            3,
            "message #6 is not what was kept; the newest that is sound is #2",
        ),
        (
            lambda home: record_changed(home, 2, digest="0" * 64),
            2,
            "the conversation before it is another one; the newest that is sound is #3",
        ),
        (lambda home: blob_changed(home, 3), 3, "the state .{12} is damaged; the newest that is sound is #2"),
        (lambda home: blob_changed(home, 1), 1, "the state .{12} is damaged; the newest that is sound is #3"),
    ],
)
async def test_what_was_changed_behind_its_back_is_refused(
    start: Start, tmp_path: Path, damage: Damage, number: int, sentence: str
) -> None:
    """It says what is wrong, and names the newest checkpoint that can be trusted: that one works."""
    async with start() as person:
        await person.say("one", "two", "three")
        session_id = person.session_id
    damage(tmp_path / "home")
    async with start() as person:
        person.session_id = session_id
        with pytest.raises(
            CommandError, match=f"^checkpoint #{number} cannot be trusted: {sentence}$"
        ) as raised:
            await person.run(f"rewind {number}")
        assert len(await person.host.store.sessions()) == 1
        if "no checkpoint" not in sentence:
            await person.run(f"rewind {str(raised.value).rpartition('#')[2]}")
            assert (await person.session()).id != session_id


@pytest.mark.parametrize("kind", ["sqlite_store"], indirect=True)
async def test_a_change_behind_a_checkpoint_does_not_concern_it(start: Start, tmp_path: Path) -> None:
    async with start() as person:
        await person.say("one", "two")
        session_id = person.session_id
    changed(tmp_path / "home", "UPDATE messages SET content = 'x' WHERE \"index\" = 2")
    async with start() as person:
        person.session_id = session_id
        await person.run("rewind 1")
        assert await person.texts() == ["one", "ok"]


# --- bad input ---


async def test_bad_input_has_a_sentence_each(start: Start) -> None:
    async with start() as person:
        with pytest.raises(
            CommandError, match=r"^there is no session yet: it is made with the first message$"
        ):
            await person.run("rewind 1")
        await person.say("other")
        other = person.session_id
        person.session_id = None
        await person.say("first")
        for line, kind, sentence in (
            ("rewind", UsageError, "say to which checkpoint, such as `rewind 2`; `checkpoints` shows them"),
            (
                "rewind x",
                UsageError,
                f"'x' is not the number of a checkpoint: session {person.session_id} has only #1",
            ),
            ("rewind -1", UsageError, None),
            (
                "rewind ²",
                UsageError,
                f"'²' is not the number of a checkpoint: session {person.session_id} has only #1",
            ),
            ("rewind 1 2", UsageError, None),
            (
                "rewind 99",
                CommandError,
                f"there is no checkpoint #99: session {person.session_id} has only #1",
            ),
            ("rewind 0", CommandError, f"there is no checkpoint #0: session {person.session_id} has only #1"),
            ("rewind 1 --session nobody", CommandError, None),
        ):
            with pytest.raises(kind) as raised:
                await person.run(line)
            assert sentence is None or str(raised.value) == sentence
        person.host.settings.write("checkpoint_retention", 2)
        await person.say("second", "third")
        listing = f"session {person.session_id} has 2, from #2 to #3; `checkpoints` shows them"
        with pytest.raises(CommandError) as raised:
            await person.run("rewind 1")
        assert str(raised.value) == f"checkpoint #1 is not kept any more: {listing}"
        parent = await person.session()
        await person.run("rewind 2")
        with pytest.raises(CommandError) as raised:
            await person.run("rewind 3")
        assert str(raised.value) == (
            f"checkpoint #3 is not of session {person.session_id} but of session {parent.id} ({parent.name}), "
            f"after the point where they part: `rewind 3 --session {parent.id}`"
        )
        await person.run(f"rewind 1 --session {other}")
        assert (await person.texts())[0] == "other"


async def test_a_number_of_its_own_that_is_gone_is_not_taken_for_its_parents(start: Start) -> None:
    async with start() as person:
        await person.say("one", "two")
        await person.run("rewind 1")
        await person.say("other two")
        await person.run("checkpoint delete 2")
        with pytest.raises(CommandError, match=r"^checkpoint #2 is not kept any more: "):
            await person.run("rewind 2")


async def test_a_deleted_or_purged_session_says_so(start: Start) -> None:
    async with start() as person:
        await person.say("one")
        session = await person.session()
        await person.host.sessions.delete(session.id)
        for line in ("rewind 1", "checkpoints", "checkpoint", "undo"):
            with pytest.raises(CommandError, match=f"was deleted: `restore {session.id}` brings it back"):
                await person.run(line)
        with pytest.raises(CommandError, match=f"is deleted; `restore {session.id}` brings it back"):
            await person.run(f"rewind 1 --session {session.id}")
        await person.host.sessions.purge(session.id)
        for line in ("rewind 1", "checkpoints", "checkpoint", "undo"):
            with pytest.raises(
                CommandError, match=f"session {session.id} is not there any more: it was purged"
            ):
                await person.run(line)


async def test_numbers_are_completed(start: Start) -> None:
    async with start() as person:
        await person.say("one", "two")
        await person.run("checkpoint by hand")

        async def no(question: str) -> bool:
            return False

        async def offered(line: str) -> list[str]:
            invocation = Invocation(person.session_id, person.host, no, lambda text, share: None)
            return [each.text for each in (await complete(line, invocation)).candidates]

        assert await offered("rewind ") == ["3", "2", "1"]
        assert await offered("checkpoint pin ") == ["3", "2", "1"]
        assert await offered("checkpoint ") == ["pin", "unpin", "delete"]
        assert await offered("checkpoint note ") == []
        full = person.session_id
        person.session_id = None
        assert await offered("rewind ") == []
        assert await offered(f"rewind --session {full} ") == ["3", "2", "1"]
        assert await offered("rewind --session nobody ") == []
