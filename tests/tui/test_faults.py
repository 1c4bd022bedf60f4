"""What goes wrong while somebody chats, in a real terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs_core.api import Paths
from tests.cli.conftest import environment
from tests.cli.test_local_model import WEIGHTS
from tests.tui.terminal import PATIENCE, Terminal, terminal
from tests.tui.test_terminal import HFS

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux IS MISSING: the chat was not tried in a real terminal"
)


def serving(home: Paths) -> list[int]:
    """The processes that run a local model for the HFS of this home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environ = (process / "environ").read_bytes()
        except OSError:  # it has just ended
            continue
        if b"hfs_local_model.child" in command and str(home.root).encode() in environ:
            found.append(int(process.name))
    return found


def words_after(text: str, screen: str) -> list[str]:
    """The words of the transcript that come after a text, once the composer is empty."""
    said, placeholder, _ = screen.partition("Type a message")
    return [word for word in said.partition(text)[2].split() if word.isalpha()] if placeholder else []


async def reads(hfs: Terminal, condition: Callable[[str], object]) -> None:
    """Return once what is on the screen fulfils a condition."""
    async with asyncio.timeout(PATIENCE):
        while not condition(await hfs.screen()):
            pass


@pytest.mark.model
@pytest.mark.skipif(not WEIGHTS.exists(), reason=f"{WEIGHTS} is not there: `make test` fetches it")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finding the process needs /proc")
async def test_a_model_that_dies_in_mid_reply_leaves_its_words_and_comes_back(
    home: Paths, tmp_path: Path
) -> None:
    environ = environment(home, None, HFS_MODEL=f"local/{WEIGHTS}")
    async with terminal(tmp_path, HFS, environ, size=(100, 40)) as hfs:
        await hfs.sees("ready")
        await hfs.say("Write a very long story about the sea, with many chapters.")
        await hfs.sees("answering")
        await reads(hfs, lambda screen: len(words_after("many chapters.", screen)) >= 10)
        (model,) = serving(home)
        os.kill(model, signal.SIGKILL)
        screen = await hfs.sees("failed", "ready")
        assert len(words_after("many chapters.", screen)) >= 10
        await hfs.say("Say hello.")
        await reads(hfs, lambda screen: words_after("Say hello.", screen) and "answering" in screen)
        assert serving(home) not in ([], [model])
