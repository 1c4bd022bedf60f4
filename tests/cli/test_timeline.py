"""Timelines in the shell: as wide as a terminal, and whole where there is none."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import struct
import sys
import termios
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer

from .conftest import Hfs, environment

SOURCE = """
from datetime import UTC, datetime
from hfs_core.api import Command, CommandResult, Point, Timeline, hookimpl

MOMENT = datetime(2020, 1, 2, 12, tzinfo=UTC)

async def walk(invocation, count: int = 0):
    points = tuple(
        Point(n, 2 * n, "run \\x1b[31mended", details=f"ra\\x07n | {n}", moment=MOMENT)
        for n in range(1, count + 1)
    )
    return CommandResult((Timeline(points, "A \\x1b[31mwalk", "mind the step", empty="nowhere to go"),))

class Walk:
    @hookimpl
    def provide_commands(self):
        return [Command("walk", "Show a walk", walk)]
"""

MANIFEST = """
name: walk
version: "1"
description: Walks
entry_point: "__init__:Walk"
capabilities: [commands]
hooks: [provide_commands]
contributes: {commands: [{name: walk}]}
"""


@pytest.fixture
def walking(tmp_path: Path) -> dict[str, str]:
    """An installed plugin whose command shows as many points as one wants; the environment that has it."""
    site = tmp_path / "site"
    (site / "walk-1.dist-info").mkdir(parents=True)
    (site / "walk-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: walk\nVersion: 1\n")
    (site / "walk-1.dist-info" / "entry_points.txt").write_text("[hfs.plugins]\nwalk = walk\n")
    (site / "walk").mkdir()
    (site / "walk" / "__init__.py").write_text(SOURCE)
    (site / "walk" / "manifest.yaml").write_text(MANIFEST)
    return {"PYTHONPATH": str(site), "TZ": "UTC"}


async def on_terminal(home: Paths, env: dict[str, str], width: int, *words: str) -> list[str]:
    """Run `hfs` on a terminal of that width and return the lines that it draws."""
    person, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hfs_core.cli", *words,
        stdin=terminal, stdout=terminal, stderr=terminal,
        env=environment(home, None, **env, NO_COLOR="1"),
    )  # fmt: skip
    os.close(terminal)
    drawn = await asyncio.to_thread(_read, person)
    assert await process.wait() == 0, drawn
    return drawn.decode().splitlines()


def _read(person: int) -> bytes:
    drawn = b""
    try:
        while piece := os.read(person, 65536):
            drawn += piece
    except OSError:  # how a terminal says that nobody has it open any more
        pass
    os.close(person)
    return drawn


async def test_a_terminal_gets_as_much_as_it_is_wide(home: Paths, walking: dict[str, str]) -> None:
    narrow = await on_terminal(home, walking, 40, "walk", "6")
    assert narrow == [
        "A walk",
        "Timeline:",
        "[2] --> [4] --> [6] --> [8] --> [10] -->",
        " |       |       |       |       |",
        "run     run     run     run     run",
        "ended  ended   ended   ended   ended",
        "",
        "[12]",
        " |",
        "run",
        "ended",
        "",
        "| # | Msg | Event    | Time       |",
        "|--:|----:|----------|------------|",
        *(f"| {n} | {2 * n:3} | ran \\| {n} | 2020-01-02 |" for n in range(1, 7)),
        "mind the step",
    ]


async def test_many_points_are_shortened_on_a_terminal_only(
    home: Paths, hfs: Hfs, walking: dict[str, str]
) -> None:
    for width in (40, 80):
        drawn = await on_terminal(home, walking, width, "walk", "200")
        assert all(len(line) <= width for line in drawn)
        heads = [line for line in drawn if "-->" in line]
        assert len(heads) == 3
        assert heads[0].startswith("[2] --> [4] --> ")
        assert heads[-1].endswith(" --> [400]")
        shown = re.findall(r"\[\d+\]", " ".join(heads))
        assert f"... {200 - len(shown)} more ..." in " ".join(heads)
        assert len([line for line in drawn if re.match(r"\| +\d+ \|", line)]) == 200
    piped = (await hfs("walk", "200", env=walking)).out.splitlines()
    assert piped[2] == " --> ".join(f"[{2 * n}]" for n in range(1, 201))
    assert piped[9] == "|   1 |   2 | ran \\| 1   | 2020-01-02 12:00 |"


async def test_programs_get_what_there_is(hfs: Hfs, walking: dict[str, str]) -> None:
    rows = (await hfs("walk", "2", "--json", env=walking)).json
    assert rows == [
        {"number": n, "position": 2 * n, "label": "run \x1b[31mended", "moment": "2020-01-02T12:00:00+00:00"}
        for n in (1, 2)
    ]
    assert (await hfs("walk", "--json", env=walking)).json == []
    assert (await hfs("walk", env=walking)).out == "nowhere to go\n"


@pytest.mark.slow
async def test_checkpoints_are_drawn(home: Paths, hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await hfs("-p", "one", server=server)
        await hfs("-p", "two", "-c", server=server)
    for lines in (
        await on_terminal(home, {}, 80, "checkpoints"),
        (await hfs("checkpoints")).out.splitlines(),
    ):
        assert lines[0].startswith("Checkpoints for Session 1: one")
        assert lines[1:7] == ["Timeline:", "[2] --> [4]", " |       |", "run     run", "ended ended", ""]
        assert re.fullmatch(r"\| # \| Msg \| Event     \| Time +\|", lines[7])
        assert re.match(r"\| 2 \|   4 \| run ended \| .*\d\d:\d\d \|", lines[10])
        assert lines[11:] == ["Use /rewind <#> to restore to a checkpoint."]
    rows = (await hfs("checkpoints", "--json")).json
    assert [list(row) for row in rows] == [
        ["number", "session_id", "message_index", "triggers", "label", "pinned", "digest", "created_at"]
    ] * 2
