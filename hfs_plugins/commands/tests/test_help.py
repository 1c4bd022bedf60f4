"""`/help`: what there is, from what is installed."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from hfs_core.api import (
    Command,
    CommandError,
    CommandResult,
    Document,
    Invocation,
    Param,
    Table,
    hookimpl,
)
from hfs_core.testing import in_process

from .conftest import Start, values


async def _paint(
    invocation: Invocation,
    colour: Annotated[str, Param("of [red] the paint")],
    *words: str,
    thick_ness: Annotated[int, Param("in mm")] = 3,
    fast: bool = False,
) -> CommandResult:
    return CommandResult()


class Painter:
    @hookimpl
    def provide_commands(self) -> Any:
        return [Command("paint", "Paint it", _paint, key="ctrl+t")]


PAINTER = in_process(
    "painter",
    Painter,
    description="Paints **everything**",
    commands=(("paint", "Paint it"),),
    distribution="acme-painter",
    capabilities=("commands",),
)


async def test_commands_are_grouped_by_the_plugin_that_gives_them(start: Start) -> None:
    async with start(PAINTER) as caller:
        caller.keys = (("Enter", "sends"), ("F1", "shows this"))
        *groups, keys, more = (await caller.run("help")).parts
    assert all(isinstance(group, Table) for group in groups)
    assert [group.title for group in groups if isinstance(group, Table)] == ["commands", "painter"]
    own, painter = groups
    assert isinstance(painter, Table)
    assert isinstance(own, Table)
    assert [dict(row.values) for row in painter.rows] == [
        {"command": "/paint", "summary": "Paint it", "plugin": "painter", "chat_only": False}
    ]
    assert [row.values["command"] for row in own.rows if row.values["chat_only"]] == [
        "/clear",
        "/exit",
        "/plugins",
    ]
    assert not any(row.shown for row in own.rows)
    assert isinstance(keys, Table)
    assert [tuple(row.values.values()) for row in keys.rows] == [("Enter", "sends"), ("F1", "shows this")]
    assert isinstance(more, Document)


async def test_without_keys_there_is_no_table_of_them(start: Start) -> None:
    async with start() as caller:
        (own,) = [part for part in (await caller.run("help")).parts if isinstance(part, Table)]
    assert own.title == "commands"
    assert own.rows[0].shown == {"summary": " (only in the chat)"}


@pytest.mark.parametrize("line", ["help paint", "help /paint"])
async def test_one_command_is_told_in_full(start: Start, line: str) -> None:
    async with start(PAINTER) as caller:
        result = await caller.run(line)
    document = result.parts[0]
    assert document == Document(
        "Paint it\n\n"
        "    /paint COLOUR [WORDS ...] [--thick-ness THICK-NESS] [--fast]\n"
        "    hfs paint COLOUR [WORDS ...] [--thick-ness THICK-NESS] [--fast]\n\n"
        "Key: ctrl+t",
        "text",
    )
    assert values(result, "parameter", "help", "values") == [
        ("COLOUR", "of [red] the paint", ""),
        ("WORDS", "", ""),
        ("--thick-ness", "in mm", "3 if not said"),
        ("--fast", "", ""),
    ]


async def test_what_makes_sense_only_in_the_chat_is_told_so(start: Start) -> None:
    async with start() as caller:
        document = (await caller.run("help exit")).parts[0]
    assert document == Document("End HFS\n\n    /exit", "text")


async def test_help_about_nothing_names_the_nearest(start: Start) -> None:
    async with start(PAINTER) as caller:
        with pytest.raises(CommandError, match=r"Unknown command: `/pain`; did you mean /paint\?"):
            await caller.run("help pain")
        assert "paint" in [candidate.text for candidate in await caller.complete("help ")]
