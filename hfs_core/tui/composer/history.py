"""What was sent, in this sitting and before, and the way through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfs_core.tui.composer.history_file import HistoryFile


class History:
    """The texts that were sent, oldest first, and where the person is among them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._at = 0
        self._draft = ""
        self._file: HistoryFile | None = None
        self._unkept: list[str] = []

    async def use(self, file: HistoryFile, shorten: Callable[[str], str]) -> None:
        """Keep what is sent in a file, and put what it has from earlier sittings before what this one sent.

        Args:
            shorten: how an earlier text is shown.
        """
        earlier = [shorten(text) for text in await asyncio.to_thread(file.read)]
        self.texts[:0] = earlier
        self._at += len(earlier)
        self._file = file
        for text in self._unkept:
            file.keep(text)
        self._unkept.clear()

    def keep(self, text: str) -> None:
        """Keep a text for later sittings."""
        if self._file is None:
            self._unkept.append(text)
        else:
            self._file.keep(text)

    def add(self, text: str) -> None:
        """Take a text as the last one, unless it is that already; the person is after it.

        A draft that was left for an earlier text comes before it.
        """
        if self._at < len(self.texts) and self._draft.strip() and self._draft != text:
            self.texts.append(self._draft)
        if text.strip() and (not self.texts or self.texts[-1] != text):
            self.texts.append(text)
        self.leave()

    def drop(self, is_gone: Callable[[str], bool]) -> None:
        """Forget texts; the person is after the last one."""
        self.texts = [text for text in self.texts if not is_gone(text)]
        self.leave()

    def leave(self, shown: str = "") -> None:
        """Put the person after the last text; on it, where that is what is shown."""
        self._at = len(self.texts) - (bool(self.texts) and self.texts[-1] == shown)
        self._draft = ""

    def older(self, draft: str) -> str | None:
        """Return the text before, None at the first one; `draft` is what comes after the last."""
        if self._at == 0:
            return None
        if self._at == len(self.texts):
            self._draft = draft
        self._at -= 1
        return self.texts[self._at]

    def newer(self) -> str | None:
        """Return the text after, the draft after the last one, None after that."""
        if self._at >= len(self.texts):
            return None
        self._at += 1
        return self._draft if self._at == len(self.texts) else self.texts[self._at]
