"""What plugins there are, in which state each is and why."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from hfs_core.errors import PluginFailed, PluginTimeout
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.plugins.timing import Spent, Timings

QUARANTINE_AFTER = 3
"""Failures in a row after which a plugin is not called for the rest of the session."""

NEVER_QUARANTINED = frozenset({"provide_store", "provide_models"})
"""Who has one of these hooks goes on being called: its failures are retried and shown."""


class PluginState(StrEnum):
    """The states of a plugin that a person can see."""

    FOUND = "found"
    UNTRUSTED = "untrusted"
    CHANGED = "changed"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    MISCONFIGURED = "misconfigured"
    MISSING_DEPENDENCY = "missing dependency"
    ACTIVE = "active"
    FAILING = "failing"
    QUARANTINED = "quarantined"
    SHADOWED = "shadowed"


USABLE = frozenset({PluginState.FOUND, PluginState.ACTIVE, PluginState.FAILING})


@dataclass(slots=True)
class Entry:
    """A plugin and its state.

    Attributes:
        details: the traceback of its last failure.
        failures: how often each hook has failed in a row.
    """

    info: PluginInfo
    state: PluginState = PluginState.FOUND
    reason: str = ""
    details: str = ""
    is_active: bool = False
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def is_usable(self) -> bool:
        """Tell whether it may be loaded and called."""
        return self.state in USABLE


class Registry:
    """Every plugin that was found, in the order in which hooks are called."""

    def __init__(
        self,
        found: Iterable[PluginInfo],
        *,
        disabled: Container[str] = (),
        on_change: Callable[[Entry, PluginFailed | None], None],
    ):
        self._on_change = on_change
        self._told: set[tuple[str, str]] = set()
        self.timings = Timings()
        self.entries = {info.name: Entry(info) for info in found}
        for entry in self.entries.values():
            if entry.info.name in disabled or entry.info.distribution in disabled:
                entry.state, entry.reason = PluginState.DISABLED, "disabled_plugins names it"
            elif entry.info.fault:
                entry.state, entry.reason = PluginState.INCOMPATIBLE, entry.info.fault
        self._order = self._sort()
        self._ranks = {name: rank for rank, name in enumerate(self._order)}

    def __iter__(self) -> Iterator[Entry]:
        return (self.entries[name] for name in self._order)

    def usable(self) -> list[Entry]:
        """Return the plugins that may be called, in order."""
        return [entry for name in self._order if (entry := self.entries[name]).is_usable]

    def without_models(self) -> list[str]:
        """Say which plugins would provide models but are not in use, and why."""
        return [
            f"plugin {entry.info.name} is {entry.state}: {entry.reason}"
            for entry in self
            if "provide_models" in entry.info.hooks and not entry.is_usable
        ]

    def rank(self, plugin: str) -> int:
        """Return the plugin's place in the order of calls."""
        return self._ranks.get(plugin, len(self._ranks))

    def may_call(self, plugin: str) -> bool:
        """Tell whether the plugin is active and not quarantined."""
        entry = self.entries.get(plugin)
        return entry is not None and entry.is_active and entry.is_usable

    def must_not_fail(self, plugin: str) -> bool:
        """Tell whether the plugin says `on_failure: block`."""
        entry = self.entries.get(plugin)
        return entry is not None and entry.info.on_failure == "block"

    def spent(self, plugin: str, hook: str) -> Spent:
        """Return what counts the time of a plugin's hook."""
        return self.timings.of(plugin, hook)

    def succeeded(self, plugin: str, hook: str) -> None:
        """Take note that a call went well."""
        entry = self.entries[plugin]
        if (
            entry.failures
            and entry.failures.pop(hook, 0)
            and not entry.failures
            and entry.state is PluginState.FAILING
        ):
            self.set_state(plugin, PluginState.ACTIVE)

    def failed(self, failure: PluginFailed) -> None:
        """Take note of a failure; the third in a row of one hook quarantines the plugin."""
        entry = self.entries[failure.plugin]
        in_a_row = entry.failures[failure.hook] = entry.failures.get(failure.hook, 0) + 1
        entry.details = _details(failure)
        state, reason = PluginState.FAILING, str(failure)
        is_spared = not NEVER_QUARANTINED.isdisjoint(entry.info.hooks)
        if in_a_row >= QUARANTINE_AFTER and not is_spared:
            state = PluginState.QUARANTINED
            reason = f"{failure}; it failed {in_a_row} times in a row and is off for this session"
        if not entry.is_usable:  # what is off stays off, whatever fails in it after that
            state, reason = entry.state, entry.reason
        self.set_state(failure.plugin, state, reason, failure)

    def set_state(
        self, plugin: str, state: PluginState, reason: str = "", failure: PluginFailed | None = None
    ) -> None:
        """Put a plugin into a state and tell of it, of each distinct failure once."""
        entry = self.entries[plugin]
        is_news = entry.state is not state
        entry.state, entry.reason = state, reason
        if failure is not None:
            cause = failure.__cause__
            kind = (plugin, f"{failure.hook}:{type(cause or failure).__name__}")
            is_news = is_news or kind not in self._told
            self._told.add(kind)
        if is_news:
            self._on_change(entry, failure)

    def _sort(self) -> list[str]:
        # Dependencies first; then HFS' own, then others; then by name.
        preferred = sorted(self.entries.values(), key=lambda e: (not e.info.is_first_party, e.info.name))
        ranks = {entry.info.name: rank for rank, entry in enumerate(preferred)}
        sorter = TopologicalSorter(
            {name: set(entry.info.requires) & ranks.keys() for name, entry in self.entries.items()}
        )
        try:
            sorter.prepare()
        except CycleError as error:
            cycle = error.args[1]
            for name in set(cycle):
                entry = self.entries[name]
                entry.state = PluginState.MISSING_DEPENDENCY
                entry.reason = f"plugins that need each other: {' -> '.join(cycle)}"
            return sorted(ranks, key=ranks.__getitem__)
        order = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=ranks.__getitem__)
            order.extend(ready)
            sorter.done(*ready)
        return order


def _details(failure: PluginFailed) -> str:
    cause = failure.__cause__
    if cause is None or isinstance(failure, PluginTimeout):
        return str(failure)
    try:
        return "".join(traceback.format_exception(cause))
    except Exception:  # noqa: BLE001 # a plugin's exception may fail to describe itself
        return "".join(traceback.format_tb(cause.__traceback__)) + type(cause).__name__
