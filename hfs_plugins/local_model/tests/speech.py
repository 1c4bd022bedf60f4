"""A client that speaks just enough of the OpenAI dialect to test who answers."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hfs_core.api import Connection


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whole."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Speech:
    """A streamed reply, whole."""

    words: str
    usage: dict[str, int] | None
    finish_reason: str | None
    is_done: bool


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


async def ask(connection: Connection, path: str, body: Any = None) -> Answer:
    """Ask for a path below `/v1` and return the whole answer."""
    return await asyncio.to_thread(_ask, connection, path, body)


async def stream(connection: Connection, words: str, **options: Any) -> Speech:
    """Say words and return the whole streamed reply."""
    body = {
        "messages": [{"role": "user", "content": words}],
        "stream": True,
        "stream_options": {"include_usage": True},
        **options,
    }
    answer = await ask(connection, "/chat/completions", body)
    assert answer.status == 200, answer.text
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    chunks = [json.loads(line) for line in lines if line != "[DONE]"]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    reasons = [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
    return Speech(
        words="".join(choice["delta"].get("content") or "" for choice in choices),
        usage=chunks[-1].get("usage"),
        finish_reason=reasons[-1] if reasons else None,
        is_done=lines[-1] == "[DONE]",
    )


def _ask(connection: Connection, path: str, body: Any) -> Answer:
    url = urlsplit(connection.base_url)
    assert url.hostname
    speaker = (
        _UnixConnection(str(connection.socket))
        if connection.socket
        else http.client.HTTPConnection(url.hostname, url.port)
    )
    headers = {"Content-Type": "application/json"}
    if connection.api_key:
        headers["Authorization"] = f"Bearer {connection.api_key}"
    full = path.removeprefix("/..") if path.startswith("/..") else url.path + path
    try:
        speaker.request(
            "POST" if body is not None else "GET", full, json.dumps(body) if body else None, headers
        )
        response = speaker.getresponse()
        return Answer(response.status, response.read().decode())
    finally:
        speaker.close()
