"""What the screen remembers for itself from one sitting to the next; losing it loses no words."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
    try:
        found = json.loads(_file(paths).read_text(encoding="utf-8"))
        sidebar = found.get("sidebar")
    except (OSError, ValueError, AttributeError):
        return Preferences()
    return Preferences(sidebar if isinstance(sidebar, bool) else None)


def write_preferences(paths: Paths, preferences: Preferences) -> None:
    """Remember it, whole or not at all; where nothing can be written, as in a read-only home, it is not."""
    from hfs_core import api

    file = _file(paths)
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        api.make_private(paths.root)
        api.make_private(file.parent)
        temporary.write_text(json.dumps(asdict(preferences)), encoding="utf-8")
        temporary.replace(file)


def _file(paths: Paths) -> Path:
    return paths.state / "ui.json"
