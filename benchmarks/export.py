"""Export and import as HFS' own JSON: 10,000 messages beside raw scans and inserts, and 100,000 in constant memory.

What is compared runs in turn, within one process, through the commands themselves; every bar is a ratio within one
run, except what an import may cost the chat beside it. `python -m benchmarks.run export`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import uuid4

from hfs_sqlite_store.store import open_store

from benchmarks.paint import environment
from benchmarks.raw_messages import conversation, drafts, load_and_commit, load_and_insert, scan_and_dump
from benchmarks.reporting import Figure, report
from benchmarks.store import quantile
from hfs_core.api import Append, Create, Draft, Host, Invocation, Paths
from hfs_core.kernel import Kernel
from hfs_core.tui.garbage import collect_less

LONG = 10_000
VERY_LONG = 100_000
SHORT = 1_000
MANY = 2_000
ROUNDS = 7
FORMATS = ("json", "jsonl", "md", "html")
ROOT = Path(__file__).parents[1]


async def keep(home: Path, count: int) -> int:
    """Keep a session of that many messages in a home of its own, and return its id."""
    async with open_store(Paths(home).database) as store:
        uid = uuid4().hex
        await store.apply(Create(uid, f"{count:,} messages"))
        waiting = drafts(count)
        while batch := list(islice(waiting, SHORT)):
            await store.apply(*(Append(uid, draft) for draft in batch))
        return (await store.session(uid)).id


def invocation(host: Host, session_id: int | None = None) -> Invocation:
    """Return the circumstances of a command that nobody watches."""

    async def yes(question: str) -> bool:
        return True

    return Invocation(session_id, host, confirm=yes, progress=lambda told, share: None)


def seconds_of(work: Callable[..., object], *given: object) -> float:
    """Return the seconds that a call took, with the waste of what ran before it swept away."""
    gc.collect()
    started = time.perf_counter()
    work(*given)
    return time.perf_counter() - started


async def seconds_for(work: Awaitable[object]) -> float:
    """Return the seconds that something took, likewise."""
    gc.collect()
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def exporting(home: Path, file: Path, session_id: int) -> list[Figure]:
    """Compare an export of 10,000 messages with a raw scan and `json.dumps`."""
    raw, ours = [], []
    async with Kernel(Paths(home), project=home) as host:
        for _ in range(ROUNDS + 1):
            raw.append(seconds_of(scan_and_dump, Paths(home).database, session_id))
            export = host.commands.run(f"export json {file} --force", invocation(host, session_id))
            ours.append(await seconds_for(export))
    share = statistics.median(ours[1:]) / statistics.median(raw[1:])
    print(f"export of {LONG:,} messages: {statistics.median(ours[1:]):.2f} s")
    return [Figure(f"JSON export of {LONG:,} messages / (raw scan + json.dumps)", share, 7)]


async def importing(folder: Path, file: Path) -> list[Figure]:
    """Compare an import of 10,000 messages with `json.loads` and raw inserts; each goes into an empty file."""
    raw, ours = [], []
    for number in range(ROUNDS + 1):
        raw.append(seconds_of(load_and_insert, file, folder / f"raw-{number}.db"))
        home = folder / f"home-{number}"
        async with Kernel(Paths(home), project=folder) as host:
            await host.commands.run("sessions", invocation(host))  # the store is open
            ours.append(await seconds_for(host.commands.run(f"import {file}", invocation(host))))
            (session,) = await host.store.sessions()
            assert session.message_count == LONG
    share = statistics.median(ours[1:]) / statistics.median(raw[1:])
    print(f"import of {LONG:,} messages: {statistics.median(ours[1:]):.2f} s")
    return [Figure(f"import of {LONG:,} messages / (json.loads + raw inserts)", share, 7)]


async def arriving(folder: Path) -> list[Figure]:
    """Import 2,000 conversations of ten messages, once into an empty store, and once again."""
    file, raw, ours, again = folder / "conversations.json", [], [], []
    said = list(drafts(MANY * 10))
    file.write_text(json.dumps([conversation(n, said[n * 10 : n * 10 + 10]) for n in range(MANY)]))
    for number in range(3):
        raw.append(seconds_of(load_and_commit, file, folder / f"many-{number}.db"))
        home = folder / f"many-{number}"
        async with Kernel(Paths(home), project=folder) as host:
            await host.commands.run("sessions", invocation(host))
            ours.append(await seconds_for(host.commands.run(f"import {file}", invocation(host))))
            again.append(await seconds_for(host.commands.run(f"import {file}", invocation(host))))
            assert len(await host.store.sessions(limit=2 * MANY, deleted=True)) == MANY
    print(
        f"import of {MANY:,} conversations of ten messages: {statistics.median(ours):.1f} s, "
        f"of the same once more: {statistics.median(again):.1f} s"
    )
    share = statistics.median(ours) / statistics.median(raw)
    return [
        Figure(f"import of {MANY:,} conversations / (json.loads + raw inserts, each committed)", share, 7)
    ]


@dataclass(slots=True)
class Beside:
    """What the chat feels while something else goes on, in milliseconds.

    Attributes:
        stalls: how late the loop was, each time that it was looked at.
        works: how long it had computed by then, whatever other threads and processes did.
        appends: how long keeping a message took.
    """

    stalls: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)
    appends: list[float] = field(default_factory=list)

    async def beat(self) -> None:
        """See how late the loop is for a clock that ticks every five milliseconds."""
        while True:
            started, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.005)
            self.works.append((time.thread_time() - worked) * 1000)
            self.stalls.append((time.perf_counter() - started) * 1000 - 5)

    async def talk(self, host: Host) -> None:
        """Keep a message every twenty milliseconds, as another session's reply does."""
        await host.store.apply(Create("beside", "beside"))
        while True:
            started = time.perf_counter()
            await host.store.apply(Append("beside", Draft("user", "hello")))
            self.appends.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(0.02)


