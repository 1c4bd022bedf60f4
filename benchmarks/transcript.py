"""A session of 10,000 messages on the screen, against an empty one: opened at its end, and scrolled to its start.

Each is a process of its own in a terminal of 120 by 40, from its start on: HFS with its default plugins and the
session in a file. An empty session is painted when HFS says `ready`, a long one when also its last words are on
the screen. `python -m benchmarks.transcript`.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import tempfile
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from benchmarks.chatting import session_of
from benchmarks.program import Program
from benchmarks.reporting import Figure, report
from benchmarks.stream import PYTHON, environment

MESSAGES = 10_000
LAST_WORDS = f"Done{MESSAGES - 1}"
ROUNDS = 7
PAGE_UP, PAGE_DOWN, TO_START, TO_END = "\x1b[5~", "\x1b[6~", "\x1b[1;5H", "\x1b[1;5F"
WHEEL_UP = "\x1b[<64;40;10M"


def opened(home: Path, session_id: int, *, lags: Path | None = None) -> Program:
    """Return a program that opens this session, not yet started."""
    options = {"resume": str(session_id)} | ({"lags": str(lags)} if lags else {})
    return Program([*PYTHON, "chat", "1", "0", json.dumps(options)], environment(home))


def opening(home: Path, session_id: int, words: tuple[str, ...]) -> tuple[float, float]:
    """Return the seconds until these words are on the screen, and the megabytes used once nothing happens any more."""
    with opened(home, session_id) as program:
        painted = max(program.wait_for(word) for word in words) - program.started
        program.wait_until_quiet()
        return painted, program.memory()


def scrolling(home: Path, session_id: int) -> tuple[list[float], float]:
    """Scroll to the start as people do; return the longest stall of each step, in milliseconds, and the memory used.

    Page by page at leisure, with the key held down, with the wheel, by one key to the very start, and down again.
    """
    lags = home / "lags.json"
    pressed: list[float] = []
    held = [(PAGE_UP, 1 / 30)] * 40 + [(PAGE_UP, 2.0)]
    wheel = [(WHEEL_UP, 0.02)] * 150 + [(WHEEL_UP, 2.0)]
    steps = (
        [(PAGE_UP, 0.4)] * 60
        + held * 3
        + wheel
        + [(TO_START, 1.0)]
        + [(PAGE_DOWN, 0.4)] * 60
        + [(TO_END, 1.0)]
    )
    with opened(home, session_id, lags=lags) as program:
        program.wait_for(LAST_WORDS)
        program.wait_until_quiet()
        start = len(program.written)
        for key, pause in steps:
            pressed.append(time.perf_counter())
            program.send(key)
            program.listen(pause)
            if key == TO_START:
                program.wait_for("Question 0,", start)
        program.listen(6.0)
        memory = program.memory()
        os.kill(program.pid, signal.SIGUSR1)
        measured: list[tuple[float, float]] = []
        while not measured:
            program.listen(0.1)
            with suppress(OSError, json.JSONDecodeError):
                measured = json.loads(lags.read_text())
    pressed.append(measured[-1][0])
    longest = [
        max((lag for due, lag in measured if since <= due + lag and due < until), default=0.0)
        for since, until in pairwise(pressed)
    ]
    return sorted(stall * 1000 for stall in longest), memory


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        empty, long = session_of(home, 0), session_of(home, MESSAGES)
        empties, longs = [], []
        for _ in range(ROUNDS):
            empties.append(opening(home, empty, ("ready",)))
            longs.append(opening(home, long, ("ready", LAST_WORDS)))
        paints = [statistics.median(paint for paint, _ in rows) for rows in (empties, longs)]
        memories = [statistics.median(memory for _, memory in rows) for rows in (empties, longs)]
        print(f"painted: empty {paints[0] * 1000:.0f} ms, {MESSAGES:,} messages {paints[1] * 1000:.0f} ms")
        stalls, scrolled = scrolling(home, long)
        print(
            f"{len(stalls)} steps: median stall {statistics.median(stalls):.0f} ms, longest {stalls[-1]:.0f} ms"
        )
        print(
            f"memory beside that of an empty session after scrolling about: {scrolled - memories[0]:.0f} MB"
        )
        return report(
            [
                Figure(
                    f"{MESSAGES:,} messages, start to end painted / an empty session",
                    paints[1] / paints[0],
                    1.5,
                ),
                Figure("memory beside that of an empty session", memories[1] - memories[0], 40, "MB"),
                Figure("stall of a step of scrolling, p95", stalls[int(len(stalls) * 0.95)], 100, "ms"),
            ]
        )


if __name__ == "__main__":
    raise SystemExit(main())
