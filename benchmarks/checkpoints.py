"""Checkpoints on a real file: what one costs, what five hundred turns leave behind, and what a rewind takes.

Everything goes through the plugin's own service and repository; every bar is a ratio within one run, or a size.
`langgraph-checkpoint-sqlite`, in an environment of its own, keeps the same turns; `make bench` installs it.
`python -m benchmarks.run checkpoints`.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from hfs_checkpoints.repository import NAMESPACE, CheckpointRepository
from hfs_checkpoints.service import CheckpointService
from hfs_checkpoints.settings import Settings
from hfs_sqlite_store.store import open_store

from benchmarks.paint import environment
from benchmarks.program import Program
from benchmarks.reporting import Figure, report
from benchmarks.store import checkpointed_size, timed
from benchmarks.turns import Turn, turns
from hfs_core.api import Append, Create, Draft, HfsEvent, Paths, RunSnapshot, Session, StateManager, Store
from hfs_core.bus import EventBus
from hfs_core.config import UserConfig
from hfs_core.plugins.context import Context
from hfs_core.services import PluginServices, ServiceTable

TURNS = 500
LONG = 10_000
ROUNDS = 100
ROOT = Path(__file__).parents[1]
PEER = ROOT / ".cache" / "langgraph" / "bin" / "python"


def state_after(turn: Turn) -> RunSnapshot:
    """Return the state of a turn's run at its end."""
    manager = StateManager()
    for event in (*turn.told, *turn.triggers):
        manager.apply(replace(event, session_id=1))
    snapshot = manager.get_snapshot(1)
    assert snapshot is not None
    return snapshot


async def begun(store: Store, messages: int) -> Session:
    """Make a session with that many messages, 800 bytes each on average."""
    uid = f"{messages} messages, {time.time_ns()}"
    await store.apply(Create(uid, uid))
    texts = [text for turn in turns(500) for text in (turn.question, turn.answer)]
    for start in range(0, messages, 1_000):
        kept = (
            Draft("user" if n % 2 else "assistant", texts[n]) for n in range(min(1_000, messages - start))
        )
        await store.apply(*(Append(uid, draft) for draft in kept))
    return await store.session(uid)


