"""Keeps Python's collector of reference cycles out of the way of typing, scrolling and streaming.

Widgets are such cycles. A full collection visits every object there is, 150 ms for the messages that are mounted,
and nothing else runs meanwhile; so it is put off until the screen has been quiet for a while.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget

QUIET = 0.25
"""Seconds without a change on the screen before what was left behind is collected: each page of it takes 10 ms."""

RARELY = 500
"""Collections of the young before one of all: more than ten seconds of scrolling without a pause leave behind."""


def collect_less() -> None:
    """Leave what has been loaded out of every further collection, and collect everything only rarely."""
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, RARELY)


class Sweeper:
    """Collects, once all is quiet, what a widget has let go of."""

    def __init__(self, widget: Widget):
        self._widget = widget
        self._busy_at = 0.0
        self._is_due = False

    def busy(self) -> None:
        """Take note that something is going on."""
        self._busy_at = time.monotonic()

    def left_behind(self) -> None:
        """Take note that there is something to collect."""
        self.busy()
        if not self._is_due:
            self._is_due = True
            self._widget.set_timer(QUIET, self._sweep)

    def _sweep(self) -> None:
        quiet = time.monotonic() - self._busy_at
        if quiet < QUIET:
            self._widget.set_timer(QUIET - quiet, self._sweep)
        else:
            self._is_due = False
            gc.collect()
