"""The look of the screen follows the settings, from the first paint on and at once when one changes."""

from __future__ import annotations

import asyncio

import pytest

from hfs_core.api import ConfigError, Paths
from hfs_core.config import read_config
from hfs_core.tui.app import Opening
from hfs_core.tui.themes import HFS_DARK, HFS_LIGHT
from tests.tui.conftest import Chat, StartChat, host_of


def ground(chat: Chat) -> str:
    """The colour that the screen is painted with."""
    return chat.app.screen.background_colors[1].hex


def mode(chat: Chat) -> set[str]:
    """What the screen says about how much it shows."""
    return {name for name in chat.app.screen_stack[0].classes if name in ("-compact", "-verbose")}


async def test_the_first_paint_has_the_theme_and_the_mode(start_chat: StartChat) -> None:
    opening = Opening(theme="hfs-light", output_mode="compact")
    async with start_chat(start=lambda: pytest.fail("nothing starts"), opening=opening, awaits=False) as chat:
        assert ground(chat).lower() == HFS_LIGHT.background
        assert chat.app.has_class("-light-mode")
        assert mode(chat) == {"-compact"}


async def test_a_theme_changes_at_once(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        assert ground(chat).lower() == HFS_DARK.background
        for name, color in (("hfs-light", HFS_LIGHT.background), ("dracula", "#282a36")):
            host_of(chat).settings.write("theme", name)
            await chat.until(lambda c=color: ground(chat).lower() == c, name)  # type: ignore[misc]
        with pytest.raises(ConfigError, match="hfs-light"):
            host_of(chat).settings.write("theme", "pink")
        assert chat.app.theme == "dracula"


async def test_every_theme_can_be_worn(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.say("hello")
        await chat.sees("Good day.", "ready")
        for name in sorted(chat.app.available_themes):
            chat.app.theme = name
            await chat.pilot.pause()
            assert "Good day." in chat.text, name


async def test_ctrl_o_shows_less_for_good(start_chat: StartChat, home: Paths) -> None:
    async with start_chat() as chat:
        assert mode(chat) == {"-verbose"}
        await chat.pilot.press("ctrl+o")
        assert mode(chat) == {"-compact"}
        await chat.sees("compact output")
        await chat.until(lambda: host_of(chat).settings.current.output_mode == "compact", "it is written")
    assert read_config(home, environ={})[0].output_mode == "compact"


async def test_a_mode_that_is_toggled_often_ends_as_it_is_shown(start_chat: StartChat, home: Paths) -> None:
    async with start_chat() as chat:
        await chat.pilot.press(*["ctrl+o"] * 5)
        assert mode(chat) == {"-compact"}
    assert read_config(home, environ={})[0].output_mode == "compact"


async def test_the_mode_is_toggled_before_hfs_has_started(start_chat: StartChat) -> None:
    async with start_chat(start=lambda: pytest.fail("nothing starts"), awaits=False) as chat:
        await chat.pilot.press("ctrl+o")
        assert mode(chat) == {"-compact"}


async def test_what_the_environment_says_can_still_be_toggled(start_chat: StartChat) -> None:
    async with start_chat(environ={"HFS_OUTPUT_MODE": "compact"}) as chat:
        assert mode(chat) == {"-compact"}
        events = await host_of(chat).bus.subscribe("setting.changed")
        await chat.pilot.press("ctrl+o")
        async with asyncio.timeout(10):
            await anext(events)
        await chat.pilot.pause()
        assert mode(chat) == {"-verbose"}


async def test_a_mode_that_cannot_be_remembered_is_told(start_chat: StartChat, home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text("model: [")
    async with start_chat() as chat:
        await chat.pilot.press("ctrl+o")
        await chat.sees("not remembered")
        assert mode(chat) == {"-compact"}


async def test_the_model_of_the_settings_is_shown_unless_another_was_chosen(start_chat: StartChat) -> None:
    async with start_chat(opening=Opening(model="scripted/mine")) as chat:
        await chat.sees("scripted/mine")
        events = await host_of(chat).bus.subscribe("setting.changed")
        host_of(chat).settings.write("model", "scripted/other")
        async with asyncio.timeout(10):
            await anext(events)
        await chat.pilot.pause()
        assert "scripted/mine" in chat.text


async def test_another_model_is_shown_at_once(start_chat: StartChat) -> None:
    async with start_chat(environ={"HFS_MODEL": ""}) as chat:
        host_of(chat).settings.write("model", "scripted/other")
        await chat.sees("scripted/other")
