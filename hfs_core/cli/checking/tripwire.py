"""Notes what a plugin does to the system while it is imported and activated: a tripwire, and no guarantee.

Python tells audit hooks (PEP 578) of files, connections and programs; code that means to hide does so easily.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

MOST = 20
"""How many different things are told at most."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = {
    "subprocess.Popen": 1,
    "os.system": 0,
    "os.exec": 0,
    "os.posix_spawn": 0,
    "os.spawn": 1,
    "os.startfile": 0,
}
_CONNECTIONS = {"socket.connect": 1, "socket.sendto": 1, "socket.bind": 1, "socket.getaddrinfo": 0}
_CHANGES = {"os.remove": "removed", "os.rename": "renamed", "os.rmdir": "removed", "shutil.rmtree": "removed"}


class Tripwire:
    """Notes what happens while it is on.

    Args:
        own: folders in which the plugin may do what it likes.
    """

    def __init__(self, own: list[Path]):
        self.is_on = False
        self.seen: dict[str, None] = {}
        self._own = tuple(map(os.path.realpath, own))
        known = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *filter(None, sys.path)]
        system = ["/dev", "/proc/self", "/usr/share/zoneinfo", "/etc/localtime"]
        self._readable = tuple(map(os.path.realpath, [*known, *system]))

    def install(self) -> None:
        """Begin to listen; what listens once does so until the process ends."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on:
            return
        try:
            text = self._words(event, arguments)
        except Exception:  # noqa: BLE001 # a hook that raises would stop what it only watches
            return
        if text and len(self.seen) < MOST:
            self.seen[text] = None

    def _words(self, event: str, arguments: tuple[Any, ...]) -> str:
        if event == "open":
            return self._opened(*arguments)
        if event in _CHANGES:
            path = os.path.abspath(_text(arguments[0]))
            return "" if _is_below(path, self._own) else f"{_CHANGES[event]} {_short(path)}"
        if event in _CONNECTIONS:
            place = arguments[_CONNECTIONS[event]]
            address = place if isinstance(place, tuple) else arguments[_CONNECTIONS[event] :][:2]
            return f"{event.partition('.')[2]} {':'.join(map(_text, address[:2]))}"
        if event in _PROGRAMS:
            called = arguments[_PROGRAMS[event]]
            words = called if isinstance(called, list | tuple) else [called]
            return f"started {' '.join(map(_text, words))[:200]}"
        return "forked itself" if event in ("os.fork", "os.forkpty") else ""

    def _opened(self, path: Any, mode: Any, flags: int) -> str:
        if isinstance(path, int):
            return ""
        place = os.path.abspath(_text(path))
        is_writing = bool(flags & _WRITING) or any(letter in str(mode or "") for letter in "wax+")
        if _is_below(place, self._own) or (not is_writing and _is_below(place, self._readable)):
            return ""
        if place == os.devnull:
            return ""
        return f"{'wrote' if is_writing else 'read'} {_short(place)}"


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    real = os.path.realpath(path)
    return any(real == folder or real.startswith(folder + os.sep) for folder in folders)


def _short(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if home != "/" and path.startswith(home + os.sep) else path


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, str | bytes | os.PathLike) else str(value)
