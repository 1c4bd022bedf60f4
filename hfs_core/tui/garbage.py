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

ENOUGH = 1_000
"""Widgets left behind that are worth a collection in a short pause: about ten screens."""

QUIET = 0.25
"""Seconds without a change on the screen that are a short pause."""

LONG_QUIET = 4.0
"""Seconds without a change on the screen after which all that was left behind is collected."""

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
        self._left = 0
        self._is_watching = False

    def busy(self, left: int = 0) -> None:
        """Take note that something is going on, and how many widgets it has left behind."""
        self._busy_at = time.monotonic()
        self._left += left
        if left and not self._is_watching:
            self._is_watching = True
            self._widget.set_timer(QUIET, self._sweep)

    def _sweep(self) -> None:
        quiet = time.monotonic() - self._busy_at
        if quiet < (QUIET if self._left >= ENOUGH else LONG_QUIET):
            self._widget.set_timer(QUIET, self._sweep)
        else:
            self._is_watching = False
            self._left = 0
            gc.collect()
