"""The shell in bad company: strange plugins, closed and narrow streams, impatient people."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer

from .conftest import Hfs, environment

SOURCE = """
from hfs_core.api import Column, Command, CommandResult, Notice, Row, Table, hookimpl

async def ask(invocation):
    return CommandResult((Notice(str(await invocation.confirm("Sure?"))),))

async def draw(invocation):
    rows = (Row({"name": "red\\x1b[31m\\x07\\nbell", "time": "yesterday"}), Row({"name": "b", "time": 5}))
    return CommandResult((Table((Column("name", "Name"), Column("time", "Time", "time")), rows),))

async def keep(invocation):
    return CommandResult((Table((Column("it", "It"),), (Row({"it": {1, 2}}),)),))

class Odd:
    @hookimpl
    def provide_commands(self):
        return [Command("ask", "Ask", ask), Command("draw", "Draw", draw), Command("keep", "Keep", keep)]
"""

MANIFEST = """
name: odd
version: "1"
description: Does odd things
entry_point: "__init__:Odd"
capabilities: [commands]
hooks: [provide_commands]
contributes: {commands: [{name: ask}, {name: draw}, {name: keep}]}
"""


@pytest.fixture
def odd(tmp_path: Path) -> dict[str, str]:
    """An installed plugin with commands that no plugin should have; the environment that has it."""
    site = tmp_path / "site"
    (site / "odd-1.dist-info").mkdir(parents=True)
    (site / "odd-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (site / "odd-1.dist-info" / "entry_points.txt").write_text("[hfs.plugins]\nodd = odd\n")
    (site / "odd").mkdir()
    (site / "odd" / "__init__.py").write_text(SOURCE)
    (site / "odd" / "manifest.yaml").write_text(MANIFEST)
    return {"PYTHONPATH": str(site)}


async def test_a_table_holds_no_control_characters_and_no_bad_time_stops_it(
    hfs: Hfs, odd: dict[str, str]
) -> None:
    done = await hfs("draw", env=odd)
    assert done.code == 0
    assert [line.split() for line in done.out.splitlines()[2:]] == [
        ["|", "red", "bell", "|", "yesterday", "|"],
        ["|", "b", "|", "5", "|"],
    ]


async def test_values_that_are_no_json_are_shown_as_text(hfs: Hfs, odd: dict[str, str]) -> None:
    assert (await hfs("keep", "--json", env=odd)).json == [{"it": "{1, 2}"}]


async def asked(home: Paths, tmp_path: Path, env: dict[str, str]) -> tuple[asyncio.subprocess.Process, int]:
    """Start a command that asks at a terminal; return it once it has asked, and the terminal's other end."""
    person, terminal = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hfs_core.cli",
        "ask",
        stdin=terminal,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(home, None, **env),
        cwd=tmp_path,
    )
    os.close(terminal)
    assert process.stderr is not None
    await asyncio.wait_for(process.stderr.readuntil(b"Sure?"), 20)
    return process, person


async def test_ctrl_c_at_a_question_ends_at_once(home: Paths, tmp_path: Path, odd: dict[str, str]) -> None:
    process, person = await asked(home, tmp_path, odd)
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.communicate(), 10)
    finally:
        os.close(person)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("typed", "answer"), [(b"y\n", b"True\n"), (b"Yes\n", b"True\n"), (b"\n", b"False\n")]
)
async def test_a_question_is_answered_at_the_terminal(
    home: Paths, tmp_path: Path, odd: dict[str, str], typed: bytes, answer: bytes
) -> None:
    process, person = await asked(home, tmp_path, odd)
    os.write(person, typed)
    out, _ = await asyncio.wait_for(process.communicate(), 10)
    os.close(person)
    assert (process.returncode, out) == (0, answer)


@pytest.mark.parametrize("limit", ["0", "-5", "99999999999999999999"])
async def test_a_limit_that_makes_no_sense_is_a_usage_error(hfs: Hfs, limit: str) -> None:
    done = await hfs("sessions", "--limit", limit)
    assert (done.code, done.out) == (2, "")
    assert "--limit" in done.err


async def test_letters_that_the_output_cannot_hold_become_question_marks(hfs: Hfs) -> None:
    narrow = {"PYTHONIOENCODING": "ascii"}
    async with OpenAIServer(Answer("caf\u00e9 [\u2713]")) as server:
        done = await hfs("-p", "hi", server=server, env=narrow)
    assert (done.code, done.out) == (0, "caf? [?]\n")


@pytest.mark.parametrize("words", ["--version", "--help", "paths", "doctor", "sessions", "-p hi", ""])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
async def test_closed_streams_are_no_fault(home: Paths, tmp_path: Path, words: str, closed: str) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        process = await asyncio.create_subprocess_shell(
            f"{sys.executable} -m hfs_core.cli {words} {closed}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(home, server),
            cwd=tmp_path,
        )
        _, err = await asyncio.wait_for(process.communicate(), 30)
    assert b"Traceback" not in err
    assert b"fault of HFS" not in err
    assert process.returncode in (0, 1, 2)


async def test_what_is_not_saved_is_said_once(hfs: Hfs, home: Paths) -> None:
    home.root.write_text("a file where the folder should be")
    async with OpenAIServer(Answer("ok")) as server:
        done = await hfs("-p", "hi", server=server)
    assert done.err.count("not saved:") == 1


async def test_commands_that_need_no_session_work_without_a_store(hfs: Hfs, home: Paths) -> None:
    home.root.write_text("a file where the folder should be")
    assert (await hfs("models", "list")).code == 0


async def test_a_reader_that_has_enough_stops_the_model(home: Paths, tmp_path: Path) -> None:
    go_on = asyncio.Event()
    async with OpenAIServer(Answer("one", go_on, "two", then="hang")) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hfs_core.cli", "-p", "--output-format", "stream-json", "hi"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=(pipe := os.pipe())[1],
            stderr=asyncio.subprocess.PIPE,
            env=environment(home, server),
            cwd=tmp_path,
        )
        os.close(pipe[1])
        await server.wait_for_chats(1)
        os.close(pipe[0])
        go_on.set()
        _, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, err) == (0, b"")
