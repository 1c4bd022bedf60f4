"""Locks between processes on files beside the database, never on the database itself.

Closing any descriptor of a database file would cancel SQLite's own locks on it (sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":

    class FileLock:
        """On Windows nothing is locked: SQLite's own locks must do."""

        def __init__(self, file: Path):
            self._file = file

        def close(self) -> None:
            """Do nothing."""

        @contextmanager
        def shared(self) -> Iterator[None]:
            """Do nothing."""
            yield

        @contextmanager
        def exclusive(self, *, wait: bool) -> Iterator[bool]:
            """Do nothing."""
            yield True
else:
    import fcntl

    class FileLock:
        """A lock that many may share, or one may have alone."""

        def __init__(self, file: Path):
            self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

        def close(self) -> None:
            """Let go for good."""
            os.close(self._descriptor)

        @contextmanager
        def shared(self) -> Iterator[None]:
            """Keep everybody from having it alone."""
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

        @contextmanager
        def exclusive(self, *, wait: bool) -> Iterator[bool]:
            """Have it alone; False, and not to be relied on, if another has it and `wait` is False."""
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            try:
                yield True
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
