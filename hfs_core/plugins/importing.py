"""Imports the code of a plugin, in a thread of its own and for so long at most, and forgets it again."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from collections.abc import Iterable
from typing import Any

from hfs_core.errors import PluginFailed, PluginTimeout
from hfs_core.isolation import CURRENT_PLUGIN, GRACE, PluginHang, describe
from hfs_core.plugins.info import PluginInfo

IMPORT_SECONDS = 10.0


async def imported(info: PluginInfo) -> Any:
    """Import a plugin in a thread of its own and return it; raises PluginFailed."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if not done.done():
            done.set_result((value, error))

    def work() -> None:
        value, error = None, None
        CURRENT_PLUGIN.set(info.name)  # what it prints, and what it starts, is its own
        try:
            module = importlib.import_module(info.module)
            value = getattr(module, info.attribute) if info.attribute else module
            if isinstance(value, type):
                value = value()
        except BaseException as raised:  # noqa: BLE001 # foreign code; a SystemExit must not pass
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    # A daemon: an import that never ends must not keep HFS from ending.
    thread = threading.Thread(target=work, name=f"hfs-import-{info.name}", daemon=True)
    thread.start()
    finished, _ = await asyncio.wait({done}, timeout=IMPORT_SECONDS + GRACE)
    if not finished:
        stack = _end(thread)
        text = f"plugin {info.name} did not finish importing within {IMPORT_SECONDS:g} s"
        raise PluginTimeout(text, plugin=info.name, hook="import", seconds=IMPORT_SECONDS, stack=stack)
    value, error = done.result()
    if error is not None:
        text = f"plugin {info.name} failed to import: {describe(error)}{_hint(error, info)}"
        raise PluginFailed(text, plugin=info.name, hook="import") from error
    return value


def forget_code(info: PluginInfo, others: Iterable[str]) -> None:
    """Let the code of a plugin be read again when it is tried again: it may be corrected.

    Args:
        others: the modules of plugins in use; what is theirs in a package that they share with this one stays.
    """
    package = info.module.partition(".")[0]
    if info.source == "installed" and not info.is_first_party:
        importlib.invalidate_caches()
        theirs = [module for module in others if _is_within(module, package)]
        for name, module in list(sys.modules.items()):
            is_own = _is_within(name, info.module if theirs else package)
            is_theirs = any(_is_within(name, other) for other in theirs)
            if (
                is_own and not is_theirs and getattr(module, "__spec__", None) is not None
            ):  # it came from a file
                del sys.modules[name]
    if info.source == "directory":
        from hfs_core.plugins.exact import unmount  # who has no plugin in a folder pays nothing for it

        unmount(info.name)


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _hint(error: BaseException, info: PluginInfo) -> str:
    if info.source != "directory":
        return ""
    from hfs_core.plugins.exact import explained

    hint = explained(error, info.name)
    return f"; {hint}" if hint else ""


def _end(thread: threading.Thread) -> str:
    """Let the code in a thread end as soon as it comes to a next step in Python; return where it stands."""
    import ctypes
    import traceback

    if thread.ident is None or (frame := sys._current_frames().get(thread.ident)) is None:
        return ""
    stack = "".join(traceback.format_stack(frame))
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(PluginHang))
    return stack
