"""Opens what a person names to be imported: a file, or an archive of files, within limits."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from hfs_core.api import CommandError, SourcePart

HEAD = 64 << 10
"""How many bytes a format is told by."""

RATIO = 100
ALLOWANCE = 64 << 20
"""An archive may unpack to `RATIO` times its size and `ALLOWANCE` bytes more."""

MEMBERS = 100_000
"""How many files an archive may hold."""


class Limited(io.RawIOBase):
    """Reads from a file, and refuses to go on past a limit."""

    def __init__(self, file: BinaryIO, limit: int, told: Callable[[int], None]):
        self._file = file
        self._left = limit
        self._told = told

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer is one
        """Read on; raises ValueError past the limit."""
        data = self._file.read(min(len(buffer), self._left + 1))
        self._left -= len(data)
        if self._left < 0:
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
            with zipfile.ZipFile(path) as archive:
                yield _members(archive, path, told)
        else:
            yield [SourcePart(path.name, lambda: _buffered(path.open("rb"), 1 << 62, told), path)]
    except zipfile.BadZipFile as error:
        raise CommandError(f"{path} is a damaged archive: {error}") from error
    except (OSError, NotImplementedError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CommandError(f"{path} cannot be read: {reason}") from error


def head_of(part: SourcePart) -> bytes:
    """Return the first bytes of a part."""
    with part.open() as file:
        return file.read(HEAD)


def _members(archive: zipfile.ZipFile, path: Path, told: Callable[[int], None]) -> list[SourcePart]:
    limit = RATIO * path.stat().st_size + ALLOWANCE
    names = sorted(
        name for name in archive.namelist() if PurePosixPath(name).suffix.lower() in (".json", ".jsonl")
    )
    if len(names) > MEMBERS:
        raise CommandError(f"{path} holds {len(names):,} files: at most {MEMBERS:,} are read")
    if not names:
        raise CommandError(f"{path} is an archive without a JSON file")

    def opener(name: str) -> Callable[[], BinaryIO]:
        return lambda: _buffered(cast(BinaryIO, archive.open(name)), limit, told)

    return [SourcePart(name, opener(name), None) for name in names]


def _buffered(file: BinaryIO, limit: int, told: Callable[[int], None]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(Limited(file, limit, told), 1 << 18))
