"""Real child processes for the fault tests, and files to hurt."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

# Before a test imports from it: `StoreConformance` would ask for it too late.
pytest.register_assert_rewrite("hfs_core.testing.laws")

PATIENCE = 60
"""How long a child may be silent, in seconds, before the test fails."""


class Child:
    """A process that does a job of `jobs`, and what it tells."""

    def __init__(self, pid: int, pipe: int):
        self.pid = pid
        self._pipe = pipe
        self._read = b""

    def next(self) -> list[Any] | None:
        """Return what it tells next; None once it has ended."""
        while b"\n" not in self._read:
            if not select.select([self._pipe], [], [], PATIENCE)[0]:
                raise TimeoutError(f"process {self.pid} was silent for {PATIENCE} s")
            more = os.read(self._pipe, 65536)
            if not more:
                return None
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        told: list[Any] = json.loads(line)
        return told

    def rest(self) -> list[list[Any]]:
        """Return all that it still tells; waits for its end."""
        return list(iter(self.next, None))

    def kill(self) -> list[list[Any]]:
        """End it as `kill -9` does; return what it had told."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.rest()

    def close(self) -> None:
        """Kill it, if it lives, and forget it."""
        self.kill()
        os.close(self._pipe)


class Children:
    """Starts children."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        command = [sys.executable, str(Path(__file__).with_name("jobs.py")), str(theirs.fileno())]
        self._server = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        self._living: list[Child] = []

    def start(self, job: str, path: Path, **facts: Any) -> Child:
        """Start a process that does a job of `jobs` on a database."""
        reading, writing = os.pipe()
        request = json.dumps({"job": job, "path": str(path), **facts}).encode()
        socket.send_fds(self._control, [request], [writing])
        os.close(writing)
        child = Child(int(self._control.recv(64)), reading)
        self._living.append(child)
        return child

    def forget(self) -> None:
        """Kill all children of the test."""
        while self._living:
            self._living.pop().close()

    def close(self) -> None:
        """End the process that forks them."""
        self.forget()
        self._control.close()
        self._server.wait(PATIENCE)


@pytest.fixture(scope="session")
def children_server() -> Iterator[Children]:
    """The process that forks children, one for all tests."""
    if sys.platform == "win32":
        pytest.skip("Windows cannot fork")
    children = Children()
    yield children
    children.close()


@pytest.fixture
def children(children_server: Children) -> Iterator[Children]:
    """Starts processes, and kills what is left of them after the test."""
    yield children_server
    children_server.forget()


def spin(seconds: float) -> None:
    """Do nothing, exactly that long: a kill must come at a moment that nobody chose, not when a timer wakes."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
