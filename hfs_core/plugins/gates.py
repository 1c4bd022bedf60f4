"""Gates: each plugin has one, which lets its calls through or not, and counts them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hfs_core.errors import CapabilityDenied
from hfs_core.plugins.capabilities import (
    CAPABILITIES,
    Grants,
    expanded,
    in_order,
    is_open,
    listed,
    shown,
)
from hfs_core.plugins.info import PluginInfo


@dataclass(slots=True)
class Use:
    """How often something happened, and when it last did, in seconds since 1970."""

    count: int = 0
    last: float = 0.0


class Gate:
    """What one plugin may do, and what it has done.

    Attributes:
        info: the plugin as its manifest describes it, what it was not granted included.
        grants: what it may do; may change while HFS runs, when a person decides anew.
        calls: what it has called since somebody last looked, by capability.
        refusals: what it was refused since then.
    """

    __slots__ = ("calls", "grants", "info", "refusals")

    def __init__(self, info: PluginInfo, grants: Grants):
        self.info = info
        self.grants = grants
        self.calls: dict[str, Use] = {}
        self.refusals: dict[str, Use] = {}

    def has(self, capability: str) -> bool:
        """Tell whether the plugin may do something; an alias stands for all that it means."""
        wanted = expanded([capability])
        return bool(wanted) and wanted <= self.grants.granted

    def use(self, capability: str) -> None:
        """Let a call through; raises CapabilityDenied that says what to do."""
        if capability not in self.grants.granted:
            self.refuse(capability)
        self.count(capability)

    def count(self, capability: str) -> None:
        """Take note of a call."""
        use = self.calls.get(capability)
        if use is None:
            use = self.calls[capability] = Use()
        use.count += 1
        use.last = time.time()

    def count_refusal(self, capability: str) -> None:
        """Take note of a call that was not let through."""
        use = self.refusals.setdefault(capability, Use())
        use.count += 1
        use.last = time.time()

    def refuse(self, capability: str) -> None:
        """Raise CapabilityDenied and take note of it."""
        self.count_refusal(capability)
        raise CapabilityDenied(
            f"plugin {self.info.name} was not granted {capability} ({CAPABILITIES[capability].words}): "
            f"{self._remedy(capability)}",
            plugin=self.info.name,
            capability=capability,
        )

    def is_open(self, hook: str) -> bool:
        """Tell whether the plugin is called by a hook."""
        return is_open(hook, self.grants.granted)

    def _remedy(self, capability: str) -> str:
        info = self.info
        consent = f"`hfs plugins trust {info.name} --grant {capability}` grants it"
        if capability in expanded(info.capabilities):
            return consent
        line = f"`{capability}` must stand under `capabilities` in {info.manifest or 'its manifest'}"
        return f"{line}; then {consent}" if info.source == "directory" else line


class Gates:
    """The gates of all plugins."""

    def __init__(self, grants_of: Callable[[PluginInfo], Grants] = listed):
        """Prepare to admit plugins.

        Args:
            grants_of: tells what a plugin may do; what its manifest lists, by default.
        """
        self._grants_of = grants_of
        self._gates: dict[str, Gate] = {}

    def admitted(self, found: Iterable[PluginInfo]) -> list[PluginInfo]:
        """Take plugins in, and return each with what it was not granted hidden.

        One that is taken in again gets what it is granted now; what it already holds obeys that from now on.
        """
        return [self._admit(info) for info in found]

    def of(self, plugin: str) -> Gate:
        """Return the gate of a plugin that was admitted."""
        return self._gates[plugin]

    def may(self, plugin: str, capability: str) -> bool:
        """Tell whether a plugin may do something; nobody may who was not admitted."""
        gate = self._gates.get(plugin)
        return gate is not None and gate.has(capability)

    def grants(self, plugin: str) -> Grants:
        """Return what a plugin may do; nothing for one that was not admitted."""
        gate = self._gates.get(plugin)
        return gate.grants if gate is not None else Grants()

    def all(self) -> list[Gate]:
        """Return every gate."""
        return list(self._gates.values())

    def _admit(self, info: PluginInfo) -> PluginInfo:
        grants = self._grants_of(info)
        gate = self._gates.get(info.name)
        if gate is None:
            self._gates[info.name] = Gate(info, grants)
        else:
            gate.info, gate.grants = info, grants
        return shown(info, grants.granted)


def idle_reason(declared: PluginInfo, left: PluginInfo) -> str:
    """Say that nothing is left of what a plugin is for, "" where something is."""
    lasting = {"activate", "deactivate"}
    before = (set(declared.hooks) - lasting, declared.commands, declared.services)
    if not any(before) or set(left.hooks) - lasting or left.commands or left.services:
        return ""
    needed = in_order(
        name
        for name, capability in CAPABILITIES.items()
        if not set(capability.hooks).isdisjoint(declared.hooks) or (name == "services" and declared.services)
    )
    return f"it was not granted {', '.join(needed)}, without which it has nothing to do"
