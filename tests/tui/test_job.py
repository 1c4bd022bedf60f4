"""The terminal that HFS was called from: its title, its shell, its clipboard."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hfs_sqlite_store.store import open_store

from hfs_core.api import Change, Paths
from hfs_core.testing import Answer, OpenAIServer
from hfs_core.tui.clipboard import copiers
from tests.cli.conftest import environment
from tests.tui.conftest import StartChat
from tests.tui.terminal import PATIENCE, Terminal, terminal

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None or shutil.which("bash") is None,
    reason="tmux or bash IS MISSING: the chat was not tried in a real shell",
)
HFS = shlex.join([sys.executable, "-m", "hfs_core.cli"])


@asynccontextmanager
async def shell(home: Paths, folder: Path, server: OpenAIServer | None) -> AsyncIterator[Terminal]:
    """An interactive shell with job control, and a title of its own."""
    environ = environment(home, server, PS1="prompt> ", HISTFILE="/dev/null")
    async with terminal(folder, ["bash", "--norc", "--noprofile", "-i"], environ) as opened:
        await opened.sees("prompt>")
        await opened.tmux("set-option", "-s", "set-clipboard", "on")
        await opened.say("printf '\\033]2;before\\007'")
        await becomes(lambda: title(opened), "before")
        yield opened


async def title(opened: Terminal) -> str:
    """Return the title of the terminal."""
    return (await opened.tmux("display-message", "-p", "-t", "hfs", "#{pane_title}")).strip()


async def job(opened: Terminal) -> int:
    """Return the process that the shell has started."""
    pid = (await opened.tmux("display-message", "-p", "-t", "hfs", "#{pane_pid}")).strip()
    for _ in ("the shell of the pane", "ours"):
        ps = await asyncio.create_subprocess_exec(
            "ps", "-o", "pid=", "--ppid", pid, stdout=asyncio.subprocess.PIPE
        )
        pid = (await ps.communicate())[0].decode().strip()
    return int(pid)


async def copied(opened: Terminal) -> str:
    """Return what tmux would paste."""
    return (await opened.tmux("list-buffers", "-F", "#{buffer_sample}")).partition("\n")[0]


async def becomes(value: Callable[[], Awaitable[str]], expected: str) -> None:
    """Return once the value is the expected one."""
    seen = ""
    try:
        async with asyncio.timeout(PATIENCE):
            while (seen := await value()) != expected:  # noqa: ASYNC110 # tmux tells nobody
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never {expected!r}: {seen!r}") from None


async def echoes(opened: Terminal) -> None:
    """Return if what is typed is shown."""
    await opened.say("stty -a | grep -q ' echo ' && echo e''choing")
    await opened.sees("echoing")


@needs_tmux
async def test_suspending_gives_the_shell_back_and_fg_the_chat(home: Paths, tmp_path: Path) -> None:
    go_on = asyncio.Event()
    async with (
        OpenAIServer(Answer("the first half", go_on, ", the second half")) as server,
        shell(home, tmp_path, server) as bash,
    ):
        await bash.say(HFS)
        await bash.sees("Type a message", "ready")
        await bash.say("tell me")
        await bash.sees("the first half", "answering")
        await bash.keys("a draft")
        await bash.sees("│ a draft")
        await bash.keys("C-z")
        screen = await bash.sees("Stopped")
        assert "tell me" not in screen
        await becomes(lambda: title(bash), "before")
        await bash.say("echo $((20 + 22))")
        await bash.sees("42")
        go_on.set()
        await bash.say("fg")
        await bash.sees("tell me", "the first half, the second half", "│ a draft", "ready")
        assert (await title(bash)).startswith("hfs · tell me")
        await bash.keys("!", "C-z")
        await bash.sees("Stopped")
        await bash.say("fg")
        await bash.sees("│ a draft!", "the first half, the second half")
        await bash.keys("C-c", "C-d")
        screen = await bash.sees("Resume with: hfs -r 1")
        assert "│" not in screen
        await becomes(lambda: title(bash), "before")
        await echoes(bash)


@needs_tmux
async def test_without_a_shell_there_is_no_way_back_so_it_stays(home: Paths, tmp_path: Path) -> None:
    async with terminal(tmp_path, shlex.split(HFS), environment(home, None)) as hfs:
        await hfs.sees("ready")
        await hfs.keys("C-z")
        await hfs.sees("no shell would bring it back: not suspended")
        await hfs.say("/exit")
        await hfs.sees("ended 0")


@pytest.mark.slow
@needs_tmux
async def test_the_whole_job_is_suspended(home: Paths, tmp_path: Path) -> None:
    async with shell(home, tmp_path, None) as bash:
        await bash.say(f"sh -c {shlex.quote(f'{HFS}; echo over $?')}")
        await bash.sees("Type a message", "ready")
        await bash.keys("C-z")
        await bash.sees("Stopped")
        await bash.say("fg")
        await bash.sees("Type a message", "ready")
        await bash.keys("C-d")
        await bash.sees("over 0")


@pytest.mark.slow
@needs_tmux
async def test_the_title_names_the_session_and_nothing_more(home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer(Answer("Good day.")) as server, shell(home, tmp_path, server) as bash:
        await bash.say(HFS)
        await bash.sees("Type a message", "ready")
        await becomes(lambda: title(bash), "hfs")
        await bash.say("hello there")
        await bash.sees("Good day.", "ready")
        assert (await title(bash)).startswith("hfs · hello there")
        await bash.keys("C-d")
        await bash.sees("Resume with")
        await becomes(lambda: title(bash), "before")
        async with open_store(home.database) as store:
            await store.apply(Change(1, name="new \x1b]2;owned\x07\n\x9b1mname"))
        await bash.say(f"{HFS} -c")
        await bash.sees("Good day.", "ready")
        await becomes(lambda: title(bash), "hfs · new name")
        await bash.keys("C-d")
        await bash.sees("Resume with")
        await becomes(lambda: title(bash), "before")


@pytest.mark.slow
@needs_tmux
@pytest.mark.parametrize("is_crash", [True, False])
async def test_the_terminal_is_itself_again_after_a_crash_and_a_kill(
    home: Paths, tmp_path: Path, is_crash: bool
) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text(
        "import signal, sys\n"
        "from hfs_core.tui.app import ChatApp\n"
        "def explode(self): raise RuntimeError('a fault of ours')\n"
        "ChatApp.action_follow = explode\n"
        "from hfs_core.cli.__main__ import main\n"
        "main()\n"
    )
    async with shell(home, tmp_path, None) as bash:
        await bash.say(f"{sys.executable} {crash}")
        await bash.sees("Type a message", "ready")
        await becomes(lambda: title(bash), "hfs")
        if is_crash:
            await bash.keys("half a letter", "C-End")
            screen = await bash.sees(
                "a fault of HFS: RuntimeError: a fault of ours", "Not sent: half a letter"
            )
            assert "Traceback" not in screen
            assert "def explode" in (home.logs / "hfs.log").read_text()
        else:
            os.kill(await job(bash), signal.SIGTERM)
        await bash.sees("prompt>")
        await becomes(lambda: title(bash), "before")
        await bash.say("echo code $?")
        await bash.sees("code 1" if is_crash else f"code {128 + signal.SIGTERM}")
        await echoes(bash)


@needs_tmux
@pytest.mark.parametrize("option", ["on", "external"])
async def test_what_is_copied_reaches_tmux(home: Paths, tmp_path: Path, option: str) -> None:
    async with shell(home, tmp_path, None) as bash:
        await bash.tmux("set-option", "-s", "set-clipboard", option)
        inside = await bash.tmux("display-message", "-p", "-t", "hfs", "#{socket_path},#{pid},0")
        await bash.say(f"export TMUX={inside.strip()}")
        await bash.say(HFS)
        await bash.sees("ready")
        await bash.keys("words to copy – ö", "F7", "C-c")
        await bash.sees("copied")
        await becomes(lambda: copied(bash), "words to copy – ö")


@pytest.mark.parametrize(
    "behaviour", ["cat > copied", "cat > copied; echo oops >&2; exit 1", "exec sleep 60"]
)
async def test_a_program_for_the_clipboard_is_neither_seen_nor_waited_for(
    start_chat: StartChat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    behaviour: str,
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "xclip").write_text(f"#!/bin/sh\ncd {tmp_path}\n{behaviour}\n")
    (folder / "xclip").chmod(0o755)
    for name in ("TMUX", "SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":99")
    async with start_chat() as chat:
        await chat.pilot.press(*"words", "f7", "ctrl+c")
        await chat.sees("copied")
        if "copied" in behaviour:
            copied = tmp_path / "copied"
            await chat.until(lambda: copied.exists() and copied.read_text() == "words", "the copy")
        else:
            (copying,) = (thread for thread in threading.enumerate() if thread.name == "hfs:copy")
            assert copying.daemon
    assert "oops" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", []),
        ({}, "darwin", ["pbcopy"]),
        ({"TMUX": "x"}, "darwin", ["tmux", "pbcopy"]),
        ({"TMUX": "x", "SSH_TTY": "/dev/pts/1"}, "darwin", ["tmux"]),
        ({"SSH_CONNECTION": "x", "DISPLAY": ":0"}, "linux", []),
        ({"DISPLAY": ":0"}, "linux", ["xclip"]),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux", ["wl-copy"]),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", ["clip.exe"]),
    ],
)
def test_who_is_asked_to_copy(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], platform: str, expected: list[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert [command[0] for command in copiers(environ, platform)] == expected
