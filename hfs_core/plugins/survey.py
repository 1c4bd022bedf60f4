"""Looks at all plugins as they stand before any is imported: found, wanted, fit; one answer for every surface."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from hfs_core.errors import PluginFailed
from hfs_core.paths import Paths
from hfs_core.plugins.capabilities import Grants, listed
from hfs_core.plugins.discovery import discover
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.registry import Registry
from hfs_core.plugins.selection import NO_CHOICE, Choice, Selection
from hfs_core.plugins.states import Entry, PluginState

if TYPE_CHECKING:
    from hfs_core.config import UserConfig


def _ignore(entry: Entry, failure: PluginFailed | None) -> None:
    """Hear of a change of state, and do nothing."""


class Survey:
    """What is known of the plugins of a home folder.

    Args:
        found: the plugins there are; discovered by default.
        grants_of: tells what a plugin may do; what its manifest lists, by default.
        on_change: hears of every change of a state.

    Attributes:
        registry: every plugin with its state.
        selection: what the person asked for.
        gates: what each plugin may do; a usable one looks as if what it may not do were not there.
    """

    def __init__(
        self,
        paths: Paths,
        config: UserConfig,
        choice: Choice = NO_CHOICE,
        *,
        environ: Mapping[str, str] = os.environ,
        found: Iterable[PluginInfo] | None = None,
        grants_of: Callable[[PluginInfo], Grants] = listed,
        on_change: Callable[[Entry, PluginFailed | None], None] = _ignore,
    ):
        self.found = list(discover(paths) if found is None else found)
        self.selection = Selection(choice, config, environ)
        self.registry = Registry(self.found, verdicts=(self._wish, _fitness), on_change=on_change)
        self.gates = Gates()
        for entry in self.registry:
            seen = self.gates.admit(entry.info, grants_of(entry.info))
            if entry.is_usable:
                entry.reason = entry.reason or self.gates.why_idle(entry.info.name)
                entry.info = seen

    def _wish(self, info: PluginInfo) -> tuple[PluginState, str] | None:
        reason = self.selection.why_off(info)
        return (PluginState.DISABLED, reason) if reason else None


def _fitness(info: PluginInfo) -> tuple[PluginState, str] | None:
    return (PluginState.INCOMPATIBLE, info.fault) if info.fault else None
