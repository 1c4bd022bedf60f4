"""Where exports go: names that every disk takes, and files that are there whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
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
    """Return where an export goes: a name alone into `folder`, a path as it is."""
    if not wanted:
        return folder / f"{safe_name(name)}_{datetime.now():%Y%m%d_%H%M%S}.{suffix}"
    path = Path(wanted).expanduser()
    is_name = path.name == wanted and wanted not in (".", "..")
    if path.is_dir() or wanted.endswith(os.sep):
        return path / f"{safe_name(name)}_{datetime.now():%Y%m%d_%H%M%S}.{suffix}"
    return folder / path if is_name else path


@contextmanager
def written(path: Path, *, force: bool) -> Iterator[Callable[[str], object]]:
    """Write a file under another name, and give it its own once it is whole.

    Raises:
        CommandError: it is there already, or it cannot be written.
    """
    if not force and path.exists():
        raise CommandError(f"{path} is there already: --force writes over it")
    try:
        if not path.parent.is_dir():
            make_private(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        if not force and path.exists():
            raise CommandError(f"{path} is there already: --force writes over it")
        os.replace(name, path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)
