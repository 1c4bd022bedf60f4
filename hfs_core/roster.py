"""What whoever calls hooks asks of whoever keeps the plugins, and of whoever knows what they were granted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hfs_core.errors import PluginFailed


class Spent(Protocol):
    """What hears of the time that calls take."""

    def add(self, seconds: float) -> None:
        """Count a call."""


class Roster(Protocol):
    """What the dispatcher asks of whoever keeps the plugins.

    Attributes:
        version: is another one whenever a state, a manifest or what a plugin may do has changed.
    """

    version: int

    def rank(self, plugin: str) -> int:
        """Return the plugin's place in the order of calls."""

    def may_call(self, plugin: str) -> bool:
        """Tell whether the plugin is in use: neither quarantined nor being unloaded."""

    def must_not_fail(self, plugin: str) -> bool:
        """Tell whether the plugin says `on_failure: block`."""

    def off_but_blocking(self, hook: str) -> Iterable[tuple[str, str, bool]]:
        """Return the plugins that block what they cannot look at: the name, the reason, whether it has changed."""

    def spent(self, plugin: str, hook: str) -> Spent:
        """Return what counts the time of a plugin's hook."""

    def succeeded(self, plugin: str, hook: str) -> None:
        """Hear that a call went well."""

    def failed(self, failure: PluginFailed) -> None:
        """Hear that a call failed."""


class Doors(Protocol):
    """What the dispatcher asks of whoever knows what plugins were granted."""

    def is_open(self, plugin: str, hook: str) -> bool:
        """Tell whether the plugin may be called by the hook."""

    def may_answer(self, plugin: str, hook: str) -> bool:
        """Tell whether the plugin may change what the hook passes along; else it may only look."""

    def answered(self, plugin: str, hook: str) -> None:
        """Hear that a plugin that may only look wanted to change something."""
