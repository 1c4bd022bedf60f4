"""A command that makes a run of its own, the example's: what it says is seen as it comes, and the chat goes on."""

from __future__ import annotations

import asyncio

import pytest
from hfs_phased_run.plugin import PhasedRunPlugin

from hfs_core.api import (
    Command,
    CommandResult,
    Create,
    Draft,
    Host,
    Invocation,
    Message,
    ModelError,
    Notice,
    PluginContext,
    RunEnded,
    RunStarted,
    Session,
    SessionCreated,
    hookimpl,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import ScriptedModel, in_process
from hfs_core.testing.scripted_model import Reply
from hfs_core.tui.transcript import Transcript
from tests.tui.conftest import StartChat, host_of, keep
from tests.tui.window import LATEST

PHASED = in_process("phased_run", PhasedRunPlugin, commands=(("phased", "Let them work"),))
REPLIES: tuple[Reply, ...] = ("A draft.", "It lacks a point.", "Critic, of course.", "A final text.")


async def said(store: MemoryStore, session_id: int = 1) -> list[str]:
    return [message.content for message in await store.messages(session_id)]


async def test_each_reply_is_seen_while_it_comes_in_a_session_that_the_command_makes(
    start_chat: StartChat, store: MemoryStore
) -> None:
    go_on = asyncio.Event()
    model = ScriptedModel("A draft.", ["It lacks", go_on, " a point."], *REPLIES[2:])
    async with start_chat(PHASED, model=model, size=(100, 40)) as chat:
        await chat.say("/phased tea")
        await chat.sees(
            "❯ You", "tea", "● author · scripted/model", "A draft.", "It lacks", "the critic speaks"
        )
        assert "● critic" not in chat.text  # who speaks is told with the whole message
        go_on.set()
        await chat.ready()
        await chat.sees("● critic · scripted/model", "It lacks a point.", "● arbiter · scripted/model")
        await chat.sees("A final text.", "The critic had the last word; what was said is kept in session 1.")
        assert chat.indexes == [0, 1, 2, 3, 4]
        await chat.say("thanks")
        await chat.sees("thanks")
        await chat.ready()
    assert await said(store) == ["tea", "A draft.", *REPLIES[1:], "thanks", "A final text."]


async def test_what_is_sent_meanwhile_waits_for_the_end_of_the_run(
    start_chat: StartChat, store: MemoryStore
) -> None:
    await keep(store, "hi", "hello")
    go_on = asyncio.Event()
    model = ScriptedModel(["A draft.", go_on], *REPLIES[1:], "You are welcome.")
    async with start_chat(PHASED, model=model, opening=LATEST, size=(100, 50)) as chat:
        await chat.say("/phased tea")
        await chat.sees("A draft.")
        await chat.say("thanks")
        await chat.sees("queued: thanks")
        await chat.say("/phased coffee")
        await chat.sees("session 1 is answering: wait, or interrupt it")
        go_on.set()
        await chat.sees("You are welcome.")
        await chat.ready()
        assert "queued" not in chat.text
    assert await said(store) == ["hi", "hello", "tea", "A draft.", *REPLIES[1:], "thanks", "You are welcome."]
    assert len(await store.sessions()) == 1  # a fork would have been made had the message gone too early


async def test_what_waits_is_sent_only_when_all_that_was_said_is_on_the_screen(
    start_chat: StartChat, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would count as written before the last reply, and go into a fork."""
    await keep(store, "hi", "hello")
    go_on, add = asyncio.Event(), Transcript.add

    async def add_late(self: Transcript, message: Message) -> None:
        if message.content == "A final text.":
            await go_on.wait()
        await add(self, message)

    monkeypatch.setattr(Transcript, "add", add_late)
    model = ScriptedModel(*REPLIES[:3], [go := asyncio.Event(), "A final text."], "You are welcome.")
    async with start_chat(PHASED, model=model, opening=LATEST, size=(100, 50)) as chat:
        await chat.say("/phased tea")
        await chat.sees("Critic, of course.")
        await chat.say("thanks")
        go.set()
        await chat.sees("The critic had the last word", "queued: thanks")
        assert not host_of(chat).engine.is_busy
        go_on.set()
        await chat.sees("You are welcome.")
    assert (await said(store))[-3:] == ["A final text.", "thanks", "You are welcome."]


@pytest.mark.parametrize("times", [1, 3])
async def test_escape_stops_the_run_and_keeps_its_words(
    start_chat: StartChat, store: MemoryStore, times: int
) -> None:
    model = ScriptedModel("A draft.", ["It lacks", asyncio.Event()], "And on it goes.")
    async with start_chat(PHASED, model=model) as chat:
        await chat.say("/phased tea")
        await chat.sees("It lacks")
        for _ in range(times):
            await chat.pilot.press("escape")
        await chat.sees("interrupted", "The run was stopped; what was said is kept in session 1.")
        await chat.ready()
        assert not host_of(chat).engine.is_busy
        await chat.say("and now?")
        await chat.sees("And on it goes.")
    assert await said(store) == ["tea", "A draft.", "It lacks", "and now?", "And on it goes."]


async def test_a_failure_is_told_once_by_the_reply_and_once_by_the_command(start_chat: StartChat) -> None:
    error = ModelError("the line went dead", model="scripted/model")
    async with start_chat(PHASED, model=ScriptedModel("A draft.", ["It lacks", error])) as chat:
        await chat.say("/phased tea")
        await chat.sees("failed: the line went dead", "The run failed: the line went dead; what was said")
        await chat.ready()
        assert chat.text.count("the line went dead") == 2


async def test_the_run_goes_on_while_the_person_looks_at_another_session(
    start_chat: StartChat, store: MemoryStore
) -> None:
    other = await keep(store, "old words", "old answer")
    go_on = asyncio.Event()
    model = ScriptedModel(["A draft.", go_on], *REPLIES[1:])
    async with start_chat(PHASED, model=model) as chat:
        await chat.say("/phased tea")
        await chat.sees("A draft.")
        chat.app.sitting.resume(other)
        await chat.sees("old answer")
        go_on.set()
        await chat.until(lambda: not host_of(chat).engine.is_busy, "the end of the run")
        await chat.sees("what was said is kept in session 2")
        assert "A final text." not in chat.text
        chat.app.sitting.resume(2)
        await chat.sees("A final text.")
    assert await said(store, 2) == ["tea", "A draft.", *REPLIES[1:]]


async def test_a_run_that_tells_no_end_does_not_keep_the_chat_for_ever(
    start_chat: StartChat, store: MemoryStore
) -> None:
    """A plugin's fault: Esc gives the session back to the person."""

    class Careless:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command("careless", "begins", self.begin)]

        async def begin(self, invocation: Invocation) -> CommandResult:
            await invocation.host.bus.emit(RunStarted(session_id=invocation.session_id))
            return CommandResult()

    await keep(store, "hi", "hello")
    careless = in_process("careless", Careless, commands=(("careless", "begins"),))
    async with start_chat(careless, opening=LATEST) as chat:
        await chat.say("/careless")
        await chat.sees("answering")
        await chat.say("go on")
        await chat.sees("queued: go on")
        await chat.pilot.press("escape")
        await chat.ready()
        assert chat.written == "go on"
        await chat.pilot.press("enter")
        await chat.sees("Good day.")


@pytest.mark.parametrize("tells", [True, False])
async def test_what_waits_is_sent_once_a_run_in_the_background_has_left_the_session(
    start_chat: StartChat, store: MemoryStore, tells: bool
) -> None:
    """It holds the session longer than until its end is heard of; one that fails early tells nothing at all."""
    go_on, is_told = asyncio.Event(), asyncio.Event()

    class Background:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            self.context = context

        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command("work", "works", self.work)]

        async def work(self, invocation: Invocation) -> CommandResult:
            self.context.spawn(self.run(invocation.host, 1))
            return CommandResult()

        async def run(self, host: Host, session_id: int) -> None:
            async with host.engine.hold(session_id, "its own", lambda: None):
                if tells:
                    await self.context.emit(RunStarted(session_id=session_id, run_id="its own"))
                    await self.context.emit(RunEnded(session_id=session_id, run_id="its own", duration_ms=1))
                is_told.set()
                await go_on.wait()

    await keep(store, "hi", "hello")
    background = in_process("background", Background, commands=(("work", "works"),))
    async with start_chat(background, opening=LATEST) as chat:
        await chat.say("/work")
        await is_told.wait()
        await chat.say("thanks")
        await chat.sees("queued: thanks")
        go_on.set()
        await chat.sees("Good day.")
        await chat.ready()


