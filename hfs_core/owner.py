"""Whether the process that wrote something still lives: an OS lock on a file of its own.

A process id alone is reused; a lock is let go by the system the moment its process ends, however it ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hfs_core.paths import make_private

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool = False) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool = False) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


OWNERS = "owners"
"""The directory, in that of the state, where processes show that they live."""


class Owner:
    """This process's claim to be alive, under a token that others can look up in the same directory."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._descriptor: int | None = None
        self.token = f"{os.getpid()}-{os.urandom(8).hex()}"

    def acquire(self) -> None:
        """Make the file and lock it; raises OSError where the directory cannot be written."""
        make_private(self._directory)
        unlocked = self._directory / f"{self.token}.new"
        self._descriptor = os.open(unlocked, os.O_RDWR | os.O_CREAT, 0o600)
        _lock(self._descriptor)
        unlocked.rename(self._file(self.token))  # named only once locked: nobody may take it for a dead one's
        self._sweep()

    def release(self) -> None:
        """Let go; may be called twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._file(self.token).unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be seen to live while inside; where that cannot be written, nobody sees it, which is logged."""
        try:
            self.acquire()
        except OSError as error:
            import logging

            logging.getLogger("hfs.owner").warning("no leases in %s: %s", self._directory.parent, error)
        try:
            yield
        finally:
            self.release()

    def is_alive(self, token: str) -> bool:
        """Tell whether the process behind a token still holds its lock; one that cannot be looked at does."""
        if token == self.token:
            return self._descriptor is not None
        try:
            descriptor = os.open(self._file(token), os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # another person's, or on a disk that is read-only now
        try:
            return not _lock(descriptor, shared=True)  # shared: two who look must not see each other
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Remove the files of the dead, so that the directory does not grow."""
        for file in self._directory.glob("*.lock"):
            if not self.is_alive(file.stem):
                file.unlink(missing_ok=True)

    def _file(self, token: str) -> Path:
        return self._directory / f"{token}.lock"
