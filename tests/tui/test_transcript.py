"""The window over the conversation: bounded, following the end, and keeping the reader's place."""

from __future__ import annotations

import asyncio

from hfs_core.api import Document, Draft
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.contracts import Append
from hfs_core.testing import Ending, ScriptedModel
from hfs_core.tui.text import LONGEST_PLAIN
from tests.faulty_store import FaultyStore
from tests.tui.conftest import StartChat, answers, commands_plugin, keep
from tests.tui.window import LATEST, WINDOW, go_back, go_to_end, press, settled, talk


async def test_a_long_session_opens_at_its_end(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(1000))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("message 999 says")
        await settled(chat)
        assert chat.indexes[-1] == 999
        assert len(chat.indexes) <= 20


async def test_scrolling_reaches_the_beginning_and_comes_back(
    start_chat: StartChat, store: MemoryStore
) -> None:
    await keep(store, *talk(40))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("message 39 says")
        await press(chat, "pageup", 0)
        assert 39 not in chat.indexes
        await press(chat, "pagedown", 39)
        assert 0 not in chat.indexes
        assert chat.indexes == sorted(chat.indexes)


async def test_what_is_read_stays_where_it_is_while_more_is_loaded(
    start_chat: StartChat, store: MemoryStore
) -> None:
    await keep(store, *talk(40))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("message 39 says")
        await settled(chat)
        transcript = chat.app.views.transcript
        for _ in range(40):
            before = [line[:40].rstrip() for line in chat.screen[1:10]]
            transcript.scroll_relative(y=-1, animate=False)
            await settled(chat)
            after = [line[:40].rstrip() for line in chat.screen[2:11]]
            assert before == after


async def test_follows_the_end_only_while_the_reader_is_there(
    start_chat: StartChat, store: MemoryStore
) -> None:
    await keep(store, *talk(30))
    go_on = asyncio.Event()
    model = ScriptedModel(["\n\n".join(f"line {n}" for n in range(40)), go_on, "\n\nlast line", Ending.HANG])
    async with start_chat(opening=LATEST, model=model) as chat:
        await chat.say("go")
        await chat.sees("line 39")
        await chat.pilot.press("pageup", "pageup")
        await settled(chat)
        before = [line[:78] for line in chat.screen[:10]]  # the scrollbar tells that there is more
        go_on.set()
        await chat.until(lambda: chat.app.views.transcript._live[-1].endswith("last line"))
        await settled(chat)
        assert [line[:78] for line in chat.screen[:10]] == before
        await chat.pilot.press("ctrl+end")
        await chat.sees("last line")
        await chat.pilot.press("escape")
        await chat.sees("interrupted", "ready")


async def test_sending_goes_to_the_end(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(40))
    async with start_chat(opening=LATEST) as chat:
        await go_back(chat, 10)
        await chat.say("back to now")
        await chat.sees("back to now", "Good day.", "ready")
        assert chat.indexes[-1] == 41


async def test_a_reply_that_was_scrolled_away_from_is_there_on_return(
    start_chat: StartChat, store: MemoryStore
) -> None:
    await keep(store, *talk(45))
    go_on = asyncio.Event()
    async with start_chat(opening=LATEST, model=ScriptedModel(["begun", go_on, " and done"])) as chat:
        await chat.say("go")
        await chat.sees("begun")
        await go_back(chat, 8)
        assert 46 not in chat.indexes
        await go_to_end(chat)
        await chat.sees("begun")
        await go_back(chat, 8)
        go_on.set()
        await chat.sees("ready")
        await go_to_end(chat)
        await chat.sees("begun and done")
        assert chat.indexes[-1] == 46


async def test_resizing_keeps_the_place(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(40))
    async with start_chat(opening=LATEST) as chat:
        await press(chat, "pageup", 20)
        first = next(line for line in chat.screen if "message" in line)
        await chat.pilot.resize_terminal(40, 30)
        await settled(chat)
        assert first.split("▌")[-1].strip()[:16] in chat.text
        await chat.pilot.resize_terminal(20, 12)
        await settled(chat)
        assert chat.app.is_running


async def test_many_messages_do_not_stay_mounted(start_chat: StartChat) -> None:
    async with start_chat(model=ScriptedModel("word\n\n" * 10)) as chat:
        for number in range(20):
            await chat.say(f"number {number}")
            await chat.until(lambda n=number: chat.app.views.transcript.count == 2 * n + 2)  # type: ignore[misc]
        await chat.sees("ready")
        assert len(chat.indexes) <= WINDOW + 2
        assert chat.indexes[-1] == 39


async def test_notes_come_back_with_their_place(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(40))
    async with start_chat(opening=LATEST) as chat:
        await chat.say("/nonsense")
        await chat.sees("Unknown command")
        await go_back(chat, 5)
        await go_to_end(chat)
        await chat.sees("message 39 says", "Unknown command")


async def test_marks_failed_and_cut_replies_of_the_past(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "one")
    error = Draft("assistant", "half", status="failed", metadata={"error": "it broke [/]"})
    await store.apply(Append(session_id, error), Append(session_id, Draft("user", "two")))
    cut = Draft("assistant", "three quarters", metadata={"finish_reason": "length"})
    await store.apply(Append(session_id, cut), Append(session_id, Draft("user", "three")))
    await store.apply(Append(session_id, Draft("assistant", " \n")))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("half", "failed: it broke [/]", "three quarters", "cut at the model's limit")
        await chat.sees("the model said nothing")


async def test_a_huge_message_is_drawn_in_part(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "x" * (LONGEST_PLAIN + 5), "y" * 1_000)
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("yyyy", "[5 more characters are kept, but not drawn]")


async def test_an_unreadable_past_is_told_once(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(40))
    faulty = FaultyStore(store)
    async with start_chat(opening=LATEST, keeper=faulty) as chat:
        await chat.sees("message 39 says")
        await settled(chat)
        faulty.is_unreadable = True
        for _ in range(6):
            await chat.pilot.press("pageup")
            await settled(chat)
        await go_to_end(chat)
        await chat.sees("the rest cannot be read: the disk is gone")
        assert chat.text.count("cannot be read") == 1
        faulty.is_unreadable = False
        await go_back(chat, 0)


async def test_the_start_is_one_key_away(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(1000))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("message 999 says")
        await chat.pilot.press("ctrl+home")
        await chat.sees("message 0 says")
        await settled(chat)
        assert chat.app.views.transcript.scroll_y == 0
        assert chat.indexes[0] == 0
        assert len(chat.indexes) <= 20
        await press(chat, "pagedown", 30)
        await go_to_end(chat)
        await chat.sees("message 999 says")


async def test_an_unreadable_start_is_told(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(100))
    faulty = FaultyStore(store)
    async with start_chat(opening=LATEST, keeper=faulty) as chat:
        await chat.sees("message 99 says")
        await settled(chat)
        faulty.is_unreadable = True
        await chat.pilot.press("ctrl+home")
        await go_to_end(chat)
        await chat.sees("the rest cannot be read: the disk is gone")


async def test_a_long_answer_is_read_from_its_first_line(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(10))
    rows = Document("\n".join(f"row {number}." for number in range(60)), "text")
    async with start_chat(commands_plugin(long=answers(rows)), opening=LATEST) as chat:
        await chat.say("/long")
        await chat.sees("row 0.", "row 9.")
        assert "row 59." not in chat.text
        await chat.say("/nonsense")
        await go_to_end(chat)
        await chat.sees("row 59.", "Unknown command")
