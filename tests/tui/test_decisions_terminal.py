"""A folder that is dropped into `~/.hfs/plugins`, from the question to its command, in a real terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.cli.conftest import environment
from tests.plugin_folders import drop
from tests.tui.terminal import terminal
from tests.tui.test_terminal import HFS

pytestmark = [
    pytest.mark.skipif(
        shutil.which("tmux") is None, reason="tmux IS MISSING: the chat was not tried in a real terminal"
    ),
    pytest.mark.slow,
]


async def test_from_drop_to_command_to_change_to_question(home: Paths, tmp_path: Path) -> None:
    folder = drop(home.plugins)
    async with OpenAIServer(Answer("Hello from the server.")) as server:
        environ = environment(home, server)
        async with terminal(tmp_path, HFS, environ) as hfs:
            await hfs.sees("F2 decides: 1 plugin waits for your decision (greet)")
            await hfs.say("hello there")
            await hfs.sees("Hello from the server.", "ready", "1 plugin waits")
            await hfs.keys("F2")
            await hfs.sees(
                "This plugin runs as you and can do anything you can do.", "[x] add commands: /greet"
            )
            await hfs.keys("t")
            await hfs.sees("greet is trusted: /greet")
            await hfs.say("/greet you")
            await hfs.sees("hello you")
            await hfs.say("/exit")
            await hfs.sees("ended 0")
        (folder / "words.py").write_text("HELLO = 'good evening'\n")
        async with terminal(tmp_path, HFS, environ) as hfs:
            await hfs.sees("1 plugin waits")
            await hfs.say("/plugins trust greet")
            await hfs.sees("Since then:", "~ changed words.py", "a plugin has changed")
            await hfs.keys("t")
            await hfs.sees("greet is trusted")
            await hfs.say("/greet you")
            await hfs.sees("good evening you")
