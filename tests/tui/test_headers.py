"""Who says a message, when, and how the output modes show it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from hfs_core.api import JSON, Draft, Usage
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.contracts import Append
from hfs_core.testing import ScriptedModel
from tests.tui.conftest import StartChat, keep
from tests.tui.window import LATEST


async def test_each_message_says_who_and_when(start_chat: StartChat, store: MemoryStore) -> None:
    session_id = await keep(store, "the question")
    usage: JSON = {"prompt_tokens": 7, "completion_tokens": 1234}
    metadata: dict[str, JSON] = {"model": "maker/small[/]", "usage": usage, "duration_ms": 2140}
    past = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
    await store.apply(Append(session_id, Draft("assistant", "the answer", past, metadata=metadata)))
    await store.apply(Append(session_id, Draft("system", "be brief", metadata={"model": 7, "usage": []})))
    async with start_chat(opening=LATEST) as chat:
        today = f"{datetime.now().astimezone():%H:}"
        await chat.sees(f"❯ You  {today}", "◆ System  ", "be brief")
        await chat.sees(f"● maker/small[/]  {past.astimezone():%Y-%m-%d %H:%M} · 1,234 tokens · 2.1 s")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
async def test_the_ends_of_the_calendar_are_shown(
    start_chat: StartChat, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Files of others may tell such times; here they lie outside of any year."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        session_id = await keep(store, "a question")
        for moment in (datetime.min, datetime.max):
            await store.apply(Append(session_id, Draft("user", "at an end", moment.replace(tzinfo=UTC))))
        async with start_chat(opening=LATEST) as chat:
            await chat.sees("9999-12-31", "1-01-01")
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_a_reply_has_its_model_from_its_first_word_on(start_chat: StartChat) -> None:
    go_on = asyncio.Event()
    steps = ["half", go_on, " done", Usage(3, 21)]
    async with start_chat(model=ScriptedModel(steps, name="maker")) as chat:
        await chat.say("go")
        await chat.sees("❯ You  ", "● maker/model  ", "half")
        row = next(number for number, line in enumerate(chat.screen) if "half" in line)
        go_on.set()
        await chat.sees("21 tokens · 0.", "half done", "ready")
        assert "half done" in chat.screen[row]


async def test_compact_shows_signs_instead_of_headers(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "one question", "one answer", "two questions", "- two\n- answers")
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("❯ You", "● Assistant", "• answers")
        chat.app.set_output_mode("compact")
        await chat.sees("❯ one question")
        lines = "\n".join(line.strip() for line in chat.screen)
        assert "❯ one question\n● one answer\n❯ two questions\n● • two\n• answers" in lines
        assert "You" not in chat.text
        chat.app.set_output_mode("verbose")
        await chat.sees("❯ You", "● Assistant")


@pytest.mark.parametrize("mode", ["compact", "verbose"])
async def test_opens_in_the_configured_mode(start_chat: StartChat, store: MemoryStore, mode: str) -> None:
    await keep(store, "one question", "one answer")
    async with start_chat(opening=LATEST, environ={"HFS_OUTPUT_MODE": mode}) as chat:
        await chat.sees("one question" if mode == "compact" else "❯ You")
        assert ("❯ one question" in chat.text) == (mode == "compact")
