"""A refusal is an error that names the endpoint or the model and says what to do now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from hfs_core.api import ContextTooLong, NoModel, RateLimited, RequestRefused, Retryable, ServerFailed
from hfs_core.testing import Answer, refuse


async def test_too_many_requests_in_seconds(harness: Any) -> None:
    error = await harness.failure(refuse(429, "Slow down.", headers={"retry-after": "7"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7
    assert str(error) == "near is asked too much (429): Slow down; try again in 7 s"


async def test_too_many_requests_until_a_date(harness: Any) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    error = await harness.failure(refuse(429, headers={"retry-after": until}))
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert 50 < error.retry_after <= 60


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("-3", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None), ("inf", None), ("nan", None)],
)
async def test_a_strange_time_to_wait(harness: Any, value: str, seconds: float | None) -> None:
    error = await harness.failure(refuse(429, headers={"retry-after": value}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


async def test_no_credit_is_not_a_matter_of_waiting(harness: Any) -> None:
    error = await harness.failure(refuse(429, "You exceeded your current quota", code="insufficient_quota"))
    assert "no credit left" in str(error)
    assert "add some" in str(error)


@pytest.mark.parametrize(
    ("answer", "figures"),
    [
        pytest.param(
            refuse(
                400,
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
                code="context_length_exceeded",
            ),
            "it has 9001 tokens, 8192 fit",
            id="OpenAI",
        ),
        pytest.param(
            Answer(
                status=400,
                body={
                    "error": {
                        "code": 400,
                        "message": "the request exceeds the available context size",
                        "type": "exceed_context_size_error",
                        "n_prompt_tokens": 5000,
                        "n_ctx": 4096,
                    }
                },
            ),
            "it has 5000 tokens, 4096 fit",
            id="llama.cpp",
        ),
        pytest.param(
            Answer(
                status=400,
                body={
                    "object": "error",
                    "message": "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens "
                    "(2000 in the messages, 100 in the completion).",
                    "type": "BadRequestError",
                    "code": 400,
                },
            ),
            "it has 2100 tokens, 2048 fit",
            id="vLLM",
        ),
        pytest.param(
            refuse(400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
            "it has 5000 tokens, 4096 fit",
            id="newer vLLM",
        ),
        pytest.param(
            Answer(
                status=400,
                body={
                    "error": "Trying to keep the first 5000 tokens when context the overflows. However, "
                    "the model is loaded with context length of only 4096 tokens"
                },
            ),
            "4096 fit",
            id="LM Studio",
        ),
        pytest.param(
            refuse(400, "prompt is too long: 210000 tokens > 200000 maximum"),
            "it has 210000 tokens, 200000 fit",
            id="Anthropic",
        ),
        pytest.param(
            refuse(400, "The input token count (1200) exceeds the maximum number of tokens allowed (1000)."),
            "it has 1200 tokens, 1000 fit",
            id="Gemini",
        ),
        pytest.param(refuse(413, "Request Entity Too Large"), "Request Entity Too Large", id="413"),
        pytest.param(
            Answer(
                "half", {"error": {"code": "context_length_exceeded", "message": "Too long"}}, finish=None
            ),
            "Too long",
            id="in the stream",
        ),
    ],
)
async def test_a_conversation_that_does_not_fit(harness: Any, answer: Answer, figures: str) -> None:
    error = await harness.failure(answer)
    assert isinstance(error, ContextTooLong)
    assert str(error).startswith("the conversation does not fit into near/test-model: ")
    assert figures in str(error)
    assert "start a new session" in str(error)


async def test_an_unknown_model_names_its_neighbours(harness: Any) -> None:
    no = refuse(404, "The model `gpt-4o-mnii` does not exist", code="model_not_found")
    error = await harness.failure(no, model="gpt-4o-mnii", models=("gpt-4o-mini", "gpt-4o", "whisper"))
    assert isinstance(error, NoModel)
    assert str(error) == (
        "near has no model 'gpt-4o-mnii' (404): The model `gpt-4o-mnii` does not exist; "
        "it has gpt-4o-mini, gpt-4o and 1 more"
    )


async def test_an_unknown_model_where_there_is_no_list(harness: Any) -> None:
    error = await harness.failure(
        Answer(status=404, body={"error": "model 'x' not found"}), model="x", models=None
    )
    assert isinstance(error, NoModel)
    assert str(error) == "near has no model 'x' (404): model 'x' not found; check the name"


async def test_an_address_without_an_endpoint(harness: Any) -> None:
    answer = Answer(status=404, body=b"<html>nginx</html>", headers={"content-type": "text/html"})
    error = await harness.failure(answer, models=None)
    assert isinstance(error, RequestRefused)
    assert "nothing at http://127.0.0.1:" in str(error)
    assert "mostly ends in /v1" in str(error)


@pytest.mark.parametrize("status", [500, 502, 503, 529, 408])
async def test_a_server_that_fails(harness: Any, status: int) -> None:
    error = await harness.failure(Answer(status=status, body={"error": {"message": "Overloaded"}}))
    assert isinstance(error, ServerFailed)
    assert isinstance(error, Retryable)
    assert str(error) == f"near failed on its own side ({status}): Overloaded; try again in a moment"


async def test_a_server_that_says_when_it_is_back(harness: Any) -> None:
    error = await harness.failure(refuse(503, "Loading", headers={"retry-after": "20"}))
    assert str(error).endswith("(503): Loading; try again in 20 s")


async def test_a_list_that_does_not_come_is_not_waited_for(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs_openai_models.provider.HINT_SECONDS", 0.1)
    error = await harness.failure(refuse(404, "no such model"), models=Answer(then="hang"))
    assert isinstance(error, NoModel)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            refuse(400, "temperature must be at most 2"),
            "(400): temperature must be at most 2; change the request",
        ),
        (refuse(402, "Insufficient credits"), "wants to be paid (402): Insufficient credits; add credit"),
        (
            Answer(status=422, body={"detail": [{"loc": ["body"], "msg": "no"}]}),
            '(422): [{"loc": ["body"], "msg": "no"}]',
        ),
        (Answer(status=400, body=b"Bad\nrequest"), "(400): Bad request;"),
        (Answer(status=400, body=b"\xff\xfe"), "(400)"),
        (Answer(status=400, body=b""), "(400);"),
        (
            Answer(status=301, body=b"", headers={"location": "https://other/v1"}),
            "sends on to https://other/v1",
        ),
        (
            Answer(status=200, body=b"<p>Hi", headers={"content-type": "text/html; charset=utf-8"}),
            "answers with a web page",
        ),
    ],
)
async def test_other_refusals(harness: Any, answer: Answer, words: str) -> None:
    error = await harness.failure(answer)
    assert isinstance(error, RequestRefused)
    assert words in str(error)


async def test_a_refusal_that_is_endless_is_cut(harness: Any) -> None:
    error = await harness.failure(Answer(status=400, body=b"x" * 1_000_000))
    assert len(str(error)) < 500


async def test_a_refusal_that_never_ends_is_not_waited_for(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs_openai_models.provider.REFUSAL_SECONDS", 0.1)
    error = await harness.failure(Answer(b"never", status=503, then="hang"))
    assert str(error) == "near failed on its own side (503): never; try again in a moment"
