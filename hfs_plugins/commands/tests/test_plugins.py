"""`/plugins`: what is installed, in which state and why, and what can be done about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hfs_commands.plugin_page import own_frames

from hfs_core.api import (
    Command,
    CommandError,
    CommandResult,
    Copy,
    Decide,
    Document,
    Entry,
    Invocation,
    PluginInfo,
    Row,
    UsageError,
    hookimpl,
)
from hfs_core.config import read_config
from hfs_core.paths import Paths
from hfs_core.testing import in_process

from .conftest import Caller, Start, notice, table, values


async def _paint(invocation: Invocation) -> CommandResult:
    return CommandResult()


class Painter:
    @hookimpl
    def provide_commands(self) -> Any:
        return [Command("paint", "Paint it", _paint)]


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
        raise ValueError("no ~~~ paint, key sk-1234567890abcdef")


BROKEN = in_process("broken", Broken, commands=(("crack", "Crack"),), capabilities=("commands",))


async def row_of(caller: Caller, name: str) -> Row:
    return next(row for row in table(await caller.run("plugins")).rows if row.values["name"] == name)


async def preview_of(caller: Caller, name: str) -> str:
    preview = (await row_of(caller, name)).preview
    assert not isinstance(preview, str)
    return await preview()


async def broken_one(caller: Caller) -> None:
    """Let the broken plugin fail."""
    with pytest.raises(CommandError):
        await caller.run("crack")


async def test_they_are_listed_with_their_states_and_why(start: Start, home: Any) -> None:
    home.root.mkdir()
    home.config.write_text("disabled_plugins: [painter]\n")
    async with start(PAINTER, BROKEN) as caller:
        await broken_one(caller)
        result = await caller.run("plugins")
        rows = {row.values["name"]: row for row in table(result).rows}
        assert list(rows) == sorted(rows)
        assert rows["commands"].values["state"] == "active"
        painter = rows["painter"]
        assert painter.values["state"] == "disabled"
        assert painter.values["reason"] == "disabled_plugins names it"
        assert painter.values["gives"] == "/paint"
        assert (painter.values["version"], painter.values["source"]) == ("1.0", "installed")
        assert painter.shown["source"] == "acme-painter"
        begin = r"Paints \*\*everything\*\*" + "\n\n- **State** disabled\\: disabled\\_plugins names it"
        assert (await preview_of(caller, "painter")).startswith(begin)
        assert rows["broken"].values["state"] == "quarantined"
        assert "no ~~~ paint" in str(rows["broken"].values["reason"])
        preview = await preview_of(caller, "broken")
        assert "~~~~text\nTraceback" in preview
        assert "test_plugins.py" in preview
        assert "isolation.py" not in preview


async def test_what_can_be_done_holds_for_a_name_with_a_space_too(start: Start) -> None:
    async with start(
        PluginInfo("sp ace", source="directory", folder="/sp ace", fault="is no name")
    ) as caller:
        for action in (await row_of(caller, "sp ace")).actions:
            await caller.run(action.command)


async def test_where_nothing_is_wrong_no_reason_is_drawn(start: Start) -> None:
    async with start() as caller:
        columns = table(await caller.run("plugins")).columns
    assert [column.title for column in columns if column.key == "reason"] == [""]


async def test_a_page_tells_what_a_plugin_may_do_and_how_long_it_took(start: Start) -> None:
    async with start(PAINTER) as caller:
        await caller.run("paint")
        (document,) = (await caller.run("plugins info painter")).parts
    assert isinstance(document, Document)
    assert r"**commands** add commands \(1 call\)" in document.text
    assert "**/paint** Paint it" in document.text
    assert r"**provide\_commands**" in document.text
    assert "ms in 1 call, the longest" in document.text


async def test_what_another_hfs_has_switched_off_meanwhile_stays_so_and_can_be_switched_on(
    start: Start, home: Paths
) -> None:
    async with start(PAINTER, BROKEN) as caller:
        home.config.write_text("disabled_plugins: [painter]\n")
        await caller.run("plugins disable broken")
        assert read_config(home)[0].disabled_plugins == ("painter", "broken")
        home.config.write_text("disabled_plugins: [painter, broken]  # mine\n")
        assert notice(await caller.run("plugins enable painter")).text == "painter stays on."
        assert read_config(home)[0].disabled_plugins == ("broken",)


async def test_one_is_switched_off_and_on_from_the_next_start_on(start: Start) -> None:
    async with start(PAINTER, BROKEN) as caller:
        off = next(each for each in (await row_of(caller, "painter")).actions if each.key == "x")
        assert (off.label, off.confirm) == ("Switch off", True)
        assert notice(await caller.run(off.command)).text == "painter is off from the next start on."
        await caller.run("plugins disable broken")
        assert caller.host.settings.current.disabled_plugins == ("painter", "broken")
        painter = await row_of(caller, "painter")
        assert painter.values["state"] == "found"
        assert painter.shown["state"] == "found; off from the next start on"
    async with start(PAINTER, BROKEN) as caller:
        painter = await row_of(caller, "painter")
        assert painter.values["state"] == "disabled"
        on = next(each for each in painter.actions if each.key == "x")
        assert on.label == "Switch on"
        assert notice(await caller.run(on.command)).text == "painter is on from the next start on."
        assert caller.host.settings.current.disabled_plugins == ("broken",)
        assert (await row_of(caller, "painter")).shown["state"] == "disabled; on from the next start on"
        assert "is switched off already" in notice(await caller.run("plugins disable broken")).text


async def test_what_keeps_sessions_is_not_switched_off_without_a_word(start: Start) -> None:
    async with start() as caller:
        assert "may not be kept" in notice(await caller.run("plugins disable sqlite_store")).text


@pytest.mark.parametrize("line", ["plugins enable broken", "plugins revive broken"])
async def test_one_that_failed_gets_another_try(start: Start, line: str) -> None:
    async with start(BROKEN) as caller:
        await broken_one(caller)
        assert (await caller.run(line)).effects == (Decide("broken", "revive"),)
        labels = {action.key: action.label for action in (await row_of(caller, "broken")).actions}
        assert labels["r"] == "Try again"
        await caller.host.deciding.revive("broken")
        assert (await row_of(caller, "broken")).values["state"] == "found"


async def test_one_in_a_folder_is_decided_about_by_the_person_alone(start: Start) -> None:
    folder = in_process("greet", Painter, source="directory", folder="/nowhere")
    async with start(folder, PAINTER) as caller:
        keys = [action.key for action in (await row_of(caller, "greet")).actions]
        assert "t" in keys
        assert "t" not in [action.key for action in (await row_of(caller, "painter")).actions]
        assert (await caller.run("plugins trust greet")).effects == (Decide("greet"),)
        assert (await caller.run("plugins untrust greet")).effects == (Decide("greet", "untrust"),)
        with pytest.raises(CommandError, match="installing it was the consent"):
            await caller.run("plugins trust painter")


async def test_a_report_is_for_the_author_and_holds_no_key(start: Start) -> None:
    async with start(BROKEN) as caller:
        await broken_one(caller)
        (copied,) = (await caller.run("plugins report broken")).effects
    assert isinstance(copied, Copy)
    assert "plugin broken 1.0" in copied.text
    assert "Python 3." in copied.text
    assert "ValueError: no ~~~ paint" in copied.text
    assert "sk-1234567890abcdef" not in copied.text


@pytest.mark.parametrize("line", ["plugins enable", "plugins paint painter", "plugins info a b"])
async def test_what_is_not_understood_says_what_would_be(start: Start, line: str) -> None:
    async with start(PAINTER) as caller:
        with pytest.raises(
            (UsageError, CommandError), match=r"/plugins NAME|there is no plugin enable|enable"
        ):
            await caller.run(line)


async def test_one_plugin_is_found_by_its_name_or_its_distributions(start: Start) -> None:
    async with start(PAINTER) as caller:
        assert values(await caller.run("plugins acme-painter"), "name") == ["painter"]
        with pytest.raises(CommandError, match="there is no plugin paintr; there are"):
            await caller.run("plugins paintr")
        candidates = [each.text for each in await caller.complete("plugins ")]
        assert {"enable", "trust", "painter"} <= set(candidates)
        candidates = [each.text for each in await caller.complete("plugins disable ")]
        assert "painter" in candidates
        assert "enable" not in candidates


async def test_one_that_is_broken_in_every_way_is_still_listed(start: Start) -> None:
    words = "\x1b[2J\u202e~~~\n# [red]" + "x" * 10_000
    evil = PluginInfo(
        "evil", words, words, fault=words, distribution=words, manifest=words, capabilities=(words,),
        hooks=(words,), commands=((words, words),), advisory=((words, (words,)),), warnings=(words,),
    )  # fmt: skip
    async with start(evil) as caller:
        page = await preview_of(caller, "evil")
    assert "more characters" in page
    assert len(page) < 10_000


def test_of_a_traceback_the_plugins_own_calls_are_shown(tmp_path: Path) -> None:
    details = (
        "Traceback (most recent call last):\n"
        '  File "/core/hfs_core/isolation.py", line 1, in isolated\n    answer = function()\n'
        f'  File "{tmp_path}/plugin.py", line 3, in hook\n    boom()\n    ^^^^^^\n'
        '  File "/lib/json.py", line 9, in loads\n    raise\n'
        "ValueError: it\n  is broken\n"
    )
    info = PluginInfo("mine", folder=str(tmp_path))
    assert own_frames(details, info).splitlines() == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/plugin.py", line 3, in hook',
        "    boom()",
        "    ^^^^^^",
        "ValueError: it",
        "  is broken",
    ]
    others = own_frames(details, PluginInfo("other")).splitlines()
    assert '  File "/lib/json.py", line 9, in loads' in others
    assert not [line for line in others if "hfs_core" in line]
    assert own_frames("", Entry(info).info) == ""
