"""The keys of Emacs."""

from __future__ import annotations

import pytest

from hfs_core.tui.palette import Palette
from tests.tui.conftest import StartChat
from tests.tui.stage import writing

LEFT = ["ctrl+b"] * 3

CASES: list[tuple[str, list[str], str]] = [
    ("abc", ["ctrl+a", "X", "ctrl+e", "Y"], "XabcY"),
    ("abc", ["ctrl+b", "X", "ctrl+f", "Y"], "abXcY"),
    ("one two", ["alt+b", "X"], "one Xtwo"),
    ("one two", ["ctrl+a", "alt+f", "X"], "oneX two"),
    ("one two", ["alt+b", "ctrl+d"], "one wo"),
    ("one two", ["ctrl+a", "alt+d"], " two"),
    ("one two", ["ctrl+a", "alt+d", "alt+d", "ctrl+y"], "one two"),
    ("one two", ["ctrl+a", "ctrl+k"], ""),
    ("one two", ["alt+b", "ctrl+k", "ctrl+a", "ctrl+y"], "twoone "),
    ("one\ntwo", ["ctrl+p", "ctrl+a", "ctrl+k", "ctrl+k", "ctrl+e", "ctrl+y"], "twoone\n"),
    ("one two", ["alt+b", "ctrl+u"], "two"),
    ("one two", ["alt+b", "ctrl+u", "ctrl+e", "ctrl+y"], "twoone "),
    ("see a-b.c d", ["ctrl+b", "ctrl+b", "ctrl+w"], "see  d"),
    ("see a-b", ["ctrl+w", "ctrl+w", "ctrl+y"], "see a-b"),
    ("see a-b", ["alt+backspace"], "see a-"),
    ("one\n", ["ctrl+w"], "one"),
    ("one", ["ctrl+y"], "one"),
    ("abc", ["ctrl+t"], "acb"),
    ("abc", ["ctrl+a", "ctrl+t"], "bac"),
    ("abc", ["ctrl+a", "ctrl+f", "ctrl+t", "X"], "baXc"),
    ("a", ["ctrl+t"], "a"),
    ("", ["ctrl+t", "ctrl+k", "ctrl+u", "ctrl+w", "alt+d", "alt+backspace", "ctrl+y"], ""),
    ("one", ["ctrl+w", "ctrl+underscore"], "one"),
    ("one two", ["ctrl+w", "x", "ctrl+w", "ctrl+y"], "one x"),
    ("line", ["shift+home", "ctrl+w", "ctrl+y", "ctrl+y"], "lineline"),
]


@pytest.mark.parametrize(("before", "keys", "after"), CASES)
async def test_keys(before: str, keys: list[str], after: str) -> None:
    async with writing("emacs", before) as person:
        assert await person.keys(*keys) == after


async def test_lines_then_history() -> None:
    async with writing("emacs") as person:
        await person.keys(" sent", "enter", " a", "ctrl+j", " b", "ctrl+p")
        assert person.cursor == (0, 1)
        assert await person.keys("ctrl+p") == "sent"
        assert await person.keys("ctrl+n") == "a\nb"


async def test_the_palette_and_what_the_app_keeps() -> None:
    async with writing("emacs", "x") as person:
        await person.keys("alt+x", "alt+c", "ctrl+y")
        assert person.app.noted == ["palette", "alt+c"]
        assert person.composer.text == "x"


async def test_the_palette_in_the_chat(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        chat.app.views.composer.set_key_mode("emacs")
        await chat.pilot.press(*"ab", "ctrl+p", "alt+x")
        await chat.until(lambda: isinstance(chat.app.screen, Palette), "the palette")
        await chat.pilot.press("escape")
        assert chat.written == "ab"
