"""Looks at all plugins as they stand before any is imported: found, wanted, fit; one answer for every surface."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hfs_core.errors import ConfigError, HfsError, PluginError, PluginFailed
from hfs_core.owner import Owner
from hfs_core.paths import Paths
from hfs_core.plugins.capabilities import Grants, listed
from hfs_core.plugins.discovery import discover
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.health import Health
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.registry import Registry
from hfs_core.plugins.selection import NO_CHOICE, Choice, Selection
from hfs_core.plugins.states import Entry, PluginState

if TYPE_CHECKING:
    from hfs_core.config import UserConfig
    from hfs_core.plugins.trust import Trust

TOLD = frozenset({PluginState.INCOMPATIBLE, PluginState.MISSING_DEPENDENCY, PluginState.QUARANTINED})
"""The states before loading that nobody asked for: HFS tells of them when it starts."""


def _ignore(entry: Entry, failure: PluginFailed | None) -> None:
    """Hear of a change of state, and do nothing."""


class Survey:
    """What is known of the plugins of a home folder.

    Args:
        owner: this process, if it will load plugins.
        found: the plugins there are; discovered by default.
        consented: folders whose plugins run whatever they hold, without a record.
        on_change: hears of every change of a state.

    Attributes:
        registry: every plugin with its state.
        selection: what the person asked for.
        health: what is kept of earlier failures.
        gates: what each plugin may do; a usable one looks as if what it may not do were not there.
    """

    def __init__(
        self,
        paths: Paths,
        config: UserConfig,
        choice: Choice = NO_CHOICE,
        *,
        owner: Owner | None = None,
        environ: Mapping[str, str] = os.environ,
        found: Iterable[PluginInfo] | None = None,
        consented: Iterable[Path] = (),
        on_change: Callable[[Entry, PluginFailed | None], None] = _ignore,
    ):
        self.found = list(discover(paths) if found is None else found)
        self.selection = Selection(choice, config, environ)
        self._trust: Trust | None = None
        self._new_trust = partial(_new_trust, paths, environ, tuple(consented))
        self.health = Health(paths.state, owner)
        verdicts = (self._wish, _fitness, self._consent, self.health.verdict)
        self.registry = Registry(self.found, verdicts=verdicts, on_change=on_change)
        self.gates = Gates()
        for entry in self.registry:
            self.health.remember(entry)
            seen = self.gates.admit(entry.info, self._grants(entry))
            if entry.is_usable:
                entry.reason = entry.reason or self.gates.why_idle(entry.info.name)
                entry.info = seen

    def faults(self) -> list[HfsError]:
        """Return what a person must be told when HFS starts: what means nothing, who is off and did not wish to be."""
        faults: list[HfsError] = [*self.selection.unknown(self.found), *self.trust_faults()]
        for entry in self.registry.all():
            name = entry.info.name
            if entry.state in TOLD:
                faults.append(PluginError(f"plugin {name} is {entry.state}: {entry.reason}", plugin=name))
            elif entry.is_usable and (warning := self.health.warning(entry.info)):
                faults.append(PluginError(f"plugin {name}: {warning}", plugin=name))
        return list({str(fault): fault for fault in faults}.values())  # of two of one name it is said once

    def trust_faults(self) -> list[ConfigError]:
        """Return what cannot be used of what says who is trusted."""
        return self._trust.faults() if self._trust else []

    def trust(self) -> Trust:
        """Return who says which plugins in folders may run, and what."""
        if self._trust is None:
            self._trust = self._new_trust()  # who has no plugin in a folder pays nothing for it
        return self._trust

    def _wish(self, info: PluginInfo) -> tuple[PluginState, str] | None:
        reason = self.selection.why_off(info)
        return (PluginState.DISABLED, reason) if reason else None

    def _consent(self, info: PluginInfo) -> tuple[PluginState, str] | None:
        return self.trust().verdict(info) if info.source == "directory" else None

    def _grants(self, entry: Entry) -> Grants:
        if entry.info.source != "directory":
            return listed(entry.info)
        # What is off is not even looked at.
        return self.trust().grants(entry.info) if entry.is_usable else Grants()


def _new_trust(paths: Paths, environ: Mapping[str, str], consented: Iterable[Path]) -> Trust:
    from hfs_core.plugins.trust import Trust

    return Trust(paths, environ=environ, consented=consented)


def _fitness(info: PluginInfo) -> tuple[PluginState, str] | None:
    return (PluginState.INCOMPATIBLE, info.fault) if info.fault else None
