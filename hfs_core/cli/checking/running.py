"""A plugin in an HFS of its own: a temporary home, no other plugin but those that it needs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hfs_core.config_file import write_setting
from hfs_core.kernel import Kernel
from hfs_core.paths import Paths
from hfs_core.plugins import exact
from hfs_core.plugins.discovery import discover
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.source import Source
from hfs_core.plugins.tree import read_tree


class Examined(Kernel):
    """An HFS that says what a plugin has registered in it, listed in its manifest or not."""

    async def load(self, plugin: str) -> bool:
        """Load a plugin that may offer what its manifest does not list: that is told, with everything else."""
        self._gates.of(plugin).is_strict = False
        return await super().load(plugin)

    def services_of(self, plugin: str) -> list[str]:
        """Return the names of the services that a plugin offers."""
        return self._services.offered_by(plugin)

    async def answer(self, plugin: str, hook: str) -> Any:
        """Return what a plugin answers to a hook; raises PluginFailed."""
        return await self._dispatcher.call_plugin(plugin, hook)


def prepare(source: Source) -> None:
    """Let the plugin's code be imported in this process, as it is now; the call itself is the consent."""
    if source.kind == "directory":
        exact.mount(source.info.name, read_tree(source.root))
    elif source.search:
        sys.path.insert(0, source.search)


def new_kernel(source: Source, home: Path) -> Examined:
    """Return an HFS, not running yet, with the plugin and what it needs."""
    paths = Paths(home)
    write_setting(paths.config, "store", "memory")
    consented = [source.root] if source.kind == "directory" else []
    found = _with_needed(source.info, paths)
    return Examined(paths, found=found, project=home, environ={}, consented=consented)


def _with_needed(info: PluginInfo, paths: Paths) -> list[PluginInfo]:
    """Return a plugin and the installed ones that it cannot be without."""
    installed = {other.name: other for other in discover(paths) if other.name != info.name}
    wanted, waiting = {info.name: info}, [info]
    while waiting:
        each = waiting.pop()
        needed = [installed[name] for name in each.requires if name in installed]
        needed += [other for other in installed.values() if set(other.services) & set(each.requires_services)]
        for other in needed:
            if other.name not in wanted:
                wanted[other.name] = other
                waiting.append(other)
    return list(wanted.values())
