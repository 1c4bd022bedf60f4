"""A lock between processes on a file: one fetches a model, the others wait for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(file: Path, while_waiting: Callable[[], object]) -> Iterator[None]:
    """Hold the lock; the system lets it go when the process ends, however it ends.

    Args:
        file: is made, and stays: removing it would let two processes lock two files of one name.
        while_waiting: called again and again while another process holds it; it pauses, and may raise.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _try_lock(descriptor):
            while_waiting()
        yield
    finally:
        os.close(descriptor)
