"""Looks into archives that may be anything: what they hold, and how much of it is read, is limited."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hfs_core.api import CommandError

RATIO = 100
ALLOWANCE = 64 << 20
"""A file of an archive may unpack to `RATIO` times the archive's size and `ALLOWANCE` bytes more."""

LOOKS = 4
"""All files together may be read as often as one of that size: to tell the format, to look through, to bring in."""

MEMBERS = 100_000
"""How many files an archive may hold."""

DIRECTORY = 16 << 20
"""How many bytes the list of them may have: it is held in memory, and what it says of its length may be untrue."""

TOO_MANY = f"{{}} holds more than {MEMBERS:,} files: unpack it first"

ENCRYPTED = 1

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Raise ValueError for what an archive's file is damaged by."""
    try:
        yield
    except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{name} is damaged in the archive: {error or 'it ends in the middle'}") from error
    except NotImplementedError as error:
        raise ValueError(f"{name} cannot be unpacked: {error}") from error


def is_part(name: str) -> bool:
    """Tell whether a file in an archive may hold conversations: what macOS adds does not."""
    path = PurePosixPath(name)
    is_real = not name.endswith("/") and "__MACOSX" not in path.parts
    return is_real and path.suffix.lower() in (".json", ".jsonl")


@contextmanager
def archive_at(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose list of files is of a bearable length; raises CommandError."""
    with path.open("rb") as file:
        size, count = _directory(file)
    if size > DIRECTORY or count > MEMBERS:
        raise CommandError(TOO_MANY.format(path))
    with zipfile.ZipFile(path) as archive:
        yield archive


def members_of(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """Return the files in an archive that may hold conversations, by their names; raises CommandError."""
    everything = archive.infolist()
    if len(everything) > MEMBERS:
        raise CommandError(TOO_MANY.format(path))
    found = sorted((each for each in everything if is_part(each.filename)), key=lambda each: each.filename)
    if not found:
        inner = any(each.filename.lower().endswith((".zip", ".gz", ".tar", ".7z")) for each in everything)
        raise CommandError(
            f"{path} is an archive without a JSON file"
            f"{', but with an archive in it: unpack that first' if inner else ''}"
        )
    locked = next((each for each in found if each.flag_bits & ENCRYPTED), None)
    if locked is not None:
        raise CommandError(f"{path} is encrypted: unpack it with its password first")
    return found


def _directory(file: BinaryIO) -> tuple[int, int]:
    """Return how many bytes the list of an archive's files has, and how many files it says there are."""
    file.seek(0, os.SEEK_END)
    length = file.tell()
    start = max(length - _END.size - (1 << 16), 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        return 0, 0  # zipfile finds no list either, and says so
    _, _, _, _, count, size, _, _ = _END.unpack_from(tail, at)
    file.seek(max(start + at - _LOCATOR.size, 0))
    locator = file.read(_LOCATOR.size)
    if len(locator) == _LOCATOR.size and locator.startswith(b"PK\6\7"):
        file.seek(min(_LOCATOR.unpack(locator)[2], length))
        end64 = file.read(_END64.size)
        if len(end64) == _END64.size and end64.startswith(b"PK\6\6"):
            fields = _END64.unpack(end64)
            return max(fields[8], size if size < 0xFFFFFFFF else 0), max(
                fields[7], count if count < 0xFFFF else 0
            )
    return size, count
