"""What the screen remembers for itself from one sitting to the next; losing it loses no words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hfs_core import api

if TYPE_CHECKING:
    from hfs_core.api import Paths


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the person left the screen.

    Attributes:
        sidebar: whether the sidebar is shown; None where they never said, which leaves it to the width.
    """

    sidebar: bool | None = None


def read_preferences(paths: Paths) -> Preferences:
    """Return what is remembered; nothing where there is no file, or one that makes no sense."""
    sidebar = api.read_cache(_file(paths)).get("sidebar")
    return Preferences(sidebar if isinstance(sidebar, bool) else None)


def write_preferences(paths: Paths, preferences: Preferences) -> None:
    """Remember it, whole or not at all; where nothing can be written, as in a read-only home, it is not."""
    api.write_cache(_file(paths), asdict(preferences))


def _file(paths: Paths) -> Path:
    return paths.state / "ui.json"
