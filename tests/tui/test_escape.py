"""Esc over the chat, and Esc Esc on an empty prompt."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hfs_core.api import Action, Command, CommandResult, Invocation, Notice, hookimpl
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import ScriptedModel, in_process
from hfs_core.tui import escape
from hfs_core.tui.keys import ESCAPE_TWICE, key_name
from tests.tui.conftest import StartChat, answers, commands_plugin

HINT = "Esc again: back"


def back_plugin(name: str = "backward", command: str = "back", **handlers: Any) -> PluginInfo:
    """A plugin whose command asks for Esc Esc, and says that it ran."""

    class Backward:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command(command, "go back", answers(Notice(f"{command} it is")), key=ESCAPE_TWICE)]

    return in_process(name, Backward, commands=((command, "go back"),), keys=((command, ESCAPE_TWICE),))


@pytest.mark.parametrize("mode", ["standard", "emacs", "vim"])
async def test_runs_the_command_that_has_it(start_chat: StartChat, mode: str) -> None:
    async with start_chat(back_plugin()) as chat:
        chat.app.views.composer.set_key_mode(mode)
        if mode == "vim":
            await chat.pilot.press("escape")
            await chat.sees("NORMAL")
            assert HINT not in chat.text, "the first Esc has left the insert mode"
        await chat.pilot.press("escape")
        await chat.sees(HINT)
        assert "back it is" not in chat.text
        await chat.pilot.press("escape")
        await chat.sees("back it is")


async def test_the_second_one_comes_soon(start_chat: StartChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escape, "AGAIN_SECONDS", 0.3)
    async with start_chat(back_plugin()) as chat:
        await chat.pilot.press("escape")
        await chat.sees(HINT)
        await chat.until(lambda: HINT not in chat.text, "the hint gone")
        await chat.pilot.press("escape")
        await chat.sees(HINT)
        assert "back it is" not in chat.text


async def test_nothing_where_something_is_written(
    start_chat: StartChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escape, "AGAIN_SECONDS", 60)
    async with start_chat(back_plugin()) as chat:
        await chat.pilot.press("x", "escape", "escape")
        assert HINT not in chat.text
        await chat.pilot.press("backspace", "escape", "y")
        await chat.until(lambda: HINT not in chat.text, "no hint for one who writes")
        await chat.pilot.press("backspace", "escape")
        await chat.sees(HINT)
        assert "back it is" not in chat.text


async def test_an_escape_that_did_something_does_not_count(start_chat: StartChat) -> None:
    go_on = asyncio.Event()
    offer = answers(Notice("done", actions=(Action("u", "Undo", "undo"),)))

    async def wait(invocation: Invocation) -> CommandResult:
        await asyncio.Event().wait()
        return CommandResult()

    plugins = (back_plugin(), commands_plugin(offer=offer, wait=wait))
    async with start_chat(*plugins, model=ScriptedModel(["begun", go_on])) as chat:
        await chat.say("question")
        await chat.sees("begun", "answering")
        await chat.pilot.press("escape")
        await chat.sees("interrupted", "ready")
        assert HINT not in chat.text
        await chat.say("/offer")
        await chat.sees("Alt+U Undo")
        await chat.pilot.press("escape")
        await chat.until(lambda: "Alt+U" not in chat.text)
        assert HINT not in chat.text
        await chat.say("/wait")
        await chat.pilot.press("escape")
        await chat.sees("stopped: /wait")
        assert HINT not in chat.text
        await chat.pilot.press("ctrl+r")
        await chat.sees("search")
        await chat.pilot.press("escape")
        await chat.until(lambda: "search" not in chat.text)
        assert HINT not in chat.text
        await chat.pilot.press("f1", "escape", "escape")
        await chat.sees(HINT)
        assert "back it is" not in chat.text


async def test_without_such_a_command_nothing_happens(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press("escape", "escape", "escape")
        await chat.pilot.pause()
        assert "Esc again" not in chat.text
        await chat.ready()


async def test_the_help_lists_it_and_a_second_one_is_told(start_chat: StartChat) -> None:
    async with start_chat(back_plugin(), back_plugin("other", "again"), size=(90, 80)) as chat:
        await chat.sees("/back asks for the key Esc Esc, which /again has")
        await chat.pilot.press("f1")
        await chat.sees("Esc Esc", "/again: go back")
        assert chat.app.keys.by_command() == [("again", "Esc Esc")]
    assert key_name(ESCAPE_TWICE) == "Esc Esc"
