"""A real HTTP server that speaks the OpenAI chat-completions stream from a script, well or badly.

In a test::

    async with OpenAIServer(Answer("Hel", "lo"), refuse(429, headers={"retry-after": "7"})) as server:
        ...  # talk to server.base_url
        assert server.chats[0].body["messages"]

As a process, for end-to-end tests and benchmarks: `python -m hfs_core.testing.openai_server --reply TEXT`
prints its base URL as one line and serves until it is terminated.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

from hfs_core.models import JSON
from hfs_core.testing.openai_script import Answer, phrase, refuse


@dataclass(frozen=True, slots=True)
class Received:
    """A request that the server got; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: JSON = None


@dataclass(eq=False, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    has_begun: bool = False
    read_ahead: bytes = b""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.has_begun = True
        lines = [f"HTTP/1.1 {status} {phrase(status)}", *(f"{k}: {v}" for k, v in headers.items())]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def send_whole(
        self, body: JSON | bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        defaults = {"content-type": "application/json", "content-length": str(len(content))}
        await self.send_head(status, defaults | dict(headers or {}))
        await self.send(content)


class OpenAIServer:
    """Serves `/v1/models` and `/v1/chat/completions` on 127.0.0.1, or on a unix socket; use as `async with`.

    Each chat request takes the next answer of the script; the last one is given again and again.

    Attributes:
        script: the answers; may be changed at any time, as may `models`.
        requests: all that it got, in order.
        connections: how many have been made to it.
        disconnects: how often a client left in the middle of an answer.
    """

    def __init__(
        self,
        *script: Answer,
        models: tuple[str, ...] | Answer | None = ("test-model",),
        api_key: str | None = None,
        socket: Path | None = None,
        tls: SSLContext | None = None,
    ):
        """Prepare to serve.

        Args:
            models: what is listed; None answers 404 to a request for the list.
            api_key: what must be sent as a bearer token, else 401.
        """
        self.script = list(script) or [Answer("Hello from the test server.")]
        self.requests: list[Received] = []
        self.connections = self.disconnects = 0
        self.base_url = ""
        self.models = models
        self._api_key = api_key
        self._socket = socket
        self._tls = tls
        self._changed = asyncio.Event()
        self._open: dict[_Connection, asyncio.Task[None]] = {}
        self._answered = 0

    @property
    def chats(self) -> list[Received]:
        """The chat requests."""
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    async def __aenter__(self) -> OpenAIServer:
        if self._socket:
            self._server = await asyncio.start_unix_server(self._connected, self._socket)
            self.base_url = "http://localhost/v1"
        else:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
            self.base_url = (
                f"http{'s' if self._tls else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self.drop()

    async def drop(self) -> None:
        """Close every connection that is open now."""
        tasks = list(self._open.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_for_chats(self, count: int = 1) -> None:
        """Return once that many chat requests have come."""
        await self._until(lambda: len(self.chats) >= count)

    async def wait_for_disconnects(self, count: int = 1) -> None:
        """Return once that many clients have left in the middle of an answer."""
        await self._until(lambda: self.disconnects >= count)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = _Connection(reader, writer)
        self._open[connection] = asyncio.create_task(self._converse(connection))

    async def _converse(self, connection: _Connection) -> None:
        try:
            while await self._serve(connection):
                connection.has_begun = False
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left between two requests
        finally:
            del self._open[connection]
            connection.writer.close()

    async def _serve(self, connection: _Connection) -> bool:
        """Answer one request; False when the connection must be closed."""
        start = connection.read_ahead or await connection.reader.readexactly(1)
        if not start.isalpha():  # TLS, for one
            await connection.send_whole(refuse(400).body, 400)
            return False
        head = start + await connection.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await connection.reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        request = Received(method, path, headers, json.loads(content) if content else None)
        self.requests.append(request)
        self._changed.set()
        work = asyncio.create_task(self._answer(connection, request))
        watch = asyncio.create_task(connection.reader.read(1))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done() and not work.done() and (watch.exception() or not watch.result()):
                raise ConnectionError("the client closed the connection")
            connection.read_ahead = watch.result() if watch.done() else b""
            return await work
        except ConnectionError:
            self.disconnects += 1
            self._changed.set()
            return False
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _answer(self, connection: _Connection, request: Received) -> bool:
        if self._api_key and request.headers.get("authorization") != f"Bearer {self._api_key}":
            await connection.send_whole(refuse(401, "Incorrect API key provided").body, 401)
        elif request.path.endswith("/models") and (models := self.models) is not None:
            if isinstance(models, Answer):
                return await _give(connection, models, {"stream": True})
            entries = [{"id": name, "object": "model", "owned_by": "test"} for name in models]
            await connection.send_whole({"object": "list", "data": entries})
        elif request.path.endswith("/chat/completions"):
            answer = self.script[min(self._answered, len(self.script) - 1)]
            self._answered += 1
            return await _give(connection, answer, request.body)
        else:
            await connection.send_whole(refuse(404, f"There is no {request.path}").body, 404)
        return True


async def _give(connection: _Connection, answer: Answer, asked: Mapping[str, JSON]) -> bool:
    model = asked.get("model")
    if answer.body is not None:
        await connection.send_whole(answer.body, answer.status, answer.headers)
        return True
    if not asked.get("stream"):
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish}
        await connection.send_whole({"model": model, "choices": [choice], "usage": _usage(answer)})
        return True

    async def send(data: bytes) -> None:
        if not connection.has_begun:
            defaults = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
            await connection.send_head(answer.status, defaults | dict(answer.headers))
        await connection.send(b"%x\r\n%b\r\n" % (len(data), data))

    for piece in answer.pieces:
        if answer.pause:
            await asyncio.sleep(answer.pause)
        if isinstance(piece, asyncio.Event):
            await piece.wait()
        else:
            await send(piece if isinstance(piece, bytes) else _event(piece, model))
    if answer.then == "hang":
        await asyncio.Event().wait()
    if answer.then == "break":
        return False
    if answer.finish is not None:
        await send(_event({"choices": [{"index": 0, "delta": {}, "finish_reason": answer.finish}]}, model))
    if answer.usage and (asked.get("stream_options") or {}).get("include_usage"):
        await send(_event({"choices": [], "usage": _usage(answer)}, model))
    await send(b"data: [DONE]\n\n" if answer.is_done else b": the end\n\n")
    await connection.send(b"0\r\n\r\n")
    return True


def _event(piece: str | Mapping[str, JSON], model: JSON) -> bytes:
    if isinstance(piece, str):
        piece = {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
    chunk = {"id": "chatcmpl-test", "object": "chat.completion.chunk", "model": model, **piece}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def _usage(answer: Answer) -> JSON:
    usage = answer.usage
    return usage and {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


async def _serve_forever(script: list[Answer], socket: Path | None) -> None:
    async with OpenAIServer(*script, socket=socket) as server:
        print(server.base_url, flush=True)  # noqa: T201 # what this process is asked for
        await asyncio.Event().wait()


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(prog="python -m hfs_core.testing.openai_server", description=__doc__)
    parser.add_argument("--reply", metavar="TEXT", help="the reply, streamed word by word")
    parser.add_argument(
        "--file", type=Path, help="a JSON list of texts and objects with the attributes of Answer"
    )
    parser.add_argument(
        "--pause", type=float, default=0, metavar="SECONDS", help="before each word of --reply"
    )
    parser.add_argument("--socket", type=Path, help="listen on this unix socket")
    options = parser.parse_args()
    script = [Answer.from_json(item) for item in json.loads(options.file.read_text())] if options.file else []
    if options.reply:
        script.append(Answer(*options.reply.replace(" ", "\0 ").split("\0"), pause=options.pause))
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve_forever(script, options.socket))


if __name__ == "__main__":
    main()
