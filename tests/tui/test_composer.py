"""Writing: what the keys of the composer do."""

from __future__ import annotations

from textual.events import Paste

from hfs_core.testing import ScriptedModel
from tests.tui.conftest import StartChat


async def test_enter_sends_and_two_keys_break_the_line(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        assert "Type a message" in chat.text
        await chat.pilot.press(*"one", "ctrl+j", *"two", "shift+enter", *"three")
        assert chat.written == "one\ntwo\nthree"
        await chat.pilot.press("enter")
        await chat.sees("one", "two", "three", "Good day.")
        assert chat.model.requests[0].messages[0].content == "one\ntwo\nthree"
        assert chat.written == ""


async def test_an_empty_message_is_not_sent(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press("enter", "space", "ctrl+j", "enter")
        await chat.pilot.pause()
        assert not chat.model.requests
        assert chat.written == " \n"


async def test_grows_to_a_third_of_the_screen(start_chat: StartChat) -> None:
    async with start_chat(size=(80, 30)) as chat:
        composer = chat.app.views.composer
        assert composer.outer_size.height == 3
        await chat.pilot.press("a", "ctrl+j", "ctrl+j", "ctrl+j", "ctrl+j")
        await chat.until(lambda: composer.outer_size.height == 7)
        composer.insert("a\n" * 20)
        await chat.until(lambda: composer.outer_size.height == 9)
        await chat.pilot.press("enter")
        await chat.until(lambda: composer.outer_size.height == 3)


async def test_a_paste_of_several_lines_is_one_message(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        chat.app.views.composer.post_message(Paste("first line\nsecond line\n"))
        await chat.until(lambda: chat.written)
        assert not chat.model.requests
        await chat.pilot.press("enter")
        await chat.sees("first line", "second line", "Good day.")


async def test_up_and_down_go_through_what_was_sent(start_chat: StartChat) -> None:
    async with start_chat(model=ScriptedModel("one", "two")) as chat:
        await chat.say("first")
        await chat.sees("one", "ready")
        await chat.say("second")
        await chat.sees("two", "ready")
        await chat.pilot.press(*"draft", "up")
        assert chat.written == "second"
        await chat.pilot.press("up")
        assert chat.written == "first"
        await chat.pilot.press("up", "down", "down")
        assert chat.written == "draft"


async def test_control_c_clears_then_asks_then_quits(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press(*"words", "ctrl+c")
        assert chat.written == ""
        await chat.pilot.press("up")
        assert chat.written == "words"
        await chat.pilot.press("ctrl+c", "ctrl+c")
        await chat.sees("Ctrl+C again quits")
        assert chat.app.is_running
        await chat.pilot.press("ctrl+c")
        await chat.until(lambda: not chat.app.is_running, "the end")


async def test_control_c_copies_what_is_selected(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press(*"words", "shift+home", "ctrl+c")
        await chat.sees("copied")
        assert chat.app.clipboard == "words"
        assert chat.written == "words"
        await chat.pilot.press("end", "enter")
        await chat.sees("Good day.", "ready")
        line = next(number for number, text in enumerate(chat.screen) if "Good day." in text)
        await chat.pilot.mouse_down(offset=(3, line))
        await chat.pilot.hover(offset=(8, line))
        await chat.pilot.mouse_up(offset=(8, line))
        await chat.pilot.press("ctrl+c")
        assert chat.app.clipboard == "Good d"


async def test_control_d_deletes_a_letter_and_quits_an_empty_composer(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press(*"ab", "home", "ctrl+d")
        assert chat.written == "b"
        await chat.pilot.press("ctrl+d", "ctrl+d")
        await chat.until(lambda: not chat.app.is_running, "the end")


async def test_a_click_beside_does_not_take_the_keys_away(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.click(offset=(10, 5))
        await chat.pilot.press(*"still", "tab", *"here")
        assert chat.written == "stillhere"
