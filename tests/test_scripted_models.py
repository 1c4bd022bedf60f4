"""The scripted model and the scripted server do what their scripts say: other tests stand on them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfs_core.api import Delta, Finished, ModelProvider, PromptMessage, Request, TextDelta, Usage, UsageReport
from hfs_core.testing import Ending, OpenAIServer, ScriptedModel, refuse

ASK = Request("scripted/model", (PromptMessage("user", "Hi"),))


async def deltas(model: ModelProvider, request: Request = ASK) -> list[Delta]:
    async with model.stream(request) as stream:
        return [delta async for delta in stream]


async def test_replies_follow_the_script_and_the_last_is_repeated() -> None:
    model = ScriptedModel("One", ["T", "wo", Usage(3, 2), Finished("length")])
    assert await deltas(model) == [TextDelta("One"), Finished("stop")]
    two = [TextDelta("T"), TextDelta("wo"), UsageReport(Usage(3, 2)), Finished("length")]
    assert [await deltas(model), await deltas(model)] == [two, two]
    assert model.requests == [ASK, ASK, ASK]
    assert model.left_early == 0
    assert [info.name for info in await model.models()] == ["model"]


async def test_a_reply_may_depend_on_the_request() -> None:
    model = ScriptedModel(lambda request: request.messages[-1].content.upper())
    assert await deltas(model) == [TextDelta("HI"), Finished()]


async def test_bad_endings() -> None:
    model = ScriptedModel(["half", OSError("gone")], ["half", Ending.CLOSE], ["half", Ending.HANG])
    with pytest.raises(OSError, match="gone"):
        await deltas(model)
    assert await deltas(model) == [TextDelta("half")]
    hanging = asyncio.create_task(deltas(model))
    await model.wait_for_requests(3)
    assert model.left_early == 0
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert model.left_early == 1


async def test_an_event_holds_a_reply_back() -> None:
    gate = asyncio.Event()
    async with ScriptedModel(["a", gate, "b"]).stream(ASK) as stream:
        assert await anext(stream) == TextDelta("a")
        waiting = asyncio.ensure_future(anext(stream))
        gate.set()
        assert await waiting == TextDelta("b")


async def ask(
    server: OpenAIServer, head: str = "POST /v1/chat/completions", body: str = '{"model": "m"}'
) -> str:
    """Return all that a bare connection gets for one request; what keeps it open is left after the first answer."""
    host, port = server.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{head} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_the_server_knows_its_key_and_its_paths() -> None:
    async with OpenAIServer(api_key="k") as server:
        assert (await ask(server)).startswith("HTTP/1.1 401")
    async with OpenAIServer(refuse(503, "Busy", headers={"retry-after": "1"}), models=None) as server:
        refusal = await ask(server)
        assert refusal.startswith("HTTP/1.1 503 Service Unavailable")
        assert "retry-after: 1" in refusal
        assert '"message": "Busy"' in refusal
        assert (await ask(server, "GET /v1/models")).startswith("HTTP/1.1 404")
        assert [request.path for request in server.requests] == ["/v1/chat/completions", "/v1/models"]
        assert server.chats[0].body == {"model": "m"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The base URL of a server in a process of its own."""
    script = tmp_path / "script.json"
    script.write_text(
        json.dumps(["First.", {"pieces": ["Sec", "ond."], "usage": [1, 2]}, {"status": 500, "body": {}}])
    )
    command = [sys.executable, "-m", "hfs_core.testing.openai_server", "--file", str(script)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip()
    process.terminate()
    process.communicate()


def test_the_server_as_a_process(served: str) -> None:
    def chat() -> dict[str, object]:
        body = json.dumps({"model": "m", "messages": []}).encode()
        with urllib.request.urlopen(f"{served}/chat/completions", body) as answer:
            reply: dict[str, object] = json.load(answer)
        return reply

    assert chat()["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "First."}, "finish_reason": "stop"}
    ]
    assert chat()["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    with pytest.raises(urllib.error.HTTPError, match="500"):
        chat()
