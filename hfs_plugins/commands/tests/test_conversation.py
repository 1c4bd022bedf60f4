"""`/clear`, `/copy`, `/retry`, `/exit`: what is done with the words that were said."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hfs_commands.copying import code_blocks

from hfs_core.api import (
    Action,
    Append,
    CommandError,
    Copy,
    Create,
    Draft,
    Notice,
    Quit,
    Ref,
    Role,
    Send,
    Session,
    SwitchTo,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import Ending, ScriptedModel

from .conftest import Start, notice


async def test_a_cleared_session_is_kept_and_it_is_said_how_to_come_back(start: Start) -> None:
    async with start() as caller:
        session_id = await caller.say("one", "two")
        result = await caller.run("clear", session_id)
        assert result.effects == (SwitchTo(None),)
        assert notice(result) == Notice("A new session. Session 1 (plans) is kept: hfs -r 1 brings it back.")
        assert (await caller.host.store.session(session_id)).message_count == 2


async def test_where_there_is_resume_coming_back_is_one_key(start: Start) -> None:
    from hfs_core.testing import in_process

    class Sessions:
        pass

    async with start(in_process("sessions", Sessions, commands=(("resume", "Resume"),))) as caller:
        result = await caller.run("clear", await caller.say("one", "two"))
    assert notice(result).text == "A new session. Session 1 (plans) is kept: /resume 1 brings it back."
    assert notice(result).actions == (Action("b", "Back", "resume 1"),)


async def test_without_a_store_it_is_said_how_long_a_session_is_kept(start: Start) -> None:
    async with start(is_saved=False) as caller:
        result = await caller.run("clear", await caller.say("one", "two"))
    assert "Nothing is saved: session 1 (plans) is kept until you leave" in notice(result).text


async def test_a_session_that_is_not_written_yet_is_named_by_a_word_that_is_no_option(start: Start) -> None:
    class Unwritten(MemoryStore):
        async def session(self, ref: Ref) -> Session:
            return replace(await super().session(abs(ref) if isinstance(ref, int) else ref), id=-1)

    from hfs_core.testing import in_process

    class Sessions:
        pass

    store = Unwritten()
    await store.apply(Create("uid-of-plans", "plans"))
    async with start(in_process("sessions", Sessions, commands=(("resume", "Resume"),))) as caller:
        caller.host = replace(caller.host, store=store)
        result = await caller.run("clear", -1)
    assert notice(result).actions == (Action("b", "Back", "resume uid-of-plans"),)
    assert "/resume uid-of-plans brings it back" in notice(result).text


async def test_clearing_a_new_session_is_no_fault(start: Start) -> None:
    async with start() as caller:
        assert (await caller.run("clear")).effects == (SwitchTo(None),)


CODE = """Look:

```python
print("one")
```

~~~
```
not closed by another fence
~~~

1. in a list

   ````
   ```
   inner
   ```
   ````

and `inline` ```x``` words
"""


def test_blocks_of_code_are_found() -> None:
    assert code_blocks(CODE) == [
        'print("one")',
        "```\nnot closed by another fence",
        "   ```\n   inner\n   ```",
    ]
    assert code_blocks("```\nnever closed\n") == ["never closed"]
    assert code_blocks("no code") == []


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("copy", "b\n```\ncode\n```", "Copied the last reply: 14 characters."),
        ("copy code", "code", "Copied the last block of code: 4 characters."),
        (
            "copy all",
            "## You\n\na\n\n## Assistant\n\nb\n```\ncode\n```\n\n## You\n\nc",
            "Copied the conversation, 3 messages: 50 characters.",
        ),
    ],
)
async def test_words_are_copied(start: Start, line: str, text: str, said: str) -> None:
    async with start() as caller:
        result = await caller.run(line, await caller.say("a", "b\n```\ncode\n```", "c"))
    assert result.effects == (Copy(text),)
    assert notice(result) == Notice(said)


async def test_a_reply_is_found_however_far_back(start: Start) -> None:
    async with start() as caller:
        session_id = await caller.say("a", "the reply")
        await caller.host.store.apply(*(Append(session_id, Draft(Role.USER, "more")) for _ in range(120)))
        assert (await caller.run("copy", session_id)).effects == (Copy("the reply"),)


@pytest.mark.parametrize(
    ("said", "line", "reason"),
    [
        ((), "copy", "nothing to copy yet"),
        (("a",), "copy", "no reply to copy yet"),
        (("a", "b"), "copy code", "no block of code"),
        (("a", "b"), "copy words", "reply.*code.*all"),
    ],
)
async def test_what_cannot_be_copied_is_named(
    start: Start, said: tuple[str, ...], line: str, reason: str
) -> None:
    async with start() as caller:
        with pytest.raises(CommandError, match=reason):
            await caller.run(line, await caller.say(*said) if said else None)


async def test_a_question_is_asked_again_in_a_branch(start: Start) -> None:
    async with start() as caller:
        session_id = await caller.say("a", "b", "c", "d")
        switch, send = (await caller.run("retry", session_id)).effects
        assert send == Send("c")
        assert isinstance(switch, SwitchTo)
        assert switch.session_id is not None
        branch = await caller.host.store.session(switch.session_id)
        assert branch.parent is not None
        assert (branch.parent.session_id, branch.parent.at) == (session_id, 2)
        assert [m.content for m in await caller.host.store.messages(branch.id)] == ["a", "b"]
        assert (await caller.host.store.session(session_id)).message_count == 4


@pytest.mark.parametrize("ending", [Ending.CLOSE, RuntimeError("dead")])
async def test_a_reply_that_failed_is_retried(start: Start, ending: Ending | RuntimeError) -> None:
    model = ScriptedModel(["half", ending], "whole")
    async with start(models=[model], environ={"HFS_MODEL": "scripted/model"}) as caller:
        run = await caller.host.engine.send("question")
        assert run.status == "failed"
        switch, send = (await caller.run("retry", run.session.id)).effects
        assert isinstance(switch, SwitchTo)
        assert isinstance(send, Send)
        again = await caller.host.engine.send(send.text, session_id=switch.session_id)
        assert [m.content for m in await caller.host.store.messages(again.session.id)] == [
            "question",
            "whole",
        ]


async def test_what_cannot_be_retried_is_named(start: Start) -> None:
    model = ScriptedModel(["half", Ending.HANG])
    async with start(models=[model], environ={"HFS_MODEL": "scripted/model"}) as caller:
        with pytest.raises(CommandError, match="nothing to retry"):
            await caller.run("retry")
        await caller.host.store.apply(Create("empty", "empty"))
        with pytest.raises(CommandError, match="nothing to retry"):
            await caller.run("retry", 1)
        session_id = await caller.say("a", "b")
        sending = asyncio.create_task(caller.host.engine.send("c", session_id=session_id))
        await model.wait_for_requests()
        with pytest.raises(CommandError, match="a reply is under way"):
            await caller.run("retry", session_id)
        caller.host.engine.interrupt(session_id)
        await sending
        assert (await caller.run("retry", session_id)).effects[1] == Send("c")


async def test_leaving_is_an_effect(start: Start) -> None:
    async with start() as caller:
        assert (await caller.run("exit")).effects == (Quit(),)
