"""The example as its users have it: installed, in the shell, with the checkpoints of HFS beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hfs_core.api import Paths, Status
from hfs_core.kernel import Kernel
from hfs_core.testing import Answer, OpenAIServer
from tests.installing import INSTALLS

from .conftest import Hfs

EXAMPLE = "phased_run"
SCRIPT = [Answer(text) for text in ("A draft.", "It lacks a point.", "The critic.", "A final text.", "Well.")]
CONVERSATION = ["tea", "A draft.", "It lacks a point.", "The critic.", "A final text."]

pytestmark = INSTALLS


async def test_it_runs_in_the_shell_and_every_point_of_it_can_be_gone_back_to(
    hfs: Hfs, home: Paths, tmp_path: Path
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

    async with Kernel(home, project=tmp_path, environ={}) as host:
        first = await host.store.messages(1)
        assert [message.content for message in first] == CONVERSATION
        assert {message.status for message in first} == {Status.COMPLETE}


async def test_the_agents_are_back_after_a_rewind_and_a_restart(
    hfs: Hfs, home: Paths, tmp_path: Path
) -> None:
    async with OpenAIServer(*SCRIPT) as server:
        await hfs("phased", "tea", server=server)
    await hfs("rewind", "2")
    async with Kernel(home, project=tmp_path, environ={}) as host:
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


async def test_another_hfs_is_refused_meanwhile_and_ctrl_c_keeps_the_words(
    hfs: Hfs, home: Paths, tmp_path: Path
) -> None:
    async with OpenAIServer(SCRIPT[0], Answer("It lacks", then="hang")) as server:

        async def second_reply() -> None:
            await server.wait_for_chats(2)
            busy = await hfs("-p", "-c", "and I?", server=server)
            assert busy.code == 75
            assert "session 1 is busy" in busy.err

        assert (await hfs("phased", "tea", server=server, interrupts=second_reply())).code == 130
        assert len(server.chats) == 2
    async with Kernel(home, project=tmp_path, environ={}) as host:
        *_, last = await host.store.messages(1)
        assert (last.content, last.status) == ("It lacks", Status.INTERRUPTED)
        assert not await host.engine.is_answering(1)
    listed = (await hfs("checkpoints", "--json")).json
    assert [(point["message_index"], point["triggers"]) for point in listed] == [
        (3, ["phase.ended", "run.ended"])
    ]
