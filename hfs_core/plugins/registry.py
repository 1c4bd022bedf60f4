"""What plugins there are, in which state each is and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from hfs_core.errors import PluginFailed, PluginTimeout
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.standing import missing, ordered, stand
from hfs_core.plugins.states import UNLOADABLE, USABLE, Entry, PluginState, Verdict
from hfs_core.plugins.timing import Spent, Timings

__all__ = ["NEVER_QUARANTINED", "QUARANTINE_AFTER", "USABLE", "Entry", "PluginState", "Registry"]

QUARANTINE_AFTER = 3
"""Failures in a row after which a plugin is not called for the rest of the session."""

NEVER_QUARANTINED = frozenset({"provide_store", "provide_models"})
"""Who has one of these hooks goes on being called: its failures are retried and shown."""


class Registry:
    """Every plugin that was found, in the order in which hooks are called.

    Attributes:
        entries: by name.
        version: grows with every change of a state, a manifest or of what a plugin may do.
        others: those whose name another one has: doubles, and directories that an installed plugin shadows.
    """

    def __init__(
        self,
        found: Iterable[PluginInfo],
        *,
        verdicts: Sequence[Verdict] = (),
        on_change: Callable[[Entry, PluginFailed | None], None],
    ):
        self._on_change = on_change
        self._told: set[tuple[str, str]] = set()
        self.timings = Timings()
        self.version = 0
        ordered, self.others = stand(found, verdicts)
        self.entries = {entry.info.name: entry for entry in ordered}
        self._order = list(self.entries)
        self._ranks = {name: rank for rank, name in enumerate(self._order)}

    def __iter__(self) -> Iterator[Entry]:
        return (self.entries[name] for name in self._order)

    def all(self) -> list[Entry]:
        """Return every plugin by name, those whose name another one has beside it."""
        return sorted([*self, *self.others], key=lambda entry: entry.info.name)

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

    def order_of(self, hook: str) -> list[Entry]:
        """Return the plugins whose manifests list a hook, in the order in which it is called."""

        def place(entry: Entry) -> int:
            return 0 if hook in entry.info.tryfirst else 2 if hook in entry.info.trylast else 1

        return sorted((entry for entry in self.usable() if hook in entry.info.hooks), key=place)

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

    def off_but_blocking(self, hook: str) -> list[tuple[str, str, bool]]:
        """Return the plugins that block what they cannot look at, as they could not be loaded.

        One that a person has switched off, or has never agreed to, blocks nothing.

        Returns:
            Of each the name, the reason, and whether it has changed: what it may do now is to be decided anew.
        """
        return [
            (entry.info.name, f"{entry.state}: {entry.reason}", entry.state is PluginState.CHANGED)
            for entry in self.entries.values()
            if entry.info.on_failure == "block"
            and hook in entry.info.hooks
            and not entry.is_active
            and entry.state in UNLOADABLE
        ]

    def who_keeps(self, command: str) -> str:
        """Say which plugin has a command, why it is not to be had and what to do; "" where none has it."""
        for entry in self:
            name = entry.info.name
            if not entry.is_usable and command in dict(entry.info.commands):
                is_set = entry.reason.startswith("disabled_plugins")
                remedy = f"; `hfs plugins enable {name}` brings it back" if is_set else ""
                return f"plugin {name} has it, which is {entry.state}: {entry.reason}{remedy}"
        return ""

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
        """Take note of a failure; the third in a row of one hook quarantines the plugin, a hang does at once."""
        from hfs_core.isolation import PluginHang  # here: who only lists plugins imports no event loop

        entry = self.entries[failure.plugin]
        in_a_row = entry.failures[failure.hook] = entry.failures.get(failure.hook, 0) + 1
        entry.details = _details(failure)
        state, reason = PluginState.FAILING, str(failure)
        is_spared = not NEVER_QUARANTINED.isdisjoint(entry.info.hooks)
        if isinstance(failure.__cause__, PluginHang) and not is_spared:
            state, reason = PluginState.QUARANTINED, f"{failure}; it is off for this session"
        elif in_a_row >= QUARANTINE_AFTER and not is_spared:
            state = PluginState.QUARANTINED
            reason = f"{failure}; it failed {in_a_row} times in a row and is off for this session"
        if not entry.is_usable:  # what is off stays off, whatever fails in it after that
            state, reason = entry.state, entry.reason
        self.set_state(failure.plugin, state, reason, failure)

    def noted(self, failure: PluginFailed) -> None:
        """Take note of what the person has been told already, such as a command that failed; never quarantines."""
        entry = self.entries[failure.plugin]
        entry.failures[failure.hook] = entry.failures.get(failure.hook, 0) + 1
        entry.details = _details(failure)
        if entry.is_usable:
            self.set_state(failure.plugin, PluginState.FAILING, str(failure))

    def set_state(
        self, plugin: str, state: PluginState, reason: str = "", failure: PluginFailed | None = None
    ) -> None:
        """Put a plugin into a state and tell of it, of each distinct failure once."""
        entry = self.entries[plugin]
        is_news, was_usable = entry.state is not state, entry.is_usable
        entry.state, entry.reason = state, reason
        self.version += 1
        if failure is not None:
            cause = failure.__cause__
            kind = (plugin, f"{failure.hook}:{type(cause or failure).__name__}")
            is_news = is_news or kind not in self._told
            self._told.add(kind)
        if is_news:
            self._on_change(entry, failure)
        if entry.is_usable and not was_usable:
            self._revive_dependents(plugin)

    def take_up(self, info: PluginInfo) -> None:
        """Know a plugin by another manifest from now on, and put it into the place that this one gives it."""
        self.version += 1
        self.entries[info.name].info = info
        self._order = list(ordered(self.entries))
        self._ranks = {name: rank for rank, name in enumerate(self._order)}

    def _revive_dependents(self, plugin: str) -> None:
        for entry in self:
            waited = entry.state is PluginState.MISSING_DEPENDENCY and plugin in entry.info.requires
            if waited and not missing(entry.info, self.entries):
                self.set_state(entry.info.name, PluginState.FOUND)


def _details(failure: PluginFailed) -> str:
    cause = failure.__cause__
    if isinstance(failure, PluginTimeout):
        return f"{failure}\n{failure.stack}"
    if cause is None:
        return str(failure)
    import traceback

    try:
        return "".join(traceback.format_exception(cause))
    except BaseException:  # noqa: BLE001 # a plugin's exception may fail to describe itself
        return "".join(traceback.format_tb(cause.__traceback__)) + type(cause).__name__
