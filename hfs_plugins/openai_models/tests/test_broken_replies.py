"""A reply that goes wrong on its way keeps its words and says what happened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hfs_core.api import (
    AuthenticationFailed,
    ModelError,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamBroken,
)
from hfs_core.testing import Answer, OpenAIServer


def broken(error: dict[str, Any], **headers: str) -> Answer:
    """An error object inside of a stream."""
    return Answer("half", {"error": error}, finish=None, is_done=False)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer("half", then="break"), "broke off: ", id="the connection is closed"),
        pytest.param(Answer("half", finish=None, usage=None, is_done=False), "it has no end", id="no end"),
        pytest.param(
            Answer("half", b'data: {"choi\n\n'), "it holds what is no JSON: '{\"choi'", id="rubbish"
        ),
        pytest.param(Answer("half", b"data: [1]\n\n"), "it holds what is no chunk: '[1]'", id="no chunk"),
        pytest.param(
            Answer("half", finish="error"), "reports an error without a word", id="finish reason error"
        ),
        pytest.param(broken({"message": "Out of memory"}), "Out of memory", id="an error without a code"),
        pytest.param(Answer("half", b'event: error\ndata: {"message": "Oh"}\n\n'), "Oh", id="an error event"),
    ],
)
async def test_a_reply_that_breaks_off_keeps_its_words(
    harness: Any, new_reply: Any, answer: Answer, words: str
) -> None:
    reply = new_reply()
    async with OpenAIServer(answer) as server:
        with pytest.raises(StreamBroken) as caught:
            await (await harness.at(server)).ask(reply=reply)
    assert reply.text == "half"
    assert reply.finish_reason is None
    assert str(caught.value).startswith("the reply of near/test-model broke off: ")
    assert words in str(caught.value)
    assert str(caught.value).endswith("; send the message again to retry")


async def test_a_reply_that_goes_silent(harness: Any) -> None:
    error = await harness.failure(Answer("half", then="hang"), read_timeout=0.1)
    assert isinstance(error, StreamBroken)
    assert "nothing more came in time" in str(error)


async def test_a_reply_that_is_rubbish_in_place_of_json(harness: Any) -> None:
    error = await harness.failure(Answer(body=b"{ha"))
    assert isinstance(error, StreamBroken)
    assert "it is no JSON: '{ha'" in str(error)


@pytest.mark.parametrize(
    ("reported", "kind"),
    [
        ({"code": 429, "message": "Slow down"}, RateLimited),
        ({"code": "rate_limit_exceeded", "message": "Slow down"}, RateLimited),
        ({"code": "502", "message": "Bad gateway"}, ServerFailed),
        ({"code": 500, "type": "server_error", "message": "Oh"}, ServerFailed),
        ({"type": "authentication_error", "message": "Oh"}, AuthenticationFailed),
        ({"type": "invalid_request_error", "message": "Oh"}, RequestRefused),
        ({"type": "overloaded_error", "message": "Oh"}, ServerFailed),
    ],
)
async def test_an_error_inside_of_a_reply(
    harness: Any, reported: dict[str, Any], kind: type[ModelError]
) -> None:
    error = await harness.failure(broken(reported))
    assert isinstance(error, kind)
    assert reported["message"] in str(error)


async def test_an_error_in_place_of_a_reply(harness: Any) -> None:
    error = await harness.failure(Answer(body={"error": {"code": 503, "message": "Loading model"}}))
    assert isinstance(error, ServerFailed)


@pytest.mark.parametrize(
    "body",
    [
        [],
        "Hi",
        3,
        {"choices": "no"},
        {"choices": [3]},
        {"error": {"code": [], "message": {}}},
        {"error": {"message": None}},
        {"error": True},
    ],
)
async def test_nothing_of_the_kind_is_still_an_error(harness: Any, body: Any) -> None:
    """Whatever shape it has, in a stream as in place of one."""
    for answer in (
        Answer(body=body),
        Answer(b"data: %b\n\n" % json.dumps(body).encode(), finish=None, is_done=False),
    ):
        async with OpenAIServer(answer) as server:
            try:
                reply = await (await harness.at(server)).ask()
            except ModelError:
                continue
            assert reply.text == ""


async def test_a_broken_reply_is_not_asked_for_again(harness: Any, new_reply: Any) -> None:
    async with OpenAIServer(Answer("half", then="break"), Answer("whole")) as server:
        reply = new_reply()
        with pytest.raises(StreamBroken):
            await (await harness.at(server)).ask(reply=reply)
        assert (reply.text, len(server.chats)) == ("half", 1)
