"""Large pastes: a token stands for each, and what is sent is the whole."""

from __future__ import annotations

import pytest

from hfs_core.tui.composer.pastes import KEPT, LARGE, Pastes
from tests.tui.stage import writing

LINES = "a line of a log\n" * 65_536
TOKEN = "[Pasted text #1: 1,048,576 characters]"


async def test_a_large_paste_is_a_token_and_is_sent_whole() -> None:
    async with writing() as person:
        await person.keys(" look: ")
        assert await person.paste(LINES) == f"look: {TOKEN}"
        assert TOKEN in person.text
        await person.keys(" ok?", "enter")
        assert person.app.sent == [f"look: {LINES}ok?"]
        assert await person.keys("up") == f"look: {TOKEN}ok?"
        await person.keys("enter")
        assert person.app.sent[1] == person.app.sent[0]


async def test_a_paste_that_is_not_large_is_written_out_once() -> None:
    async with writing() as person:
        text = "x" * LARGE
        assert await person.paste(text) == text


async def test_line_ends_of_a_paste_are_line_ends() -> None:
    async with writing() as person:
        await person.paste("one\rtwo\r\nthree")  # terminals paste line ends as carriage returns
        await person.paste("\r\n" * LARGE)
        await person.keys("enter")
        assert person.app.sent == ["one\ntwo\nthree" + "\n" * LARGE]


async def test_a_token_is_one_thing() -> None:
    async with writing() as person:
        await person.keys(" a")
        await person.paste(LINES)
        await person.keys(" b")
        end = len(TOKEN) + 1
        await person.keys("left", "left")
        assert person.cursor == (0, 1)
        await person.keys("right")
        assert person.cursor == (0, end)
        assert await person.keys("backspace") == "ab"
        assert await person.keys("ctrl+underscore") == f"a{TOKEN}b"
        person.composer.move_cursor((0, 1))
        assert await person.keys("delete") == "ab"
        await person.keys("alt+z")
        person.composer.insert("c", (0, 9))
        assert person.composer.text == f"a{TOKEN}cb"
        person.composer.replace("", (0, 5), (0, end + 1))
        assert person.composer.text == "ab"


async def test_what_looks_like_a_token_but_stands_for_nothing_is_sent_as_it_is() -> None:
    async with writing() as person:
        await person.keys(f" {TOKEN}", "enter")
        assert person.app.sent == [TOKEN]


async def test_a_large_text_that_is_given_back_is_a_token() -> None:
    async with writing(text="more") as person:
        person.composer.give_back(LINES)
        assert person.composer.text == f"{TOKEN}\n\nmore"
        assert person.composer.written == f"{LINES}\n\nmore"
        person.composer.give_back(LINES)
        assert person.composer.text == f"{TOKEN}\n\n{TOKEN}\n\nmore"


async def test_control_characters_are_drawn_as_pictures_and_sent_as_they_are() -> None:
    async with writing() as person:
        await person.paste("red \x1b[31m and \x07 \u202eback\tthere \udcff")
        assert "red ␛[31m and ␇ �back" in person.text
        assert "\x1b" not in person.text
        assert "there �" in person.text
        await person.keys("enter")
        assert person.app.sent == ["red \x1b[31m and \x07 \u202eback\tthere \udcff"]


def test_the_oldest_pastes_go_first_when_there_are_too_many() -> None:
    pastes = Pastes()
    first = pastes.fold("a" * (KEPT // 2))
    second = pastes.fold("b" * (KEPT // 2))
    assert pastes.forget("") == []
    third = pastes.fold("c" * LARGE + "c")
    assert pastes.forget(f"still written: {first}") == [second]
    assert pastes.unfold(first)[0] == "a"
    assert pastes.unfold(second) == second
    assert pastes.forget("") == []
    assert pastes.unfold(third) == "c" * (LARGE + 1)


@pytest.mark.parametrize("text", ["", "x", "x" * LARGE])
def test_small_texts_have_no_token(text: str) -> None:
    assert Pastes().fold(text) == text
