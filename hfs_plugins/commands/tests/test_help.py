"""`/help` and `/plugins`: what there is, from what is installed."""

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
    Row,
    Table,
    hookimpl,
)
from hfs_core.testing import in_process

from .conftest import Caller, Start, table, values


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


class Broken:
    @hookimpl
    def activate(self, context: Any) -> None:
        raise ValueError("no ~~~ paint")


BROKEN = in_process("broken", Broken, commands=(("crack", "Crack"),))


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


async def test_plugins_are_listed_with_their_states_and_why(start: Start, home: Any) -> None:
    home.root.mkdir()
    home.config.write_text("disabled_plugins: [painter]\n")
    async with start(PAINTER, BROKEN) as caller:
        with pytest.raises(CommandError):
            await caller.run("crack")
        result = await caller.run("plugins")
    rows = {row.values["name"]: row for row in table(result).rows}
    assert list(rows) == sorted(rows)
    assert rows["commands"].values["state"] == "active"
    painter = rows["painter"]
    assert painter.values["state"] == "disabled"
    assert painter.values["reason"] == "disabled_plugins names it"
    assert painter.values["gives"] == "/paint"
    assert (painter.values["version"], painter.values["source"]) == ("1.0", "acme-painter")
    assert isinstance(painter.preview, str)
    assert painter.preview.startswith(
        r"Paints \*\*everything\*\*" + "\n\n~~~text\nState:     disabled (disabled_plugins"
    )
    broken = rows["broken"]
    assert broken.values["state"] == "quarantined"
    assert "no ~~~ paint" in broken.values["reason"]
    assert isinstance(broken.preview, str)
    assert "~~~~text\nTraceback" in broken.preview


async def test_a_plugin_is_switched_off_and_on_from_the_next_start_on(start: Start) -> None:
    async def row_of(caller: Caller, name: str) -> Row:
        return next(row for row in table(await caller.run("plugins")).rows if row.values["name"] == name)

    async with start(PAINTER, BROKEN) as caller:
        (off,) = (await row_of(caller, "painter")).actions
        assert (off.label, off.confirm) == ("Switch off", True)
        await caller.run(off.command)
        await caller.run((await row_of(caller, "broken")).actions[0].command)
        assert caller.host.settings.current.disabled_plugins == ("painter", "broken")
        painter = await row_of(caller, "painter")
        assert painter.values["state"] == "found"
        assert painter.shown == {"state": "found; off from the next start on"}
    async with start(PAINTER, BROKEN) as caller:
        painter = await row_of(caller, "painter")
        assert (painter.values["state"], painter.shown) == ("disabled", {})
        assert painter.actions[0].label == "Switch on"
        await caller.run(painter.actions[0].command)
        assert caller.host.settings.current.disabled_plugins == ("broken",)
        assert (await row_of(caller, "painter")).shown == {"state": "disabled; on from the next start on"}


async def test_where_nothing_is_wrong_no_reason_is_drawn(start: Start) -> None:
    async with start() as caller:
        columns = table(await caller.run("plugins")).columns
    assert [column.title for column in columns if column.key == "reason"] == [""]
