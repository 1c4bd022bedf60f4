"""The file that keeps what was sent from one sitting to the next."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hfs_core import api

log = logging.getLogger("hfs.tui")

ENTRIES = 1_000
"""How many texts are taken over from earlier sittings."""

LONGEST = 64_000
"""Characters above which a text is not kept across sittings: half of one would be worse than none."""

FILE_SIZE = 4_000_000
"""Bytes above which the file is made smaller when it is read."""

LOCK_TRIES, LOCK_PAUSE = 50, 0.02
"""How often, and after how many seconds, another process' lock on the file is asked for again."""


class HistoryFile:
    """Keeps what was sent: one JSON string a line, in a file (0600) that several processes append to.

    None of its methods raises: a chat needs no history.
    """

    def __init__(self, path: Path):
        self._path = path
        self._is_told = False
        self._waiting: deque[str] = deque()
        self._writing = threading.Lock()

    def keep(self, text: str) -> None:
        """Append a text, off the event loop and in the order of the calls."""
        self._waiting.append(text)
        asyncio.get_running_loop().run_in_executor(None, self._write)

    def read(self) -> list[str]:
        """Return the last texts, oldest first, the same in a row once; make a file that has grown large smaller.

        Blocks.
        """
        try:
            if not stat.S_ISREG(self._path.stat().st_mode):
                raise OSError(f"{self._path} is not a file")
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                texts = _texts(_tail(file.fileno()))
            if size > FILE_SIZE:
                self._compact()
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell(error)
            return []
        return texts

    def append(self, text: str) -> None:
        """Append a text, unless it is too long. Blocks."""
        if len(text) > LONGEST:
            return
        line = json.dumps(text).encode() + b"\n"
        try:
            api.make_private(self._path.parent)
            with self._locked() as file:
                size = os.fstat(file).st_size
                if size and os.pread(file, 1, size - 1) != b"\n":
                    line = b"\n" + line  # the last one was cut off
                os.write(file, line)
        except OSError as error:
            self._tell(error)

    def _write(self) -> None:
        with self._writing:
            while self._waiting:
                self.append(self._waiting.popleft())

    def _compact(self) -> None:
        import tempfile

        with self._locked() as file:
            if os.fstat(file).st_size <= FILE_SIZE:
                return  # another process did
            lines = [json.dumps(text).encode() + b"\n" for text in _texts(_tail(file))]
            kept, room = len(lines), FILE_SIZE // 2
            while kept and room >= len(lines[kept - 1]):
                kept -= 1
                room -= len(lines[kept])
            descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            try:
                with os.fdopen(descriptor, "wb") as smaller:
                    smaller.writelines(lines[kept:])
                Path(name).replace(self._path)
            except OSError:
                with suppress(OSError):
                    Path(name).unlink()
                raise

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Open the file for this process alone: while one appends, another must not put a smaller one in its place."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _lock(file)
                if _is_at(self._path, file):
                    os.fchmod(file, 0o600)
                    yield file
                    return
            finally:
                os.close(file)

    def _tell(self, error: OSError) -> None:
        if not self._is_told:
            self._is_told = True
            log.warning("what is sent is not kept for later sittings: %s", error)


def _texts(content: bytes) -> list[str]:
    """Return the texts in a file's content; lines that cannot be read are passed over."""
    texts: list[str] = []
    for line in reversed(content.split(b"\n")):
        with suppress(ValueError, RecursionError):
            text = json.loads(line)
            if isinstance(text, str) and text.strip() and (not texts or texts[-1] != text):
                texts.append(text)
        if len(texts) == ENTRIES:
            break
    return texts[::-1]


def _tail(file: int) -> bytes:
    """Return the end of a file: what has grown beyond all bounds is not read whole."""
    size = os.fstat(file).st_size
    start = max(size - 2 * FILE_SIZE, 0)
    return os.pread(file, size - start, start)


def _lock(file: int) -> None:
    """Lock a file; not for ever: the process that holds it may be suspended."""
    try:
        import fcntl
    except ImportError:
        return  # elsewhere than on Unix appending is as whole as the system makes it
    for _ in range(LOCK_TRIES - 1):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(LOCK_PAUSE)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
