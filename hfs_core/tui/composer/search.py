"""Ctrl+R: looks for what was sent before, as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from hfs_core.tui.composer.popup import Lists, Row

if TYPE_CHECKING:
    from hfs_core.tui.composer.widget import Composer

FOUND = 50
"""How many texts can be gone through: who wants another one types on."""


class Search:
    """A search under way; what is written stays as it is until something is found and taken."""

    def __init__(self, composer: Composer, lists: Lists):
        self._composer = composer
        self._lists = lists
        self._texts: list[str] = []
        self._found: list[str] = []
        self._query = ""
        self._chosen = 0
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Tell whether a search is under way."""
        return self._is_open

    def open(self, texts: Sequence[str]) -> None:
        """Begin a search in these texts, oldest first; the same one is found once."""
        self._texts = list(dict.fromkeys(reversed(texts)))
        self._is_open = True
        self.type("", begin=True)

    def close(self) -> None:
        """Leave all as it was."""
        if self._is_open:
            self._is_open = False
            self._texts, self._found = [], []
            self._lists.hide()

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key does while the search is open: everything that is typed belongs to it."""
        if key in ("ctrl+r", "up", "ctrl+p"):
            self._choose(self._chosen + 1)
        elif key in ("ctrl+s", "down", "ctrl+n"):
            self._choose(self._chosen - 1)
        elif key in ("enter", "tab"):
            self.accept()
        elif key in ("escape", "ctrl+c", "ctrl+g"):
            self.close()
        elif key in ("backspace", "ctrl+h"):
            self.type(self._query[:-1], begin=True)
        elif key in ("ctrl+u", "ctrl+w"):
            self.type("", begin=True)
        elif character is not None:
            self.type(character)
        return True

    def type(self, text: str, *, begin: bool = False) -> None:
        """Add to what is searched for, or begin anew with it."""
        self._query = text if begin else self._query + " ".join(text.split("\n"))
        words = self._query.casefold().split()
        found = (text for text in self._texts if all(word in text.casefold() for word in words))
        self._found = [text for _, text in zip(range(FOUND), found, strict=False)]
        self._choose(0)

    def accept(self, row: int | None = None) -> None:
        """Take the chosen text, or the one in a row of the list, into the composer."""
        chosen = self._chosen if row is None else len(self._found) - 1 - row
        text = self._found[chosen] if 0 <= chosen < len(self._found) else None
        self.close()
        if text is not None:
            self._composer.write(text)

    def _choose(self, index: int) -> None:
        """Choose a text, the newest being 0; it is the lowest in the list, next to where one types."""
        self._chosen = min(max(index, 0), max(len(self._found) - 1, 0))
        rows = [Row(text) for text in reversed(self._found)]
        chosen = len(rows) - 1 - self._chosen
        foot = Content.assemble(
            ("not found ", "$text-warning") if self._query and not rows else ("search ", "$text-muted"),
            self._query,
            ("▏", "$text-accent"),
        )
        self._lists.show(rows, chosen, self.accept, foot)
