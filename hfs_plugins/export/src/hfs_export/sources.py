"""Opens what a person names to be imported: a file, or an archive of files, within limits."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from hfs_core.api import CommandError, SourcePart, replace_surrogates
from hfs_export.archives import ALLOWANCE, LOOKS, RATIO, archive_at, damage_told, members_of

HEAD = 64 << 10
"""How many bytes a format is told by."""

LONGEST_NAME = 200
"""How many characters of a file's name are shown."""


class Budget:
    """How many bytes may still be read of an archive."""

    def __init__(self, size: int):
        self.left = size


class Limited(io.RawIOBase):
    """Reads from a file, and refuses to go on past a limit."""

    def __init__(self, name: str, file: BinaryIO, limit: int, budget: Budget, told: Callable[[int], None]):
        self._name = name
        self._file = file
        self._left = limit
        self._budget = budget
        self._told = told

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer is one
        """Read on; raises ValueError past the limit, and for what is damaged."""
        with damage_told(self._name):
            data = self._file.read(len(buffer))
        self._left -= len(data)
        self._budget.left -= len(data)
        if self._left < 0 or self._budget.left < 0:
            raise ValueError("the archive unpacks to far more than its size: it is not read")
        buffer[: len(data)] = data
        self._told(len(data))
        return len(data)

    def close(self) -> None:
        """Close the file, too."""
        if not self.closed:
            self._file.close()
        super().close()


@contextmanager
def opened(path: Path, told: Callable[[int], None]) -> Iterator[list[SourcePart]]:
    """Give the parts of a file: itself, or the JSON files in an archive, in the order of their names.

    Args:
        told: hears of bytes that were read.

    Raises:
        CommandError: it cannot be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise CommandError(f"{path} is a folder: name a file")
        if not stat.S_ISREG(mode):
            raise CommandError(f"{path} is no file")
        if zipfile.is_zipfile(path):
            with archive_at(path) as archive:
                yield _members(archive, path, told)
        else:
            yield [
                SourcePart(
                    name_of(path.name),
                    lambda: _buffered(path.name, path.open("rb"), 1 << 62, Budget(1 << 62), told),
                    path,
                )
            ]
    except zipfile.BadZipFile as error:
        raise CommandError(f"{path} is a damaged archive: {error}") from error
    except (OSError, NotImplementedError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CommandError(f"{path} cannot be read: {reason}") from error


def size_of(path: Path) -> int:
    """Return how many bytes are read of a file, unpacked; 0 where that cannot be told."""
    try:
        if not path.is_file():
            return 0
        if not zipfile.is_zipfile(path):
            return path.stat().st_size
        with archive_at(path) as archive:
            return sum(each.file_size for each in members_of(archive, path))
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, CommandError):
        return 0  # what is wrong with it is told when it is opened


def head_of(part: SourcePart) -> bytes:
    """Return the first bytes of a part."""
    with part.open() as file:
        return file.read(HEAD)


def name_of(name: str) -> str:
    """Return a file's name for people: those of archives and disks may be no text."""
    return replace_surrogates(name)[:LONGEST_NAME]


def _members(archive: zipfile.ZipFile, path: Path, told: Callable[[int], None]) -> list[SourcePart]:
    limit = RATIO * path.stat().st_size + ALLOWANCE
    budget = Budget(LOOKS * limit)

    def opener(member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            with damage_told(member.filename):
                file = cast(BinaryIO, archive.open(member))
            return _buffered(member.filename, file, limit, budget, told)

        return opened

    return [SourcePart(name_of(each.filename), opener(each), None) for each in members_of(archive, path)]


def _buffered(name: str, file: BinaryIO, limit: int, budget: Budget, told: Callable[[int], None]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(Limited(name, file, limit, budget, told), 1 << 18))
