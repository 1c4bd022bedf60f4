"""The audit: how often each plugin has used each capability, and was refused one, kept in `state/audit.json`.

Gates and clocks count while HFS runs; what they counted is added to the file now and then, and when HFS ends. Several
processes do so side by side. The counts are those of one version of a plugin: they begin anew with another.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hfs_core.cache import read_cache, write_cache
from hfs_core.paths import make_private
from hfs_core.plugins.gates import TRANSFORM, TRANSFORMING, Gate, Gates
from hfs_core.plugins.timing import Timings

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


log = logging.getLogger("hfs.audit")

FILE = "audit.json"
FORMAT = 1

WRITE_EVERY = 60.0
"""Seconds between two writes: so exactly is it known when a capability was last used."""

PROVIDING = {
    "provide_store": "store.provide",
    "provide_models": "models.provide",
}
"""Hooks each call of which is a use. One of `provide_commands` is none: what counts is that a command runs."""


@dataclass(frozen=True, slots=True)
class Used:
    """What is known of one plugin and one capability; moments are seconds since 1970, 0 for never."""

    calls: int = 0
    last: float = 0.0
    refused: int = 0
    last_refused: float = 0.0

    def __add__(self, other: Used) -> Used:
        return Used(
            self.calls + other.calls,
            max(self.last, other.last),
            self.refused + other.refused,
            max(self.last_refused, other.last_refused),
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What one version of a plugin has done.

    Attributes:
        since: when it was first seen, in seconds since 1970.
        used: by capability.
    """

    version: str
    since: float
    used: Mapping[str, Used]


def read_audit(state: Path) -> dict[str, Record]:
    """Return what is kept, by plugin; empty where there is nothing, or nothing that can be read."""
    kept = read_cache(state / FILE)
    try:
        return {
            plugin: Record(
                str(each["version"]),
                float(each["since"]),
                {name: Used(**used) for name, used in each["used"].items()},
            )
            for plugin, each in kept["plugins"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


class Audit:
    """Takes what gates and clocks have counted to the file.

    Args:
        state: the folder of the file.
    """

    def __init__(self, state: Path, gates: Gates, timings: Timings):
        self._state = state
        self._gates = gates
        self._timings = timings
        self._began = time.time()
        self._written: dict[tuple[str, str], tuple[int, int]] = {}
        self._writing = threading.Lock()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write now and then, and once more when this is left."""
        writing = asyncio.create_task(self._write_often(), name="hfs:audit")
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.wait({writing})
            await self.write()

    async def write(self) -> None:
        """Add to the file what was counted since the last time; where it cannot be written, that is only logged."""
        counts = {gate.info.name: self._counts(gate) for gate in self._gates.all()}
        await asyncio.to_thread(self._write, counts)

    def counts(self, plugin: str) -> Mapping[str, tuple[int, int]]:
        """Return how often a plugin has used, and was refused, each capability since HFS started."""
        return self._counts(self._gates.of(plugin))

    async def _write_often(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY)
            await self.write()

    def _write(self, counts: Mapping[str, Mapping[str, tuple[int, int]]]) -> None:
        with self._writing:  # one that was not waited for may still be at it
            news = {plugin: self._news(plugin, counted) for plugin, counted in counts.items()}
            news = {plugin: used for plugin, used in news.items() if used}
            if not news:
                return
            try:
                make_private(self._state)
                with _only_writer(self._state):
                    self._add(news)
            except OSError as error:
                log.warning("the audit is not kept in %s: %s", self._state, error)
                return
            for plugin in news:
                self._written |= {(plugin, name): count for name, count in counts[plugin].items()}

    def _counts(self, gate: Gate) -> dict[str, tuple[int, int]]:
        """Return how often a plugin has used, and was refused, each capability since HFS started."""
        calls, refusals = dict(gate.calls), dict(gate.refusals)
        for hook, spent in self._timings.hooks(gate.info.name):
            if name := _use_of(hook, gate):
                calls[name] = calls.get(name, 0) + spent.count
        return {name: (calls.get(name, 0), refusals.get(name, 0)) for name in {**calls, **refusals}}

    def _news(self, plugin: str, counts: Mapping[str, tuple[int, int]]) -> dict[str, Used]:
        moment = time.time()
        news = {}
        for name, (calls, refused) in counts.items():
            before = self._written.get((plugin, name), (0, 0))
            # Calls of a hook count as of what opens it now: what it opened before is not taken back for that.
            calls, refused = max(calls - before[0], 0), max(refused - before[1], 0)
            if calls or refused:
                news[name] = Used(calls, moment if calls else 0.0, refused, moment if refused else 0.0)
        return news

    def _add(self, news: Mapping[str, Mapping[str, Used]]) -> None:
        kept = read_audit(self._state)
        for plugin, used in news.items():
            version = self._gates.of(plugin).info.version
            before = kept.get(plugin)
            if before is None or (before.version != version and before.since <= self._began):
                before = Record(version, self._began, {})
            elif before.version != version:
                continue  # another process began with another version after this one did: its counts stay
            added = {name: before.used.get(name, Used()) + each for name, each in used.items()}
            kept[plugin] = replace(before, used={**before.used, **added})
        content: dict[str, Any] = {name: asdict(record) for name, record in sorted(kept.items())}
        write_cache(self._state / FILE, {"format": FORMAT, "plugins": content})


def _use_of(hook: str, gate: Gate) -> str:
    """Return which capability a call of a hook uses, "" for none that is counted so."""
    if hook in TRANSFORMING:
        return TRANSFORM if gate.has(TRANSFORM) else "messages.read"
    if hook == "provide_widgets":
        return "ui" if gate.has("ui") else "ui.raw"
    return PROVIDING.get(hook, "")


@contextmanager
def _only_writer(state: Path) -> Iterator[None]:
    """Keep other processes from writing the audit until it is left."""
    descriptor = os.open(state / "audit.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)
