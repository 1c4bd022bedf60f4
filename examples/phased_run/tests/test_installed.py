"""The example as its users have it: installed, in the shell, with the checkpoints of HFS beside it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Paths, Status
from hfs_core.kernel import Kernel
from hfs_core.testing import Answer, OpenAIServer
from tests.cli.conftest import Done, environment

ROOT = Path(__file__).parents[3]
UV = os.environ.get("HFS_UV") or shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
SCRIPT = [Answer(text) for text in ("A draft.", "It lacks a point.", "The critic.", "A final text.", "Well.")]
CONVERSATION = ["tea", "A draft.", "It lacks a point.", "The critic.", "A final text."]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(UV).exists(), reason="uv is not there: `make setup` brings it"),
]

Hfs = Callable[..., Coroutine[Any, Any, Done]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, as an author would copy it."""
    copy = tmp_path_factory.mktemp("author") / "phased_run"
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    shutil.copytree(ROOT / "examples" / "phased_run", copy, ignore=ignored)
    return copy


@pytest.fixture(scope="module")
def installed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which it is installed, beside HFS as it is here."""
    target = tmp_path_factory.mktemp("installed")
    install = [UV, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", target]
    done = subprocess.run([*install, project], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def hfs(installed: Path, tmp_path: Path) -> Hfs:
    """Run `hfs` with the example installed; once `interrupts` has ended, Ctrl+C is pressed."""
    home = Paths(tmp_path / "home")

    async def run(
        *words: str,
        server: OpenAIServer | None = None,
        interrupts: Coroutine[Any, Any, None] | None = None,
    ) -> Done:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hfs_core.cli", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(home, server, PYTHONPATH=str(installed)),
            cwd=tmp_path,
        )
        try:
            if interrupts is not None:
                await interrupts
        finally:
            if interrupts is not None:
                process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
        assert process.returncode is not None
        assert b"Traceback" not in err, err.decode()
        return Done(process.returncode, out.decode(), err.decode())

    return run


async def test_it_runs_in_the_shell_and_every_point_of_it_can_be_gone_back_to(
    hfs: Hfs, tmp_path: Path
) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        assert "phased" in (await hfs("--help")).out
        done = await hfs("phased", "tea", server=server)
        assert (done.code, done.out) == (
            0,
            "The critic had the last word; what was said is kept in session 1.\n",
        )
        listed = (await hfs("checkpoints", "--json")).json
        assert [(point["number"], point["message_index"], point["triggers"]) for point in listed] == [
            (1, 3, ["phase.ended"]),
            (2, 4, ["negotiation.resolved"]),
            (3, 5, ["phase.ended", "run.ended"]),
        ]
        drawn = (await hfs("checkpoints")).out
        for words in ("Checkpoints for Session", "phase ended", "negotiation resolved", "run ended"):
            assert words in drawn
        assert "Rewound to checkpoint #2." in (await hfs("rewind", "2")).out
        assert (await hfs("-p", "-c", "go on", server=server)).out == "Well.\n"
        asked = [(message["role"], message["content"]) for message in server.requests[-1].body["messages"]]
        said = [content for role, content in asked if role != "system"]
        assert said == [
            *CONVERSATION[:4],
            "go on",
        ]  # exactly what was said until the negotiation was resolved

    async with Kernel(Paths(tmp_path / "home"), project=tmp_path, environ={}) as host:
        first = await host.store.messages(1)
        assert [message.content for message in first] == CONVERSATION
        assert {message.status for message in first} == {Status.COMPLETE}


async def test_the_agents_are_back_after_a_rewind_and_a_restart(hfs: Hfs, tmp_path: Path) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        await hfs("phased", "tea", server=server)
    await hfs("rewind", "2")
    async with Kernel(Paths(tmp_path / "home"), project=tmp_path, environ={}) as host:
        await host.sessions.resume(2)
        async with asyncio.timeout(10):
            while (state := host.state.get_snapshot(2)) is None:  # noqa: ASYNC110 # it comes back off the path
                await asyncio.sleep(0.01)
    assert [agent.status for agent in state.agent_tree[0].agents] == ["complete", "complete"]
    (section,) = state.negotiation.sections
    assert (section.status, section.owner) == ("resolved", "critic-1")
    assert [(phase.phase_id, phase.ended_at is None) for phase in state.timeline] == [
        ("draft", False),
        ("revision", True),
    ]
    assert state.usage.total_tokens == 3 * 12


async def test_three_plain_runs_have_three_points(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await hfs("-p", "one", server=server)
        for text in ("two", "three"):
            await hfs("-p", "-c", text, server=server)
    listed = (await hfs("checkpoints", "--json")).json
    assert [(point["message_index"], point["triggers"]) for point in listed] == [
        (2, ["run.ended"]),
        (4, ["run.ended"]),
        (6, ["run.ended"]),
    ]


async def test_a_server_that_fails_is_a_sentence_and_an_exit_code(hfs: Hfs) -> None:
    async with OpenAIServer(SCRIPT[0], Answer("It lacks", then="break")) as server:
        done = await hfs("phased", "tea", server=server)
    assert done.code == 1
    assert "The run failed: " in done.out + done.err
    listed = (await hfs("checkpoints", "--json")).json
    assert [point["triggers"] for point in listed] == [["phase.ended", "run.ended"]]


async def test_another_hfs_is_refused_meanwhile_and_ctrl_c_keeps_the_words(hfs: Hfs, tmp_path: Path) -> None:
    async with OpenAIServer(SCRIPT[0], Answer("It lacks", then="hang")) as server:

        async def second_reply() -> None:
            await server.wait_for_chats(2)
            busy = await hfs("-p", "-c", "and I?", server=server)
            assert busy.code == 75
            assert "session 1 is busy" in busy.err

        assert (await hfs("phased", "tea", server=server, interrupts=second_reply())).code == 130
        assert len(server.chats) == 2
    async with Kernel(Paths(tmp_path / "home"), project=tmp_path, environ={}) as host:
        *_, last = await host.store.messages(1)
        assert (last.content, last.status) == ("It lacks", Status.INTERRUPTED)
        assert not await host.engine.is_answering(1)
    listed = (await hfs("checkpoints", "--json")).json
    assert [(point["message_index"], point["triggers"]) for point in listed] == [
        (3, ["phase.ended", "run.ended"])
    ]


def test_an_author_who_copies_it_has_no_fault_of_types(project: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "src"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
