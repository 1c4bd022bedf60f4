"""Which checkpoint and session is meant: each bad word has a sentence of its own, and numbers are completed."""

from __future__ import annotations

import pytest

from hfs_core.api import CommandError, Invocation, UsageError, complete

from .conftest import Start


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
