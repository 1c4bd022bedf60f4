"""The model's process as its parent sees it: started, ready, running, ended."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from hfs_core.api import Connection, ModelError
from hfs_local_model.log import ProcessLog

READY_TIMEOUT = 180.0
"""Seconds within which a model must be loaded; a large file on a slow disk takes its time."""
END_TIMEOUT = 2.0
"""Seconds that a process gets to end by itself."""
SOCKET = "model.sock"
"""Its name; llama.cpp takes a host for a socket by this ending."""
SOCKET_PATH_LIMIT = 100
"""Bytes; the limits of systems begin at 104."""


class _NotStarted(Exception):
    """Why the process is of no use; told as a ModelError with what it wrote."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to run, and how.

    Attributes:
        name: of the model, without the provider.
        threads: that write an answer; None leaves it to the process.
        temperature: where a request does not say; None leaves it to llama.cpp.
        chat_template: instead of the file's own; "" for the file's own.
    """

    name: str
    gguf: str
    context: int
    threads: int | None = None
    temperature: float | None = None
    chat_template: str = ""


class ModelProcess:
    """A running `hfs_local_model.child`; it ends with this process, however this one ends."""

    def __init__(self, job: Job, process: asyncio.subprocess.Process, connection: Connection):
        self.job = job
        self.connection = connection
        self._process = process

    @classmethod
    async def start(
        cls, job: Job, log_file: Path, *, over_tcp: bool = sys.platform == "win32"
    ) -> ModelProcess:
        """Load a model and return once it answers; raises ModelError.

        Args:
            log_file: where the process' errors go.
            over_tcp: listen on the loopback with a random key, where there are no unix sockets.
        """
        log = ProcessLog(log_file)
        try:
            return await cls._start(job, log, over_tcp)
        except (_NotStarted, OSError) as error:
            named = f"local/{job.name}"
            raise ModelError(f"{named} did not start: {error}{log.quote()}", model=named) from error

    @classmethod
    async def _start(cls, job: Job, log: ProcessLog, over_tcp: bool) -> ModelProcess:
        socket = None if over_tcp else _private_folder() / SOCKET
        api_key = secrets.token_urlsafe(32) if over_tcp else None
        process = None
        try:
            with log.open() as stderr:
                process = await _spawn(stderr)
            url = await _ask(process, {**asdict(job), "socket": str(socket or ""), "api_key": api_key})
        except BaseException:
            await _end(process, socket)
            raise
        base_url = "http://localhost/v1" if socket else f"{url}/v1"
        return cls(job, process, Connection(base_url, socket, api_key))

    @property
    def is_running(self) -> bool:
        """Whether it has not ended, by itself or otherwise."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """The number that the system gave it."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its end and return its exit code, negative for a signal."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it, and remove its socket; may be called twice."""
        await _end(self._process, self.connection.socket)


async def _spawn(stderr: BinaryIO) -> asyncio.subprocess.Process:
    # -P: a module of the current folder must not stand in for one of ours.
    # A session of its own: Ctrl+C in the terminal is meant for the chat.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "hfs_local_model.child"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )


async def _ask(process: asyncio.subprocess.Process, job: dict[str, Any]) -> str:
    """Give the process its job and return the address where it listens; raises _NotStarted."""
    assert process.stdin is not None  # both are pipes
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_TIMEOUT):
            process.stdin.write(f"{json.dumps(job)}\n".encode())
            await process.stdin.drain()
            line = await process.stdout.readline()
    except TimeoutError:
        raise _NotStarted(f"it was not ready after {READY_TIMEOUT:.0f} s; try a smaller model") from None
    except (BrokenPipeError, ConnectionResetError):
        line = b""
    if not line:
        raise _NotStarted(f"its process ended ({_describe(await process.wait())})")
    answer = json.loads(line)
    if "error" in answer:
        raise _NotStarted(answer["error"])
    return str(answer["url"])


async def _end(process: asyncio.subprocess.Process | None, socket: Path | None) -> None:
    if process and process.stdin:
        process.stdin.close()
        try:
            async with asyncio.timeout(END_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    if socket:  # a process that was killed leaves it behind
        shutil.rmtree(socket.parent, ignore_errors=True)


def _private_folder() -> Path:
    """Make a folder that only this user may enter, with a path short enough for a socket."""
    folder = tempfile.mkdtemp(prefix="hfs-model-")
    if len(os.fsencode(folder)) + len(SOCKET) + 1 > SOCKET_PATH_LIMIT:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="hfs-model-", dir="/tmp")
    return Path(folder)


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name
