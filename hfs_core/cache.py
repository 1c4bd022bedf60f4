"""What was read is kept as JSON beside: a start then imports no parser. Losing it costs only time."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from hfs_core.paths import make_private


def read_cache(file: Path) -> dict[str, Any]:
    """Return what was cached; empty where there is nothing, or nothing that can be read."""
    try:
        cached = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return cached if isinstance(cached, dict) else {}


def write_cache(file: Path, cached: dict[str, Any]) -> None:
    """Cache it, whole or not at all; where it cannot be written, as in a read-only home, it is not."""
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        make_private(file.parent.parent)
        make_private(file.parent)
        temporary.write_text(json.dumps(cached), encoding="utf-8")
        temporary.replace(file)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
