"""Keeps Python's collector of reference cycles out of the way of typing and scrolling."""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects made since the last collection that bring on the next; Python's 700 means many for each message."""


def collect_less() -> None:
    """Leave out of every further collection what has been loaded, and collect what comes less often.

    A full collection goes through all objects there are and stops everything meanwhile: 100 ms with all plugins.
    """
    gc.freeze()
    gc.set_threshold(YOUNG)
