"""A reply of 5,000 tokens on the screen, against a bare Textual app that appends it to one Markdown.

Both are processes of their own in a terminal of 120 by 40, with the tokens made in the process; HFS has its
default plugins, and keeps the reply in a file. `python -m benchmarks.stream`.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.chatting import END, session_of
from benchmarks.program import Program
from benchmarks.reporting import Figure, report

TOKENS = 5_000
SLOW_TOKENS = 1_000
"""For what is measured at 60 tokens a second; 5,000 would take 83 seconds each time."""

BURST_SECONDS = 4.0
"""Within which the first four fifths of a reply are on the screen."""

RATE = 60
ROUNDS = 3
KEYS = [chr(code) for code in (*range(0x430, 0x450), *range(0x3B1, 0x3B9))]
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
        before, start = program.cpu(), len(program.written)
        program.send("\r")
        program.wait_for(END, start)
        program.wait_until_quiet()
        return program.cpu() - before


def in_turn(home: Path, *programs: tuple[str, int, float, str], rounds: int = ROUNDS) -> list[float]:
    """Run programs in turn and return the median of what each costs."""
    costs = [[cost(home, *program) for program in programs] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*costs, strict=True)]


def echoes(home: Path, rest: dict[str, str]) -> list[float]:
    """Return how late, in milliseconds, keys are echoed while the last fifth of a reply comes."""
    times: list[float] = []
    burst = TOKENS - SLOW_TOKENS
    with streaming(home, "chat", TOKENS, RATE, json.dumps({"burst": burst, **rest})) as program:
        begun = len(program.written)
        program.send("\r")
        program.listen(BURST_SECONDS)
        for key in KEYS:
            start = len(program.written)
            sent = time.perf_counter()
            program.send(key)
            times.append((program.wait_for(key, start) - sent) * 1000)
            program.listen(random.uniform(0.05, 0.3))
        if END.encode() in program.written[begun:]:
            raise RuntimeError("the reply had ended before the last key")
    return times


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        resume = json.dumps({"resume": str(session_of(home, 1_000))})
        fast, slow = TOKENS, SLOW_TOKENS
        bare, hfs, long = in_turn(
            home, ("bare", fast, 0, "0.05"), ("chat", fast, 0, "{}"), ("chat", fast, 0, resume)
        )
        print(f"CPU of {fast:,} tokens: bare {bare:.2f} s, HFS {hfs:.2f} s, in 1,000 messages {long:.2f} s")
        bare_slow, hfs_slow = in_turn(home, ("bare", slow, RATE, "0.1"), ("chat", slow, RATE, "{}"), rounds=2)
        print(f"CPU of {slow:,} tokens at {RATE}/s: bare {bare_slow:.2f} s, HFS {hfs_slow:.2f} s")
        figures = [
            Figure(f"{fast:,} tokens at full speed, CPU / bare Textual each 50 ms", hfs / bare, 1.7),
            Figure(f"{slow:,} tokens at {RATE}/s, CPU / bare Textual each 100 ms", hfs_slow / bare_slow, 1.0),
            Figure("the same in a session of 1,000 messages / in an empty one", long / hfs, 1.5),
        ]
        fresh = {"resume": str(session_of(home, 1_000))}
        for where, options in (("", {}), (" in 1,000 messages", fresh)):
            times = sorted(echoes(home, options))
            print(f"{len(times)} keys echoed{where}, the latest after {times[-1]:.0f} ms")
            figures += [
                Figure(f"key to echo late in a stream{where}, median", statistics.median(times), 20, "ms"),
                Figure(f"key to echo late in a stream{where}, p95", times[int(len(times) * 0.95)], 50, "ms"),
            ]
        return report(figures)


if __name__ == "__main__":
    raise SystemExit(main())
