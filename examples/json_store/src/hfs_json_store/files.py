"""A lock between processes, and writes that outlive a power cut."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for a lock; whoever holds one writes a few lines and lets go."""

BINARY = getattr(os, "O_BINARY", 0)
"""Windows would write each newline as two bytes."""

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # Windows has no shared ones: readers take turns
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class FileLock:
    """A lock that many may share, or one may have alone; the system lets go of it for a process that dies."""

    def __init__(self, file: Path):
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

    def close(self) -> None:
        """Let go for good."""
        os.close(self._descriptor)

    @contextmanager
    def held(self, *, shared: bool = False) -> Iterator[None]:
        """Have it; raises TimeoutError if another process does not let go of it."""
        until, pause = time.monotonic() + PATIENCE, 0.0005
        while not _try_lock(self._descriptor, shared=shared):
            if time.monotonic() > until:
                raise TimeoutError(f"another process has held the lock for {PATIENCE:g} s")
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        try:
            yield
        finally:
            _unlock(self._descriptor)


def write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of `data`, and wait until the disk has it; on an error the file ends where it did."""
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        flush(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, offset)
        raise


def write_whole(file: Path, data: bytes) -> None:
    """Make a file with this content: it is there wholly or not at all, also after a power cut."""
    unfinished = file.with_name(f"{file.name}.new")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | BINARY, 0o600)
    try:
        write_at(descriptor, data, 0)
    finally:
        os.close(descriptor)
    unfinished.replace(file)
    flush_folder(file.parent)


def flush(descriptor: int) -> None:
    """Wait until the disk has what was written."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # macOS' fsync leaves it in the disk's own memory
    else:
        os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Wait until the disk has the names of the files in a folder."""
    if sys.platform == "win32":
        return  # there a folder cannot be opened, and a renamed file needs nothing more
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)
