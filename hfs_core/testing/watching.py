"""An HFS whose every failure and event a test hears of, and whose plugins may do what the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hfs_core.errors import PluginError, PluginFailed
from hfs_core.events import HfsEvent
from hfs_core.kernel import Kernel
from hfs_core.plugins.capabilities import CAPABILITIES, Grants, expanded, listed, unknown
from hfs_core.plugins.info import PluginInfo


class Watched(Kernel):
    """A kernel that is listened to."""

    def watch(self, failed: Callable[[PluginFailed], None], happened: Callable[[HfsEvent], None]) -> None:
        """Tell of each failure of a plugin, also where nobody is told, and of everything that happens."""
        note = self._registry.failed

        def told(failure: PluginFailed) -> None:
            failed(failure)
            note(failure)

        self._registry.failed = told  # type: ignore[method-assign] # every failure goes through it
        self._bus.listen(happened)

    def limit(self, grants: Mapping[str, Grants]) -> None:
        """Let plugins do only this much; those in folders do what was recorded for them."""
        for entry in self._registry:
            if entry.info.name in grants and entry.info.source != "directory":
                gate = self._gates.of(entry.info.name)
                self._registry.take_up(self._gates.admit(gate.info, grants[entry.info.name]))


def granted(info: PluginInfo, grant: Iterable[str] | None, deny: Iterable[str]) -> Grants:
    """Return what a plugin may do where a person grants and denies this.

    Raises:
        PluginError: a word is no capability, or the manifest does not list it.
    """
    asked, named = listed(info).granted, [] if grant is None else list(grant)
    denied = list(deny)
    if strange := unknown([*named, *denied]):
        text = f"there is no capability {strange[0]}: there are {', '.join(CAPABILITIES)}"
        raise PluginError(text, plugin=info.name)
    if unlisted := sorted(expanded(named) - asked):
        text = f"the manifest of plugin {info.name} does not list {unlisted[0]}, so it cannot be granted"
        raise PluginError(text, plugin=info.name)
    allowed = asked if grant is None else expanded(named)
    allowed -= expanded(denied)
    return Grants(allowed, asked - allowed)
