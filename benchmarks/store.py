"""The store on a real file: appending, listing, forking, loading, and many writers at once.

Every bar is a ratio within one run, or a time of the store alone; `python benchmarks/store.py`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

from hfs_sqlite_store.store import open_store

from benchmarks.reporting import Figure, report
from hfs_core.api import Append, Create, Draft, Fork, Store

TEXT = "The quick brown fox jumps over the lazy dog, and nobody minds at all. " * 3
SIXTEEN = 16
_names = count()


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds that a call took."""
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def session_of(store: Store, messages: int) -> int:
    """Make a session with that many messages and return its id."""
    uid = f"bench-{next(_names)}"
    await store.apply(Create(uid, uid))
    for start in range(0, messages, 2000):
        size = min(2000, messages - start)
        await store.apply(*(Append(uid, Draft("user", TEXT)) for _ in range(size)))
    return (await store.session(uid)).id


async def appending(store: Store) -> Figure:
    """Compare appending to a long session with appending to a short one."""
    short, long = await session_of(store, 1_000), await session_of(store, 100_000)
    shorts, longs = [], []
    for _ in range(300):
        shorts.append(await timed(lambda: store.apply(Append(short, Draft("user", TEXT)))))
        longs.append(await timed(lambda: store.apply(Append(long, Draft("user", TEXT)))))
    ratio = statistics.median(longs) / statistics.median(shorts)
    return Figure("append to 100,000 messages / to 1,000", ratio, 1.2)


async def listing(store: Store) -> Figure:
    """List the latest 20 of 10,000 sessions."""
    for start in range(0, 10_000, 1000):
        await store.apply(*(Create(f"listed-{start + n}", f"session {n}") for n in range(1000)))
    times = [await timed(lambda: store.sessions(limit=20)) for _ in range(200)]
    return Figure("list 20 of 10,000 sessions", statistics.median(times) * 1000, 2, "ms")


async def forking(store: Store, path: Path) -> list[Figure]:
    """Fork a session of 10,000 messages a hundred times."""
    parent = await session_of(store, 10_000)
    other = await session_of(store, 10)
    appends, forks = [], []
    for _ in range(100):
        appends.append(await timed(lambda: store.apply(Append(other, Draft("user", TEXT)))))
        forks.append(await timed(lambda: store.apply(Fork(f"fork-{next(_names)}", "fork", parent, 9_999))))
    before = checkpointed_size(path)
    for _ in range(100):
        await store.apply(Fork(f"fork-{next(_names)}", "fork", parent, 9_999))
    grown = (checkpointed_size(path) - before) / 100
    ratio = statistics.median(forks) / statistics.median(appends)
    return [
        Figure("fork of 10,000 messages / append", ratio, 3),
        Figure("disk of a fork (mean of 100)", grown / 1000, 8, "kB"),
    ]


def checkpointed_size(path: Path) -> int:
    """Return the size of the database once its log has been moved into it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    return path.stat().st_size


async def appenders(store: Store, sessions: list[int], seconds: float) -> tuple[float, list[float]]:
    """Let each session have its own appender for a while; return messages a second and each append's seconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def append(session_id: int) -> None:
        while time.perf_counter() < end:
            times.append(await timed(lambda: store.apply(Append(session_id, Draft("user", TEXT)))))

    started = time.perf_counter()
    await asyncio.gather(*map(append, sessions))
    return len(times) / (time.perf_counter() - started), times


async def crowding(store: Store) -> list[Figure]:
    """Compare sixteen appenders at once with a lone one; the median of five runs."""
    sessions = [await session_of(store, 10) for _ in range(SIXTEEN)]
    rates, speedups, tails = [], [], []
    for _ in range(5):
        lone_rate, lone = await appenders(store, sessions[:1], 1)
        rate, crowd = await appenders(store, sessions, 1)
        rates.append(rate)
        speedups.append(rate / lone_rate)
        p99 = quantile(crowd, 0.99)
        # 1 is the bar: 20 medians of a lone appender or 4 of its 99th percentiles, whichever is more.
        tails.append(p99 / max(20 * statistics.median(lone), 4 * quantile(lone, 0.99)))
    return [
        Figure("16 appenders", statistics.median(rates), 4_000, "messages/s", is_least=True),
        Figure("16 appenders / one", statistics.median(speedups), 5, is_least=True),
        Figure("p99 of 16 appenders / (20 medians or 4 p99 of one)", statistics.median(tails), 1),
    ]


def quantile(times: list[float], share: float) -> float:
    """Return the time below which that share lies."""
    return sorted(times)[int(len(times) * share)]


async def loading(store: Store, path: Path) -> list[Figure]:
    """Load 10,000 messages, and the last 50 of them, as contract values."""
    long, short = await session_of(store, 10_000), await session_of(store, 50)
    raw = sqlite3.connect(path)
    query = 'SELECT * FROM messages WHERE session_id = ? ORDER BY "index"'
    loads, scans, tails, shorts = [], [], [], []
    for _ in range(15):
        started = time.perf_counter()
        assert len(raw.execute(query, (long,)).fetchall()) == 10_000
        scans.append(time.perf_counter() - started)
        loads.append(await timed(lambda: store.messages(long)))
        tails.append(await timed(lambda: store.messages(long, 9_950)))
        shorts.append(await timed(lambda: store.messages(short)))
    raw.close()
    return [
        Figure("load 10,000 messages / raw scan", statistics.median(loads) / statistics.median(scans), 4),
        Figure("last 50 of 10,000 / all 50 of 50", statistics.median(tails) / statistics.median(shorts), 3),
    ]


async def measure() -> list[Figure]:
    """Run everything on a fresh file."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sessions.db"
        async with open_store(path) as store:
            figures = await crowding(store)
            figures += await loading(store, path)
            figures += await forking(store, path)
            figures.append(await listing(store))
            figures.append(await appending(store))
    return figures


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    return report(asyncio.run(measure()))


if __name__ == "__main__":
    raise SystemExit(main())
