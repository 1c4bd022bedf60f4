"""Lines of facts in a file that only grows, until it is written anew.

One line is one transaction: JSON, ended by a newline. It is written by one process at a time, under a lock, and
acknowledged once the disk has it. The others follow: they read what has come since they last looked. A line that a
crash has torn has no newline or is no JSON; it was never acknowledged, and the next to write cuts it off.

When most of a file is no more than history, all that is still so is written into the file of the next number, which
then takes its place by one renaming.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hfs_core.api import JSON, StoreUnusable

from .files import BINARY, FileLock, write_at, write_whole

FORMAT = 1
"""The first line of a file says in which format the others are."""

SLACK = 4_000_000
"""Bytes of history that are always allowed; beyond them, a file may grow to twice what it began with."""

_NAME = re.compile(r"journal-(\d{6,})\.jsonl")


class Journal:
    """The journal in a folder, as one process has it open. Everything here is done under `held`."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = FileLock(folder / "lock")
        self._number = 0
        self._descriptor = -1
        self._end = 0
        self._base = 0

    def close(self) -> None:
        """Let go of the files."""
        self._leave()
        self._lock.close()

    @contextmanager
    def held(self, *, shared: bool = False) -> Iterator[None]:
        """Keep the others from writing, and unless it is `shared` from reading."""
        with self._lock.held(shared=shared):
            yield

    @property
    def has_news(self) -> bool:
        """Tell whether somebody else has written; needs no lock."""
        try:
            size = os.stat(self._file(self._number)).st_size
        except FileNotFoundError:
            return True
        return size != self._end or self._file(self._number + 1).exists()

    def is_replaced(self) -> bool:
        """Tell whether there is another file than the one that was read, so that all is to be read again."""
        if self._number and self._file(self._number).exists() and not self._file(self._number + 1).exists():
            return False
        self._leave()
        newest = max((number for number, _ in self._files()), default=0)
        if not newest:
            newest = 1
            write_whole(self._file(newest), _line({"format": FORMAT, "base": 0}))
        self._descriptor = os.open(self._file(newest), os.O_RDWR | BINARY)
        self._number = newest
        return True

    def news(self) -> Iterator[JSON]:
        """Read the lines that have come since the last time.

        Raises:
            StoreUnusable: a line in the middle is damaged, or a newer version has written the file.
        """
        size = os.fstat(self._descriptor).st_size
        os.lseek(self._descriptor, self._end, os.SEEK_SET)
        lines = _read(self._descriptor, size - self._end).split(b"\n")
        rest = lines.pop()  # what has no newline is nothing, or torn
        for place, line in enumerate(lines):
            try:
                read = json.loads(line)
            except ValueError as error:
                if place == len(lines) - 1 and not rest:
                    return  # torn too: the disk had the end of the line before its middle
                where = f"{self._file(self._number)}: the line at byte {self._end} is damaged"
                raise StoreUnusable(
                    f"{where}; put a copy of the folder from a backup in its place"
                ) from error
            if self._end == 0:
                self._check(read)
            else:
                yield read
            self._end += len(line) + 1

    def append(self, facts: JSON) -> None:
        """Add a line; the disk has it on return, or nothing is written."""
        line = _line(facts)
        if os.fstat(self._descriptor).st_size > self._end:
            os.ftruncate(self._descriptor, self._end)
        write_at(self._descriptor, line, self._end)
        self._end += len(line)

    @property
    def is_long(self) -> bool:
        """Tell whether most of the file is history."""
        return self._end > 2 * self._base + SLACK

    def begin_anew(self, lines: Iterable[JSON]) -> None:
        """Put a file of these lines in the place of the one that there is."""
        content = b"".join(map(_line, lines))
        whole = _line({"format": FORMAT, "base": len(content)}) + content
        write_whole(self._file(self._number + 1), whole)
        self.is_replaced()
        self._end, self._base = len(whole), len(content)
        with suppress(OSError):  # it is in nobody's way, and goes the next time
            for number, file in sorted(self._files()):
                if number < self._number:
                    file.unlink()  # the oldest first: who still has one open finds the next, as long as it is there

    def _check(self, header: JSON) -> None:
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            text = f"{self._file(self._number)}: was written by a newer version of the plugin json_store"
            raise StoreUnusable(f"{text}: install that, or choose another folder")
        self._base = header["base"]

    def _leave(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._number, self._descriptor, self._end, self._base = 0, -1, 0, 0

    def _file(self, number: int) -> Path:
        return self._folder / f"journal-{number:06}.jsonl"

    def _files(self) -> list[tuple[int, Path]]:
        found = ((_NAME.fullmatch(file.name), file) for file in self._folder.iterdir())
        return [(int(match[1]), file) for match, file in found if match]


def _line(value: JSON) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _read(descriptor: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(descriptor, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