async def growing(store: Store, name: str, *, is_first: bool = False, keep: int = ROUNDS) -> Figure:
    """Compare a checkpoint in a session of 1,000 messages with one in a session of 10.

    Args:
        is_first: what the session holds must be read first, as in a process of its own.
        keep: how many stay.
    """
    state = state_after(list(turns(TURNS))[TURNS // 2])
    sessions = [await begun(store, 10), await begun(store, 1_000)]
    repository = CheckpointRepository(store.records(NAMESPACE))
    times: list[list[float]] = [[], []]
    for number in range(ROUNDS + 10):
        for session, taken in zip(sessions, times, strict=True):
            if is_first:
                repository = CheckpointRepository(store.records(NAMESPACE))
            state_json = replace(state, run_id=f"{number:032x}").to_json()
            started = time.perf_counter()
            await repository.create(
                session.id,
                session.message_count,
                "run.ended",
                digest=session.digest,
                state_json=state_json,
                run_id=f"{number:032x}",
                keep_count=keep,
            )
            taken.append(time.perf_counter() - started)
    short, long = (statistics.median(taken[10:]) for taken in times)
    print(f"a checkpoint{name}: {short * 1000:.2f} ms at 10 messages, {long * 1000:.2f} ms at 1,000")
    return Figure(f"a checkpoint at 1,000 messages / at 10{name}", long / short, 1.5)


def new_service(store: Store, home: Path) -> CheckpointService:
    """Return the service as the plugin has it, with the default settings."""
    state = StateManager()

    async def nobody(service: str) -> None:
        """Load no plugin: none is needed."""

    context = Context(
        name="checkpoints",
        settings=Settings(),
        config=UserConfig,
        paths=Paths(home),
        bus=EventBus(state),
        services=PluginServices(ServiceTable(nobody), "checkpoints"),
        records=store.records(NAMESPACE),
        report=lambda where, error: None,
    )
    return CheckpointService(context, store, state)


async def talking(path: Path) -> list[Figure]:
    """Keep 500 turns with their checkpoints; compare what a turn's three triggers cost with an append."""
    appends: list[float] = []
    triggered: dict[str, list[float]] = {event.event_type: [] for event in next(turns(1)).triggers}
    words = 0
    async with open_store(path) as store:
        session = await begun(store, 0)
        service, state = new_service(store, path.parent), StateManager()

        async def say(role: str, text: str) -> None:
            nonlocal words
            words += len(text.encode())
            appends.append(await timed(lambda: store.apply(Append(session.id, Draft(role, text)))))

        async def tell(event: HfsEvent) -> None:
            now = await store.session(session.id)
            event = replace(event, session_id=session.id, message_index=now.message_count, digest=now.digest)
            event = replace(event, snapshot=state.apply(event))
            triggered[event.event_type].append(await timed(lambda: service.handle(event)))

        for turn in turns(TURNS):
            await say("user", turn.question)
            for event in turn.told:
                state.apply(replace(event, session_id=session.id))
            *before, ended = turn.triggers
            for event in before:
                await tell(event)
            await say("assistant", turn.answer)
            await tell(ended)
        kept = await service.repository.list_for_session(session.id)
        assert [checkpoint.message_index for checkpoint in kept] == list(range(2 * TURNS - 9, 2 * TURNS + 1))
    size, append = checkpointed_size(path), statistics.median(appends)
    each = {trigger: statistics.median(taken) for trigger, taken in triggered.items()}
    print(
        f"{TURNS} turns, {words / 1e3:,.0f} kB of text: {size / 1e6:.2f} MB; {append * 1000:.2f} ms an append, "
        + ", ".join(f"{taken * 1000:.2f} ms a {trigger}" for trigger, taken in each.items())
        + f", {(sum(appends) + sum(map(sum, triggered.values()))) / TURNS * 1000:.2f} ms a whole turn on average; "
        f"the last state has {len(state_after(turn).to_json()) / 1e3:.1f} kB"
    )
    return [
        Figure(f"the database after {TURNS} turns / its text", size / words, 1.5),
        Figure("a turn's three triggers / an append", sum(each.values()) / append, 6),
    ]


def beside(peer: Path = PEER) -> None:
    """Let the peer keep the same turns, and print what that costs."""
    if not peer.exists():
        print("langgraph-checkpoint-sqlite: not measured, it is not here (make bench brings it)")
        return
    said = json.dumps([(turn.question, turn.answer) for turn in turns(TURNS)])
    command = [str(peer), "-m", "benchmarks.langgraph_peer"]
    done = subprocess.run(command, input=said, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    cost = json.loads(done.stdout)
    print(
        f"langgraph-checkpoint-sqlite, the same turns: {cost['bytes'] / 1e6:.2f} MB, "
        f"{cost['seconds'] / TURNS * 1000:.2f} ms a turn, {cost['checkpoints']:,} checkpoints"
    )


async def rewinding(store: Store, path: Path) -> list[Figure]:
    """Fork a session of 10,000 messages at a checkpoint, and verify it, beside appends and raw scans."""
    long, other = await begun(store, LONG), await begun(store, 10)
    repository = CheckpointRepository(store.records(NAMESPACE))
    state = state_after(list(turns(TURNS))[-1])
    checkpoint, _ = await repository.create(
        long.id, LONG, "run.ended", digest=long.digest, state_json=state.to_json(), run_id="1"
    )
    listed = await repository.list_for_session(long.id)
    appends, forks = [], []
    for number in range(ROUNDS):
        appends.append(await timed(lambda: store.apply(Append(other.id, Draft("user", "x" * 800)))))
        forks.append(
            await timed(partial(repository.fork, checkpoint, long, f"a rewind {number}", "a rewind", listed))
        )
    before = checkpointed_size(path)
    for number in range(ROUNDS, 2 * ROUNDS):
        await repository.fork(checkpoint, long, f"a rewind {number}", "a rewind", listed)
    grown = (checkpointed_size(path) - before) / ROUNDS
    return [
        Figure("fork of 10,000 messages by a rewind / append", ratio(forks, appends), 3),
        Figure(f"disk of a rewind (mean of {ROUNDS})", grown / 1000, 8, "kB"),
        await verifying(store, path, long),
    ]


async def verifying(store: Store, path: Path, session: Session) -> Figure:
    """Compare verifying a conversation with reading its rows."""
    raw = sqlite3.connect(path)
    scans, checks = [], []
    for _ in range(15):
        started = time.perf_counter()
        rows = raw.execute(
            'SELECT * FROM messages WHERE session_id=? ORDER BY "index"', (session.id,)
        ).fetchall()
        scans.append(time.perf_counter() - started)
        assert len(rows) == LONG
        del rows
        checks.append(await timed(lambda: store.verify(session.id, LONG)))
    raw.close()
    print(f"10,000 messages verified in {statistics.median(checks) * 1000:.0f} ms")
    return Figure("verify 10,000 messages / raw scan", ratio(checks, scans), 3)


def ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """Return the ratio of two medians."""
    return statistics.median(times) / statistics.median(others)


async def long_session(home: Path) -> int:
    """Keep a session of 10,000 messages with a checkpoint near its end, and return its id."""
    async with open_store(Paths(home).database) as store:
        session = await begun(store, LONG)
        repository = CheckpointRepository(store.records(NAMESPACE))
        last, _ = await store.messages(session.id, LONG - 3, LONG - 1)
        await repository.create(session.id, LONG - 2, "run.ended", digest=last.digest)
    return session.id


def tell_whole_rewind(home: Path) -> None:
    """Print how long a rewind takes in a session of 10,000 messages: from the shell, and from Enter in the chat."""
    session_id = str(asyncio.run(long_session(home)))
    hfs = str(Path(sys.executable).with_name("hfs"))
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        command = [hfs, "rewind", "1", "--session", session_id]
        subprocess.run(
            command, env=environment(home), check=True, stdin=subprocess.DEVNULL, capture_output=True
        )
        seconds.append(time.perf_counter() - started)
    chatted = []
    for _ in range(5):
        with Program([hfs, "-r", session_id], environment(home)) as program:
            program.wait_for("ready")
            program.send("/rewind 1")
            program.wait_until_quiet()
            started, seen = time.perf_counter(), len(program.written)
            program.send("\r")
            chatted.append(program.wait_for("Rewound", seen) - started)
            program.leave()
    print(
        f"a rewind in 10,000 messages: {statistics.median(seconds[1:]):.2f} s in the shell, "
        f"{statistics.median(chatted):.2f} s in the chat"
    )


async def measure(folder: Path) -> list[Figure]:
    """Run everything on fresh files."""
    async with open_store(folder / "growing.db") as store:
        figures = [
            await growing(store, ""),
            await growing(store, " while pruning", keep=10),
            await growing(store, " by a new process", is_first=True, keep=10),
        ]
    figures += await talking(folder / "talking.db")
    async with open_store(folder / "rewinding.db") as store:
        figures += await rewinding(store, folder / "rewinding.db")
    return figures


def main() -> int:
    """Measure and print; returns how many figures missed their bar."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        figures = asyncio.run(measure(folder))
        tell_whole_rewind(folder / "home")
    beside()
    return report(figures)


if __name__ == "__main__":
    raise SystemExit(main())
