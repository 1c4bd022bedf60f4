"""Tells whether a path leads to a place on which HFS itself relies, whatever the path is written like."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hfs_core.errors import ProtectedPlace

if TYPE_CHECKING:
    from hfs_core.paths import Paths


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of a path: its name, and what the disk knows it by, None where it is not there."""

    name: str
    identity: tuple[int, int] | None


def check_writable(paths: Paths, path: Path | str) -> None:
    """Refuse a protected place; the law is that of `Paths.check_writable`."""
    for written in {str(path), os.path.expanduser(path)}:
        try:
            wanted = Path(os.path.realpath(written))
        except ValueError as error:
            raise ProtectedPlace(f"{path!r} is no path: {error}", path=str(path)) from error
        way = _way(wanted)
        for place in _places(paths, wanted):
            protected = _way(Path(os.path.realpath(place)))
            if _leads_into(way, protected) or _leads_into(protected, way):
                text = f"{path} is not written to: HFS keeps {place} for itself, and no command or tool changes it"
                raise ProtectedPlace(text, path=str(path))


def _places(paths: Paths, wanted: Path) -> Iterator[Path]:
    """Give what is protected; what begins like the file of the sessions is its journal, its index or a backup."""
    yield from (paths.plugins, paths.state, paths.models, paths.config, paths.database)
    try:
        there = os.listdir(paths.root)
    except OSError:
        there = []
    beginning = _folded(paths.database.name)
    yield from (paths.root / name for name in (*there, *wanted.parts) if _folded(name).startswith(beginning))


def _way(path: Path) -> list[_Step]:
    return [_Step(_folded(part.name), _identity(part)) for part in (*reversed(path.parents), path)]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _leads_into(way: list[_Step], place: list[_Step]) -> bool:
    """Tell whether a way passes through the last step of another one.

    Steps are the same where the disk says so. Of what is not there yet the names must do, below what is there.
    """
    there = max((number for number, step in enumerate(place) if step.identity is not None), default=0)
    missing = [step.name for step in place[there + 1 :]]
    return any(
        step.identity == place[there].identity
        and [each.name for each in way[number + 1 : number + 1 + len(missing)]] == missing
        for number, step in enumerate(way)
    )


def _folded(name: str) -> str:
    """Return a name as the most careless disk compares it."""
    if os.name == "nt":
        name = name.partition(":")[0].rstrip(
            ". "
        )  # a stream of a file is the file; dots at the end are nothing
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
