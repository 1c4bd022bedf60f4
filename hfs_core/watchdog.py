"""Breaks plugins' code out of the event loop when it keeps the loop from turning, so that keys work again.

Every turn of the loop is noted. A timer of the process (POSIX, in the main thread) looks now and then how long the
turn takes; where that is too long and a plugin's code is what runs, it raises `PluginHang` in there. It looks at most
once in the allowed time, and not at all while the loop waits: an idle HFS is never woken. Elsewhere a thread looks,
and what it finds is only told.
"""

from __future__ import annotations

import _thread
import asyncio
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Any

from hfs_core.attribution import Owner, Owners
from hfs_core.isolation import PluginHang

LATE = 1.0
"""Seconds that an alarm may be late; one that is later finds a process that was stopped for a while."""

AGAIN = 0.02
"""Seconds until the next look at HFS' own code that a plugin keeps calling: it may be back in its own by then."""


@dataclass(frozen=True, slots=True)
class Hang:
    """A turn of the event loop that took too long.

    Attributes:
        owner: whose code ran.
        stack: where, the innermost call last.
        was_broken: whether it was broken out of; else it goes on, or has ended by itself.
    """

    owner: Owner
    seconds: float
    stack: str
    was_broken: bool


class Watchdog:
    """Watches the running event loop from `start` to `stop`.

    Args:
        seconds: how long one turn may take.
        told: hears of each hang, on the loop, once the loop turns again.
        told_now: hears of one that could not be broken out of while it lasts, in another thread.
    """

    def __init__(
        self,
        seconds: float,
        owners: Owners,
        *,
        told: Callable[[Hang], None],
        told_now: Callable[[Hang], None],
    ):
        self._seconds = seconds
        self._owners = owners
        self._told = told
        self._told_now = told_now
        self._since = 0.0
        self._due = 0.0
        self._is_armed = self._was_late = self._is_stopped = self._breaks = False
        self._hangs: list[Hang] = []
        self._selector: Any = None
        self._former: Any = None
        self._loop_thread = 0
        self._wake = threading.Event()

    def start(self) -> None:
        """Watch the loop that is running in this thread."""
        self._selector = getattr(asyncio.get_running_loop(), "_selector", None)
        if self._selector is None:
            return  # a loop of another make: nothing tells its turns
        self._loop_thread = threading.get_ident()
        self._select = self._selector.select
        self._breaks = _may_use_alarm()
        if self._breaks:
            self._former = signal.signal(signal.SIGALRM, self._on_alarm)
        else:
            threading.Thread(target=self._look_around, name="hfs:watchdog", daemon=True).start()
        self._since = monotonic()
        self._arm(self._seconds)
        self._selector.select = self._turn

    def stop(self) -> None:
        """Leave the loop, and the signal, as they were found."""
        self._is_stopped = True
        self._wake.set()
        if self._selector is not None and self._selector.select == self._turn:
            self._selector.select = self._select
        if self._breaks and signal.getsignal(signal.SIGALRM) == self._on_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._former)

    def _turn(self, timeout: float | None = None) -> Any:
        """Wait for what comes next, as the loop does between two turns."""
        self._since = 0.0
        if self._hangs:
            timeout = 0  # who hears of them may want the loop to do something, which it did not know of
            hangs, self._hangs = self._hangs, []
            for hang in hangs:
                self._told(hang)
        try:
            return self._select(timeout)
        finally:
            self._since = monotonic()
            if not self._is_armed and not self._is_stopped:
                self._arm(self._seconds)

    def _arm(self, seconds: float) -> None:
        self._is_armed = True
        self._due = monotonic() + seconds
        if self._breaks:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        else:
            self._wake.set()

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        again, hang = self._look(frame)
        self._is_armed = again > 0
        if self._is_armed:
            self._arm(again)
        if hang is not None and hang.was_broken:
            self._since = monotonic()  # what comes next in this turn has its own time
            raise PluginHang(f"it kept everything waiting for {hang.seconds:.1f} s")

    def _look_around(self) -> None:
        """Look, in a thread of its own, where there is no alarm."""
        while not self._is_stopped:
            self._wake.wait()
            self._wake.clear()
            while not self._is_stopped and self._is_armed:
                if (left := self._due - monotonic()) > 0:
                    self._wake.wait(left)
                    self._wake.clear()
                    continue
                self._is_armed = False
                again, _ = self._look(sys._current_frames().get(self._loop_thread))
                if again > 0:
                    self._is_armed = True
                    self._due = monotonic() + again

    def _look(self, frame: FrameType | None) -> tuple[float, Hang | None]:
        """Look how long the turn takes.

        Returns:
            the seconds until the next look, 0 where the loop waits; and the hang, if this is the first look at it.
        """
        moment, since = monotonic(), self._since
        if not since:
            self._was_late = False
            return 0.0, None
        if (left := since + self._seconds - moment) > 0:
            self._was_late = False
            return left, None
        if _is_debugged():
            return self._seconds, None
        if moment - self._due > LATE and not self._was_late:
            # Stopped by Ctrl+Z, or in C code that has just ended: it may be done by now.
            self._was_late = True
            return min(LATE, self._seconds), None
        owner = self._owners.of_stack(frame)
        breaks = self._breaks and owner.is_own
        again = AGAIN if self._breaks and owner.plugin and not breaks else self._seconds
        if self._hangs and not breaks:
            return again, None  # told of already
        stack = "".join(traceback.format_stack(frame)) if frame is not None else ""
        hang = Hang(owner, moment - since, stack, breaks)
        self._hangs.append(hang)
        if not breaks:
            # From a signal's handler nothing may be written here: the code below may be just writing that.
            _thread.start_new_thread(self._told_now, (hang,))
        return again, hang


def _may_use_alarm() -> bool:
    """Tell whether the alarm of the process is there and nobody else's."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getsignal(signal.SIGALRM) == signal.SIG_DFL and not any(
        signal.getitimer(signal.ITIMER_REAL)
    )


def _is_debugged() -> bool:
    monitoring = getattr(sys, "monitoring", None)
    return sys.gettrace() is not None or bool(
        monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID)
    )
