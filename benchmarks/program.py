"""A program in a terminal of its own: what it writes, when, and what it costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 180.0
"""Seconds after which a program is not coming any more."""


class Program:
    """A running program; use as a context. What it writes is read whenever something is waited for."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], size: tuple[int, int] = (120, 40)):
        self._command = list(command)
        self._environ = dict(environ) | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._size = size
        self.written = bytearray()

    def __enter__(self) -> Program:
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(self._command[0], self._command, self._environ)
        width, height = self._size
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def send(self, text: str) -> None:
        """Type a text."""
        os.write(self._fd, text.encode())

    def leave(self) -> None:
        """Quit as a person does, and wait for the end."""
        self.send("\x04")
        with suppress(RuntimeError):
            self.listen(10)

    def read(self, seconds: float) -> bool:
        """Read what it writes within that time; False once nothing came."""
        readable, _, _ = select.select([self._fd], [], [], seconds)
        if readable:
            try:
                self.written += os.read(self._fd, 1 << 16)
            except OSError as error:
                raise RuntimeError(f"{self._command} has ended:\n{self.written.decode()}") from error
        return bool(readable)

    def listen(self, seconds: float) -> None:
        """Read what it writes for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def wait_for(self, text: str, start: int = 0) -> float:
        """Return the moment when it has written the text, behind `start` bytes."""
        wanted, end = text.encode(), time.perf_counter() + PATIENCE
        while self.written.find(wanted, start) < 0:
            self.read(0.02)
            if time.perf_counter() > end:
                raise RuntimeError(f"{self._command} never wrote {text!r}:\n{self.written[-2000:]!r}")
        return time.perf_counter()

    def wait_until_quiet(self, seconds: float = 0.6) -> None:
        """Return once it has used next to no CPU time for so long; read what it writes."""
        cpu, since = self.cpu(), time.perf_counter()
        while time.perf_counter() - since < seconds:
            self.read(0.02)
            if self.cpu() - cpu > 2 / TICKS:
                cpu, since = self.cpu(), time.perf_counter()

    def cpu(self) -> float:
        """Return the seconds of CPU time that it has used, all its threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Return the megabytes of memory that are its own."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
        return kilobytes / 1024
