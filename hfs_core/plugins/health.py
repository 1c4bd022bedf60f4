"""What went wrong with plugins, kept over starts: the last failure of each, and those that took HFS down with them.

Before a plugin is loaded, this process notes its name in a file of its own, `state/loading/<token>.json`, and takes it
out when that is over. A note whose process no longer lives was left by a crash. Nothing here waits for the disk: what a
crash of the machine loses is the note of a plugin that was not to blame.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hfs_core.cache import read_cache, write_cache
from hfs_core.owner import OWNERS, Owner
from hfs_core.paths import make_private
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.states import Entry, PluginState

LONGEST = 20_000
"""Characters that are kept of a traceback; its end says what happened."""

PATIENCE = 2
"""Crashes after which one of HFS' own plugins is off; any other is off after one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The last failure of a plugin; `when` in UTC, as ISO 8601."""

    plugin: str
    version: str
    state: str
    reason: str
    traceback: str
    when: str


@dataclass(frozen=True, slots=True)
class Crash:
    """A process that ended while it was loading plugins, as its note tells; `plugins` are names with versions."""

    note: Path
    plugins: Mapping[str, str]
    when: str


class Health:
    """What is kept of the plugins' health in the directory `state`.

    Args:
        owner: this process, as far as others can see that it lives; only needed where plugins are loaded.
    """

    def __init__(self, state: Path, owner: Owner | None = None):
        self._owner = owner or Owner(state / OWNERS)
        self._notes = state / "loading"
        self._failures = state / "failures"
        self._loading: dict[str, PluginInfo] = {}
        self._crashes = [crash for file in _files(self._notes) if (crash := self._crash(file))]
        self._failed = {file.name for file in _files(self._failures)}
        self._writing = threading.Lock()  # failures are written in threads

    @contextmanager
    def loading(self, info: PluginInfo) -> Iterator[None]:
        """Let a crash inside be known at the next start as one of this plugin."""
        self._loading[info.name] = info
        self._note()
        try:
            yield
        finally:
            self._loading.pop(info.name, None)
            self._note()

    def crashes(self, info: PluginInfo) -> list[Crash]:
        """Return what ended while this version of a plugin was being loaded, the oldest first."""
        mine = [crash for crash in self._crashes if crash.plugins.get(info.name) == _version(info)]
        return sorted(mine, key=lambda crash: crash.when)

    def verdict(self, info: PluginInfo) -> tuple[PluginState, str] | None:
        """Put a plugin off with which HFS has crashed.

        One of HFS' own gets another try, and who keeps the sessions is never put off: nobody is to be locked out
        of what they said. `warning` tells of these.
        """
        crashes = self.crashes(info)
        enough = PATIENCE if info.is_first_party else 1
        if len(crashes) < enough or _keeps_sessions(info):
            return None
        return (
            PluginState.QUARANTINED,
            f"{_told(info, crashes)}; `hfs plugins enable {info.name}` tries it again",
        )

    def warning(self, info: PluginInfo) -> str:
        """Return what is to be said of a crash that does not put a plugin off, "" if there was none."""
        crashes = self.crashes(info)
        if not crashes or self.verdict(info):
            return ""
        return f"{_told(info, crashes)}; if that happens again, start with --no-plugin {info.name}"

    def last_failure(self, info: PluginInfo) -> Failure | None:
        """Return the last failure of this version of a plugin, None if it has loaded well since."""
        file = self._file(info.name)
        if file.name not in self._failed:
            return None
        try:
            failure = Failure(**read_cache(file))
        except TypeError:
            return None
        is_whole = all(isinstance(value, str) for value in asdict(failure).values())
        return failure if is_whole and failure.version == _version(info) else None

    def keep(self, entry: Entry) -> None:
        """Keep the state that a plugin is in as its last failure."""
        file = self._file(entry.info.name)
        when = _now()
        details = entry.details[-LONGEST:]
        failure = Failure(
            entry.info.name, _version(entry.info), str(entry.state), entry.reason, details, when
        )
        with self._writing:
            write_cache(file, asdict(failure))
            self._failed.add(file.name)

    def loaded(self, info: PluginInfo) -> None:
        """Forget what went wrong with a plugin: it has loaded well."""
        if self._file(info.name).name in self._failed or self.crashes(info):
            self.forget(info.name)

    def remember(self, entry: Entry) -> None:
        """Put an entry into the state that its last failure left it in; it gets another try."""
        failure = self.last_failure(entry.info)
        if failure is None:
            return
        entry.details = failure.traceback
        if entry.state is PluginState.FOUND:
            when = failure.when[:16].replace("T", " ")
            entry.state = PluginState.FAILING
            entry.reason = f"when it was last in use, at {when} UTC, it was {failure.state}: {failure.reason}"

    def forget(self, plugin: str) -> bool:
        """Forget what went wrong with a plugin, whichever version; False if there was nothing."""
        file = self._file(plugin)
        is_known = file.name in self._failed
        with self._writing, suppress(OSError):
            self._failed.discard(file.name)
            file.unlink(missing_ok=True)
        for crash in [crash for crash in self._crashes if plugin in crash.plugins]:
            is_known = True
            self._crashes.remove(crash)
            left = {name: version for name, version in crash.plugins.items() if name != plugin}
            with suppress(OSError):
                if left:
                    self._crashes.append(Crash(crash.note, left, crash.when))
                    crash.note.write_text(_line(left, crash.when), encoding="utf-8")
                else:
                    crash.note.unlink(missing_ok=True)
        return is_known

    def _note(self) -> None:
        """Write down what is being loaded now; where nothing can be written, nothing is known afterwards."""
        note = self._notes / f"{self._owner.token}.json"
        with suppress(OSError):
            if not self._loading:
                note.unlink(missing_ok=True)
            elif self._owner.is_alive(self._owner.token):
                if not self._notes.is_dir():
                    make_private(self._notes)
                # Of several at once, HFS' own are the least likely; the next try tells, if it was one of them.
                suspects = [info for info in self._loading.values() if not info.is_first_party]
                versions = {info.name: _version(info) for info in suspects or self._loading.values()}
                note.write_text(_line(versions, _now()), encoding="utf-8")

    def _crash(self, note: Path) -> Crash | None:
        if note.suffix != ".json" or self._owner.is_alive(note.stem):
            return None
        match read_cache(note):
            case {"plugins": dict() as plugins, "when": str() as when}:
                return Crash(note, plugins, when)
        return None

    def _file(self, plugin: str) -> Path:
        # A plugin without a manifest is named by its entry point, which may hold anything.
        return self._failures / f"{quote(plugin, safe='')}.json"


def _files(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []


def _now() -> str:
    from datetime import UTC, datetime  # here: a start of a command that loads nobody does without it

    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _line(plugins: Mapping[str, str], when: str) -> str:
    content: dict[str, Any] = {"plugins": dict(plugins), "when": when}
    return json.dumps(content)


def _version(info: PluginInfo) -> str:
    """Return what changes with a plugin's code, as far as that can be told without reading it."""
    return f"{info.version}+{info.digest[:16]}" if info.digest else info.version


def _keeps_sessions(info: PluginInfo) -> bool:
    return info.is_first_party and "provide_store" in info.hooks


def _told(info: PluginInfo, crashes: list[Crash]) -> str:
    last = crashes[-1]
    others = sorted(set(last.plugins) - {info.name})
    beside = f" (and {', '.join(others)})" if others else ""
    times = f", {len(crashes)} times by now" if len(crashes) > 1 else ""
    return f"HFS ended while this plugin{beside} was being loaded, at {last.when[:16].replace('T', ' ')} UTC{times}"
