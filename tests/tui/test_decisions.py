"""Plugins in folders that wait for a decision: told without getting in the way, asked about when the person wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events

from hfs_core.api import Paths, PluginState
from hfs_core.plugins.directories import find
from hfs_core.tui.consent import Consent
from hfs_core.tui.decisions import WaitingPlugins
from hfs_core.tui.plugin_files import PluginFiles
from tests.plugin_folders import drop
from tests.tui.conftest import Chat, StartChat, host_of

WIDGETS = """
name: {name}
version: 1.0.0
description: Shows something
entry_point: "plugin:Plugin"
capabilities: [ui]
hooks: [provide_widgets]
"""

WIDGET = """
from hfs_core.api import WidgetSpec, hookimpl


class Plugin:
    @hookimpl
    def provide_widgets(self):
        return [WidgetSpec("panel", "Drawn by a folder", lambda session: "all is well")]
"""

StartWithFolders = Callable[..., AbstractAsyncContextManager[Chat]]


@pytest.fixture
def start(start_chat: StartChat, home: Paths) -> StartWithFolders:
    """Start the chat with what lies in the folder of plugins."""

    @asynccontextmanager
    async def started(**options: Any) -> AsyncIterator[Chat]:
        async with start_chat(*find(home.plugins), **options) as chat:
            yield chat

    return started


async def question(chat: Chat) -> None:
    """Open the question."""
    await chat.sees("F2 decides")
    await chat.pilot.press("f2")
    await chat.until(lambda: isinstance(chat.app.screen, Consent), "the question is asked")
    await chat.sees("runs as you")


def state(chat: Chat, plugin: str = "greet") -> str:
    return host_of(chat).plugins.entries[plugin].state


async def test_it_is_told_and_typing_goes_on(start: StartWithFolders, home: Paths) -> None:
    drop(home.plugins)
    async with start() as chat:
        await chat.sees("1 plugin waits for your decision (greet)")
        await chat.pilot.press(*"hello", "enter")
        await chat.sees("Good day.", "ready", "1 plugin waits")
        assert state(chat) == PluginState.UNTRUSTED


async def test_what_is_trusted_has_its_command_at_once(start: StartWithFolders, home: Paths) -> None:
    drop(home.plugins)
    async with start() as chat:
        await question(chat)
        await chat.sees(
            "greet 1.0.0", "Says hello", "This plugin runs as you and can do anything you can do.",
            "HFS will let it:", "[x] add commands: /greet",
        )  # fmt: skip
        await chat.pilot.press("t")
        await chat.until(lambda: "waits for your decision" not in chat.text, "nothing waits")
        await chat.say("/greet you")
        await chat.sees("hello you")
    async with start() as chat:
        await chat.say("/greet again")
        await chat.sees("hello again")
        assert "waits" not in chat.text


async def test_a_command_that_waits_for_consent_says_so(start: StartWithFolders, home: Paths) -> None:
    drop(home.plugins)
    async with start() as chat:
        await chat.say("/greet you")
        await chat.sees("Unknown command: `/greet`; plugin greet has it, which is untrusted")


async def test_keys_that_come_after_the_answer_do_nothing(start: StartWithFolders, home: Paths) -> None:
    drop(home.plugins)
    async with start() as chat:
        await question(chat)
        for key in "ndnt":  # typed faster than the question can go
            chat.app.screen.post_message(events.Key(key, key))
        await chat.until(lambda: not isinstance(chat.app.screen, Consent), "the question is gone")
        await chat.say("hello")
        await chat.sees("Good day.")
        assert state(chat) == PluginState.UNTRUSTED
        assert not (home.state / "trust.json").exists()


async def test_its_widgets_come_at_once(start: StartWithFolders, home: Paths) -> None:
    folder = drop(home.plugins, "shows")
    (folder / "manifest.yaml").write_text(WIDGETS.format(name="shows"))
    (folder / "plugin.py").write_text(WIDGET)
    async with start() as chat:
        await question(chat)
        assert "Drawn by a folder" not in chat.text
        await chat.pilot.press("t")
        await chat.sees("Drawn by a folder", "all is well")


async def test_what_is_ticked_off_is_not_granted(start: StartWithFolders, home: Paths) -> None:
    folder = drop(home.plugins)
    manifest = folder / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("[commands]", "[commands, store.write]"))
    async with start() as chat:
        await question(chat)
        await chat.pilot.press("down", "space")
        await chat.sees("[x] add commands", "[ ] change and delete")
        await chat.pilot.press("t")
        await chat.until(lambda: state(chat) == PluginState.FOUND, "it is trusted")
        grants = host_of(chat).grants("greet")
        assert (grants.granted, grants.denied) == ({"commands"}, {"store.write"})


@pytest.mark.slow
async def test_not_now_asks_again_at_the_next_start_and_never_does_not(
    start: StartWithFolders, home: Paths
) -> None:
    drop(home.plugins)
    async with start() as chat:
        await question(chat)
        await chat.pilot.press("n")
        await chat.until(lambda: "waits for your decision" not in chat.text, "it is told no more")
        assert state(chat) == PluginState.UNTRUSTED
    async with start() as chat:
        await question(chat)
        await chat.pilot.press("d")
        await chat.sees("greet is refused")
    async with start() as chat:
        await chat.until(lambda: chat.app.query(WaitingPlugins), "it is known who waits")
        await chat.pilot.press("f2")
        await chat.sees("no plugin waits for a decision")
        assert not isinstance(chat.app.screen, Consent)


@pytest.mark.slow
async def test_one_after_the_other_is_asked_about_until_one_is_left_open(
    start: StartWithFolders, home: Paths
) -> None:
    for name in ("one", "two", "three", "four"):
        drop(home.plugins, name)
    async with start() as chat:
        await chat.sees("4 plugins wait for your decision (four, one, three, ...)")
        await question(chat)
        await chat.sees("four 1.0.0")
        await chat.pilot.press("t")
        await chat.sees("one 1.0.0")
        await chat.pilot.press("n")
        await chat.sees("three 1.0.0")
        await chat.pilot.press("escape")
        await chat.sees("2 plugins wait for your decision (three, two)")
        assert chat.app.focused is chat.app.views.composer


async def test_what_has_changed_is_asked_about_again_with_what_changed(
    start: StartWithFolders, home: Paths
) -> None:
    folder = drop(home.plugins, old_file="x")
    async with start() as chat:
        await question(chat)
        await chat.pilot.press("t")
        await chat.until(lambda: state(chat) == PluginState.FOUND, "it is trusted")
    manifest = folder / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("[commands]", "[commands, models.call]"))
    (folder / "old_file").unlink()
    (folder / "new.py").write_text("x = '\u200b'  # \u202e\n")
    async with start(size=(100, 40)) as chat:
        await question(chat)
        await chat.sees("You agreed to version 1.0.0 on", "+ added new.py", "~ changed manifest.yaml")
        await chat.sees("- removed old_file", "cost money new", "new.py:1: U+200B ZERO WIDTH SPACE")
        await chat.pilot.press("t")
        await chat.sees("t again: trust it, with what you cannot see")
        assert state(chat) == PluginState.CHANGED
        await chat.pilot.press("t")
        await chat.until(lambda: state(chat) == PluginState.FOUND, "it is trusted")


async def test_what_changes_under_the_question_is_not_trusted(start: StartWithFolders, home: Paths) -> None:
    folder = drop(home.plugins)
    async with start() as chat:
        await question(chat)
        (folder / "words.py").write_text("HELLO = 'EVIL'\n")
        await chat.pilot.press("t")
        await chat.sees("changed while you were looking at it", "F2 decides")
        assert state(chat) == PluginState.UNTRUSTED
        await question(chat)  # it can be looked at again, as the message says
        await chat.pilot.press("t")
        await chat.until(lambda: state(chat) == PluginState.FOUND, "it is trusted")


async def test_its_files_can_be_read_with_what_hides_in_them(start: StartWithFolders, home: Paths) -> None:
    folder = drop(home.plugins, **{"a.py": "x = 1\ny = '\u200b[red]\x1b[31m'\n"})
    (folder / "image.png").write_bytes(b"\xff\x00")
    async with start() as chat:
        await question(chat)
        await chat.pilot.press("v")
        await chat.sees("a.py", "1 x = 1", "2 y = '<200B>[red]<001B>[31m'", "file 1 of 5")
        await chat.pilot.press("right")
        await chat.sees("image.png", "2 bytes that are no text")
        assert "\x1b" not in chat.text
        await chat.pilot.press("escape")
        await chat.sees("HFS will let it")
        assert not isinstance(chat.app.screen, PluginFiles)


async def test_a_folder_that_cannot_be_trusted_says_why(start: StartWithFolders, home: Paths) -> None:
    folder = drop(home.plugins)
    (folder / "link").symlink_to(home.root.parent)
    async with start() as chat:
        await chat.sees("for your decision")
        await chat.pilot.press("f2")
        await chat.sees("It cannot be agreed to:", "n Not now")
        await chat.pilot.press("t", "d", "v")
        assert isinstance(chat.app.screen, Consent)
        await chat.pilot.press("n")
        await chat.until(lambda: not isinstance(chat.app.screen, Consent), "it is closed")
        assert state(chat) == PluginState.UNTRUSTED


HOSTILE = """
name: greet
version: "1\\e[31m"
description: "[red]bold[/red] \\e[2J\\u202eevil {long}"
entry_point: "plugin:Plugin"
capabilities: [commands, "fly\\e[31m"]
hooks: [provide_commands]
contributes: {{commands: [{{name: greet, summary: Say hello}}]}}
advisory: {{net: ["[bold]everywhere\\n\\n\\nHFS will let it: nothing"]}}
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [(132, 40), (80, 24), (40, 12), (20, 6)])
async def test_hostile_texts_are_text_on_every_screen(
    start: StartWithFolders, home: Paths, size: tuple[int, int]
) -> None:
    folder = drop(home.plugins)
    (folder / "manifest.yaml").write_text(HOSTILE.format(long="word " * 350))
    async with start(size=size) as chat:
        await chat.until(lambda: host_of(chat).deciding.waiting(), "it waits")
        await chat.until(lambda: chat.app.frame._decisions, "it is told")
        await chat.pilot.press("f2")
        await chat.until(lambda: isinstance(chat.app.screen, Consent), "the question is asked")
        await chat.sees("[red]bold[/red]")
        seen = chat.text
        for _ in range(20):
            await chat.pilot.press("pagedown")
            seen += chat.text
        assert "\x1b" not in seen
        assert "\u202e" not in seen
        await chat.pilot.press("t")
        await chat.until(lambda: state(chat) == PluginState.FOUND, "it is trusted")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_answers_are_always_in_view(
    start: StartWithFolders, home: Paths, size: tuple[int, int]
) -> None:
    drop(home.plugins)
    async with start(size=size) as chat:
        await question(chat)
        await chat.sees("t Trust", "n Not now", "d Never", "v Files")


