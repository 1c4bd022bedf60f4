"""What comes over the wire becomes deltas, however it is cut, named or spaced."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hfs_core.api import Finished, PromptMessage, Request, TextDelta, Usage, UsageReport
from hfs_core.testing import Answer, OpenAIServer, refuse

DONE = b"data: [DONE]\n\n"


def delta(text: str | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], **more}


def event(chunk: dict[str, Any], before: str = "data: ", after: str = "\n\n") -> bytes:
    return f"{before}{json.dumps(chunk, ensure_ascii=False)}{after}".encode()


def raw(*pieces: bytes) -> Answer:
    """An answer of exactly these bytes, one HTTP chunk each."""
    return Answer(*pieces, finish=None, usage=None, is_done=False)


async def test_a_reply_is_text_then_usage_then_the_end(harness: Any) -> None:
    async with OpenAIServer(Answer("Hello", ", ", "you.", usage=Usage(11, 3))) as server:
        reply = await (await harness.at(server)).ask("Hi")
    assert reply.deltas == [
        TextDelta("Hello"),
        TextDelta(", "),
        TextDelta("you."),
        UsageReport(Usage(11, 3)),
        Finished("stop"),
    ]


async def test_what_is_asked(harness: Any, key: str) -> None:
    """The whole conversation, the options by their names, the key as a bearer token; a system prompt first."""
    async with OpenAIServer() as server:
        asker = await harness.at(server, api_key_env="NEAR_KEY", system_prompt="Be brief.")
        await asker.ask("One", "Two\u2028\0é", model="org/some-model", temperature=0.5, max_tokens=9)
    (request,) = server.chats
    assert request.body == {
        "model": "org/some-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One"},
            {"role": "user", "content": "Two\u2028\0é"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 9,
    }
    assert request.headers["authorization"] == f"Bearer {key}"
    assert request.headers["accept-encoding"] == "identity"


async def test_a_conversation_with_a_system_message_gets_no_other(harness: Any) -> None:
    async with OpenAIServer() as server:
        asker = await harness.at(server)
        messages = (PromptMessage("system", "Mine."), PromptMessage("user", "Hi"))
        async with asker.provider.stream(Request("near/m", messages)) as stream:
            assert [delta async for delta in stream]
        await (await harness.at(server, system_prompt="")).ask("Hi")
    assert [message["content"] for message in server.chats[0].body["messages"]] == ["Mine.", "Hi"]
    assert [message["content"] for message in server.chats[1].body["messages"]] == ["Hi"]


async def test_options_cannot_unmake_the_request(harness: Any) -> None:
    async with OpenAIServer() as server:
        await (await harness.at(server)).ask("Hi", stream=False, messages=[])
    assert server.chats[0].body["stream"] is True
    assert len(server.chats[0].body["messages"]) == 2


async def test_a_lone_surrogate_does_not_stop_a_request(harness: Any) -> None:
    async with OpenAIServer() as server:
        await (await harness.at(server)).ask("a\ud800b")
    assert server.chats[0].body["messages"][1]["content"] == "a\ufffdb"


async def test_words_come_as_they_are_sent(harness: Any) -> None:
    """A delta is there before the server sends the next."""
    gate = asyncio.Event()
    async with OpenAIServer(Answer("first", gate, "second")) as server:
        asker = await harness.at(server)
        async with asker.provider.stream(asker.request("Hi")) as stream:
            assert await anext(stream) == TextDelta("first")
            gate.set()
            assert await anext(stream) == TextDelta("second")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_bytes_may_be_cut_anywhere(harness: Any, size: int) -> None:
    """Also within a character of several bytes, within CRLF and within a field name."""
    whole = b"".join(
        [
            event(delta("caf\u00e9 \u20ac "), after="\r\n\r\n"),
            b": a comment\r\n\r\n",
            event(delta("\U0001f600\u2028"), before="data:", after="\r\r"),
            event(delta("", "stop")),
            DONE,
        ]
    )
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    async with OpenAIServer(raw(*parts)) as server:
        reply = await (await harness.at(server)).ask()
    assert reply.text == "café € 😀\u2028"
    assert reply.finish_reason == "stop"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([event(delta("Hi"), before="data:")], id="no space"),
        pytest.param([event(delta("Hi"), after="\r\n\r\n")], id="CRLF"),
        pytest.param([b": OPENROUTER PROCESSING\n\n", event(delta("Hi")), b":\n\n"], id="comments"),
        pytest.param([b"event: message\nid: 1\nretry: 5\n" + event(delta("Hi"))], id="other fields"),
        pytest.param([event(delta("H")) + event(delta("i"))], id="two events in one piece"),
        pytest.param([b"data: \n\n", event(delta("Hi"))], id="empty event"),
        pytest.param([event({"choices": []}), event(delta("Hi"))], id="no choices"),
        pytest.param([event({"choices": None}), event(delta("Hi"))], id="null choices"),
        pytest.param([event(delta(None)), event(delta("Hi"))], id="null content"),
        pytest.param(
            [event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]}), event(delta("Hi"))],
            id="role",
        ),
        pytest.param(
            [event({"choices": [{"index": 0, "delta": {"reasoning_content": "Hm"}}]}), event(delta("Hi"))],
            id="reasoning",
        ),
        pytest.param(
            [event({"choices": [{"index": 0, "delta": None}]}), event(delta("Hi"))], id="null delta"
        ),
        pytest.param(
            [event({"choices": [{"index": 1, "delta": {"content": "No"}}]}), event(delta("Hi"))],
            id="other choice",
        ),
        pytest.param(
            [event({"choices": [{"index": 1, "delta": {"content": "No"}}, delta("Hi")["choices"][0]]})],
            id="two choices",
        ),
        pytest.param([event({"choices": [{"delta": {"content": "Hi"}}]})], id="no index"),
        pytest.param(
            [
                event(
                    {
                        "choices": [
                            {
                                "index": 0,
                                "delta": {"content": [{"type": "thinking"}, {"type": "text", "text": "Hi"}]},
                            }
                        ]
                    }
                )
            ],
            id="content in parts",
        ),
    ],
)
async def test_dialects(harness: Any, pieces: list[bytes]) -> None:
    async with OpenAIServer(raw(*pieces, event(delta("", "stop")), DONE)) as server:
        reply = await (await harness.at(server)).ask()
    assert (reply.text, reply.finish_reason, reply.usage) == ("Hi", "stop", None)


async def test_a_very_long_line(harness: Any) -> None:
    text = "wörd " * 1_000_000
    async with OpenAIServer(Answer(text)) as server:
        assert (await (await harness.at(server)).ask()).text == text


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/octet-stream", "TEXT/EVENT-STREAM; charset=latin-1"]
)
async def test_a_stream_under_another_name_is_read_as_utf8(harness: Any, content_type: str) -> None:
    async with OpenAIServer(Answer("é", headers={"content-type": content_type})) as server:
        assert (await (await harness.at(server)).ask()).text == "é"


@pytest.mark.parametrize(
    ("pieces", "usage"),
    [
        pytest.param([delta("Hi", "stop")], None, id="missing"),
        pytest.param([delta("Hi", "stop", usage=None)], None, id="null"),
        pytest.param(
            [delta("Hi", "stop", usage={"prompt_tokens": 3, "completion_tokens": 1})],
            Usage(3, 1),
            id="with the end",
        ),
        pytest.param(
            [delta("Hi", "stop"), {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}],
            Usage(3, 1),
            id="after the end",
        ),
        pytest.param(
            [
                delta("H", usage={"prompt_tokens": 3, "completion_tokens": 1}),
                delta("i", "stop", usage={"prompt_tokens": 3, "completion_tokens": 2}),
            ],
            Usage(3, 2),
            id="growing",
        ),
        pytest.param([delta("Hi", "stop", usage={"prompt_tokens": 3})], Usage(3, 0), id="half"),
        pytest.param([delta("Hi", "stop", usage={"prompt_tokens": "many"})], None, id="rubbish"),
    ],
)
async def test_usage(harness: Any, pieces: list[dict[str, Any]], usage: Usage | None) -> None:
    """It is told once, as the endpoint counts it in the end; nothing is told where it does not count."""
    async with OpenAIServer(Answer(*pieces, finish=None, usage=None)) as server:
        reply = await (await harness.at(server)).ask()
    assert (reply.text, reply.usage) == ("Hi", usage)
    assert sum(isinstance(delta, UsageReport) for delta in reply.deltas) == (usage is not None)


async def test_a_reply_cut_at_the_limit_says_so(harness: Any) -> None:
    async with OpenAIServer(Answer("half a", finish="length")) as server:
        assert (await (await harness.at(server)).ask()).finish_reason == "length"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer("Hi", is_done=False), id="no [DONE]"),
        pytest.param(Answer("Hi", finish=None), id="no finish reason"),
        pytest.param(Answer(delta("Hi", "stop"), then="break"), id="breaks after the end"),
        pytest.param(
            Answer(delta("Hi", "stop"), b"data: [DONE]\n\n", then="hang"), id="stays open after the end"
        ),
        pytest.param(
            Answer(
                body={
                    "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]
                }
            ),
            id="no stream but JSON",
        ),
    ],
)
async def test_a_complete_reply_is_complete(harness: Any, answer: Answer) -> None:
    """However untidily the server ends it."""
    async with OpenAIServer(answer) as server, asyncio.timeout(3):
        reply = await (await harness.at(server)).ask()
    assert (reply.text, reply.finish_reason) == ("Hi", "stop")


async def test_usage_is_not_waited_for_without_end(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_openai_models.replies.USAGE_SECONDS", 0.1)
    async with OpenAIServer(Answer(delta("Hi", "stop"), then="hang")) as server:
        assert (await (await harness.at(server)).ask()).finish_reason == "stop"


async def test_json_in_place_of_a_stream_has_usage_too(harness: Any) -> None:
    body = {
        "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 4, "completion_tokens": 1},
    }
    async with OpenAIServer(Answer(body=body)) as server:
        reply = await (await harness.at(server)).ask()
    assert (reply.text, reply.finish_reason, reply.usage) == ("Hi", "length", Usage(4, 1))


async def test_an_endpoint_that_knows_no_stream_options_is_asked_without(harness: Any) -> None:
    """Once, and from then on."""
    no = refuse(400, "Unrecognized request argument supplied: stream_options")
    async with OpenAIServer(no, Answer("Hi")) as server:
        asker = await harness.at(server)
        assert (await asker.ask()).text == "Hi"
        assert (await asker.ask()).text == "Hi"
    assert ["stream_options" in request.body for request in server.chats] == [True, False, False]


async def test_replies_at_the_same_time_do_not_mix(harness: Any) -> None:
    gates = [asyncio.Event() for _ in range(3)]
    async with OpenAIServer(*(Answer(f"{n}a", gate, f"{n}b") for n, gate in enumerate(gates))) as server:
        asker = await harness.at(server)
        tasks = []
        for count in range(3):
            tasks.append(asyncio.create_task(asker.ask()))
            await server.wait_for_chats(count + 1)
        for gate in reversed(gates):
            gate.set()
        assert [reply.text for reply in await asyncio.gather(*tasks)] == ["0a0b", "1a1b", "2a2b"]
