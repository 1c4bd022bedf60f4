"""The terminal around the app: its title, its job control, and the signal that ends the app."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

LONGEST_TITLE = 120
"""Characters of a title; terminals cut longer ones, some badly."""

# Of xterm, and of most others since: keep the title on a stack, and take it from there.
_PUSH_TITLE, _POP_TITLE = "\x1b[22;0t", "\x1b[23;0t"


class Terminal:
    """The title says what is in the terminal for as long as the app has it, and is given back with it."""

    def __init__(self, app: App[Any]):
        self._app = app
        self._name = ""
        self._is_ours = False

    def open(self) -> None:
        """Take the title over, and heed SIGTERM: Python would leave the terminal as the app has set it."""
        if self._driver is not None:
            loop, ended = asyncio.get_running_loop(), 128 + signal.SIGTERM
            with suppress(NotImplementedError):  # not on Windows
                loop.add_signal_handler(signal.SIGTERM, lambda: self._app.exit(return_code=ended))
            self._app.app_suspend_signal.subscribe(self._app, lambda _: self.close(), immediate=True)
            self._app.app_resume_signal.subscribe(self._app, lambda _: self._resume(), immediate=True)
            self._take()

    def close(self) -> None:
        """Give the title back that was there before."""
        if self._is_ours:
            self._is_ours = False
            self._write(_POP_TITLE)

    def show(self, name: str) -> None:
        """Name the session in the title."""
        self._name = one_line(name)
        if self._is_ours:
            title = f"hfs · {self._name}" if self._name else "hfs"
            self._write(f"\x1b]2;{title[:LONGEST_TITLE]}\x07")

    def suspend(self) -> str:
        """Stop the app as a shell's Ctrl+Z does, until `fg`; return what is to be told where it cannot be."""
        driver = self._driver
        if driver is None or not driver.can_suspend:
            return "it cannot be suspended here"
        if os.getpgrp() == os.getsid(
            0
        ):  # a shell gives each job a group of its own; without one, no `fg` comes
            return "no shell would bring it back: not suspended"
        self._app.app_suspend_signal.publish(self._app)
        with driver.no_automatic_restart():
            driver.suspend_application_mode()
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            # The whole job, as the terminal would: else a `make` or `uv run` around us would keep the shell waiting.
            # Not before the terminal is as it was, for the shell takes it as soon as one of the job has stopped.
            os.killpg(0, signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, handler)
        driver.resume_application_mode()
        self._app.app_resume_signal.publish(self._app)
        return ""

    @property
    def _driver(self) -> Driver | None:
        """The driver of a real terminal; none in a browser, in a test, or where it writes to a file."""
        driver = self._app._driver
        is_real = driver is not None and not driver.is_headless and not driver.is_web
        return driver if is_real and sys.__stderr__ is not None and sys.__stderr__.isatty() else None

    def _take(self) -> None:
        self._is_ours = True
        self._write(_PUSH_TITLE)
        self.show(self._name)

    def _resume(self) -> None:
        if self._is_ours:  # stopped from outside, without a word before
            self.show(self._name)
        else:
            self._take()
        self._app.refresh(layout=True)  # the screen that comes back is an empty one

    def _write(self, sequence: str) -> None:
        if (driver := self._driver) is not None:
            driver.write(sequence)
