"""Keeps what screens look like, as SVG, and compares: `--update-snapshots` keeps the new ones.

Look at each one before it is kept: a browser shows it, `rsvg-convert` makes a PNG of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tui.conftest import Chat

FOLDER = Path(__file__).parent / "snapshots"


class Snapshots:
    """Compares screens with those that are kept."""

    def __init__(self, is_updating: bool):
        self._is_updating = is_updating

    async def match(self, chat: Chat, name: str) -> None:
        """Fail where the screen does not look as it did."""
        await chat.pilot.pause()
        found = _plain(chat.app.export_screenshot(simplify=True))
        file = FOLDER / f"{name}.svg"
        if self._is_updating:
            FOLDER.mkdir(exist_ok=True)
            file.write_text(found, encoding="utf-8")
        elif not file.is_file():
            pytest.fail(f"{file} is not kept: run with --update-snapshots, and look at it")
        elif found != file.read_text(encoding="utf-8"):
            now = file.with_suffix(".now.svg")
            now.write_text(found, encoding="utf-8")
            pytest.fail(f"{name} looks different: compare {now} with {file.name}\n{chat.text}")


def _plain(svg: str) -> str:
    """Return the SVG without what differs though the screen looks the same: the names of its parts."""
    return re.sub(r"terminal-\d+", "terminal", svg)
