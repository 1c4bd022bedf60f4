"""The keys of the composer, and what is told of them."""

from __future__ import annotations

import asyncio
import threading
from random import Random

import pytest
from textual.events import Key, Paste

from hfs_core.testing import ScriptedModel
from hfs_core.tui.composer import Composer, keys
from hfs_core.tui.composer.keys import actions
from hfs_core.tui.composer.vim.commands import read
from tests.tui.conftest import StartChat, host_of
from tests.tui.stage import writing

MODES = ("standard", "emacs", "vim")


@pytest.mark.parametrize("mode", MODES)
def test_every_key_does_something_that_there_is(mode: str) -> None:
    for key, action in actions(mode).items():
        name = action.partition("(")[0]
        if not name.startswith("app."):
            assert hasattr(Composer, f"action_{name}"), f"{key}: {action}"


@pytest.mark.parametrize("mode", MODES)
def test_what_is_told_of_the_keys_is_true(mode: str) -> None:
    """Each key that the help names is a key of that mode."""
    rows = keys(mode)
    assert ("Enter", "Send") in rows
    assert ("Shift+Enter Ctrl+J Alt+Enter", "Break the line") in rows
    assert len({shown for shown, _ in rows}) == len(rows), "one key is told twice"
    known = {key.replace("underscore", "_").replace("escape", "esc") for key in actions(mode)}
    for shown, told in rows:
        assert told
        for key in shown.split():
            if mode == "vim" and "+" not in key and key != "Enter":
                continue
            assert key.lower() in known, key


def test_what_is_told_of_vims_keys_is_true() -> None:
    told = {shown for shown, _ in keys("vim")} - {shown for shown, _ in keys("standard")}
    letters = [key for shown in told for key in shown.split() if len(key) <= 2]
    assert len(letters) > 45
    for key in letters:
        read(key + "x", is_visual=False) if key in tuple("fFtTr") else read(key, is_visual=False)


async def test_vims_keys_are_told_with_the_others() -> None:
    assert set(keys("standard")) < set(keys("vim"))
    assert ("Ctrl+Y", "Put in what was killed") in keys("emacs")
    assert ("Ctrl+Y", "Put in what was killed") not in keys("standard")


async def test_keys_act_in_the_order_in_which_they_are_typed() -> None:
    """Also where they come faster than the app can do anything: those of the composer wait for no binding."""
    editing = ["backspace", "backspace", "backspace", *"ong", "home", "x", "delete", "end", "ctrl+w", "z"]
    async with writing() as person:
        for key in [*"one wrpng", *editing, "enter", "y"]:
            person.app.post_message(Key("space" if key == " " else key, key if len(key) == 1 else None))
        await person.until(lambda: person.composer.text == "y" and person.app.sent)
        assert person.app.sent == ["xne z"]


async def test_alt_and_a_letter_is_not_written() -> None:
    async with writing(text="words") as person:
        person.app.post_message(Key("alt+q", "q"))  # as a terminal tells it
        await person.keys("alt+c")
        assert person.composer.text == "words"
        assert person.app.noted == ["alt+c"]


async def test_alt_enter_breaks_the_line() -> None:
    async with writing() as person:
        assert await person.keys(" a", "alt+enter", " b", "shift+enter", " c", "ctrl+j", " d") == "a\nb\nc\nd"


