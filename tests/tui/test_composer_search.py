"""Ctrl+R: searching what was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.widget import Widget

from hfs_core.tui.composer.popup import Popup
from tests.tui.stage import Writing, writing

TEXTS = (
    "what is a monad?",
    "/resume old plans",
    "explain\nthe borrow checker",
    "what is the capital of Peru?",
)


@asynccontextmanager
async def searching(mode: str = "standard") -> AsyncIterator[Writing]:
    """Someone with a past, a draft, and an open search."""
    async with writing(mode) as person:
        for text in TEXTS:
            person.composer._sent.add(text)
        await person.keys(" a draft", "ctrl+r")
        yield person


def shown(person: Writing) -> list[str]:
    """The lines of the list above the composer."""
    popup = person.app.query_one(Popup)
    if not popup.display:
        return []
    region = popup.content_region
    return [line[region.x : region.right].strip() for line in person.screen[region.y : region.bottom]]


async def test_finds_as_one_types_and_takes_into_the_composer() -> None:
    async with searching() as person:
        assert shown(person)[-2:] == ["what is the capital of Peru?", "search ▏"]
        assert await person.keys(" WHAT") == "a draft"
        assert shown(person) == ["what is a monad?", "what is the capital of Peru?", "search WHAT▏"]
        assert await person.keys("enter") == "what is the capital of Peru?"
        assert person.app.sent == []
        assert shown(person) == []
        assert await person.keys("ctrl+underscore") == "a draft"


async def test_the_key_again_goes_to_the_next_older_one() -> None:
    async with searching() as person:
        await person.keys(" what", "ctrl+r")
        assert await person.keys("enter") == "what is a monad?"
        await person.keys("ctrl+r", " what", "ctrl+r", "ctrl+r", "ctrl+r", "down")
        assert await person.keys("tab") == "what is the capital of Peru?"


async def test_escape_leaves_all_as_it_was() -> None:
    async with searching() as person:
        await person.keys(" what", "backspace", "ctrl+w", " capital", "left", "ctrl+d", "f7")
        assert await person.keys("escape") == "a draft"
        assert shown(person) == []
        assert person.app.noted == []
        assert await person.keys(" on") == "a drafton"
        await person.keys("ctrl+r", " what")
        assert await person.keys("ctrl+c") == "a drafton"
        assert person.app.noted == []


async def test_all_words_are_found_in_any_order_over_lines() -> None:
    async with searching() as person:
        await person.keys(" checker expl")
        assert shown(person) == ["explain the borrow checker", "search checker expl▏"]
        assert await person.keys("enter") == "explain\nthe borrow checker"


async def test_what_is_found_nowhere_takes_nothing() -> None:
    async with searching() as person:
        await person.keys(" zebra")
        assert shown(person) == ["not found zebra▏"]
        assert await person.keys("enter") == "a draft"


async def test_a_paste_is_searched_for() -> None:
    async with searching() as person:
        assert await person.paste("borrow\nchecker") == "a draft"
        assert await person.keys("enter") == "explain\nthe borrow checker"


async def test_a_click_takes_a_text() -> None:
    async with searching() as person:
        popup: Widget = person.app.query_one(Popup)
        await person._pilot.click(popup, offset=(4, 0))
        assert person.composer.text == "what is a monad?"
        assert await person.keys(" so") == "what is a monad?so"


async def test_many_long_texts_do_not_fill_the_screen() -> None:
    async with writing(size=(20, 10)) as person:
        for number in range(60):
            person.composer._sent.add(f"{number} {'long ' * 1000}\nand more\x1b[31m")
        await person.keys("ctrl+r")
        lines = shown(person)
        assert len(lines) == 7
        assert person.app.query_one(Popup).region.right <= 20
        await person.keys(*["ctrl+r"] * 20)
        assert any(line.startswith("39 long") for line in shown(person))
        assert await person.keys("enter") == f"39 {'long ' * 1000}\nand more\x1b[31m"


async def test_in_vim_it_is_found_from_the_insert_mode() -> None:
    async with searching("vim") as person:
        await person.keys(" monad", "enter")
        assert person.composer.text == "what is a monad?"
        assert person.composer.mode_name == "INSERT"
