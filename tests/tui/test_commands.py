"""What a slash does: answers drawn, effects carried out, questions asked."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any, Literal

from hfs_core.api import (
    Column,
    CommandError,
    CommandResult,
    Copy,
    Document,
    Invocation,
    Notice,
    Point,
    Quit,
    Row,
    Send,
    SwitchTo,
    Table,
    Timeline,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import Ending, ScriptedModel
from hfs_core.tui.app import Opening
from tests.tui.conftest import StartChat, answers, commands_plugin, keep

THINGS = Table(
    (Column("id", "ID", "number"), Column("name", "Name"), Column("at", "When", "time"), Column("hidden")),
    (
        Row({"id": 7, "name": "[red]seven[/]", "at": "2026-01-02T03:04:05+00:00", "hidden": "secret"}),
        Row({"id": 12, "name": "a\nb\x1b[31mc", "at": None}),
    ),
    title="Things",
    hint="that is all",
)


async def test_draws_every_part_of_an_answer(start_chat: StartChat) -> None:
    points = Timeline((Point(1, 2, "saved", details="all of it"), Point(2, 4, "run")), "Points", "choose one")
    show = answers(
        Notice("just so"),
        Notice("careful [/]", "warning"),
        THINGS,
        points,
        Document("**bold** words"),
        Document('{"a": [1]}', "json"),
        Table((Column("id", "ID"),), (), empty="no such things"),
    )
    async with start_chat(commands_plugin(show=show), size=(80, 50)) as chat:
        await chat.say("/show")
        await chat.sees("just so", "careful [/]", "Things", "that is all", "bold words", '{"a": [1]}')
        await chat.sees("no such things", "Points", "choose one", "[2] --> [4]", "saved", "all of it")
        rows = [line.split() for line in chat.screen]
        assert ["7", "[red]seven[/]", "2026-01-02"] in [row[:3] for row in rows]
        assert ["12", "a", "bc"] in rows
        assert "secret" not in chat.text
        assert not chat.indexes


async def test_long_names_fit_into_a_narrow_screen(start_chat: StartChat) -> None:
    table = Table((Column("id", "ID", "number"), Column("name", "Name")), (Row({"id": 1, "name": "n" * 90}),))
    async with start_chat(commands_plugin(show=answers(table)), size=(30, 24)) as chat:
        await chat.say("/show")
        await chat.until(lambda: chat.text.count("n") > 90, "the whole name")
        await chat.pilot.resize_terminal(20, 30)
        await chat.sees("ID: 1")
        assert chat.text.count("n") > 90


async def test_an_unknown_command_names_the_nearest(start_chat: StartChat) -> None:
    async with start_chat(commands_plugin(sessions=answers())) as chat:
        await chat.say("/session")
        await chat.sees("Unknown command: `/session`; did you mean /sessions?")
        await chat.pilot.press("up")
        assert chat.written == "/session"


async def test_wrong_words_and_failures_are_sentences(start_chat: StartChat) -> None:
    async def pick(invocation: Invocation, colour: Literal["red", "blue"]) -> CommandResult:
        if colour == "red":
            raise CommandError("red is sold out")
        raise RuntimeError("kaput")

    async with start_chat(commands_plugin(pick=pick)) as chat:
        await chat.say("/pick green")
        await chat.sees("'green' is not one of")
        await chat.say("/pick red")
        await chat.sees("red is sold out")
        await chat.say("/pick blue")
        await chat.sees("/pick failed: RuntimeError: kaput")
        await chat.say("/")
        await chat.sees("write a command after the slash")


async def test_a_path_begins_a_message_not_a_command(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.say("/etc/hosts is odd")
        await chat.sees("/etc/hosts is odd", "Good day.")
        assert chat.model.requests[-1].messages[-1].content == "/etc/hosts is odd"


async def test_carries_out_effects(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "one", "two")
    plugin = commands_plugin(
        go=answers(effects=[SwitchTo(session_id)]),
        new=answers(effects=[SwitchTo(None)]),
        ask=answers(effects=[Send("asked by a command")]),
        take=answers(effects=[Copy("taken")]),
        bye=answers(Notice("bye"), effects=[Quit()]),
    )
    async with start_chat(plugin) as chat:
        await chat.say("/go")
        await chat.sees("one", "two", "old plans")
        await chat.say("/ask")
        await chat.sees("asked by a command", "Good day.", "ready")
        await chat.say("/take")
        await chat.until(lambda: chat.app.clipboard == "taken")
        await chat.say("/new")
        await chat.until(lambda: "old plans" not in chat.text and "asked" not in chat.text)
        await chat.say("fresh")
        await chat.sees("fresh", "Good day.", "ready")
        await chat.say("/bye")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert chat.app.farewell == [f"Resume with: hfs -r {session_id + 1}"]
    assert (await store.session(session_id)).message_count == 4


async def test_what_is_said_of_a_switch_is_said_in_the_new_session(
    start_chat: StartChat, store: MemoryStore
) -> None:
    session_id = await keep(store, "one", "two")
    go = answers(Notice("here we are"), effects=[SwitchTo(session_id), Send("three")])
    async with start_chat(commands_plugin(go=go)) as chat:
        await chat.say("/go")
        await chat.sees("one", "two", "here we are", "three", "Good day.", "ready")
    assert (await store.session(session_id)).message_count == 4


async def test_a_switch_to_nowhere_is_a_sentence(start_chat: StartChat) -> None:
    async with start_chat(commands_plugin(go=answers(effects=[SwitchTo(99)]))) as chat:
        await chat.say("/go")
        await chat.sees("99", "ready")
        await chat.say("still here")
        await chat.sees("Good day.")


async def test_a_reply_stays_in_the_session_that_asked(start_chat: StartChat, store: MemoryStore) -> None:
    other = await keep(store, "other question", "other answer", name="other")
    go_on = asyncio.Event()
    plugin = commands_plugin(
        go=answers(effects=[SwitchTo(other)]), back=answers(effects=[SwitchTo(other + 1)])
    )
    model = ScriptedModel(["begun", go_on, " and done"], "short")
    async with start_chat(plugin, model=model) as chat:
        await chat.say("mine")
        await chat.sees("begun")
        await chat.say("later")
        await chat.say("/go")
        await chat.sees("other answer", "ready")
        assert "begun" not in chat.text
        assert chat.written == "later"
        await chat.pilot.press("ctrl+c")
        await chat.say("/back")
        await chat.sees("mine", "begun", "answering")
        await chat.say("/go")
        await chat.sees("other answer")
        go_on.set()
        await chat.until(lambda: model.left_early == 0)
        await chat.say("here")
        await chat.sees("short", "ready")
        assert "and done" not in chat.text
        await chat.say("/back")
        await chat.sees("begun and done", "ready")
    assert [m.content for m in await store.messages(other + 1)] == ["mine", "begun and done"]


async def test_asks_before_something_is_done(start_chat: StartChat) -> None:
    said: list[bool] = []

    async def purge(invocation: Invocation) -> CommandResult:
        said.append(await invocation.confirm("Really [b]purge[/]?"))
        return CommandResult((Notice("asked"),))

    async with start_chat(commands_plugin(purge=purge)) as chat:
        for key, expected in (("y", True), ("n", False), ("enter", False), ("escape", False)):
            await chat.say("/purge")
            await chat.sees("Really [b]purge[/]?")
            await chat.pilot.press(key)
            await chat.until(lambda: "Really" not in chat.text)
            assert said[-1] is expected
        await chat.pilot.press(*"typed")
        assert chat.written == "typed"


async def test_shows_progress_in_the_status_line(start_chat: StartChat) -> None:
    go_on = asyncio.Event()

    async def work(invocation: Invocation) -> CommandResult:
        invocation.progress("fetching [x]", 0.4)
        await go_on.wait()
        return CommandResult((Notice("fetched"),))

    async with start_chat(commands_plugin(work=work)) as chat:
        await chat.say("/work")
        await chat.sees("40% fetching [x]")
        await chat.say("meanwhile")
        await chat.sees("Good day.")
        go_on.set()
        await chat.sees("fetched", "ready")
        assert "40%" not in chat.text


async def test_a_command_knows_the_session(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "one", "two")
    seen: list[Any] = []

    async def look(invocation: Invocation) -> CommandResult:
        seen.append(invocation.session_id)
        await invocation.host.sessions.rename(session_id, "better name")
        return CommandResult()

    async with start_chat(commands_plugin(look=look), opening=Opening(continue_latest=True)) as chat:
        await chat.say("/look")
        await chat.sees("scripted/model · better name")
    assert seen == [session_id]


async def test_commands_run_while_a_reply_streams(start_chat: StartChat) -> None:
    model = ScriptedModel(["begun", Ending.HANG])
    async with start_chat(commands_plugin(show=answers(Notice("noted"))), model=model) as chat:
        await chat.say("go")
        await chat.sees("begun")
        await chat.say("/show")
        await chat.sees("begun", "noted", "answering")
        assert chat.text.index("begun") < chat.text.index("noted")


async def test_escape_stops_a_command(start_chat: StartChat) -> None:
    has_ended = asyncio.Event()

    async def pull(invocation: Invocation) -> CommandResult:
        invocation.progress("pulling", 0.1)
        try:
            await asyncio.Event().wait()
        finally:
            has_ended.set()
        raise AssertionError("never here")

    async with start_chat(commands_plugin(pull=pull)) as chat:
        await chat.say("/pull")
        await chat.sees("10% pulling")
        await chat.pilot.press("escape")
        await chat.sees("stopped: /pull", "ready")
        assert has_ended.is_set()
        assert "10%" not in chat.text


async def test_a_question_goes_with_the_command_that_asked_it(start_chat: StartChat) -> None:
    async def purge(invocation: Invocation) -> CommandResult:
        await invocation.confirm("Really?")
        raise AssertionError("never here")

    async with start_chat(commands_plugin(purge=purge)) as chat:
        await chat.say("/purge")
        await chat.sees("Really?")
        chat.app.sitting.interrupt()
        await chat.sees("stopped: /purge", "ready")
        await chat.until(lambda: "Really?" not in chat.text, "no question")
        await chat.pilot.press(*"yes")
        assert chat.written == "yes"


async def test_a_question_may_be_answered_once_nobody_waits_for_it(start_chat: StartChat) -> None:
    async def purge(invocation: Invocation) -> CommandResult:
        await invocation.confirm("Really?")
        raise AssertionError("never here")

    async with start_chat(commands_plugin(purge=purge)) as chat:
        await chat.say("/purge")
        await chat.sees("Really?")
        await chat.pilot.press("f1")
        chat.app.sitting.interrupt()
        await chat.pilot.pause()
        await chat.pilot.press("escape", "y")
        await chat.sees("stopped: /purge", "ready")


async def test_a_command_that_does_not_end_holds_no_key_up(start_chat: StartChat) -> None:
    go_on = asyncio.Event()

    async def stubborn(invocation: Invocation) -> CommandResult:
        invocation.progress("working", None)
        while not go_on.is_set():
            with suppress(asyncio.CancelledError):
                await go_on.wait()
        return CommandResult((Notice("ended"),))

    async with start_chat(commands_plugin(stubborn=stubborn)) as chat:
        await chat.say("/stubborn")
        await chat.sees("working")
        began = time.monotonic()
        await chat.pilot.press("escape", *"typed")
        assert chat.written == "typed"
        assert time.monotonic() - began < 1.5
        go_on.set()
        await chat.ready()


async def test_leaving_stops_a_command(start_chat: StartChat) -> None:
    has_ended = asyncio.Event()

    async def pull(invocation: Invocation) -> CommandResult:
        invocation.progress("pulling", 0.1)
        try:
            await asyncio.Event().wait()
        finally:
            has_ended.set()
        raise AssertionError("never here")

    async with start_chat(commands_plugin(pull=pull)) as chat:
        await chat.say("/pull")
        await chat.sees("10% pulling")
        await chat.pilot.press("ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")
    assert has_ended.is_set()


async def test_a_command_that_cannot_be_read_is_a_sentence(start_chat: StartChat) -> None:
    async def odd(invocation: Invocation, what: Unknown) -> CommandResult:  # type: ignore[name-defined] # noqa: F821
        return CommandResult()

    async with start_chat(commands_plugin(odd=odd)) as chat:
        await chat.say("/odd x")
        await chat.sees("NameError", "ready")


async def test_what_is_said_does_not_wait_for_a_command_that_takes_its_time(start_chat: StartChat) -> None:
    may_end = asyncio.Event()

    async def quiet(invocation: Invocation) -> CommandResult:
        await may_end.wait()
        return CommandResult((Notice("done quietly"),))

    async def fetch(invocation: Invocation) -> CommandResult:
        invocation.progress("fetching", 0.25)
        return await quiet(invocation)

    async with start_chat(commands_plugin(quiet=quiet, fetch=fetch)) as chat:
        await chat.say("/fetch")
        await chat.sees("25% fetching")
        await chat.say("hello")
        await chat.sees("Good day.")
        await chat.say("/quiet")
        await chat.say("and then?")
        await chat.sees("queued: and then?")
        await chat.pilot.press("up")
        await chat.until(lambda: chat.written == "and then?", "the words taken back")
        await chat.pilot.press("enter")
        await chat.sees("queued: and then?")
        assert len(chat.model.requests) == 1
        may_end.set()
        await chat.sees("done quietly", "ready")
        await chat.until(lambda: len(chat.model.requests) == 2, "the message that waited")
