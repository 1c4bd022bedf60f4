"""Where exports go: names that every disk takes, and files that are there whole or not at all."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path

from hfs_core.api import CommandError, make_private

LONGEST = 80
"""How many characters of a session's name go into the name of a file."""

_FOREIGN = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_name(name: str) -> str:
    """Return a session's name as part of the name of a file: letters of any script, digits, `.`, `-` and `_`."""
    words = _FOREIGN.sub("_", name).strip("._-")
    while len(words.encode()) > LONGEST:
        words = words[:-1]
    words = words.rstrip("._-")
    return f"_{words}" if _RESERVED.fullmatch(words) else words or "session"


def place_for(wanted: str, name: str, suffix: str, folder: Path) -> Path:
    """Return where an export goes: a name alone into `folder`, a path as it is.

    Raises:
        CommandError: that is no name of a file.
    """
    if not wanted:
        return _dated(folder, name, suffix)
    if "\0" in wanted:
        raise CommandError("the name of a file has no NUL in it")
    try:
        path = Path(wanted).expanduser()
    except RuntimeError as error:
        raise CommandError(
            f"{wanted.partition(os.sep)[0]} has no home folder here: name one by its path"
        ) from error
    is_name = path.name == wanted and wanted not in (".", "..")
    try:
        is_folder = path.is_dir() or wanted.endswith(os.sep)
    except OSError as error:  # such as a name that is too long
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    if is_folder:
        return _dated(path, name, suffix)
    return folder / path if is_name else path


def _dated(folder: Path, name: str, suffix: str) -> Path:
    """Return a place that is free: two exports may come in one second."""
    stem = f"{safe_name(name)}_{datetime.now():%Y%m%d_%H%M%S}"
    places = (folder / f"{stem}{'' if n == 1 else f'_{n}'}.{suffix}" for n in count(1))
    return next(place for place in places if not os.path.lexists(place))


@asynccontextmanager
async def written(path: Path, *, force: bool) -> AsyncIterator[Callable[[str], object]]:
    """Write a file under another name, and give it its own once it is whole.

    Raises:
        CommandError: it is there already, or it cannot be written.
    """
    try:
        descriptor, name = _begun(path, force=force)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file.write
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())  # a large file takes seconds on a slow disk
        _named(name, path, force=force)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _begun(path: Path, *, force: bool) -> tuple[int, str]:
    """Return the descriptor and the name of an empty file beside `path`."""
    _check_free(path, force=force)
    if not path.parent.is_dir():
        make_private(path.parent)
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")


def _named(name: str, path: Path, *, force: bool) -> None:
    _check_free(path, force=force)
    os.replace(name, path)


def _check_free(path: Path, *, force: bool) -> None:
    if path.exists() and not path.is_file():  # a device or a pipe would be replaced by a file
        raise CommandError(f"{path} is no file: name one, or - in the shell for standard output")
    if not force and path.exists():
        raise CommandError(f"{path} is there already: --force writes over it")
