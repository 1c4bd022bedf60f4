"""From Enter in the shell to a chat that takes keys, with 10,000 sessions in the store: against a bare Textual app.

Both are processes of their own in a terminal of 120 by 40, started in turn. The first paint is the moment when
`Type a message` is drawn; interactive means that a key typed at that moment is echoed. `python -m benchmarks.paint`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hfs_sqlite_store.store import open_store

from benchmarks.program import Program
from benchmarks.reporting import Figure, report
from hfs_core.api import Append, Create, Draft, Paths

SESSIONS = 10_000
ROUNDS = 10
IDLE_SECONDS = 6.0
KEYS = 40
PROMPT = "ype a message"  # the cursor stands on its first letter
KEY = "ж"  # a letter that nothing else draws
LINE = "every key of this line was typed at the very first paint 0123"

BARE = [sys.executable, str(Path(__file__).with_name("bare_app.py"))]
HFS = [str(Path(sys.executable).with_name("hfs"))]


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the first paint and to the first echo, and the cost of both."""

    paint: float
    echo: float
    cpu: float
    memory: float


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a program that is measured."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home.parent),
        "HFS_HOME": str(home),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "none",
        "HFS_MODEL": "openai/none",
    }


async def fill(home: Path) -> None:
    """Keep 10,000 sessions of two messages, through the store's own contract."""
    async with open_store(Paths(home).database) as store:
        for start in range(0, SESSIONS, 500):
            for n in range(start, start + 500):
                words = (Draft("user", f"question {n}"), Draft("assistant", f"answer {n}"))
                await store.apply(
                    Create(f"uid-{n}", f"session {n}"), *(Append(f"uid-{n}", word) for word in words)
                )


def start(command: list[str], home: Path) -> Start:
    """Start a program, type a key at its first paint, and end it."""
    with Program(command, environment(home)) as program:
        paint = program.wait_for(PROMPT)
        cpu = program.cpu()
        program.send(KEY)
        echo = program.wait_for(KEY)
        return Start(paint - program.started, echo - program.started, cpu, program.memory())


def starting(home: Path) -> list[Figure]:
    """Compare the first paints and echoes, pair by pair."""
    pairs = [(start(BARE, home), start(HFS, home)) for _ in range(ROUNDS + 1)][1:]  # the first makes caches
    tell("bare Textual app", [bare for bare, _ in pairs])
    tell("hfs", [hfs for _, hfs in pairs])
    paint = statistics.median(hfs.paint / bare.paint for bare, hfs in pairs)
    echo = statistics.median(hfs.echo / bare.echo for bare, hfs in pairs)
    return [
        Figure("first paint of hfs / of a bare app", paint, 1.35),
        Figure("first interactive paint of hfs / of a bare app", echo, 1.35),
    ]


def tell(name: str, starts: list[Start]) -> None:
    """Print the medians of a program's starts."""
    paint, echo = (
        statistics.median(getattr(one, part) for one in starts) * 1000 for part in ("paint", "echo")
    )
    cpu, memory = (statistics.median(getattr(one, part) for one in starts) for part in ("cpu", "memory"))
    print(f"{name}: painted {paint:.0f} ms, first echo {echo:.0f} ms, {cpu:.2f} s CPU, {memory:.0f} MB")


def typing(home: Path) -> list[Figure]:
    """Type a line at the first paint; then, at rest, keys one by one, and nothing at all."""
    with Program([*HFS, "-r", f"session {SESSIONS - 1}"], environment(home)) as program:
        program.wait_for(PROMPT)
        for letter in LINE:  # while everything else is still being imported
            program.send(letter)
            program.read(0.005)
        program.wait_for("ready")
        program.wait_until_quiet()
        lost = 0 if LINE.encode() in program.written else len(LINE)
        tell_keys(program)
        program.wait_until_quiet(2.0)
        cpu, began = program.cpu(), time.perf_counter()
        while time.perf_counter() - began < IDLE_SECONDS:
            program.read(0.2)
        idle = (program.cpu() - cpu) / (time.perf_counter() - began) * 100
    return [
        Figure("keys lost of those typed from the first paint on", lost, 0, "keys"),
        Figure("idle hfs with an open session", idle, 1, "% CPU"),
    ]


def tell_keys(program: Program) -> None:
    """Type keys one by one in a program at rest, and print what one costs."""
    program.wait_until_quiet(2.0)
    before, cpu, echoes = len(program.written), program.cpu(), []
    for n in range(KEYS):
        letter = chr(ord("а") + n % 32)
        at, began = len(program.written), time.perf_counter()
        program.send(letter)
        echoes.append((program.wait_for(letter, at) - began) * 1000)
    size, each = (len(program.written) - before) / KEYS, (program.cpu() - cpu) / KEYS * 1000
    print(f"a key: {statistics.median(echoes):.1f} ms to its echo, {size:.0f} bytes, {each:.1f} ms CPU")


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "hfs"
        home.mkdir(mode=0o700)
        asyncio.run(fill(home))
        return report([*starting(home), *typing(home)])


if __name__ == "__main__":
    raise SystemExit(main())
