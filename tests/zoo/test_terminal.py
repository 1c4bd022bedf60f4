"""The animals beside the real program: in a terminal, and where only the answer may stand on standard output."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.cli.conftest import environment
from tests.tui.terminal import terminal

Install = Callable[..., dict[str, str]]

HFS = [sys.executable, "-m", "hfs_core.cli"]

PRINTER = """
print("at import")

@hookimpl
async def on_message(message):
    print("to standard output")
    print("to standard error", file=sys.stderr)
    threading.Thread(target=print, args=("from a thread",)).start()

async def talk(invocation):
    print("from a command")
    return CommandResult((Notice("the answer"),))

@hookimpl
def provide_commands():
    return [Command("talk", "Talks", talk)]
"""

HANGER = """
async def hang(invocation):
    while True:
        pass

@hookimpl
def on_event(event):
    if event.event_type == "message.added" and "hang" in event.message.content:
        time.sleep(60)

async def read(invocation):
    return CommandResult((Notice(input("who? ")),))

@hookimpl
def provide_commands():
    return [Command("hang", "Hangs", hang), Command("read", "Reads", read)]
"""


CLINGER = """
async def for_ever():
    while True:
        with contextlib.suppress(BaseException):
            await asyncio.sleep(60)

@hookimpl
async def on_message(message):
    asyncio.get_running_loop().create_task(for_ever())
"""


LATER = """
@hookimpl
def activate(context):
    loop = asyncio.get_running_loop()
    loop.call_soon({left}

@hookimpl
def on_message(message):
    return None
"""


async def hfs(
    home: Paths, folder: Path, *words: str, server: OpenAIServer | None = None, **env: str
) -> tuple[str, str]:
    """Run `hfs` to its end; return what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *HFS,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(home, server, **env),
        cwd=folder,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert b"Traceback" not in err
    return out.decode(), err.decode()


async def test_what_a_plugin_prints_is_no_part_of_an_answer(
    home: Paths, tmp_path: Path, install: Install
) -> None:
    env = install("printer", PRINTER, "on_message", "provide_commands", commands="talk")
    async with OpenAIServer(Answer("hi")) as server:
        out, err = await hfs(home, tmp_path, "-p", "--output-format", "json", "hello", server=server, **env)
        assert json.loads(out)["result"] == "hi"
        assert "to standard" not in err
        out, err = await hfs(home, tmp_path, "talk", **env)
    assert out == "the answer\n"
    assert "from a command" not in out + err
    log = (home.logs / "hfs.log").read_text()
    for said in ("at import", "to standard output", "to standard error", "from a command"):
        assert f"hfs.plugin.printer: printed: {said}" in log, said


@pytest.mark.parametrize(
    ("left", "told"),
    [("loop.stop)", "must not stop the event loop"), ("time.sleep, 30)", "kept everything waiting")],
)
async def test_what_a_plugin_leaves_for_the_loop_to_call_is_its_own(
    home: Paths, tmp_path: Path, install: Install, left: str, told: str
) -> None:
    """Also where no code of the plugin is on the stack, and under it all is HFS."""
    env = install("late", LATER.format(left=left), "activate", "on_message")
    async with OpenAIServer(Answer("hi")) as server, asyncio.timeout(20):
        out, err = await hfs(home, tmp_path, "-p", "hello", server=server, HFS_HANG_SECONDS="0.3", **env)
    assert out == "hi\n"
    assert told in err


async def test_who_is_left_behind_at_the_end_is_named(home: Paths, tmp_path: Path, install: Install) -> None:
    env = install("clinger", CLINGER, "on_message")
    async with OpenAIServer(Answer("hi")) as server:
        out, err = await hfs(home, tmp_path, "-p", "hello", server=server, **env)
    assert out == "hi\n"
    place = tmp_path / "site" / "clinger" / "__init__.py"
    assert f"left behind, as it does not end: for_ever of {place}" in err


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux IS MISSING: no real terminal was tried")
async def test_keys_work_again_after_a_plugin_has_hung(home: Paths, tmp_path: Path, install: Install) -> None:
    env = install("hanger", HANGER, "on_event", "provide_commands", commands="hang read")
    async with OpenAIServer(Answer("good day")) as server:
        environ = environment(home, server, HFS_HANG_SECONDS="1", **env)
        async with terminal(tmp_path, [*HFS], environ, size=(100, 30)) as screen:
            await screen.sees("Type a message", "openai/test")
            await screen.say("/read")
            await screen.sees("/read failed: EOFError")  # it takes no key away from the chat
            await screen.say("/hang")
            await screen.sees("/hang was stopped: it kept everything waiting")
            await screen.say("still there?")
            await screen.sees("good day", "ready")
            await screen.say("/plugins")
            await screen.sees("hanger", "quarantined")
            await screen.keys("Escape")
            await screen.sees("Type a message")
            await screen.keys("C-d")
            await screen.sees("ended 0")
    out, _ = await hfs(home, tmp_path, "plugins", "info", "hanger", **env)
    assert "in hang" in out
    assert "while True" in out


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux IS MISSING: no real terminal was tried")
async def test_a_chat_beside_a_plugin_that_hangs_and_prints(
    home: Paths, tmp_path: Path, install: Install
) -> None:
    env = install("printer", PRINTER, "on_message", "provide_commands", commands="talk")
    env |= install("hanger", HANGER, "on_event", "provide_commands", commands="hang read")
    async with OpenAIServer(Answer("good day")) as server:
        environ = environment(home, server, HFS_HANG_SECONDS="1", **env)
        async with terminal(tmp_path, [*HFS], environ, size=(100, 30)) as screen:
            await screen.sees("Type a message", "openai/test")
            await screen.say("hang, please")
            await screen.sees("good day", "ready", "plugin hanger")
            await screen.say("/talk")
            shown = await screen.sees("the answer")
            assert "to standard" not in shown
            assert "from a" not in shown
            await screen.keys("C-d")
            await screen.sees("ended 0")
