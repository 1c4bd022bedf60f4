"""Whose code runs: told by the frames on the stack, and by the plugin for which a task was started."""

from __future__ import annotations

import inspect
import os
from asyncio.events import Handle
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType, TracebackType

from hfs_core.isolation import CURRENT_PLUGIN, guarded, isolated

_CORE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_SHARED = ("hfs_core", "hfs_dir_plugins")
"""Packages that hold more than one plugin, or HFS itself."""

_BORDERS = frozenset({isolated.__code__, guarded.__code__})
_FROM_LOOP = Handle._run.__code__
"""Under this frame there is only the event loop, which HFS runs for everybody."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a piece of running code belongs to.

    Attributes:
        plugin: the plugin on whose account it runs, "" for HFS' own.
        is_own: whether the innermost code that counts is the plugin's, or of a library that the plugin called; else
            it is HFS' own that the plugin called, or a library's that HFS called.
    """

    plugin: str
    is_own: bool


class Owners:
    """Knows plugins' code by the modules that they are imported as.

    Args:
        modules: the name of each plugin and the module that it is imported as.
    """

    def __init__(self, modules: Iterable[tuple[str, str]]):
        self._modules: dict[str, str] = {}
        for plugin, module in modules:
            self._modules[module] = plugin
            package = module.partition(".")[0]
            if package not in _SHARED:  # what lies beside the entry point is the plugin's, too
                self._modules.setdefault(package, plugin)

    def plugin_of(self, frame: FrameType) -> str:
        """Return the plugin whose code a frame runs, "" for any other code."""
        module = frame.f_globals.get("__name__")
        while isinstance(module, str) and module:
            if module in self._modules:
                return self._modules[module]
            module = module.rpartition(".")[0]
        return ""

    def of_stack(self, frame: FrameType | None) -> Owner:
        """Return whom the code belongs to that has come to a frame, in the context of now."""
        called: FrameType | None = None
        while frame is not None:
            if plugin := self.plugin_of(frame):
                return Owner(plugin, True)
            is_left_there = frame.f_code is _FROM_LOOP and not _is_of_task(called)
            if is_left_there or (frame.f_code in _BORDERS and called is not None):
                return Owner(CURRENT_PLUGIN.get(), bool(CURRENT_PLUGIN.get()))
            if frame.f_code.co_filename.startswith(_CORE):
                return Owner(CURRENT_PLUGIN.get(), False)
            frame, called = frame.f_back, frame
        return Owner(CURRENT_PLUGIN.get(), bool(CURRENT_PLUGIN.get()))

    def of_traceback(self, traceback: TracebackType | None) -> str:
        """Return the plugin in whose code an error arose, the innermost one; "" if none had a part in it."""
        found = ""
        while traceback is not None:
            found = self.plugin_of(traceback.tb_frame) or found
            traceback = traceback.tb_next
        return found


def _is_of_task(frame: FrameType | None) -> bool:
    # A task may have been made by HFS itself while a plugin called it; what else the loop calls, somebody left there.
    return frame is not None and bool(frame.f_code.co_flags & inspect.CO_COROUTINE)
