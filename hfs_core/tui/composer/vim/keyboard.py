"""Vim over the composer: its keys in, its text and cursor out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets.text_area import Location, Selection

from hfs_core.tui.composer.vim.commands import REDO
from hfs_core.tui.composer.vim.engine import Engine

if TYPE_CHECKING:
    from hfs_core.tui.composer.widget import Composer

_LETTERS = {
    "left": "h", "right": "l", "up": "k", "down": "j", "home": "0", "end": "$",
    "backspace": "h", "delete": "x", "space": "l", "ctrl+r": REDO,
}  # fmt: skip
"""The keys that have no letter, and the letters that mean the same."""

_AS_EVER = frozenset({"enter", "ctrl+c", "super+c", "ctrl+g", "pageup", "pagedown", "ctrl+v", "super+v"})
"""The keys of the insert mode that are the composer's in every mode."""


class Vim:
    """The keys of vim for a composer; the insert mode is left to the composer itself."""

    def __init__(self, composer: Composer):
        self._composer = composer
        self._engine = Engine(_Text(composer))
        self._show_mode()

    def begin(self) -> None:
        """Begin with another text: one inserts."""
        self._engine.begin()
        self._show_mode()

    def remember(self) -> None:
        """Let what comes from elsewhere be undone; a selection is left."""
        self._engine.remember()
        self._show_mode()

    def settle(self) -> None:
        """Put the cursor where it may be after what came from elsewhere."""
        self._engine.settle()

    async def press(self, key: str, character: str | None) -> bool:
        """Do what a key does; False where it is not vim's."""
        engine = self._engine
        is_the_apps = key == "alt+c" and engine.mode == "NORMAL"
        if key.startswith("alt+") and len(letter := _letter(key)) == 1 and not is_the_apps:
            # A terminal tells Alt and a letter as Esc and the letter; whoever types those fast means them.
            await self.press("escape", None)
            return await self.press(letter, letter)
        if engine.mode == "INSERT":
            is_taken = key == "escape"
            if is_taken:
                engine.escape()
        elif key == "escape":
            is_taken = bool(engine.pending) or engine.mode != "NORMAL"
            engine.escape()
        elif key == "enter" and engine.pending.endswith("r"):
            is_taken = True
            engine.press("\n")
        elif (letter := _LETTERS.get(key, character or "")) and len(letter) == 1:
            is_taken = True
            if not self._goes_into_history(letter):
                engine.press(letter)
        else:
            is_taken = key not in _AS_EVER and key in _composers_own()
        self._show_mode()
        return is_taken

    def _goes_into_history(self, letter: str) -> bool:
        """Go on into what was sent before where there is no line to go to."""
        composer, engine = self._composer, self._engine
        is_edge = composer.cursor_at_first_line if letter == "k" else composer.cursor_at_last_line
        if letter not in ("j", "k") or engine.pending or engine.mode != "NORMAL" or not is_edge:
            return False
        composer.selection = Selection.cursor(composer.cursor_location)
        if letter == "k":
            composer.action_up()
        else:
            composer.action_down()
        engine.settle()
        return True

    def _show_mode(self) -> None:
        self._composer.mode_name = self._engine.mode


class _Text:
    """The text of a composer by offsets."""

    def __init__(self, composer: Composer):
        self._composer = composer

    @property
    def text(self) -> str:
        return self._composer.text

    @property
    def cursor(self) -> int:
        row, column = self._composer.cursor_location
        return sum(len(line) + 1 for line in self._composer.document.lines[:row]) + column

    def replace(self, start: int, end: int, text: str) -> None:
        self._composer.replace(
            text, self._location(start), self._location(end), maintain_selection_offset=False
        )

    def select(self, start: int, end: int) -> None:
        self._composer.selection = Selection(self._location(start), self._location(end))

    def _location(self, offset: int) -> Location:
        lines = self._composer.document.lines
        for row, line in enumerate(lines):
            if offset <= len(line):
                return row, offset
            offset -= len(line) + 1
        return len(lines) - 1, len(lines[-1])


def _letter(key: str) -> str:
    name = key.removeprefix("alt+")
    return name.removeprefix("shift+").upper() if name.startswith("shift+") else name


def _composers_own() -> dict[str, str]:
    from hfs_core.tui.composer.keys import actions

    return actions("vim")
