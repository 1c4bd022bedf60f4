"""The model's process as its parent sees it: started, ready, running, ended."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from hfs_core.api import Connection, ModelError, make_private

READY_TIMEOUT = 180.0
"""Seconds within which a model must be loaded; a large file on a slow disk takes its time."""
END_TIMEOUT = 2.0
"""Seconds that a process gets to end by itself."""
LOG_LIMIT = 1_000_000
"""Bytes after which the log begins anew."""
_QUOTED_LINES = 5


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
        api_key = secrets.token_urlsafe(32) if over_tcp else ""
        with _open_log(log_file) as log:
            begin = log.tell()
            process = await _spawn(log)
        try:
            line = json.dumps({**asdict(job), "api_key": api_key})
            answer = await _ask(process, line, job.name)
            if "error" not in answer:
                return cls(job, process, _connection(answer, api_key))
            reason = answer["error"]
        except BaseException:
            await _end(process)
            raise
        await _end(process)
        raise ModelError(
            f"local/{job.name} did not start: {reason}{_quote(log_file, begin)}", model=f"local/{job.name}"
        )

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
        await _end(self._process)
        if self.connection.socket:  # a process that was killed leaves it behind
            shutil.rmtree(self.connection.socket.parent, ignore_errors=True)


async def _spawn(log: BinaryIO) -> asyncio.subprocess.Process:
    # -P: a module of the current folder must not stand in for one of ours.
    # A session of its own: Ctrl+C in the terminal is meant for the chat.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "hfs_local_model.child"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )


async def _ask(process: asyncio.subprocess.Process, line: str, name: str) -> dict[str, str]:
    """Give the process its job and return its answer, which may be an error; raises ModelError."""
    assert process.stdin is not None  # both are pipes
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_TIMEOUT):
            process.stdin.write(f"{line}\n".encode())
            await process.stdin.drain()
            answered = await process.stdout.readline()
    except TimeoutError:
        raise ModelError(
            f"local/{name} was not ready after {READY_TIMEOUT:.0f} s; try a smaller model",
            model=f"local/{name}",
        ) from None
    except (BrokenPipeError, ConnectionResetError):
        answered = b""
    if not answered:
        return {"error": f"its process ended ({_describe(await process.wait())})"}
    answer: dict[str, str] = json.loads(answered)
    return answer


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(END_TIMEOUT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _connection(answer: dict[str, str], api_key: str) -> Connection:
    if "socket" in answer:
        return Connection("http://localhost/v1", socket=Path(answer["socket"]))
    return Connection(f"{answer['url']}/v1", api_key=api_key)


def _open_log(log_file: Path) -> BinaryIO:
    make_private(log_file.parent)
    is_long = log_file.exists() and log_file.stat().st_size > LOG_LIMIT
    log = log_file.open("wb" if is_long else "ab")
    log.seek(0, 2)
    return log


def _describe(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _quote(log_file: Path, begin: int) -> str:
    """Return the last lines that the process wrote, and where the rest is; "" if it wrote none."""
    with log_file.open("rb") as log:
        log.seek(begin)
        lines = log.read().decode(errors="replace").strip().splitlines()[-_QUOTED_LINES:]
    return "\n".join(["", *(f"  {line}" for line in lines), f"The whole log: {log_file}"]) if lines else ""
