"""The composer in a real terminal: an editor of the person's own, a large paste, keys that terminals send."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from hfs_core.tui.composer.editor import EditorFailed, editor
from tests.cli.conftest import environment
from tests.tui.terminal import Terminal, terminal

HAS_TMUX = shutil.which("tmux") is not None
NEEDS_TMUX = pytest.mark.skipif(
    not HAS_TMUX, reason="tmux IS MISSING: no editor was tried in a real terminal"
)

HFS = [sys.executable, "-m", "hfs_core.cli", "-m", "openai/test"]

EDITOR = """#!/bin/sh
stat -c '%a' "$1" > facts
echo "$1" >> facts
cat "$1" >> facts
trap '' INT
printf 'IN THE EDITOR\\n'
read answer
[ "$answer" = fail ] && { printf 'half done' > "$1"; exit 3; }
printf '\\nedited %s\\n' "$answer" >> "$1"
"""


@asynccontextmanager
async def sitting(home: Paths, folder: Path, server: OpenAIServer, **environ: str) -> AsyncIterator[Terminal]:
    """Run `hfs` in a terminal."""
    async with terminal(folder, HFS, environment(home, server, **environ)) as hfs:
        await hfs.sees("Type a message", "openai/test")
        yield hfs


def script(folder: Path) -> str:
    """Make the editor; return its command, which has a blank in it."""
    file = folder / "my editor"
    file.write_text(EDITOR)
    file.chmod(0o700)
    return f"'{file}'"


def facts(folder: Path) -> list[str]:
    """What the editor found: the mode of the file, its name, and its lines."""
    return content(folder / "facts").splitlines()


def content(file: Path | str) -> str:
    """What is in a file."""
    return Path(file).read_text()


def is_there(file: str) -> bool:
    """Tell whether a file exists."""
    return Path(file).exists()


@NEEDS_TMUX
async def test_an_editor_of_ones_own(home: Paths, tmp_path: Path) -> None:
    """It gets the text in a private file; what comes in meanwhile is not drawn over it; nothing is lost."""
    goes_on = asyncio.Event()
    async with OpenAIServer(
        Answer("a slow", goes_on, " reply that ends"), Answer("Another reply.")
    ) as server:
        editors = {"EDITOR": "false", "VISUAL": script(tmp_path)}
        async with sitting(home, tmp_path, server, **editors) as hfs:
            await hfs.say("hello there")
            await hfs.sees("a slow")
            await hfs.keys("one", "C-j", "two", "C-g")
            screen = await hfs.sees("IN THE EDITOR")
            assert "hello there" not in screen
            mode, file, *lines = facts(tmp_path)
            assert (mode, lines) == ("600", ["one", "two"])
            assert file.endswith(".md")
            goes_on.set()
            await hfs.keys("C-c", "here")
            assert "a slow" not in await hfs.sees("here")
            await hfs.keys("Enter")
            await hfs.sees("hello there", "reply that ends", "two", "edited here", "ready")
            assert not is_there(file)
            await hfs.keys("Enter")
            await hfs.sees("Another reply")
            await hfs.keys("C-d")
            await hfs.sees("ended 0")
    assert server.chats[-1].body["messages"][-1]["content"] == "one\ntwo\nedited here"


@NEEDS_TMUX
async def test_an_editor_that_fails_leaves_the_text_and_what_it_wrote(home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer() as server, sitting(home, tmp_path, server, EDITOR=script(tmp_path)) as hfs:
        await hfs.keys("words", "C-g")
        await hfs.sees("IN THE EDITOR")
        await hfs.keys("fail", "Enter")
        await hfs.sees("my editor ended with 3", "hfs-", "│ words")
        file = facts(tmp_path)[1]
        assert content(file) == "half done"
        os.unlink(file)


@NEEDS_TMUX
async def test_an_editor_that_is_missing_is_a_sentence(home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer() as server, sitting(home, tmp_path, server, EDITOR="/no/such/editor") as hfs:
        await hfs.keys("words", "C-g")
        await hfs.sees("/no/such/editor cannot be run", "set $EDITOR", "│ words")
        await hfs.keys("more")
        await hfs.sees("│ wordsmore")


@NEEDS_TMUX
@pytest.mark.slow
async def test_a_megabyte_pasted_into_a_terminal_is_one_token_and_is_sent_whole(
    home: Paths, tmp_path: Path
) -> None:
    pasted = "".join(f"line {number} of a long log\n" for number in range(50_000))[:1_048_576]
    (tmp_path / "pasted").write_text(pasted)
    async with OpenAIServer() as server, sitting(home, tmp_path, server) as hfs:
        await hfs.keys("see:")
        await hfs.sees("│ see:")
        await hfs.tmux("load-buffer", str(tmp_path / "pasted"))
        await hfs.tmux("paste-buffer", "-p", "-t", "hfs")
        await hfs.keys("typed", "after")
        await hfs.sees("see:[Pasted text #1: 1,048,576 characters]typedafter")
        await hfs.keys("Enter")
        await hfs.sees("Hello from the test server", "ready")
    assert server.chats[-1].body["messages"][-1]["content"] == f"see:{pasted}typedafter"


@NEEDS_TMUX
async def test_alt_enter_breaks_the_line_in_a_terminal(home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer() as server, sitting(home, tmp_path, server) as hfs:
        await hfs.keys("one", "M-Enter", "two")
        await hfs.sees("│ one", "│ two")


def test_the_editor_is_the_one_that_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert editor({"VISUAL": "code --wait", "EDITOR": "ed"}) == ["code", "--wait"]
    assert editor({"VISUAL": " ", "EDITOR": "'/my editor/ed' -x"}) == ["/my editor/ed", "-x"]
    with pytest.raises(EditorFailed, match="VISUAL cannot be read"):
        editor({"VISUAL": "'open"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EditorFailed, match=r"set [$]EDITOR"):
        editor({})
    (tmp_path / "nano").touch(mode=0o700)
    assert editor({}) == ["nano"]
    (tmp_path / "vi").touch(mode=0o700)
    assert editor({}) == ["vi"]
