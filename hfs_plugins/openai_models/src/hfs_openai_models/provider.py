"""The models of one endpoint."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from hfs_core.api import (
    JSON,
    Connection,
    Delta,
    Diagnosable,
    ModelError,
    ModelInfo,
    Request,
    Unreachable,
    replace_surrogates,
)
from hfs_openai_models.clients import Clients
from hfs_openai_models.details import read_detail
from hfs_openai_models.endpoints import Endpoint
from hfs_openai_models.failures import Peer
from hfs_openai_models.replies import read_deltas

if TYPE_CHECKING:
    import httpx2

LIST_SECONDS = 10.0
LIST_KEPT_SECONDS = 300.0
HINT_SECONDS = 3.0
"""How long the list is waited for where it only helps to explain a refusal."""

REFUSAL_SECONDS = 10.0
LONGEST_REFUSAL = 64 * 1024
"""Bytes of a refusal that are read."""

_NO_LIST = {404, 405, 501}


class Provider:
    """A `ModelProvider` over an endpoint that speaks OpenAI's chat completions."""

    def __init__(self, endpoint: Endpoint, clients: Clients, *, system_prompt: str = ""):
        self.name = endpoint.name
        self.endpoint = endpoint
        self._clients = clients
        self._system_prompt = system_prompt
        self._without_usage: set[str] = set()
        self._listed: tuple[float, list[ModelInfo]] | None = None

    async def close(self) -> None:
        """Close its connections."""
        await self._clients.close()

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Say what is wrong with a model's endpoint before it is asked anything; see `Diagnosable`."""
        model = subject.partition("/")[2]
        if isinstance(self.endpoint, Diagnosable):
            return await self.endpoint.diagnose(model)
        try:
            connection = await self.endpoint.connect(model)
        except ModelError as error:
            return [(str(error), True)]
        return [(f"{self.name} is at {connection.base_url}", False)]

    async def models(self) -> Sequence[ModelInfo]:
        """Return what the endpoint lists, by name; nothing where it has no list. Raises ModelError."""
        if hasattr(self.endpoint, "models"):  # a service knows without a connection, and starts nothing
            listed: Sequence[ModelInfo] = await self.endpoint.models()
            return listed
        if self._listed is None or time.monotonic() - self._listed[0] > LIST_KEPT_SECONDS:
            connection = await self.endpoint.connect("")
            peer = self._peer(self.name, connection)
            try:
                async with asyncio.timeout(LIST_SECONDS):
                    found = await self._fetch_list(connection, peer)
            except TimeoutError as error:
                text = f"{self.name} at {peer.address} did not list its models within {LIST_SECONDS:g} s"
                raise Unreachable(text, model=self.name) from error
            self._listed = time.monotonic(), found
        return list(self._listed[1])

    async def _fetch_list(self, connection: Connection, peer: Peer) -> list[ModelInfo]:
        client = await self._clients.get(connection)
        url = f"{connection.base_url}/models"
        response = await self._send(client, peer, "GET", url, headers=_headers(connection))
        try:
            if response.status_code in _NO_LIST:
                return []
            if response.status_code != 200:
                detail = read_detail(await _start_of(response))
                raise peer.refused(response.status_code, detail, _plain(response.headers))
            return _models_in(await self._read_json(response, peer), peer)
        finally:
            await response.aclose()

    async def _read_json(self, response: httpx2.Response, peer: Peer) -> JSON:
        import httpx2

        try:
            return json.loads(await response.aread())
        except httpx2.HTTPError as error:
            raise peer.not_connected(error) from error
        except ValueError as error:
            raise _no_list(peer) from error

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[Delta]]:
        """Ask for a reply; leaving the context closes the connection, by which the endpoint stops."""
        name = request.model.partition("/")[2]
        connection = await self.endpoint.connect(name)
        peer = self._peer(request.model, connection)
        client = await self._clients.get(connection)
        response = await self._ask(client, self._body(request, name), connection, peer)
        try:
            async with aclosing(read_deltas(response, peer)) as deltas:
                yield deltas
        finally:
            await response.aclose()

    def _body(self, request: Request, name: str) -> dict[str, JSON]:
        messages = [{"role": str(message.role), "content": message.content} for message in request.messages]
        if self._system_prompt and not any(message["role"] == "system" for message in messages):
            messages.insert(0, {"role": "system", "content": self._system_prompt})
        body: dict[str, JSON] = {**request.options, "model": name, "messages": messages, "stream": True}
        if name not in self._without_usage:
            body["stream_options"] = {"include_usage": True}
        return body

    async def _ask(
        self, client: httpx2.AsyncClient, body: dict[str, JSON], connection: Connection, peer: Peer
    ) -> httpx2.Response:
        """Return an answer that is no refusal."""
        url = f"{connection.base_url}/chat/completions"
        headers = {**_headers(connection), "content-type": "application/json", "accept": "text/event-stream"}
        while True:
            content = replace_surrogates(json.dumps(body, ensure_ascii=False)).encode()
            response = await self._send(client, peer, "POST", url, content=content, headers=headers)
            if response.is_success:
                return response
            try:
                refusal = await _start_of(response)
            finally:
                await response.aclose()
            if (
                response.status_code != 400
                or "stream_options" not in body
                or b"stream_options" not in refusal
            ):
                detail = read_detail(refusal)
                known = await self._known_models() if response.status_code == 404 else ()
                raise peer.refused(response.status_code, detail, _plain(response.headers), known)
            # It does not know the wish for usage figures: ask without, now and from now on.
            del body["stream_options"]
            self._without_usage.add(body["model"])

    async def _known_models(self) -> list[str]:
        try:
            async with asyncio.timeout(HINT_SECONDS):
                return [model.name for model in await self.models()]
        except (ModelError, TimeoutError):
            return []  # the names only help to say more about another error

    async def _send(
        self, client: httpx2.AsyncClient, peer: Peer, method: str, url: str, **given: Any
    ) -> httpx2.Response:
        """Return the answer's beginning; once more where a kept connection turns out to be dead."""
        import httpx2

        is_new = False

        async def trace(event: str, _: Mapping[str, Any]) -> None:
            nonlocal is_new
            is_new = is_new or event.startswith("connection.connect")

        try:
            request = client.build_request(method, url, extensions={"trace": trace}, **given)
            try:
                return await client.send(request, stream=True)
            except (httpx2.NetworkError, httpx2.RemoteProtocolError):
                if is_new:
                    raise
                return await client.send(request, stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise peer.not_connected(error) from error

    def _peer(self, model: str, connection: Connection) -> Peer:
        address = str(connection.socket or connection.base_url)
        advice = getattr(self.endpoint, "key_advice", "check its key")
        return Peer(self.name, model, address, connection.api_key, advice)


def _headers(connection: Connection) -> dict[str, str]:
    return {"authorization": f"Bearer {connection.api_key}"} if connection.api_key else {}


def _plain(headers: httpx2.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def _start_of(response: httpx2.Response) -> bytes:
    """Return the beginning of a refusal's body, as much as comes in time."""
    import httpx2

    content = b""
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            async for part in response.aiter_bytes():
                content += part
                if len(content) >= LONGEST_REFUSAL:
                    break
    except (httpx2.HTTPError, TimeoutError):
        pass  # the status says enough
    return content[:LONGEST_REFUSAL]


def _models_in(body: JSON, peer: Peer) -> list[ModelInfo]:
    entries = body.get("data") if isinstance(body, dict) else body
    if not isinstance(entries, list):
        raise _no_list(peer)
    models = {
        entry["id"]: ModelInfo(entry["id"], _context_window(entry))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    }
    return [models[name] for name in sorted(models)]


def _no_list(peer: Peer) -> ModelError:
    text = f"{peer.address} answers with something else than a list of models; check the address of {peer.provider}"
    return ModelError(text, model=peer.model)


def _context_window(entry: Mapping[str, JSON]) -> int | None:
    """Return the context length under the names that vLLM, OpenRouter, Groq, LM Studio and llama.cpp give it."""
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    names = ("max_model_len", "context_length", "context_window", "max_context_length")
    found = [*(entry.get(name) for name in names), meta.get("n_ctx"), meta.get("n_ctx_train")]
    return next((value for value in found if isinstance(value, int) and value > 0), None)
