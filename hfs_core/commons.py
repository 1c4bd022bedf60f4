"""What belongs to the whole process, and so to everybody: put back where a plugin has changed it."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger("hfs.containment")

SIGNALS = tuple(
    name
    for name in ("SIGINT", "SIGTERM", "SIGALRM", "SIGTSTP", "SIGWINCH", "SIGHUP")
    if hasattr(signal, name)
)
"""The signals on which Ctrl+C, the terminal and the watchdog depend."""

RECURSION = 1000
"""How deep calls may at least go, as Python has it by itself."""

HOOKS = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (sys, "displayhook"),
    (threading, "excepthook"),
    (warnings, "showwarning"),
)


class Commons:
    """Knows how the process was left, and puts it back after a plugin's call.

    Of hooks that are called often only the two streams are looked after each time; all else is looked after when a
    plugin is loaded, says what it provides, or runs a command.
    """

    def __init__(self) -> None:
        self._is_kept = False
        self._out: Any = None
        self._err: Any = None
        self._rest: dict[str, tuple[Any, Callable[[Any], Any]]] = {}

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Take what is in force now for what is to be put back, until HFS ends."""
        self._out, self._err = sys.stdout, sys.stderr
        self._rest = dict(_commons())
        self._is_kept = True
        try:
            yield
        finally:
            self._is_kept = False
            # Where the chat ends by a fault, Textual has given the streams back by now: they are what they must be.
            self._out = sys.__stdout__ if sys.stdout is sys.__stdout__ else self._out
            self._err = sys.__stderr__ if sys.stderr is sys.__stderr__ else self._err
            self._settle("")

    def check(self, plugin: str, *, is_seldom: bool) -> None:
        """Put back what a plugin's call has changed, and tell.

        Args:
            is_seldom: look after everything, not only the streams.
        """
        out, err = getattr(sys, "stdout", None), getattr(sys, "stderr", None)  # they may have been deleted
        if self._is_kept and (is_seldom or out is not self._out or err is not self._err):
            self._settle(plugin)

    def _settle(self, plugin: str) -> None:
        changed = []
        for name, before in (("stdout", self._out), ("stderr", self._err)):
            if getattr(sys, name, None) is not before:
                setattr(sys, name, before)
                changed.append(f"sys.{name}")
        now = dict(_commons())
        for name, (before, put_back) in self._rest.items():
            if name in now and now[name][0] != before:
                put_back(before)
                changed.append(name)
        if changed:
            who = f"plugin {plugin}" if plugin else "a plugin"
            log.warning("%s changed what is everybody's: %s; it was put back", who, ", ".join(changed))


def _commons() -> Iterator[tuple[str, tuple[Any, Callable[[Any], Any]]]]:
    """Go through what is everybody's: its name, its value, and how it is put back."""
    for module, name in HOOKS:
        yield f"{module.__name__}.{name}", (getattr(module, name, None), _setter(module, name))
    yield "warnings that are errors", ([each for each in warnings.filters if each[0] == "error"], _set_errors)
    yield "logging.disable", (logging.root.manager.disable, logging.disable)
    yield "logging.raiseExceptions", (logging.raiseExceptions, _setter(logging, "raiseExceptions"))
    lowest = min(sys.getrecursionlimit(), RECURSION)  # a library may well ask for more
    yield "the recursion limit", (lowest, sys.setrecursionlimit)
    if threading.current_thread() is threading.main_thread():
        for name in SIGNALS:
            number = getattr(signal, name)
            handler = signal.getsignal(number)
            if handler is not None:  # one that was not set from Python cannot be put back
                yield f"the signal {name}", (_as_it_is(handler), _signaller(number, handler))


def _setter(module: Any, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(module, name, value)


def _signaller(number: int, handler: Any) -> Callable[[Any], Any]:
    return lambda before: signal.signal(number, handler)


def _as_it_is(handler: Any) -> Any:
    """Return what to compare of a handler: asyncio has a new one for each run of a loop, which is nobody's change."""
    runner = getattr(getattr(handler, "func", None), "__self__", None)
    return asyncio.Runner if isinstance(runner, asyncio.Runner) else handler


def _set_errors(errors: list[Any]) -> None:
    kept = [each for each in warnings.filters if each[0] != "error" or each in errors]
    warnings.resetwarnings()  # makes the interpreter forget what it knows of the filters
    warnings.filters[:] = kept  # type: ignore[index] # a list, whatever the stubs promise