async def test_how_long_a_run_has_taken_is_counted_from_its_start(start_chat: StartChat) -> None:
    """Each message that it adds tells the status line anew."""
    model = ScriptedModel("A draft.", ["It lacks", asyncio.Event()])
    async with start_chat(PHASED, model=model) as chat:
        await chat.say("/phased tea")
        await chat.sees("It lacks")
        conversation = chat.app.sitting._conversation
        assert conversation is not None
        since = conversation.busy_since
        assert since is not None
        assert conversation.busy_since == since


async def test_a_first_message_and_a_session_that_a_command_makes_meanwhile_are_told_apart(
    start_chat: StartChat, store: MemoryStore
) -> None:
    go_on = asyncio.Event()

    class Slow:
        @hookimpl
        async def on_message(self, message: Draft, session: Session | None) -> None:
            if message.content == "hello":
                await go_on.wait()

        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command("make", "makes a session", self.make)]

        async def make(self, invocation: Invocation) -> CommandResult:
            (made,) = await invocation.host.store.apply(Create("made", "made"))
            await invocation.host.bus.emit(SessionCreated(session_id=made.id, name="made", run_id="its own"))
            return CommandResult((Notice("made it"),))

    async with start_chat(in_process("slow", Slow, commands=(("make", "makes a session"),))) as chat:
        await chat.say("hello")
        await chat.say("/make")
        await chat.sees("made it")
        go_on.set()
        await chat.sees("Good day.")
        await chat.say("again")
        await chat.until(lambda: len(chat.model.requests) == 2, "the second request")
        await chat.ready()
    assert await said(store, 1) == []
    assert (await said(store, 2))[0] == "hello"
    assert len(await said(store, 2)) == 4
