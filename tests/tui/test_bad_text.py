"""Text that would break a terminal, a layout or a markup parser, from the model and from the person."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest
from textual.widgets.markdown import Markdown

from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import Ending, ScriptedModel
from hfs_core.tui import garbage
from hfs_core.tui.entry import Entry
from tests.tui.conftest import Chat, StartChat, keep
from tests.tui.window import LATEST, go_to_end, settled, talk

TEXTS = {
    "controls": "a\x00b\x07c\x08d\x7fe\x85f\x0bg",
    "escapes": "\x1b[2J\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07 \x1b]0;title\x1b\\ \x9b5A \x1bPq\x1b\\ \x1b",
    "directions": "שלום \u202eevil\u202c مرحبا \u2066x\u2069 ok",
    "no width": "a\u200bb\u200dc\ufeffd e\u0301\u0301\u0301 👩\u200d👩\u200d👧 \u2060",
    "one line": "x" * 10_000,
    "wide letters": "漢字" * 500,
    "one line of words": "word " * 2_000,
    "a wide table": "|".join(["", *map(str, range(40)), ""])
    + "\n"
    + "|---" * 40
    + "|\n"
    + "| cell " * 40
    + "|",
    "markup": "[red [/] [/red] [@click=app.quit]quit[/] [b]no[/b] \\[ [link=x]y[/link] [$primary",
    "deep": "> " * 60 + "quoted\n\n" + "".join("  " * depth + "- item\n" for depth in range(30)),
    "broken Markdown": "```\n~~~\n| a |\n|--\n# \n1) x\n***\n[a]: <\n![](\n<div>\n&#0; &amp",
}


def is_harmless(chat: Chat) -> bool:
    width = chat.app.size.width
    return all(
        strip.cell_length <= width and not any(unicodedata.category(letter) == "Cc" for letter in strip.text)
        for strip in chat.app.screen._compositor.render_strips()
    )


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("size", [(80, 24), pytest.param((20, 8), marks=pytest.mark.slow), (80, 1)])
async def test_bad_text_is_shown_without_harm(
    start_chat: StartChat, name: str, size: tuple[int, int]
) -> None:
    text = TEXTS[name]
    middle = len(text) // 2
    go_on = asyncio.Event()
    model = ScriptedModel(["begun ", text[:middle], go_on, text[middle:], "\n\nthe end"])
    async with start_chat(model=model, size=size, awaits=False) as chat:
        await chat.say(text)
        await chat.until(lambda: any("begun" in prose.source for prose in chat.app.query(Markdown)), "begun")
        go_on.set()
        await chat.until(lambda: chat.app.views.transcript.count == 2, "an answer")
        await settled(chat)
        assert is_harmless(chat)
        for theme in ("textual-light", "ansi-dark"):
            chat.app.theme = theme
        chat.app.set_output_mode("compact")
        await chat.pilot.resize_terminal(60, 20)
        await settled(chat)
        await chat.sees("the end")
        assert is_harmless(chat)


async def test_markup_is_only_text(start_chat: StartChat) -> None:
    text = "[red [/] [@click=app.quit]quit[/] [b]no[/b]"
    async with start_chat(model=ScriptedModel(f"```\n{text}\n```\n\n{text}")) as chat:
        await chat.say(text)
        await chat.sees("ready", "● ")
        assert chat.text.count(text) == 3


async def test_a_fence_that_is_cut_in_two_comes_out_right(start_chat: StartChat) -> None:
    go_on = [asyncio.Event() for _ in range(4)]
    steps = [
        "Look:\n\n`",
        go_on[0],
        "``py",
        go_on[1],
        "thon\nx = 1\n`",
        go_on[2],
        "``\n\nafter",
        go_on[3],
        " it",
    ]
    async with start_chat(model=ScriptedModel(steps)) as chat:
        await chat.say("go")
        await chat.sees("Look:")
        for event, seen in zip(go_on, ("py", "x = 1", "after", "after it"), strict=True):
            event.set()
            await chat.sees(seen)
        await chat.sees("python · copy", "ready")
        assert "`" not in chat.text


async def test_a_message_of_a_megabyte_does_not_stall(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        lags = []

        async def watch() -> None:
            while True:
                due = asyncio.get_running_loop().time() + 0.005
                await asyncio.sleep(0.005)
                lags.append(asyncio.get_running_loop().time() - due)

        watching = asyncio.create_task(watch())
        chat.app.sitting.submit("word and [red] others " * 50_000)
        await chat.sees("Good day.", "ready")
        watching.cancel()
        assert max(lags) < 0.5


# --- selection ---


async def drag(chat: Chat, start: tuple[int, int], end: tuple[int, int]) -> None:
    await chat.pilot.mouse_down(offset=start)
    await chat.pilot.hover(offset=end)
    await chat.pilot.mouse_up(offset=end)


async def test_what_the_mouse_selects_is_copied_as_it_stands(
    start_chat: StartChat, store: MemoryStore
) -> None:
    await keep(store, "ask [red] and [/]", "say [red] **and** `[/]`")
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("ask [red] and [/]", "say [red] and [/]")
        rows = [number for number, line in enumerate(chat.screen) if "[red]" in line]
        await drag(chat, (3, rows[0]), (25, rows[1]))
        await chat.pilot.press("ctrl+c")
        await chat.sees("copied")
        assert chat.app.clipboard.startswith("ask [red] and [/]")
        assert chat.app.clipboard.endswith("say [red] and [/]")


async def test_a_selection_that_scrolls_away_does_no_harm(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, *talk(60))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("message 59 says")
        await settled(chat)
        await drag(chat, (3, 3), (9, 12))
        assert chat.app.screen.selections
        await chat.pilot.press("ctrl+home")
        await chat.sees("message 0 says")
        await settled(chat)
        await chat.pilot.press("ctrl+c")
        await chat.say("still here")
        await chat.sees("still here", "Good day.", "ready")


# --- what is far ---


@pytest.mark.slow
async def test_what_is_far_above_a_stream_is_there_when_scrolled_to(start_chat: StartChat) -> None:
    text = "".join(f"paragraph {number}\n\n- item {number}\n\n" for number in range(120))
    async with start_chat(model=ScriptedModel([text, Ending.HANG])) as chat:
        await chat.say("go")
        await chat.sees("item 119")
        blocks = list(chat.app.query_one(Markdown).children)
        assert not blocks[0].region
        assert blocks[-1].region
        for _ in range(40):
            if "paragraph 0" in chat.text:
                break
            await chat.pilot.press("pageup")
            await settled(chat)
        await chat.sees("paragraph 0", "item 0", "paragraph 1")
        await go_to_end(chat)
        await chat.sees("item 119")


async def test_what_was_let_go_of_is_collected_once_it_is_quiet(
    start_chat: StartChat, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[bool] = []
    monkeypatch.setattr(garbage.gc, "collect", lambda: swept.append(True))
    monkeypatch.setattr(garbage, "LONG_QUIET", garbage.QUIET)
    await keep(store, *talk(60))
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("message 59 says")
        await settled(chat)
        await chat.until(lambda: swept, "collected after opening")
        swept.clear()
        await chat.pilot.press("ctrl+home")
        await settled(chat)
        assert 59 not in [entry.index for entry in chat.app.query(Entry)]
        await chat.until(lambda: swept, "collected after scrolling")