@pytest.mark.slow
async def test_the_command_asks_takes_back_and_revives(
    start: StartWithFolders, start_chat: StartChat, home: Paths, tmp_path: Path
) -> None:
    from hfs_core.plugins.discovery import scan

    drop(home.plugins)
    own = [info for info in scan(home.plugins) if info.name in ("commands", "greet")]
    async with start_chat(*own, size=(110, 30)) as chat:
        await chat.sees("for your decision")
        await chat.say("/plugins trust greet")
        await chat.sees("HFS will let it")
        await chat.pilot.press("t")
        await chat.until(lambda: state(chat) == PluginState.FOUND, "it is trusted")
        await chat.say("/greet you")
        await chat.sees("hello you")
        await chat.say("/plugins revive greet")
        await chat.sees("greet gets another try")
        await chat.say("/greet them")
        await chat.sees("hello them")
        await chat.say("/plugins untrust greet")
        await chat.sees("greet is not trusted any more: it runs until HFS ends")
        await chat.say("/plugins greet")
        await chat.sees("Grants", "x Switch off")
        await chat.pilot.press("t")
        await chat.until(
            lambda: isinstance(chat.app.screen, Consent), "it can be decided about from the list"
        )
        await chat.pilot.press("escape")
        await chat.sees("x Switch off")
