"""Gates: each plugin has one, which lets its calls through or not, and counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfs_core.errors import CapabilityDenied
from hfs_core.plugins.capabilities import CAPABILITIES, Grants, expanded, in_order, is_open, shown, wanted_by
from hfs_core.plugins.info import PluginInfo

if TYPE_CHECKING:
    from hfs_core.events import HfsEvent

READ = "messages.read"
TRANSFORM = "messages.transform"
TRANSFORMING = frozenset(CAPABILITIES[TRANSFORM].hooks)
"""The hooks whose answers change messages."""


class Gate:
    """What one plugin may do, and what it has done.

    Attributes:
        info: the plugin as its manifest describes it, what it was not granted included.
        grants: what it may do; may change while HFS runs, when a person decides anew.
        calls: how often it has used each capability since HFS started.
        refusals: how often it was refused one.
        is_strict: what its manifest does not list is refused; else it may be offered, to be looked at.
    """

    __slots__ = ("calls", "grants", "info", "is_strict", "refusals")

    def __init__(self, info: PluginInfo, grants: Grants):
        self.info = info
        self.grants = grants
        self.calls: dict[str, int] = {}
        self.refusals: dict[str, int] = {}
        self.is_strict = True

    def has(self, capability: str) -> bool:
        """Tell whether the plugin may do something; an alias stands for all that it means."""
        granted = self.grants.granted
        return capability in granted or (bool(meant := expanded([capability])) and meant <= granted)

    def use(self, capability: str) -> None:
        """Let a call through; raises CapabilityDenied that says what to do."""
        if capability not in self.grants.granted:
            self.refuse(capability)
        self.calls[capability] = self.calls.get(capability, 0) + 1

    def count(self, capability: str) -> None:
        """Take note of a call."""
        self.calls[capability] = self.calls.get(capability, 0) + 1

    def count_refusal(self, capability: str) -> None:
        """Take note of a call that was not let through."""
        self.refusals[capability] = self.refusals.get(capability, 0) + 1

    def refuse(self, capability: str) -> None:
        """Raise CapabilityDenied and take note of it."""
        self.count_refusal(capability)
        raise CapabilityDenied(
            f"plugin {self.info.name} was not granted {capability} ({CAPABILITIES[capability].words}): "
            f"{self._remedy(capability)}",
            plugin=self.info.name,
            capability=capability,
        )

    def _remedy(self, capability: str) -> str:
        info = self.info
        also = ",".join(in_order(self.grants.granted | {capability}))  # --grant says all that it may do
        consent = f"`hfs plugins trust {info.name} --grant {also}` grants it"
        if capability in expanded(info.capabilities):
            return consent
        line = f"`{capability}` must stand under `capabilities` in {info.manifest or 'its manifest'}"
        return f"{line}; then {consent}" if info.source == "directory" else line


class Gates:
    """The gates of all plugins."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}

    def admit(self, info: PluginInfo, grants: Grants) -> PluginInfo:
        """Let a plugin do what it is granted, and return it with everything else hidden.

        One that is admitted again, because a person decided anew, gets what it is granted now: what it already holds
        obeys that from now on.
        """
        gate = self._gates.get(info.name)
        if gate is None:
            self._gates[info.name] = Gate(info, grants)
        else:
            gate.info, gate.grants = info, grants
        return shown(info, grants.granted)

    def why_idle(self, plugin: str) -> str:
        """Say what a plugin lacks of which nothing is left to do, "" where something is."""
        gate = self._gates[plugin]
        before, left = gate.info, shown(gate.info, gate.grants.granted)
        if not _does(before) or _does(left):
            return ""
        lacking = wanted_by(before) - gate.grants.granted
        named = in_order(lacking & expanded(before.capabilities)) or in_order(lacking)
        return f"has nothing to do without {', '.join(named)}, which it was not granted"

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

    def is_open(self, plugin: str, hook: str) -> bool:
        """Tell whether a plugin may be called by a hook."""
        return is_open(hook, self.grants(plugin).granted)

    def may_hear(self, plugin: str, event: HfsEvent) -> bool:
        """Tell whether a plugin may hear of an event that may hold what somebody said: else only of its own."""
        if READ in self.grants(plugin).granted:
            return True
        from hfs_core.events import is_own  # here: `hfs --help` asks gates, and hears of nothing

        return is_own(event, plugin)

    def has_read(self, plugin: str) -> None:
        """Take note that a plugin has heard what was said."""
        self._gates[plugin].count(READ)

    def may_answer(self, plugin: str, hook: str) -> bool:
        """Tell whether a plugin may change what a hook passes along; who may only read messages may not."""
        return hook not in TRANSFORMING or self.may(plugin, TRANSFORM)

    def answered(self, plugin: str, hook: str) -> None:
        """Take note that a plugin that may only look wanted to change something, which it could not."""
        gate = self._gates[plugin]
        if TRANSFORM not in gate.refusals:
            import logging  # here: `hfs --help` asks gates what there is, and calls nobody

            logging.getLogger("hfs.gates").warning(
                "plugin %s answered %s without %s: its answers are ignored", plugin, hook, TRANSFORM
            )
        gate.count_refusal(TRANSFORM)

    def all(self) -> list[Gate]:
        """Return every gate."""
        return list(self._gates.values())


def _does(info: PluginInfo) -> bool:
    """Tell whether a plugin does anything but begin and end."""
    return bool({*info.hooks} - {"activate", "deactivate"} or info.commands or info.services)