async def test_undo_and_redo() -> None:
    async with writing() as person:
        await person.keys(" one", "ctrl+w", " two")
        assert await person.keys("alt+z", "ctrl+underscore") == "one"
        assert await person.keys("alt+shift+z", "alt+shift+z") == "two"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_no_keys_pastes_sizes_or_modes_break_it(seed: int) -> None:
    """What is pressed at random is the same for a seed; an exception in the app fails the test."""
    chance = Random(seed)
    named = [key for mode in MODES for key in actions(mode) if key not in ("ctrl+d", "ctrl+g")] + [
        "escape"
    ] * 6
    letters = "hjklwbeWBE0^$GgfFtT;,%xXsSr~iIaAoOdcyDCYpPu.JvV123 /\"'()[]é漢"
    pastes = ("short\rtext", "x" * 10_001, "\x1b[31m漢字\u202e", "a\n" * 30)
    async with writing(size=chance.choice([(80, 24), (20, 8), (10, 3)])) as person:
        for step in range(600):
            how = chance.random()
            if how < 0.5:
                letter = chance.choice(letters)
                person.app.post_message(Key("space" if letter == " " else letter, letter))
            elif how < 0.9:
                person.app.post_message(Key(chance.choice(named), None))
            elif how < 0.93:
                person.app.post_message(Paste(chance.choice(pastes)))
            elif how < 0.95:
                person.composer.give_back(chance.choice(pastes))
            elif how < 0.97:
                person.composer.set_key_mode(chance.choice(MODES))
            elif how < 0.98:
                await person.resize(chance.choice([1, 5, 20, 80]), chance.choice([1, 2, 8, 24]))
            if step % 10 == 0:
                await person.keys("left")
        await person.keys("left")
        person.composer.set_key_mode("standard")
        person.composer.write("done")
        assert await person.keys("enter") == ""
        assert person.app.sent[-1] == "done"


async def test_undo_of_lines_that_needed_a_scrollbar() -> None:
    async with writing(text="one") as person:
        await person.paste("line\n" * 40)
        await person.until(lambda: person.composer.show_vertical_scrollbar)
        assert await person.keys("ctrl+underscore") == "one"
        assert await person.keys("alt+shift+z") == "one" + "line\n" * 40


async def test_up_in_an_empty_composer_takes_the_last_queued_message_back(start_chat: StartChat) -> None:
    goes_on = asyncio.Event()
    model = ScriptedModel(("a ", goes_on, "reply"), "another")
    async with start_chat(model=model) as chat:
        await chat.say("first")
        await chat.sees("answering")
        await chat.say("second")
        await chat.say("third")
        await chat.sees("queued: second", "queued: third  · Up takes it back")
        await chat.pilot.press("up")
        assert chat.written == "third"
        await chat.sees("queued: second  · Up takes it back")
        assert "queued: third" not in chat.text
        await chat.pilot.press("up")
        assert chat.written == "second", "this is the history"
        conversation = chat.app.sitting._conversation
        assert conversation
        assert conversation.waiting.texts == ["second"], "only an empty composer takes a message back"
        await chat.pilot.press("down", "ctrl+c", "up")
        assert chat.written == "second"
        await chat.until(lambda: "queued" not in chat.text)
        await chat.pilot.press("ctrl+c")
        goes_on.set()
        await chat.sees("ready")
        assert [request.messages[-1].content for request in model.requests] == ["first"]


async def test_a_message_that_waits_for_the_start_can_be_taken_back(start_chat: StartChat) -> None:
    goes_on = threading.Event()

    def never() -> None:
        goes_on.wait(20)
        raise OSError("no")

    async with start_chat(start=never, awaits=False) as chat:
        await chat.say("early")
        await chat.sees("queued: early  · Up takes it back")
        await chat.pilot.press("up")
        assert chat.written == "early"
        await chat.until(lambda: "queued" not in chat.text)
        goes_on.set()


async def test_the_key_mode_is_changed_at_once(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press(*"words")
        host_of(chat).settings.write("keybinding_mode", "vim")
        await chat.sees("INSERT")
        await chat.pilot.press("escape", "x")
        await chat.sees("NORMAL")
        assert chat.written == "word"
        host_of(chat).settings.write("keybinding_mode", "emacs")
        await chat.until(lambda: "NORMAL" not in chat.text)
        await chat.pilot.press("ctrl+a", "ctrl+k")
        assert chat.written == ""
        await chat.pilot.press("ctrl+y")
        assert chat.written == "word"
