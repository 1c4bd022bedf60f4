"""Subcommands of the shell: HFS' own and the plugins'."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.test_discovery import install

from .conftest import Hfs


async def test_sessions_are_listed_for_people_and_for_programs(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await hfs("-p", "apples | pears", server=server)
        await hfs("-p", "plums", server=server)
    table = await hfs("sessions")
    assert table.code == 0
    heading, rule, first, second = table.out.splitlines()
    assert heading.split() == [
        "|",
        "ID",
        "|",
        "Name",
        "|",
        "Messages",
        "|",
        "Created",
        "|",
        "Last",
        "activity",
        "|",
    ]
    assert set(rule) == {"|", "-", ":"}
    assert "(current)" in first
    assert "plums" in first
    assert "apples \\| pears" in second
    rows = (await hfs("sessions", "--json")).json
    assert [row["id"] for row in rows] == [2, 1]
    assert set(rows[0]) == {
        "id",
        "uid",
        "name",
        "message_count",
        "created_at",
        "updated_at",
        "parent",
        "current",
        "deleted_at",
    }
    assert [row["current"] for row in rows] == [True, False]
    assert [row["id"] for row in (await hfs("sessions", "--json", "--limit", "1")).json] == [2]


@pytest.mark.slow
async def test_resuming_makes_a_session_the_current_one(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await hfs("-p", "apples", server=server)
        await hfs("-p", "plums", server=server)
    done = await hfs("resume", "apples")
    assert done.out.startswith("Resumed session: apples")
    rows = (await hfs("sessions", "--json")).json
    assert [row["id"] for row in rows if row["current"]] == [1]


async def test_a_home_without_sessions_says_so(hfs: Hfs) -> None:
    assert (await hfs("sessions")).out == "There is no session yet.\n"
    assert (await hfs("sessions", "--json")).json == []


async def test_help_lists_the_plugins_commands(hfs: Hfs) -> None:
    done = await hfs("--help")
    assert "sessions" in done.out
    assert "List the sessions" in done.out
    assert "--limit" in (await hfs("sessions", "--help")).out


async def test_a_disabled_plugin_has_no_commands(hfs: Hfs, home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text("disabled_plugins: [sessions]\n")
    assert "List the sessions" not in (await hfs("--help")).out
    done = await hfs("sessions")
    assert done.code == 2
    assert "No such command 'sessions'" in done.err


async def test_an_unknown_command_names_the_nearest(hfs: Hfs) -> None:
    done = await hfs("sesions")
    assert done.code == 2
    assert "No such command 'sesions'. Did you mean sessions?" in done.err
    assert "Did you mean completion" in (await hfs("compl")).err


async def test_what_works_only_in_the_chat_is_not_on_offer_in_the_shell(hfs: Hfs) -> None:
    assert "exit" not in (await hfs("--help")).out.split()
    done = await hfs("exit")
    assert done.code == 1
    assert "works only in the chat" in done.err


COPIER = """
from hfs_core.api import Command, CommandResult, Copy, Notice, Send, SwitchTo, hookimpl

async def take(invocation):
    return CommandResult((Notice("copied"),), (Copy("the text"),))

async def again(invocation):
    session = await invocation.host.sessions.fork(invocation.session_id, at=0)
    return CommandResult((), (SwitchTo(session.id), Send("again")))

async def back(invocation):
    await invocation.switch_to(1)
    current = await invocation.host.sessions.current()
    return CommandResult((Notice(f"in {current.id}"),))

@hookimpl
def provide_commands():
    return [Command("take", "Take it", take), Command("again", "Again", again), Command("back", "Back", back)]
