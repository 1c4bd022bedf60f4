"""Checkpoints from the shell: what was said until then goes to the model, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from hfs_core.testing import Answer, OpenAIServer

from .conftest import Hfs
from .test_completion import zsh


async def talk(hfs: Hfs, server: OpenAIServer, *contents: str) -> None:
    """Say these, all in one session."""
    for index, content in enumerate(contents):
        done = await hfs(*(["-c"] if index else []), "-p", content, server=server)
        assert done.code == 0, done.err


def sent(server: OpenAIServer) -> list[tuple[str, str]]:
    """What the model was sent last."""
    body: Any = server.chats[-1].body
    messages = [(message["role"], message["content"]) for message in body["messages"]]
    return [message for message in messages if message[0] != "system"]


async def test_three_messages_a_rewind_and_what_the_model_is_sent(hfs: Hfs) -> None:
    async with OpenAIServer(*(Answer(f"answer {n}") for n in (1, 2, 3, 4))) as server:
        await talk(hfs, server, "one", "two", "three")
        rows = (await hfs("checkpoints", "--json")).json
        assert [(row["number"], row["message_index"], row["triggers"]) for row in rows] == [
            (1, 2, ["run.ended"]),
            (2, 4, ["run.ended"]),
            (3, 6, ["run.ended"]),
        ]
        keys = "number session_id message_index triggers label pinned digest created_at"
        assert all(list(row) == keys.split() for row in rows)
        done = await hfs("rewind", "2")
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("Rewound to checkpoint #2. Original session preserved.\n")
        assert (await hfs("-p", "another three", "-c", server=server)).out == "answer 4\n"
        assert sent(server) == [
            ("user", "one"),
            ("assistant", "answer 1"),
            ("user", "two"),
            ("assistant", "answer 2"),
            ("user", "another three"),
        ]
    rows = (await hfs("checkpoints", "--json")).json
    assert [(row["number"], row["session_id"], row["message_index"]) for row in rows] == [
        (1, 1, 2),
        (2, 1, 4),
        (3, 2, 6),
    ]
    assert len((await hfs("checkpoints", "1", "--json")).json) == 3


@pytest.mark.slow
async def test_undo_leads_back_until_something_is_said(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await talk(hfs, server, "one", "two")
        assert (await hfs("rewind", "1")).code == 0
        done = await hfs("undo")
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("Rewind to checkpoint #1 undone: back in session 1 (one - ")
        await talk(hfs, server)
        await hfs("-c", "-p", "three", server=server)
        assert [content for role, content in sent(server) if role == "user"] == ["one", "two", "three"]
        await hfs("rewind", "1")
        await hfs("-c", "-p", "other", server=server)
    done = await hfs("undo")
    assert (done.code, done.out) == (1, "")
    assert "session 3 has 2 messages since its rewind" in done.err
    assert "`resume 1` goes back to session 1" in done.err


@pytest.mark.slow
async def test_bad_input_says_what_there_is(hfs: Hfs) -> None:
    done = await hfs("rewind", "1")
    assert (done.code, done.out) == (1, "")
    assert "there is no session yet: it is made with the first message" in done.err
    async with OpenAIServer(Answer("ok")) as server:
        await talk(hfs, server, "one")
        await hfs("-p", "two", server=server)
    for words, code, sentence in (
        (("rewind",), 2, "say to which checkpoint, such as `rewind 2`; `checkpoints` shows them"),
        (("rewind", "x"), 2, "'x' is not the number of a checkpoint: session 2 has only #1"),
        (("rewind", "99"), 1, "there is no checkpoint #99: session 2 has only #1"),
        (("rewind", "1", "--session", "7"), 1, "no session is called, or numbered, '7'"),
        (("rewind", "--sesion", "7"), 2, "--sesion"),
        (("undo",), 1, "session 2 is no rewind: there is nothing to undo"),
        (("checkpoints", "nobody"), 1, "no session is called, or numbered, 'nobody'"),
        (("checkpoint", "delete", "9"), 1, "there is no checkpoint #9: session 2 has only #1"),
    ):
        done = await hfs(*words)
        assert (done.code, done.out) == (code, ""), words
        assert sentence in done.err, (words, done.err)
    assert (await hfs("rewind", "1", "--session", "1")).code == 0


@pytest.mark.slow
async def test_one_on_purpose_and_the_numbers_are_offered(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await talk(hfs, server, "one", "two")
        await hfs("-p", "other", server=server)
    assert [number for number, _ in await zsh(hfs, "hfs rewind ")] == ["1"]
    assert [number for number, _ in await zsh(hfs, "hfs rewind --session 1 ")] == ["2", "1"]
    done = await hfs("checkpoint", "before", "the", "refactor")
    assert done.out.startswith("Checkpoint created at message #2.")
    done = await hfs("checkpoint", "--", "--keep", "this")
    assert done.out.startswith("Checkpoint created at message #2.")
    assert (await hfs("checkpoints", "--json")).json[-1]["label"] == "--keep this"
    assert (await hfs("checkpoint", "delete", "3")).code == 0
    offered = await zsh(hfs, "hfs rewind ")
    assert [number for number, _ in offered] == ["2", "1"]
    assert "before the refactor" in offered[0][1]
    drawn = (await hfs("checkpoints")).out
    assert "Checkpoints for Session" in drawn
    assert "Use /rewind <#> to restore to a checkpoint." in drawn
