"""The list of models is the endpoint's own, where it has one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hfs_core.api import AuthenticationFailed, ModelError, ModelInfo, ServerFailed, Unreachable
from hfs_core.testing import Answer, OpenAIServer, refuse


async def listed(harness: Any, answer: Answer, **settings: Any) -> Any:
    """Return what the provider makes of an answer to the request for the list."""
    async with OpenAIServer(models=answer) as server, asyncio.timeout(5):
        return await (await harness.at(server, **settings)).provider.models()


async def test_models_are_listed_by_name_and_kept(harness: Any, key: str) -> None:
    async with OpenAIServer(models=("b", "a"), api_key=key) as server:
        provider = (await harness.at(server, api_key_env="NEAR_KEY")).provider
        assert await provider.models() == [ModelInfo("a"), ModelInfo("b")]
        assert await provider.models() == [ModelInfo("a"), ModelInfo("b")]
        assert [request.path for request in server.requests] == ["/v1/models"]


async def test_a_list_is_not_kept_for_ever(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_openai_models.provider.LIST_KEPT_SECONDS", -1.0)
    async with OpenAIServer() as server:
        provider = (await harness.at(server)).provider
        await provider.models()
        await provider.models()
        assert len(server.requests) == 2


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_an_endpoint_without_a_list_has_none(harness: Any, status: int) -> None:
    assert await listed(harness, refuse(status)) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"max_model_len": 4096},
        {"context_length": 4096},
        {"context_window": 4096},
        {"max_context_length": 4096},
        {"meta": {"n_ctx_train": 4096}},
        {"meta": {"n_ctx": 4096, "n_ctx_train": 32768}},
    ],
)
async def test_the_context_window_under_its_many_names(harness: Any, entry: dict[str, Any]) -> None:
    answer = Answer(body={"data": [{"id": "m", **entry}]})
    assert await listed(harness, answer) == [ModelInfo("m", 4096)]


async def test_a_bare_list_and_entries_that_are_none(harness: Any) -> None:
    body = [
        {"id": "m"},
        {"id": 3},
        "x",
        None,
        {"id": "m"},
        {"id": "n", "meta": None, "context_length": "long"},
    ]
    assert await listed(harness, Answer(body=body)) == [ModelInfo("m"), ModelInfo("n")]


@pytest.mark.parametrize("answer", [Answer(body=b"<html>"), Answer(body={"data": None}), Answer(body="x")])
async def test_what_is_no_list_says_so(harness: Any, answer: Answer) -> None:
    with pytest.raises(ModelError, match="something else than a list of models; check the address of near"):
        await listed(harness, answer)


async def test_failures_are_errors_like_any(harness: Any) -> None:
    with pytest.raises(AuthenticationFailed, match="near refused the key"):
        await listed(harness, refuse(401))
    with pytest.raises(ServerFailed):
        await listed(harness, refuse(503))
    with pytest.raises(Unreachable, match="closed the connection"):
        await listed(harness, Answer(b"{", then="break", headers={"content-type": "application/json"}))


async def test_a_silent_endpoint_is_given_up(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs_openai_models.provider.LIST_SECONDS", 0.1)
    with pytest.raises(Unreachable, match=r"near at .* did not list its models within 0.1 s"):
        await listed(harness, Answer(then="hang"))


async def test_a_failure_is_not_kept(harness: Any) -> None:
    async with OpenAIServer(models=refuse(503)) as server:
        provider = (await harness.at(server)).provider
        with pytest.raises(ServerFailed):
            await provider.models()
        server.models = ("m",)
        assert await provider.models() == [ModelInfo("m")]


async def test_a_model_that_is_not_listed_is_passed_on(harness: Any) -> None:
    async with OpenAIServer(models=("m",)) as server:
        asker = await harness.at(server)
        await asker.provider.models()
        await asker.ask(model="another/one:free")
    assert server.chats[0].body["model"] == "another/one:free"
