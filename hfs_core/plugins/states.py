"""The states of a plugin that a person can see, and what is kept beside each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from hfs_core.errors import PluginError
from hfs_core.plugins.info import PluginInfo


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

FAULTY = frozenset({PluginState.INCOMPATIBLE, PluginState.MISCONFIGURED, PluginState.QUARANTINED})
"""What a plugin may turn out to be when it is loaded or called; kept, so that it is listed without loading it."""

UNLOADABLE = FAULTY | {PluginState.MISSING_DEPENDENCY, PluginState.CHANGED}
"""Why a plugin that is wanted is not in use; one that has changed was agreed to once, as another."""


class Unfit(PluginError):
    """A plugin that cannot be used as it is; the message says why."""

    def __init__(self, state: PluginState, reason: str, *, plugin: str = ""):
        super().__init__(reason, plugin=plugin)
        self.state = state


Verdict = Callable[[PluginInfo], "tuple[PluginState, str] | None"]
"""Says, before anything is imported, which state a plugin is in and why; None where it has nothing against it."""


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