"""


@pytest.fixture
def copier(tmp_path: Path) -> dict[str, str]:
    """An environment with the plugin above."""
    site = tmp_path / "site"
    summaries = {"take": "Take it", "again": "Again", "back": "Back"}
    commands = ", ".join(f"{{name: {name}, summary: {text}}}" for name, text in summaries.items())
    listed = f"contributes: {{commands: [{commands}]}}\n"
    head = "name: copier\nversion: 1\ndescription: c\nhooks: [provide_commands]\n"
    allowed = "capabilities: [commands, models.call, store.read, store.write]\n"
    install(site, "copier", head + allowed + listed)
    (site / "acme_copier" / "__init__.py").write_text(COPIER)
    return {"PYTHONPATH": str(site)}


async def test_what_is_copied_is_the_output(hfs: Hfs, copier: dict[str, str]) -> None:
    done = await hfs("take", env=copier)
    assert (done.out, done.err) == ("the text\n", "copied\n")


@pytest.mark.slow
async def test_effects_of_commands_make_sense_in_the_shell(hfs: Hfs, copier: dict[str, str]) -> None:
    assert (await hfs("take", "--json", env=copier)).json == [{"text": "the text"}]
    async with OpenAIServer(Answer("ok")) as server:
        await hfs("-p", "apples", server=server)
        done = await hfs("again", server=server, env=copier)
    assert (done.code, done.out) == (0, "ok\n")
    rows = (await hfs("sessions", "--json")).json
    assert [(row["id"], row["message_count"], row["current"]) for row in rows] == [
        (1, 2, False),
        (2, 2, True),
    ]
    assert (await hfs("back", env=copier)).out == "in 1\n"


async def test_paths_shows_where_things_are(hfs: Hfs, home: Paths) -> None:
    assert str(home.config) in (await hfs("paths")).out
    places = {row["name"]: row["path"] for row in (await hfs("paths", "--json")).json}
    assert places["sessions"] == str(home.database)


async def test_a_person_without_a_home_folder_is_told_to_set_one(hfs: Hfs) -> None:
    for words in (["paths"], ["sessions"], ["--help"], ["-p", "hi"]):
        done = await hfs(*words, env={"HFS_HOME": "~nobody-of-that-name/hfs"})
        assert (done.code, done.out) == (1, "")
        assert "set HFS_HOME" in done.err


async def test_the_doctor_names_what_is_wrong_and_what_to_do(hfs: Hfs, home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text("output_mode: loud\nplugins:\n  sqlite_store:\n    colour: red\n")
    done = await hfs("doctor")
    assert done.code == 1
    assert "output_mode" in done.out
    assert "plugins.sqlite_store.colour" in done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_completion_is_printed_for_each_shell(hfs: Hfs, shell: str) -> None:
    assert "_HFS_COMPLETE" in (await hfs("completion", shell)).out


async def test_the_shell_completes_commands_of_plugins(hfs: Hfs) -> None:
    env = {"_HFS_COMPLETE": "bash_complete", "COMP_WORDS": "hfs ses", "COMP_CWORD": "1"}
    assert "plain,sessions" in (await hfs(env=env)).out


async def test_without_a_terminal_there_is_no_terminal_interface(hfs: Hfs) -> None:
    done = await hfs()
    assert done.code == 2
    assert "hfs -p" in done.err


@pytest.mark.parametrize(
    "content", [b"this is no database at all, only words " * 99, b"SQLite format 3\0" + b"\xff" * 4096]
)
async def test_a_damaged_database_is_named_and_never_touched(hfs: Hfs, home: Paths, content: bytes) -> None:
    home.root.mkdir()
    home.database.write_bytes(content)
    async with OpenAIServer(Answer("ok")) as server:
        done = await hfs("-p", "hi", server=server)
        go_on = await hfs("-p", "-c", "hi", server=server)
    assert (done.code, done.out) == (0, "ok\n")
    assert "not saved" in done.err
    assert str(home.database) in done.err
    assert (go_on.code, go_on.out) == (1, "")
    assert home.database.read_bytes() == content
    assert (await hfs("doctor")).code == 1


async def test_a_read_only_home_is_said_and_the_chat_goes_on(hfs: Hfs, tmp_path: Path, home: Paths) -> None:
    home.root.write_text("a file where the folder should be")
    async with OpenAIServer(Answer("ok")) as server:
        done = await hfs("-p", "hi", server=server)
    assert (done.code, done.out) == (0, "ok\n")
    assert "not saved" in done.err


async def test_the_results_of_one_command_are_one_json_array(hfs: Hfs) -> None:
    done = await hfs("models", "list", "--json")
    assert isinstance(json.loads(done.out), list)
    assert {"name", "size", "licence"} <= set(done.json[0])


STUCK = """
import asyncio
from hfs_core.api import hookimpl

@hookimpl
async def on_event(event):
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
"""


@pytest.mark.slow
async def test_a_plugin_that_never_ends_does_not_keep_the_process(hfs: Hfs, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "stuck", "name: stuck\nversion: 1\ndescription: s\ncapabilities: []\nhooks: [on_event]\n")
    (site / "acme_stuck" / "__init__.py").write_text(STUCK)
    async with OpenAIServer(Answer("ok")) as server, asyncio.timeout(30):
        done = await hfs("-p", "hi", server=server, env={"PYTHONPATH": str(site)})
    assert (done.code, done.out) == (0, "ok\n")
    assert "hfs:stuck:on_event" in done.err
