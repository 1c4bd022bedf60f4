"""The local model: ready cold, and the first word of a warm one.

`python benchmarks/local_model.py [MODEL]` measures the file in the models folder of `HFS_HOME`. Cold means a new
process and a file that the system had to forget first, as far as it lets itself be told.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hfs_local_model.catalogue import DEFAULT, find
from hfs_local_model.server import LocalEndpoint
from hfs_local_model.weights import Weights

from hfs_core.api import Connection, Paths

READY_BAR = 3.0
FIRST_TOKEN_BAR = 2.0
STARTS = 3
# Different from the first word on: the server keeps the beginnings of prompts.
QUESTIONS = (
    "What is the capital of France?",
    "How do I list files in Python?",
    "Name three colours.",
    "Why is the sky blue?",
    "Translate good morning into Spanish.",
)


def main(words: Sequence[str] = ()) -> int:
    """Measure and print; returns 1 where a bar was missed."""
    entry = find(words[0]) if words else DEFAULT
    weights = Weights(Paths.from_environment().models)
    if entry is None or not weights.is_true(entry):
        name = entry.name if entry else words[0]
        print(f"local model: not measured, {name} is not here (hfs models pull {DEFAULT.name})")
        return 0
    cold, warm, first = asyncio.run(measure(weights, entry.name))
    results = (
        (f"{entry.name} ready, cold file", max(cold), READY_BAR),
        (f"{entry.name} ready, file in memory", statistics.median(warm), READY_BAR),
        (f"{entry.name} first token of a short question", statistics.median(first), FIRST_TOKEN_BAR),
        (f"{entry.name} first token, the slowest of {len(first)}", max(first), FIRST_TOKEN_BAR),
    )
    for name, seconds, bar in results:
        print(f"{name}: {seconds:.2f} s (at most {bar:.0f} s) {'ok' if seconds <= bar else 'MISSED'}")
    return int(any(seconds > bar for _, seconds, bar in results))


async def measure(weights: Weights, model: str) -> tuple[list[float], list[float], list[float]]:
    """Return the seconds of each cold start, of each warm start, and to the first word of each question."""
    entry = find(model)
    assert entry is not None
    cold, warm = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS):
            forget(weights.path(entry))
            cold.append(await ready(LocalEndpoint(weights, Path(folder) / "log"), model))
            warm.append(await ready(LocalEndpoint(weights, Path(folder) / "log"), model))
        endpoint = LocalEndpoint(weights, Path(folder) / "log")
        try:
            connection = await endpoint.connect(model)
            first = [await asyncio.to_thread(first_word, connection, question) for question in QUESTIONS]
        finally:
            await endpoint.close()
    return cold, warm, first


async def ready(endpoint: LocalEndpoint, model: str) -> float:
    """Return the seconds from nothing to a model that answers."""
    begin = time.perf_counter()
    try:
        await endpoint.connect(model)
        return time.perf_counter() - begin
    finally:
        await endpoint.close()


def forget(file: Path) -> None:
    """Ask the system to drop a file from its memory, where it can be asked."""
    if hasattr(os, "posix_fadvise"):
        descriptor = os.open(file, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def first_word(connection: Connection, question: str) -> float:
    """Return the seconds until the first word of a streamed answer."""
    begin = time.perf_counter()
    host, _, port = connection.base_url.removeprefix("http://").removesuffix("/v1").partition(":")
    speaker = http.client.HTTPConnection(host, int(port or 80))
    if connection.socket:
        speaker.sock = socket.socket(socket.AF_UNIX)
        speaker.sock.connect(str(connection.socket))
    body = {"messages": [{"role": "user", "content": question}], "stream": True, "max_tokens": 4}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {connection.api_key}"}
    try:
        speaker.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        with speaker.getresponse() as answer:
            for line in answer:
                if line.startswith(b"data: {"):
                    choices = json.loads(line.removeprefix(b"data: "))["choices"]
                    if choices and choices[0]["delta"].get("content"):
                        return time.perf_counter() - begin
    finally:
        speaker.close()
    raise RuntimeError("the model said nothing")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
