"""Where in a plugin's own code an error came from, read off its traceback."""

from __future__ import annotations

import re
from pathlib import Path

MOST = 3
"""Lines that say enough."""

_FRAME = re.compile(r'^ *File "(.+)", line (\d+)(?:, in (.+))?$', re.MULTILINE)


def own_place(traceback: str, folder: Path) -> str:
    """Return the last line of the plugin's own code that a traceback names, such as `weather/plugin.py:3 in tell`."""
    return next(reversed(_own(traceback, folder)), "")


def own_lines(traceback: str, folder: Path) -> list[str]:
    """Return the lines of the plugin's own code that a traceback names, the innermost last."""
    return [f"  {place}" for place in _own(traceback, folder)[-MOST:]]


def _own(traceback: str, folder: Path) -> list[str]:
    own = []
    for file, line, function in _FRAME.findall(traceback):
        if Path(file).is_relative_to(folder):
            where = f"{Path(file).relative_to(folder.parent)}:{line}"
            own.append(f"{where} in {function}" if function else where)
    return own
