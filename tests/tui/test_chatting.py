"""Sending, streaming, stopping and failing."""

from __future__ import annotations

import asyncio

from textual.widgets import Markdown

from hfs_core.api import Draft, MessageAdded, Reject, RunEnded, Session, Unreachable, hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.contracts import Append
from hfs_core.testing import Ending, ScriptedModel, in_process
from hfs_core.tui.app import Opening
from hfs_core.tui.entry import Entry
from tests.tui.conftest import StartChat, host_of, keep


async def test_answers_and_keeps_both_messages(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat() as chat:
        await chat.say("hello there")
        await chat.sees("hello there", "Good day.", "ready")
        assert chat.written == ""
        assert "scripted/model · hello there - " in chat.screen[-1]
    kept = await store.messages(1)
    assert [message.content for message in kept] == ["hello there", "Good **day**."]


async def test_streams_markdown_as_it_comes(start_chat: StartChat) -> None:
    go_on = asyncio.Event()
    model = ScriptedModel(["# Title\n\nfirst ```c", go_on, "ode``` and\n\n``", "`python\nx = 1\n```\n"])
    async with start_chat(model=model) as chat:
        await chat.say("go")
        await chat.sees("Title", "first", "answering")
        assert "# Title" not in chat.text
        go_on.set()
        await chat.sees("x = 1", "ready")
        await chat.until(lambda: "```" not in chat.text, "the fence is drawn as code")
        source = chat.app.query_one(Markdown).source
        assert source == "# Title\n\nfirst ```code``` and\n\n```python\nx = 1\n```\n"


async def test_shows_no_markup_of_anybody(start_chat: StartChat) -> None:
    model = ScriptedModel("plain [red]not red[/] and [/] and [link=x]y[/link]")
    async with start_chat(model=model) as chat:
        await chat.say("[bold]mine[/] [@click=app.quit]no[/] [/]")
        await chat.sees(
            "[bold]mine[/] [@click=app.quit]no[/] [/]", "plain [red]not red[/] and [/] and [link=x]y[/link]"
        )


async def test_lets_no_escape_sequence_through(start_chat: StartChat) -> None:
    model = ScriptedModel(["be\x1b[3", "1mware\x1b[0m \x1b]0;tit", "le\x07\x9b5mof\x00 \u202eme"])
    async with start_chat(model=model) as chat:
        await chat.say("a\x1b[2Jb")
        await chat.sees("ab", "beware of me", "ready")
        assert not any(ord(letter) < 32 and letter != "\n" for letter in chat.text)


async def test_escape_stops_a_reply_and_keeps_its_words(start_chat: StartChat, store: MemoryStore) -> None:
    async with start_chat(model=ScriptedModel(["some words", Ending.HANG])) as chat:
        await chat.say("go")
        await chat.sees("some words", "Esc stops it")
        await chat.pilot.press("escape")
        await chat.sees("some words", "interrupted", "ready")
        assert chat.model.left_early == 1
    kept = await store.messages(1)
    assert (kept[1].content, kept[1].status) == ("some words", "interrupted")


async def test_a_failure_is_a_sentence_in_the_transcript(start_chat: StartChat) -> None:
    model = ScriptedModel([Unreachable("no connection to example: is it running?")], "better")
    async with start_chat(model=model) as chat:
        await chat.say("go")
        await chat.sees("go", "no connection to example: is it running?", "ready")
        await chat.say("again")
        await chat.sees("better", "ready")
        assert chat.indexes == [0, 1, 2]


async def test_a_reply_that_breaks_off_is_marked(start_chat: StartChat) -> None:
    async with start_chat(model=ScriptedModel(["half a", Ending.CLOSE])) as chat:
        await chat.say("go")
        await chat.sees("half a", "failed:", "broke off", "ready")
        assert chat.text.count("broke off") == 1


async def test_without_a_model_the_sentence_says_how_to_get_one(start_chat: StartChat) -> None:
    async with start_chat(opening=Opening(model="nobody/none")) as chat:
        await chat.say("go")
        await chat.sees("no provider 'nobody'", "ready")


async def test_what_is_typed_during_a_reply_waits_visibly(start_chat: StartChat, store: MemoryStore) -> None:
    go_on = asyncio.Event()
    model = ScriptedModel(["one", go_on], "two", "three")
    async with start_chat(model=model) as chat:
        await chat.say("first")
        await chat.sees("one")
        await chat.say("second")
        await chat.say("third")
        await chat.sees("queued: second", "queued: third", "answering")
        assert len(model.requests) == 1
        go_on.set()
        await chat.until(lambda: len(chat.indexes) == 6, "three answers")
        await chat.sees("three", "ready")
        assert "queued" not in chat.text
    contents = [message.content for message in await store.messages(1)]
    assert contents == ["first", "one", "second", "two", "third", "three"]
    assert [request.messages[-1].content for request in model.requests] == ["first", "second", "third"]


async def test_what_waits_comes_back_when_a_reply_fails(start_chat: StartChat) -> None:
    go_on = asyncio.Event()
    async with start_chat(model=ScriptedModel([go_on, Unreachable("nobody there")])) as chat:
        await chat.say("first")
        await chat.until(lambda: chat.model.requests, "the request")
        await chat.say("second")
        go_on.set()
        await chat.sees("nobody there", "ready")
        assert chat.written == "second"
        assert len(chat.model.requests) == 1


async def test_a_refused_message_comes_back_with_the_reason(start_chat: StartChat) -> None:
    class Strict:
        @hookimpl
        def on_message(self, message: Draft) -> Reject:
            return Reject("no shouting")

    async with start_chat(in_process("strict", Strict)) as chat:
        await chat.say("HELLO")
        await chat.sees("plugin strict refused the message: no shouting", "ready")
        assert chat.written == "HELLO"
        assert not chat.indexes


async def test_a_changed_message_is_shown_as_it_was_kept(start_chat: StartChat) -> None:
    class Polite:
        @hookimpl
        def on_message(self, message: Draft) -> Draft | None:
            return Draft(message.role, "please: " + message.content) if message.role == "user" else None

    async with start_chat(in_process("polite", Polite)) as chat:
        await chat.say("hello")
        await chat.sees("please: hello", "Good day.")


async def test_a_session_that_went_on_elsewhere_is_forked(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "one", "two")
    async with start_chat(opening=Opening(continue_latest=True)) as chat:
        await chat.sees("one", "two")
        await store.apply(Append(session_id, Draft("user", "from elsewhere")))
        await chat.say("mine")
        await chat.sees("went on elsewhere", "old plans (conflict)", "mine", "ready")
        assert "your message is kept here, in session" in " ".join(chat.text.replace("▌", "").split())
        assert "from elsewhere" not in chat.text
        assert chat.written == ""
        await chat.say("go on")
        await chat.sees("Good day.")
    assert chat.app.farewell == [f"Resume with: hfs -r {session_id + 1}"]


async def test_a_busy_session_gives_the_words_back(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "one", "two")
    async with start_chat(opening=Opening(continue_latest=True), model=ScriptedModel([Ending.HANG])) as one:
        await one.say("mine")
        await one.until(lambda: one.model.requests, "the request")
        async with start_chat(opening=Opening(continue_latest=True)) as other:
            await other.say("theirs")
            await other.sees("ready")
            await other.until(lambda: other.written == "theirs", "the words are back")
            assert "theirs" not in [message.content for message in await store.messages(1)]


async def test_no_delta_is_lost_to_the_final_text(start_chat: StartChat) -> None:
    words = [f"word{number} " for number in range(3000)]
    async with start_chat(model=ScriptedModel(words)) as chat:
        await chat.say("go")
        await chat.until(lambda: chat.app.views.transcript.count == 2, "the reply")
        await chat.sees("word2999", "ready")
        assert chat.app.query_one(Markdown).source == "".join(words)


async def test_runs_of_other_sessions_do_not_show(start_chat: StartChat, store: MemoryStore) -> None:
    other = await keep(store, "quiet", "very")
    async with start_chat() as chat:
        await chat.say("hello")
        await chat.sees("Good day.")
        events = await host_of(chat).bus.subscribe()
        await host_of(chat).engine.send("elsewhere", session_id=other)
        kinds = []
        async for event in events:
            kinds.append(type(event))
            if isinstance(event, RunEnded):
                break
        assert MessageAdded in kinds
        await chat.pilot.pause()
        assert "elsewhere" not in chat.text
        assert len(chat.app.query(Entry)) == 2


async def test_escape_before_the_session_exists_stops_the_first_reply(start_chat: StartChat) -> None:
    has_asked, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        @hookimpl
        async def on_message(self, message: Draft, session: Session | None) -> None:
            if message.role == "user":
                has_asked.set()
                await go_on.wait()

    async with start_chat(in_process("slow", Slow), model=ScriptedModel([Ending.HANG])) as chat:
        await chat.say("go")
        await has_asked.wait()
        await chat.pilot.press("escape")
        go_on.set()
        await chat.ready()
        assert "go" in chat.text
