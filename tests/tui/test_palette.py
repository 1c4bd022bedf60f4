"""The palette, the help and the keys of commands: everything that can be done, found by its name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from hfs_core.api import Command, CommandResult, Invocation, Notice, hookimpl
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.testing import ScriptedModel, in_process
from hfs_core.tui.help import Help
from hfs_core.tui.palette import Palette
from tests.tui.conftest import Chat, StartChat, answers, commands_plugin, keep


async def asked(chat: Chat, words: str) -> None:
    """Open the palette and look for something."""
    await chat.pilot.press("ctrl+p")
    await chat.until(lambda: isinstance(chat.app.screen, Palette), "the palette")
    await chat.pilot.press(*("space" if letter == " " else letter for letter in words))
    await chat.sees(f"› {words}▏")


async def test_the_palette_runs_commands(start_chat: StartChat) -> None:
    async def greet(invocation: Invocation, name: str) -> CommandResult:
        return CommandResult((Notice(f"hello {name}"),))

    async with start_chat(commands_plugin(show=answers(Notice("shown")), greet=greet)) as chat:
        await chat.pilot.press("ctrl+p")
        await chat.sees("/greet", "/show", "does show", "command")
        await chat.pilot.press("escape")
        await asked(chat, "show")
        await chat.pilot.press("enter")
        await chat.sees("shown", "ready")
        await chat.pilot.press(*"draft")
        await asked(chat, "greet")
        await chat.pilot.press("enter")
        await chat.until(lambda: chat.written == "/greet ", "the command in the composer")
        await chat.pilot.press(*"you", "enter")
        await chat.sees("hello you")


async def test_the_palette_knows_sessions_and_models(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "one", "two", name="[red]plans[/] for spring")
    await keep(store, "three", name="kitchen")
    async with start_chat(model=ScriptedModel("Good day.")) as chat:
        await asked(chat, "spring")
        await chat.sees("[red]plans[/] for spring", "session")
        await chat.pilot.press("enter")
        await chat.sees("one", "two", "[red]plans[/]")
        await asked(chat, "scripted")
        await chat.sees("› scripted/model")
        await chat.pilot.press("enter")
        await chat.until(lambda: not isinstance(chat.app.screen, Palette))
        await chat.sees("ready")


async def test_the_palette_does_what_the_keys_do(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await asked(chat, "hfs-light")
        await chat.pilot.press("enter")
        await chat.until(lambda: chat.app.theme == "hfs-light")
        await asked(chat, "help")
        await chat.sees("F1")
        await chat.pilot.press("enter")
        await chat.until(lambda: isinstance(chat.app.screen, Help))
        await chat.pilot.press("q")
        await chat.pilot.resize_terminal(20, 10)
        await asked(chat, "quit")
        await chat.pilot.press("enter")
        await chat.until(lambda: not chat.app.is_running, "the end")


async def test_the_help_closes_by_each_of_its_keys(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        for key in ("escape", "q", "f1"):
            await chat.pilot.press("f1")
            await chat.sees("Keys", "Enter", "Send", "Esc closes")
            await chat.pilot.press(key)
            await chat.until(lambda: not isinstance(chat.app.screen, Help))


async def test_the_help_tells_keys_and_commands(start_chat: StartChat) -> None:
    async with start_chat(commands_plugin(show=answers())) as chat:
        await chat.pilot.press("f1", "end")
        await chat.sees("Commands of commander", "/show", "does show")
        await chat.pilot.press("escape")
        await chat.pilot.resize_terminal(20, 8)
        await chat.pilot.press("f1", "end")
        await chat.sees("/show")


async def test_the_help_needs_no_plugin(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press("f1", "end")
        await chat.sees("Ctrl+P", "No plugin with commands")


async def test_commands_are_told_the_keys(start_chat: StartChat) -> None:
    seen: list[Any] = []

    async def look(invocation: Invocation) -> CommandResult:
        seen.append(dict(invocation.keys))
        return CommandResult()

    async with start_chat(commands_plugin(look=look)) as chat:
        await chat.say("/look")
        await chat.until(lambda: seen)
    assert seen[0]["Enter"] == "Send"
    assert seen[0]["Ctrl+P"] == "Everything that can be done"


@pytest.mark.parametrize("lists", [True, False])
async def test_a_command_has_its_key(start_chat: StartChat, lists: bool) -> None:
    ran: list[str] = []

    def running(name: str) -> Any:
        async def run(invocation: Invocation) -> CommandResult:
            ran.append(name)
            return CommandResult()

        return run

    class Keyed:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            keys = {"fresh": "ctrl+n", "greedy": "ctrl+d", "typed": "x", "second": "ctrl+n"}
            return [Command(name, f"does {name}", running(name), key=key) for name, key in keys.items()]

    names = ("fresh", "greedy", "second", "typed")
    info = in_process("keyed", Keyed, commands=tuple((name, f"does {name}") for name in names))
    info = replace(
        info, keys=(("fresh", "ctrl+n"), ("greedy", "ctrl+d"), ("typed", "x"), ("second", "ctrl+n"))
    )
    if not lists:
        info = replace(info, lists=False, commands=(), keys=())
    async with start_chat(info) as chat:
        await chat.sees("Ctrl+D, which HFS uses", "which /fresh has", "needed for writing")
        await chat.pilot.press(*"xy", "ctrl+n")
        await chat.until(lambda: ran == ["fresh"])
        assert chat.written == "xy"
        await chat.pilot.press("f1", "end")
        await chat.sees("Ctrl+N")


def test_the_start_imports_none_of_it() -> None:
    """What is opened later is imported later."""
    code = (
        "import hfs_core.tui.app, sys; "
        "print([n for n in ('palette', 'help', 'picker', 'confirm', 'choices', 'preview') "
        "if f'hfs_core.tui.{n}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_question_fits_small_screens(start_chat: StartChat) -> None:
    async def ask(invocation: Invocation) -> CommandResult:
        said = await invocation.confirm("Really purge the session about the kitchen and the garden?")
        return CommandResult((Notice(f"said {said}"),))

    async with start_chat(commands_plugin(ask=ask)) as chat:
        await chat.say("/ask")
        for size in ((80, 24), (20, 24), (20, 8), (20, 2)):
            await chat.pilot.resize_terminal(*size)
            await chat.sees("Really", "y yes   n no")
        await chat.pilot.resize_terminal(30, 1)
        await chat.sees("Really purge")
        await chat.pilot.press("y")
        await chat.pilot.resize_terminal(80, 24)
        await chat.sees("said True")


async def test_the_chat_is_seen_behind_what_is_open(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press("f1")
        await chat.until(lambda: isinstance(chat.app.screen, Help))
        assert 0 < chat.app.screen.styles.background.a < 1
