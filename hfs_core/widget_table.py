"""The widgets that plugins have given: those that each of them may show."""

from __future__ import annotations

from hfs_core.contracts import RawWidget, WidgetSpec
from hfs_core.dispatch import Dispatcher
from hfs_core.errors import PluginFailed
from hfs_core.plugins.capabilities import expanded
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.registry import Registry

HOOK = "provide_widgets"


class WidgetTable:
    """Collects the widgets of all plugins, or of one again."""

    def __init__(self, dispatcher: Dispatcher, gates: Gates, registry: Registry):
        self._dispatcher = dispatcher
        self._gates = gates
        self._registry = registry
        self._known: list[tuple[str, WidgetSpec | RawWidget]] = []

    def all(self) -> list[tuple[str, WidgetSpec | RawWidget]]:
        """Return each widget with its plugin's name; none before they were collected."""
        return list(self._known)

    async def collect(self, plugin: str = "") -> None:
        """Ask the plugins for their widgets; only one that has come into use, or was loaded anew, if it is named."""
        found = await self._dispatcher.collect_items(
            HOOK, "WidgetSpec", lambda item: isinstance(item, WidgetSpec | RawWidget), only=plugin
        )
        others = [(name, widget) for name, widget in self._known if plugin not in ("", name)]
        self._known = [*others, *(pair for pair in found if self._may_show(*pair))]

    def _may_show(self, plugin: str, widget: WidgetSpec | RawWidget) -> bool:
        """Tell whether a plugin may show a widget; one for which it did not even ask is blamed on it."""
        needed = "ui" if isinstance(widget, WidgetSpec) else "ui.raw"
        gate = self._gates.of(plugin)
        if gate.has(needed):
            gate.count(needed)
            return True
        gate.count_refusal(needed)
        if needed not in expanded(gate.info.capabilities):
            kind = type(widget).__name__
            text = (
                f"plugin {plugin} failed in {HOOK}: it gave a {kind}, but its manifest does not list {needed}"
            )
            self._registry.failed(PluginFailed(text, plugin=plugin, hook=HOOK))
        return False
