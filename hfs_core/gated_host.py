"""HFS as one plugin's commands see it: the `Host`, with the plugin's gate before every call that needs a capability."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace

from hfs_core.bus import QUEUE_LIMIT, EventBus, Subscription
from hfs_core.config import UserConfig
from hfs_core.contracts import Decide, Effect, Send
from hfs_core.events import HfsEvent, has_words, is_own
from hfs_core.host import Host, Settings
from hfs_core.plugins.gated import READ, gated_store
from hfs_core.plugins.gates import Gate, Gates
from hfs_core.plugins.settings import PluginSettings
from hfs_core.plugins.views import view


@dataclass(frozen=True, slots=True)
class GatedHost(Host):
    """What one plugin sees.

    Attributes:
        _real: HFS as its surfaces see it.
    """

    _real: Host


class Porter:
    """Lets the commands of plugins through, each with its plugin's gate before it."""

    def __init__(self, gates: Gates):
        self._gates = gates

    def runs(self, plugin: str) -> None:
        """Take note that a command of a plugin runs."""
        self._gates.of(plugin).count("commands")

    def seen_by(self, plugin: str, host: Host) -> Host:
        """Return HFS as a plugin sees it."""
        return seen_by(host, self._gates.of(plugin))

    def check(self, plugin: str, effect: Effect) -> None:
        """Raise CapabilityDenied for an effect that a plugin was not granted: what is sent, a model answers."""
        if isinstance(effect, Decide) and effect.what != "ask":
            self._gates.of(plugin).use("services")
        if isinstance(effect, Send):
            self._gates.of(plugin).use("models.call")


def seen_by(host: Host, gate: Gate) -> Host:
    """Return a host as one plugin sees it; one that another plugin sees is looked behind."""
    real = host._real if isinstance(host, GatedHost) else host
    parts = {field.name: getattr(real, field.name) for field in fields(Host)}
    parts |= {
        "settings": view(real.settings, "host.settings", gate, {"current": _current, "plugins": _plugins}),
        "bus": view(real.bus, "host.bus", gate, {"subscribe": _subscribe}),
        "store": gated_store(real.store, gate),
        **{
            name: view(getattr(real, name), f"host.{name}", gate)
            for name in ("state", "sessions", "engine", "providers", "commands", "plugins", "deciding")
        },
    }
    return GatedHost(**parts, _real=real)


def _current(settings: Settings, gate: Gate) -> UserConfig:
    """Return the settings in force; other plugins' own, which may hold keys, only to who may read what is kept."""
    if gate.has(READ):
        return settings.current
    own = {name: section for name, section in settings.current.plugins.items() if name == gate.info.name}
    return replace(settings.current, plugins=own, sources={})


def _plugins(settings: Settings, gate: Gate) -> PluginSettings:
    return view(settings.plugins, "host.settings.plugins", gate)


def _subscribe(bus: EventBus, gate: Gate) -> Callable[..., Awaitable[Subscription]]:
    """Return `EventBus.subscribe` for one plugin: who may not read messages hears only what has no words."""

    def wants(event: HfsEvent) -> bool:
        return not has_words(event) or gate.has("messages.read") or is_own(event, gate.info.name)

    async def subscribe(pattern: str = "*", *, limit: int = QUEUE_LIMIT) -> Subscription:
        if gate.has("messages.read"):
            gate.count("messages.read")
        return await bus.subscribe(pattern, limit=limit, wants=wants)

    return subscribe
