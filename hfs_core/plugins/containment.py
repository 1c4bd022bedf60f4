"""All that keeps plugins' code in bounds while HFS runs, beside the isolation of each call."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hfs_core.attribution import Owners
from hfs_core.commons import Commons
from hfs_core.errors import PluginTimeout
from hfs_core.isolation import PluginHang
from hfs_core.plugins.orphans import orphans_told
from hfs_core.plugins.output import output_kept
from hfs_core.plugins.registry import Registry
from hfs_core.watchdog import Hang, Watchdog

log = logging.getLogger("hfs.containment")

HANG = "the event loop"
"""Where a plugin failed that kept everything waiting."""


@contextmanager
def contained(registry: Registry, commons: Commons, hang_seconds: float) -> Iterator[None]:
    """Let no plugin of the registry block the running loop, fail unheard in the background, or write on the screen.

    Args:
        hang_seconds: how long a plugin may keep everything waiting; 0 for as long as it likes.
    """
    owners = Owners((entry.info.name, entry.info.module) for entry in registry if entry.info.module)
    with ExitStack() as stack:
        stack.enter_context(orphans_told(owners, registry))
        stack.enter_context(output_kept(owners))
        stack.enter_context(_unstoppable(owners))
        if hang_seconds > 0:
            watchdog = Watchdog(
                hang_seconds, owners, told=lambda hang: _told(registry, hang), told_now=_told_now
            )
            watchdog.start()
            stack.callback(watchdog.stop)
        stack.enter_context(commons.kept())
        yield


@contextmanager
def _unstoppable(owners: Owners) -> Iterator[None]:
    """Let no plugin stop the running loop, which is everybody's."""
    loop = asyncio.get_running_loop()
    stop = loop.stop

    def stop_unless_plugin() -> None:
        owner = owners.of_stack(sys._getframe(1))
        if owner.plugin:  # also where the loop itself calls it, as a callback that the plugin has left there
            raise RuntimeError(f"plugin {owner.plugin} must not stop the event loop, which is everybody's")
        stop()

    try:
        loop.stop = stop_unless_plugin  # type: ignore[method-assign] # only this loop's
    except AttributeError:  # a loop that is written in C
        yield
        return
    try:
        yield
    finally:
        loop.stop = stop  # type: ignore[method-assign] # as it was


def _told(registry: Registry, hang: Hang) -> None:
    """Quarantine the plugin that hung, unless the call in which it did has done that already."""
    plugin = hang.owner.plugin
    entry = registry.entries.get(plugin)
    if entry is None or not entry.is_usable or not hang.owner.is_own:
        return
    how = "and was stopped" if hang.was_broken else "and could not be stopped here"
    text = f"plugin {plugin} kept everything waiting for {hang.seconds:.1f} s {how}"
    failure = PluginTimeout(text, plugin=plugin, hook=HANG, seconds=hang.seconds, stack=hang.stack)
    failure.__cause__ = PluginHang(text)
    registry.failed(failure)


def _told_now(hang: Hang) -> None:
    plugin = hang.owner.plugin
    who = f"plugin {plugin}" if hang.owner.is_own else f"HFS, for plugin {plugin}," if plugin else "HFS"
    log.warning("%s keeps everything waiting, for %.1f s by now\n%s", who, hang.seconds, hang.stack)
