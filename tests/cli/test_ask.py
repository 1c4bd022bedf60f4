"""`hfs -p`, as a person and as a script use it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from hfs_core.api import Paths
from hfs_core.cli.root import wants_print
from hfs_core.testing import Answer, OpenAIServer, refuse

from .conftest import Hfs, environment


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-p", "hi"], True),
        (["hi", "-p"], True),
        (["--print"], True),
        (["-cp", "hi"], True),
        (["-m", "x", "-p"], True),
        (["-mp"], False),
        (["--", "-p"], False),
        (["sessions", "--limit", "3"], False),
        (["sessions", "-p"], True),
        ([], False),
    ],
)
def test_print_is_a_flag_anywhere_before_a_double_dash(words: list[str], expected: bool) -> None:
    assert wants_print(words) is expected


async def test_an_answer_goes_to_stdout_and_nothing_else_does(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("It ", "works.")) as server:
        done = await hfs("-p", "sessions", "please", server=server)
    assert (done.code, done.out, done.err) == (0, "It works.\n", "")
    assert server.chats[0].body["messages"][-1] == {"role": "user", "content": "sessions please"}


async def test_continuing_sends_the_whole_conversation(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("one"), Answer("two")) as server:
        await hfs("-p", "first", server=server)
        done = await hfs("-p", "-c", server=server, text="what does this do?\n")
    assert done.out == "two\n"
    spoken = [
        message["content"] for message in server.chats[1].body["messages"] if message["role"] != "system"
    ]
    assert spoken == ["first", "one", "what does this do?"]


async def test_standard_input_comes_before_the_prompt(hfs: Hfs) -> None:
    async with OpenAIServer() as server:
        await hfs("-p", "explain", "this", server=server, text="line 1\nline 2\n")
    assert server.chats[0].body["messages"][-1]["content"] == "line 1\nline 2\n\nexplain this"


async def test_nothing_to_answer_is_a_usage_error(hfs: Hfs) -> None:
    done = await hfs("-p")
    assert (done.code, done.out) == (2, "")
    assert "nothing to answer" in done.err


async def test_a_session_can_be_named(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ok")) as server:
        await hfs("-p", "apples", server=server)
        await hfs("-p", "pears", server=server)
        await hfs("-p", "-r", "apples", "again", server=server)
        await hfs("-p", "-r", "2", "and again", server=server)
        missing = await hfs("-p", "-r", "plums", "hello", server=server)
    assert [len(chat.body["messages"]) for chat in server.chats] == [2, 2, 4, 4]
    assert (missing.code, missing.out) == (1, "")
    assert "plums" in missing.err


async def test_json_is_one_object(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("ja [/]")) as server:
        done = await hfs("-p", "--output-format", "json", "hi", server=server)
    assert done.json == {
        "type": "result",
        "session_id": 1,
        "model": "openai/test",
        "result": "ja [/]",
        "status": "complete",
        "usage": {"prompt_tokens": 7, "completion_tokens": 5},
        "error": None,
    }


async def test_stream_json_is_an_object_a_line_as_it_happens(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("a", "b")) as server:
        done = await hfs("-p", "--output-format", "stream-json", "hi", server=server)
    assert done.lines[0]["type"] == "session"
    assert "".join(line["text"] for line in done.lines if line["type"] == "delta") == "ab"
    assert (done.lines[-1]["type"], done.lines[-1]["result"]) == ("result", "ab")


@pytest.mark.parametrize(
    ("answer", "code", "word"),
    [
        (refuse(401, "bad key"), 1, "OPENAI_API_KEY"),
        pytest.param(refuse(429, headers={"retry-after": "7"}), 75, "7", marks=pytest.mark.slow),
        pytest.param(refuse(500), 75, "500", marks=pytest.mark.slow),
        pytest.param(refuse(503), 75, "503", marks=pytest.mark.slow),
        (refuse(400, "too long", code="context_length_exceeded"), 1, "too long"),
        (Answer(body=b"<html>rubbish"), 1, "openai/test"),
    ],
)
async def test_a_failed_run_says_why_on_stderr_and_leaves_stdout_empty(
    hfs: Hfs, answer: Answer, code: int, word: str
) -> None:
    async with OpenAIServer(answer) as server:
        done = await hfs("-p", "hi", server=server)
    assert (done.code, done.out) == (code, "")
    assert word in done.err
    assert "sk-test" not in done.err


@pytest.mark.slow
async def test_a_stream_that_breaks_off_keeps_and_shows_the_words_that_came(hfs: Hfs) -> None:
    async with OpenAIServer(Answer("half an ans", then="break"), Answer("whole")) as server:
        done = await hfs("-p", "hi", server=server)
        await hfs("-p", "-c", "go on", server=server)
    assert (done.code, done.out) == (1, "half an ans\n")
    assert "half an ans" in [message["content"] for message in server.chats[1].body["messages"]]


async def test_an_unreachable_endpoint_may_be_tried_again(hfs: Hfs) -> None:
    async with OpenAIServer() as server:
        pass
    done = await hfs("-p", "hi", server=server, env={"NO_PROXY": "*"})
    assert (done.code, done.out) == (75, "")
    assert server.base_url in done.err


async def test_an_error_is_in_the_json_too(hfs: Hfs) -> None:
    async with OpenAIServer(refuse(429)) as server:
        done = await hfs("-p", "--output-format", "json", "hi", server=server)
    assert done.code == 75
    assert (done.json["status"], done.json["result"]) == ("failed", "")
    assert done.json["error"]["type"] == "RateLimited"


async def test_a_model_that_nobody_provides_is_named_with_what_to_do(hfs: Hfs) -> None:
    done = await hfs("-p", "-m", "nowhere/x", "hi")
    assert (done.code, done.out) == (1, "")
    assert "nowhere" in done.err


async def test_a_bad_setting_is_told_and_the_rest_works(hfs: Hfs, home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text("output_mode: loud\n")
    async with OpenAIServer(Answer("ok")) as server:
        done = await hfs("-p", "hi", server=server)
    assert (done.code, done.out) == (0, "ok\n")
    assert "compact, verbose" in done.err


async def test_a_second_process_is_refused_while_a_run_holds_the_session(hfs: Hfs) -> None:
    go_on = asyncio.Event()
    async with OpenAIServer(Answer("one"), Answer("slow", go_on, "ly"), Answer("three")) as server:
        await hfs("-p", "first", server=server)
        first = asyncio.create_task(hfs("-p", "-c", "second", server=server))
        await server.wait_for_chats(2)
        busy = await hfs("-p", "-c", "third", server=server)
        go_on.set()
        done = await first
        after = await hfs("-p", "-c", "fourth", server=server)
    assert (busy.code, busy.out) == (75, "")
    assert "busy" in busy.err
    assert (done.code, done.out, after.out) == (0, "slowly\n", "three\n")
    spoken = [
        message["content"] for message in server.chats[-1].body["messages"] if message["role"] != "system"
    ]
    assert spoken == ["first", "one", "second", "slowly", "fourth"]


async def start(home: Paths, cwd: Path, server: OpenAIServer, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hfs_core.cli",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(home, server),
        cwd=cwd,
    )


async def test_a_dead_owners_session_is_taken_over_with_the_words_that_came(
    hfs: Hfs, home: Paths, tmp_path: Path
) -> None:
    async with OpenAIServer(Answer("words that came", then="hang"), Answer("new")) as server:
        process = await start(home, tmp_path, server, "-p", "--output-format", "stream-json", "hello")
        assert process.stdout is not None
        while b"delta" not in await process.stdout.readline():
            pass
        await kept_in(home, "words that came")
        process.kill()
        await process.communicate()
        done = await hfs("-p", "-c", "go on", server=server)
    assert (done.code, done.out) == (0, "new\n")
    spoken = [
        message["content"] for message in server.chats[1].body["messages"] if message["role"] != "system"
    ]
    assert spoken == ["hello", "words that came", "go on"]


async def kept_in(home: Paths, words: str) -> None:
    """Return once the words are in the database or its log; they are kept four times a second."""
    async with asyncio.timeout(20):
        while not any(  # noqa: ASYNC110 # another process writes the file
            words.encode() in file.read_bytes() for file in home.root.glob("sessions.db*")
        ):
            await asyncio.sleep(0.01)


async def test_ctrl_c_ends_quietly_and_keeps_the_words(hfs: Hfs, home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer(Answer("some words", then="hang"), Answer("new")) as server:
        process = await start(home, tmp_path, server, "-p", "--output-format", "stream-json", "hello")
        assert process.stdout is not None
        while b"delta" not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert (process.returncode, err) == (130, b"")
        await server.wait_for_disconnects()
        await hfs("-p", "-c", "go on", server=server)
    assert "some words" in [message["content"] for message in server.chats[1].body["messages"]]


async def test_a_reader_that_has_enough_ends_it_quietly(home: Paths, tmp_path: Path) -> None:
    async with OpenAIServer(Answer("x" * 200_000)) as server:
        read, write = os.pipe()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hfs_core.cli",
            "-p",
            "hi",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=write,
            stderr=asyncio.subprocess.PIPE,
            env=environment(home, server),
            cwd=tmp_path,
        )
        os.close(write)
        os.close(read)
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
