"""HFS with a plugin that is being written: each change of its files is taken up while everything else runs on."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter

from hfs_core.cli.places import own_lines
from hfs_core.errors import PluginError
from hfs_core.events import PluginReloaded
from hfs_core.host import Host
from hfs_core.isolation import describe
from hfs_core.kernel import Kernel
from hfs_core.paths import Paths
from hfs_core.plugins import exact
from hfs_core.plugins.announcing import announcements
from hfs_core.plugins.capabilities import listed
from hfs_core.plugins.discovery import discover
from hfs_core.plugins.fresh import Fresh
from hfs_core.plugins.selection import NO_CHOICE, Choice
from hfs_core.plugins.source import Source, find_source
from hfs_core.plugins.standing import missing
from hfs_core.plugins.states import PluginState
from hfs_core.plugins.tree import LEFT_OUT

log = logging.getLogger("hfs.dev")

POLL = 1.0
"""Seconds between two looks at the files."""

CALM = 0.1
"""Seconds in which nothing more must change: an editor or a checkout writes several files."""

Stamps = Mapping[str, tuple[int, int]]


class DevKernel(Kernel):
    """An HFS in which one plugin follows its source, in place of what is installed under its name.

    The call is the consent, for this process alone; neither trust nor a failure is kept of it.
    """

    def __init__(self, paths: Paths, source: Source, choice: Choice = NO_CHOICE):
        self._source = source
        self._name = source.info.name
        others = [info for info in discover(paths) if info.name != self._name]
        is_directory = source.kind == "directory"
        consented = [source.root] if is_directory else []
        super().__init__(paths, found=[*others, source.info], choice=choice, consented=consented)
        self._drop: Callable[[], None]
        if is_directory:
            self._drop = lambda: exact.unmount(self._name)
        else:
            package = source.info.module.partition(".")[0]
            self._fresh = Fresh(package, source.search or str((source.package or source.root).parent))
            self._drop = self._fresh.drop
        self._renewing = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    async def _start(self, stack: AsyncExitStack) -> Host:
        if self._source.kind != "directory":
            self._fresh.install()
            stack.callback(self._fresh.remove)
        stack.callback(self._health.forget, self._name)
        host = await super()._start(stack)
        stack.push_async_callback(self._stop_watching)
        return host

    def news(self) -> list[str]:
        """Return what is new here; the plugin that is made here is not, and is not taken note of."""
        others = (entry.info for entry in self._registry if entry.info.name != self._name)
        return announcements(self._paths.state, others)

    async def load_unlisted(self) -> None:
        """Begin to follow the plugin, too: now there is somebody who hears of it."""
        await super().load_unlisted()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="hfs:dev")

    async def renew(self) -> PluginReloaded:
        """Take the plugin up as its files are now, and tell everybody; a version that cannot be used is off."""
        async with self._renewing:
            told = await self._timed()
            await self._bus.emit(told)
            return told

    async def _timed(self) -> PluginReloaded:
        started = perf_counter()
        if self._storage.name == self._name:
            fault = (
                f"{self._name} keeps the sessions that are open: leave, and start again, to see the change"
            )
        else:
            fault = await self._taken_up()
        spent = (perf_counter() - started) * 1000
        return PluginReloaded(plugin=self._name, duration_ms=spent, error=fault)

    async def _taken_up(self) -> str:
        """Let the plugin begin anew; returns why it is off, "" if it is not."""
        try:
            fault = await self._renew()
        except PluginError as error:
            fault = str(error)
        except Exception as error:
            log.exception("taking up %s", self._name)
            fault = describe(error)
        if not fault:
            return ""
        entry = self._registry.entries[self._name]
        if not entry.is_active and entry.state in (PluginState.DISABLED, PluginState.FOUND):
            # Nobody is to load what is not to be had.
            self._registry.set_state(self._name, PluginState.INCOMPATIBLE, fault)
        return f"{self._name} is {'off' if not entry.is_usable else entry.state}: {fault}"

    async def _renew(self) -> str:
        """Let the plugin begin anew; returns what is wrong with it, "" if nothing is."""
        name = self._name
        entry = self._registry.entries[name]
        await self._loader.settled(name)
        # What needs it meanwhile does without: it would load half of the one version and half of the other.
        entry.state, entry.reason = PluginState.DISABLED, "it is being taken up as its files are now"
        if entry.is_active:
            await self._loader.unload(name, "reload")
        await self._notifier.remove(name)
        self._drop()
        self._source = await asyncio.to_thread(find_source, self._source.locator, self._paths)
        info = self._source.info
        if info.name != name:
            return f"it is called {info.name} now: leave, and start again"
        self._registry.take_up(self._gates.admit(info, listed(info)))
        entry.failures.clear()
        entry.details = ""
        if info.fault:
            self._registry.set_state(name, PluginState.INCOMPATIBLE, info.fault)
            return info.fault
        if lacking := missing(info, self._registry.entries):
            self._registry.set_state(name, PluginState.MISSING_DEPENDENCY, lacking)
            return lacking
        self._registry.set_state(name, PluginState.FOUND)
        await self._plugin_taken_up(name)
        if await self._loader.load(name):
            await self._commands.provided(name)  # what it says wrongly of them is to be told now
        if entry.is_active and entry.is_usable and not entry.details:
            return ""
        return "\n".join([entry.reason, *own_lines(entry.details, self._source.package or self._source.root)])

    async def _watch(self) -> None:
        """Take the plugin up, and again whenever a file of it has changed and nobody is being answered."""
        folder = self._source.package or self._source.root
        known = await asyncio.to_thread(stamps, folder)
        if not self._registry.entries[self._name].is_active:  # something may have needed it already
            await self.renew()
        while True:
            await asyncio.sleep(POLL)
            now = await asyncio.to_thread(stamps, folder)
            if now == known or (self._engine is not None and self._engine.is_busy):
                continue
            while now != known:
                known = now
                await asyncio.sleep(CALM)
                now = await asyncio.to_thread(stamps, folder)
            await self.renew()

    async def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})


def stamps(folder: Path) -> Stamps:
    """Return what changes with each file of a plugin, by path."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not name.startswith(".")]
        for name in files:
            path = os.path.join(place, name)
            try:
                status = os.stat(path)
            except OSError:
                continue  # it went while we looked
            if not name.endswith(".pyc"):
                found[path] = (status.st_mtime_ns, status.st_size)
    return found
