"""A reply of 5,000 tokens on the screen, against a bare Textual app that appends it to one Markdown.

Both are processes of their own in a terminal of 120 by 40, with the tokens made in the process; HFS has its
default plugins, and keeps the reply in a file. `python -m benchmarks.stream`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.chatting import END
from benchmarks.program import Program

TOKENS = 5_000
SLOW_TOKENS = 1_000
"""For what is measured at 60 tokens a second; 5,000 would take 83 seconds each time."""

RATE = 60
ROUNDS = 3
KEYS = [chr(code) for code in range(ord("а"), ord("а") + 32)]
"""Letters that no reply has, each once: what is written after one is typed can only be its echo."""

PYTHON = [sys.executable, "-m", "benchmarks.chatting"]


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a program that is measured."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HFS_HOME": str(home / "hfs"),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }


@contextmanager
def streaming(home: Path, kind: str, count: int, rate: float, rest: str) -> Iterator[Program]:
    """Start a program and let its reply begin."""
    with Program([*PYTHON, kind, str(count), str(rate), rest], environment(home)) as program:
        program.wait_for("ready" if kind == "chat" else "Type a message")
        program.send("go")
        program.wait_until_quiet()
        yield program


def cost(home: Path, kind: str, count: int, rate: float, rest: str) -> float:
    """Return the seconds of CPU time from Enter until the last word is on the screen and nothing happens any more."""
    with streaming(home, kind, count, rate, rest) as program:
        before = program.cpu()
        program.send("\r")
        program.wait_for(END)
        program.wait_until_quiet()
        return program.cpu() - before


def echoes(home: Path) -> list[float]:
    """Return how late, in milliseconds, keys are echoed when most of a reply has come."""
    times: list[float] = []
    with streaming(home, "chat", TOKENS, 0, "{}") as program:
        program.send("\r")
        program.wait_for(END)
        program.wait_until_quiet()
        program.send("on\r")
        start = len(program.written)
        program.wait_for("Section 40", start)
        for key in KEYS:
            start = len(program.written)
            sent = time.perf_counter()
            program.send(key)
            times.append((program.wait_for(key, start) - sent) * 1000)
            program.read(0.04)
    return times


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        costs: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for name, options in {
                "bare": ("bare", TOKENS, 0, "0.05"),
                "hfs": ("chat", TOKENS, 0, "{}"),
            }.items():
                costs.setdefault(name, []).append(cost(home, *options))
        print(costs)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
