"""Whoever leaves a reply stops it at the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Connection, ModelInfo, TextDelta
from hfs_core.testing import Answer, OpenAIServer


@pytest.fixture(autouse=True)
async def _quick() -> AsyncIterator[None]:
    async with asyncio.timeout(5):
        yield


async def test_cancelling_in_the_middle(harness: Any, new_reply: Any) -> None:
    got_it = asyncio.Event()
    async with OpenAIServer(Answer("first", then="hang"), Answer("next")) as server:
        asker, reply = await harness.at(server), new_reply()

        async def read() -> None:
            async with asker.provider.stream(asker.request()) as stream:
                async for delta in stream:
                    reply.deltas.append(delta)
                    got_it.set()

        task = asyncio.create_task(read())
        await got_it.wait()
        task.cancel()
        await server.wait_for_disconnects()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert reply.deltas == [TextDelta("first")]
        assert (await asker.ask()).text == "next"


async def test_cancelling_before_the_first_byte(harness: Any) -> None:
    async with OpenAIServer(Answer(then="hang"), Answer("next")) as server:
        asker = await harness.at(server)
        task = asyncio.create_task(asker.ask())
        await server.wait_for_chats()
        task.cancel()
        await server.wait_for_disconnects()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await asker.ask()).text == "next"


async def test_leaving_early(harness: Any) -> None:
    """Without reading at all, after a word, and through an error of the reader's own."""
    async with OpenAIServer(Answer("first", then="hang")) as server:
        asker = await harness.at(server)
        async with asker.provider.stream(asker.request()):
            pass
        await server.wait_for_disconnects(1)
        async with asker.provider.stream(asker.request()) as stream:
            await anext(stream)
        await server.wait_for_disconnects(2)
        with suppress(ZeroDivisionError):
            async with asker.provider.stream(asker.request()) as stream:
                await anext(stream)
                raise ZeroDivisionError
        await server.wait_for_disconnects(3)


async def test_leaving_one_reply_leaves_the_others(harness: Any) -> None:
    gate = asyncio.Event()
    async with OpenAIServer(Answer("a", gate, "b"), Answer(then="hang")) as server:
        asker = await harness.at(server)
        first = asyncio.create_task(asker.ask())
        await server.wait_for_chats(1)
        second = asyncio.create_task(asker.ask())
        await server.wait_for_chats(2)
        second.cancel()
        await server.wait_for_disconnects()
        gate.set()
        assert (await first).text == "ab"


async def test_unloading_closes_connections(harness: Any) -> None:
    async with OpenAIServer(Answer("Hi", then="hang")) as server:
        asker = await harness.at(server)
        async with asker.provider.stream(asker.request()) as stream:
            await anext(stream)
            await harness.unload()
            await server.wait_for_disconnects()


class OnASocket:
    """An endpoint that a plugin runs on a unix socket."""

    name = "local"

    def __init__(self, socket: Path | None = None):
        self.socket = socket
        self.asked: list[str] = []
        self.getting_ready = asyncio.Event()

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("tiny", 4096, "small")]

    async def connect(self, model: str) -> Connection:
        self.asked.append(model)
        self.getting_ready.set()
        if self.socket is None:
            await asyncio.Event().wait()
        return Connection("http://localhost/v1", self.socket, "a-key")


async def test_a_plugins_endpoint_on_a_socket(harness: Any, tmp_path: Path, asker_of: Any) -> None:
    endpoint = OnASocket(tmp_path / "s")
    async with OpenAIServer(Answer("Hi", then="hang"), socket=tmp_path / "s", api_key="a-key") as server:
        asker = asker_of(await harness.provider("local", [endpoint]))
        assert await asker.provider.models() == [ModelInfo("tiny", 4096, "small")]
        assert endpoint.asked == []
        async with asker.provider.stream(asker.request(model="tiny")) as stream:
            assert await anext(stream) == TextDelta("Hi")
        await server.wait_for_disconnects()
    assert endpoint.asked == ["tiny"]
    assert server.chats[0].body["model"] == "tiny"


async def test_a_plugins_endpoint_may_move(harness: Any, tmp_path: Path, asker_of: Any) -> None:
    """A server that was started anew has another socket."""
    endpoint = OnASocket(tmp_path / "one")
    asker = asker_of(await harness.provider("local", [endpoint]))
    async with OpenAIServer(Answer("one"), socket=tmp_path / "one"):
        assert (await asker.ask()).text == "one"
    endpoint.socket = tmp_path / "two"
    async with OpenAIServer(Answer("two"), socket=tmp_path / "two"):
        assert (await asker.ask()).text == "two"


async def test_cancelling_while_an_endpoint_gets_ready(harness: Any, asker_of: Any) -> None:
    endpoint = OnASocket()
    asker = asker_of(await harness.provider("local", [endpoint]))
    task = asyncio.create_task(asker.ask())
    await endpoint.getting_ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
