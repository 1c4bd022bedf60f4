"""A command's table stays readable however narrow the screen is."""

from __future__ import annotations

from hfs_core.api import Column, Row, Table
from tests.tui.conftest import StartChat, answers, commands_plugin

SETTINGS = Table(
    (Column("key", "Setting"), Column("value", "Value"), Column("source", "Source")),
    (
        Row(
            {"key": "plugins.endpoints.system_prompt", "value": "You are helpful. " * 4, "source": "default"}
        ),
        Row({"key": "theme", "value": "hfs-dark", "source": "config.yaml"}),
    ),
)


async def test_names_stay_whole_while_there_is_room(start_chat: StartChat) -> None:
    async with start_chat(commands_plugin(settings=answers(SETTINGS))) as chat:
        await chat.say("/settings")
        await chat.sees("plugins.endpoints.system_prompt", "config.yaml")


async def test_a_narrow_screen_gets_row_under_row(start_chat: StartChat) -> None:
    async with start_chat(commands_plugin(settings=answers(SETTINGS)), size=(20, 40)) as chat:
        await chat.say("/settings")
        await chat.sees("theme", "hfs-dark", "config.yaml", "Value:", "Source:")
        assert "Setting:" not in chat.text