def hfs(home: Path, *words: str) -> float:
    """Run `hfs` in a process of its own and return how many megabytes it used at most."""
    command = [sys.executable, "-m", "benchmarks.exporting", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(home), check=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    return float(done.stderr.splitlines()[-1])


def remembering(folder: Path) -> list[Figure]:
    """Compare the memory that exports and imports of 100,000 messages take with that of 1,000."""
    peaks: dict[str, list[float]] = {}
    for count in (SHORT, VERY_LONG):
        home = folder / f"home of {count}"
        session_id = str(asyncio.run(keep(home, count)))
        for name in FORMATS:
            file = folder / f"{count}.{name}"
            words = ("export", name, str(file), "--session", session_id)
            peaks.setdefault(f"{name} export", []).append(hfs(home, *words))
        peaks.setdefault("json import", []).append(
            hfs(folder / f"arrived {count}", "import", str(folder / f"{count}.json"))
        )
    return [
        Figure(f"{name} of {VERY_LONG:,} messages - of {SHORT:,}", long - short, 30, "MB")
        for name, (short, long) in peaks.items()
    ]


def told(times: list[float]) -> str:
    """Return the median of times in milliseconds, their 99th percentile and the longest, for people."""
    return (
        f"{statistics.median(times):.1f} ms (p99: {quantile(times, 0.99):.0f} ms, most: {max(times):.0f} ms)"
    )


async def crowding(folder: Path, file: Path) -> list[Figure]:
    """Import 100,000 messages while somebody chats, and tell how long they wait."""
    home, beside = folder / "beside", Beside()
    async with Kernel(Paths(home), project=folder) as host:
        await host.commands.run("sessions", invocation(host))
        collect_less()  # as the chat does once it is on the screen
        talking = [asyncio.ensure_future(beside.beat()), asyncio.ensure_future(beside.talk(host))]
        seconds = await seconds_for(host.commands.run(f"import {file}", invocation(host)))
        for task in talking:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        gc.unfreeze()
    print(
        f"import of {VERY_LONG:,} messages beside a chat: {seconds:.1f} s; the loop worked {max(beside.works):.0f} ms "
        f"at a time at most, and was late by {told(beside.stalls)}; an append took {told(beside.appends)}"
    )
    return [
        Figure("the longest work of the loop while importing", max(beside.works), 30, "ms"),
        Figure("an append while importing", statistics.median(beside.appends), 50, "ms"),
    ]


async def measure(folder: Path) -> list[Figure]:
    """Compare with raw scans and inserts, and look at what the chat feels."""
    home, file = folder / "home", folder / "exported.json"
    session_id = await keep(home, LONG)
    figures = [*await exporting(home, file, session_id), *await importing(folder, file)]
    figures += await arriving(folder)
    return figures + await crowding(folder, folder / f"{VERY_LONG}.json")


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as directory:
        figures = remembering(Path(directory))
        return report([*figures, *asyncio.run(measure(Path(directory)))])


if __name__ == "__main__":
    raise SystemExit(main())
