"""The whole: `hfs` with its plugins in a real terminal, against a real server."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.cli.conftest import environment
from tests.tui.terminal import terminal

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux IS MISSING: the chat was not tried in a real terminal"
)

GREYS_FROM = 232
"""The last colours of a terminal's 256 are greys."""

HFS = [sys.executable, "-m", "hfs_core.cli"]


async def test_a_sitting_from_start_to_resumption(home: Paths, tmp_path: Path) -> None:
    go_on = asyncio.Event()
    script = (
        Answer("Hello from", " the *server*."),
        Answer("a slow", " reply", go_on, " that ends", then="hang"),
    )
    async with OpenAIServer(*script) as server:
        environ = environment(home, server)
        async with terminal(tmp_path, [*HFS, "-m", "openai/test"], environ) as hfs:
            await hfs.sees("Type a message", "openai/test")
            await hfs.say("hello there")
            await hfs.sees("hello there", "Hello from the server.", "ready")
            await hfs.keys("one", "C-j", "two")
            await hfs.sees("│ one", "│ two")
            await hfs.keys("Enter")
            await hfs.sees("a slow reply", "answering")
            await hfs.resize(40, 12)
            await hfs.sees("a slow reply")
            await hfs.resize(20, 8)
            await hfs.sees("a slow reply")
            go_on.set()
            await hfs.resize(80, 24)
            await hfs.sees("hello there", "a slow reply that ends", "answering")
            await hfs.keys("Escape")
            await hfs.sees("interrupted", "ready")
            assert server.disconnects == 1
            await hfs.keys("C-d")
            screen = await hfs.sees("ended 0")
            assert screen.splitlines()[:2] == ["Resume with: hfs -r 1", "ended 0"]
        async with terminal(tmp_path, [*HFS, "-c"], environ) as hfs:
            await hfs.sees("hello there", "Hello from the server.", "a slow reply that ends", "interrupted")
            await hfs.say("/exit")
            await hfs.sees("Resume with: hfs -r 1", "ended 0")


async def test_keys_of_the_first_moment_are_not_lost(home: Paths, tmp_path: Path) -> None:
    async with (
        OpenAIServer(Answer("Here I am.")) as server,
        terminal(tmp_path, HFS, environment(home, server)) as hfs,
    ):
        await hfs.sees("Type a message")
        await hfs.say("typed at once")
        await hfs.sees("typed at once", "Here I am.", "ready")


@pytest.mark.parametrize("is_plain", [True, False])
async def test_no_color_leaves_only_greys(home: Paths, tmp_path: Path, is_plain: bool) -> None:
    async with OpenAIServer(Answer("**Bold** and `code`.")) as server:
        environ = environment(home, server, **({"NO_COLOR": "1"} if is_plain else {}))
        async with terminal(tmp_path, HFS, environ) as hfs:
            await hfs.sees("ready")
            await hfs.say("hello")
            await hfs.sees("Bold and code.", "ready")
            raw = await hfs.tmux("capture-pane", "-p", "-e", "-t", "hfs")
            numbers = {int(number) for number in re.findall(r"[34]8;5;(\d+)", raw)}
            assert numbers
            assert all(number >= GREYS_FROM for number in numbers) is is_plain


@pytest.mark.slow
async def test_escape_twice_in_one_piece_leads_back(home: Paths, tmp_path: Path) -> None:
    """A terminal may give both at once; without colours the chosen point is the one that is drawn in reverse."""
    async with OpenAIServer(Answer("Hello")) as server:
        environ = environment(home, server, NO_COLOR="1")
        async with terminal(tmp_path, [*HFS, "-m", "openai/test"], environ) as hfs:
            for text in ("one", "two"):
                await hfs.sees("ready")
                await hfs.say(text)
                await hfs.sees(f"▌ {text}", "ready")
                await hfs.sees("Hello\n")
            await hfs.tmux("send-keys", "-t", "hfs", "-H", "1b", "1b")
            await hfs.sees("Checkpoints for Session 1", "[2] --> [4]", "Enter Rewind")
            await hfs.keys("Left")
            await hfs.sees("#1 · message 2")
            drawn = await hfs.tmux("capture-pane", "-p", "-e", "-t", "hfs")
            assert re.search(r"\x1b\[7m(\x1b\[[\d;]+m)*\[2\]", drawn), drawn
            assert not re.search(r"\x1b\[7m(\x1b\[[\d;]+m)*\[4\]", drawn), drawn
            await hfs.keys("Enter")
            screen = await hfs.sees(
                "Rewound to checkpoint #1. Original session preserved.", "(rewind from #1)"
            )
            assert "two" not in screen
            await hfs.keys("M-u")
            await hfs.sees("▌ two", "undone")
