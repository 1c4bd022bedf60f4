"""What fails in the background of a plugin, where nobody waits for it: told, and blamed on that plugin."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from hfs_core.attribution import Owners
from hfs_core.isolation import CURRENT_PLUGIN, blamed
from hfs_core.plugins.context import BACKGROUND
from hfs_core.plugins.registry import Registry

THREAD = "a thread"
"""Where a plugin failed that failed in a thread of its own."""


@contextmanager
def orphans_told(owners: Owners, registry: Registry) -> Iterator[None]:
    """Hear of tasks, callbacks, threads and coroutines of plugins that fail while nobody waits for them."""
    loop = asyncio.get_running_loop()
    told = _Orphans(owners, registry, loop)
    loop_handler, thread_hook = loop.get_exception_handler(), threading.excepthook
    unraisable_hook, show_warning = sys.unraisablehook, warnings.showwarning
    told.loop_handler, told.thread_hook = loop_handler, thread_hook
    told.unraisable_hook, told.show_warning = unraisable_hook, show_warning
    loop.set_exception_handler(told.in_loop)
    threading.excepthook = told.in_thread
    sys.unraisablehook = told.unraisable
    warnings.showwarning = told.warned
    try:
        yield
    finally:
        loop.set_exception_handler(loop_handler)
        if threading.excepthook == told.in_thread:
            threading.excepthook = thread_hook
        if sys.unraisablehook == told.unraisable:
            sys.unraisablehook = unraisable_hook
        if warnings.showwarning == told.warned:
            warnings.showwarning = show_warning


class _Orphans:
    """Takes each failure to its plugin; what is nobody's goes where it went before."""

    loop_handler: Any
    thread_hook: Any
    unraisable_hook: Any
    show_warning: Any

    def __init__(self, owners: Owners, registry: Registry, loop: asyncio.AbstractEventLoop):
        self._owners = owners
        self._registry = registry
        self._loop = loop

    def in_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        plugin = self._owners.of_traceback(error.__traceback__) if error is not None else ""
        plugin = plugin or _context_of(context)
        if plugin and error is not None:
            self._blame(plugin, BACKGROUND, error)
        elif self.loop_handler is not None:
            self.loop_handler(loop, context)
        else:
            loop.default_exception_handler(context)

    def in_thread(self, failed: threading.ExceptHookArgs) -> None:
        plugin = self._owners.of_traceback(failed.exc_traceback)
        if plugin and failed.exc_value is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._blame, plugin, THREAD, failed.exc_value)
        else:
            self.thread_hook(failed)

    def unraisable(self, failed: Any) -> None:
        plugin = self._owners.of_traceback(failed.exc_traceback) or CURRENT_PLUGIN.get()
        if plugin and failed.exc_value is not None:
            _log(plugin).warning("ignored: %s", failed.err_msg or "an error", exc_info=failed.exc_value)
        else:
            self.unraisable_hook(failed)

    def warned(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        plugin = self._owners.of_stack(sys._getframe(1)).plugin if file is None else ""
        if plugin:
            _log(plugin).warning("%s:%s: %s: %s", filename, lineno, category.__name__, message)
        else:
            self.show_warning(message, category, filename, lineno, file, line)

    def _blame(self, plugin: str, where: str, error: BaseException) -> None:
        if plugin in self._registry.entries:
            self._registry.failed(blamed(plugin, where, error))


def _context_of(context: dict[str, Any]) -> str:
    """Return the plugin that started what failed."""
    for kind in ("task", "future", "handle"):
        started: Any = context.get(kind)
        if hasattr(started, "get_context"):  # tasks tell from Python 3.12 on
            return str(started.get_context().get(CURRENT_PLUGIN, ""))
        its = getattr(started, "_context", None)
        if its is not None and (plugin := its.get(CURRENT_PLUGIN, "")):
            return str(plugin)
    return ""


def _log(plugin: str) -> logging.Logger:
    return logging.getLogger(f"hfs.plugin.{plugin}")
