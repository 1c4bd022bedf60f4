"""Completes what follows a slash while it is written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hfs_core.tui.composer.popup import Lists, Row
from hfs_core.tui.matching import best

if TYPE_CHECKING:
    from hfs_core.api import Completion, Completions
    from hfs_core.tui.composer.widget import Composer

log = logging.getLogger("hfs.tui")

OFFERED = 50
"""How many candidates can be gone through: who wants another one types on."""

Completer = Callable[[str], Awaitable["Completions"]]
"""Returns what the end of a command line, its slash left out, may become."""


class Completing:
    """What is offered for the line that is being written.

    Attributes:
        complete: finds the candidates; None before HFS is up.
    """

    def __init__(self, composer: Composer, lists: Lists):
        self.complete: Completer | None = None
        self._composer = composer
        self._lists = lists
        self._task: asyncio.Task[None] | None = None
        self._candidates: list[Completion] = []
        self._chosen = 0
        self._start = 0
        self._closed_at: int | None = None
        self._is_accepting = False

    @property
    def is_open(self) -> bool:
        """Tell whether candidates are shown."""
        return bool(self._candidates)

    def ask(self, *, accept: bool = False) -> None:
        """Look for candidates for what is written now.

        Args:
            accept: take the best one over as soon as it is known.
        """
        line = self._line()
        if self._task is not None:
            self._task.cancel()
        if line is None or self.complete is None:
            self.close()
            return
        if accept:
            self._closed_at = None
        self._is_accepting = accept
        self._task = asyncio.create_task(self._ask(line, self.complete), name="hfs:tui:complete")

    def press(self, key: str) -> bool:
        """Do what a key does while candidates are shown; False where it means something else."""
        if not self._candidates:
            return False
        if key == "tab":
            self.accept()
        elif key in ("up", "ctrl+p"):
            self._choose(self._chosen - 1)
        elif key in ("down", "ctrl+n"):
            self._choose(self._chosen + 1)
        elif key == "escape":
            self._closed_at = self._start
            self._hide()
        else:
            return False
        return True

    def accept(self, index: int | None = None) -> None:
        """Write the chosen candidate, or the one at `index`, and offer what may come after it."""
        if index is not None and index >= len(self._candidates):
            return
        text = self._candidates[self._chosen if index is None else index].text
        self._hide()
        is_folder = text.rstrip("'\"").endswith("/")
        self._composer.replace_before_cursor(self._start, text if is_folder else f"{text} ")
        self._closed_at = None
        self.ask()

    def close(self) -> None:
        """Offer nothing: the line is another one."""
        if self._task is not None:
            self._task.cancel()
        self._closed_at = None
        self._hide()

    def _line(self) -> str | None:
        """Return the command line up to the cursor, None where none is written."""
        composer = self._composer
        row, column = composer.cursor_location
        line = composer.document[0]
        is_command = line.startswith("/") and composer.document.line_count == 1
        return line[:column] if is_command and row == 0 and column else None

    async def _ask(self, line: str, complete: Completer) -> None:
        try:
            found = await complete(line[1:])
            candidates = best(found.candidates, found.word, lambda each: (each.text, each.summary), OFFERED)
        except Exception:  # completers are plugins'; without them one can still write
            log.warning("what may follow %r is not offered", line, exc_info=True)
            candidates = []
        if line != self._line():
            return
        start = found.start + 1 if candidates else 0
        if candidates and start == self._closed_at:
            return
        self._candidates, self._chosen, self._start = candidates, 0, start
        if not candidates:
            self._hide()
        elif self._is_accepting:
            self.accept()
        else:
            self._choose(0)

    def _choose(self, index: int) -> None:
        self._chosen = index % len(self._candidates)
        rows = [Row(each.text, each.summary) for each in self._candidates]
        self._lists.show(rows, self._chosen, self.accept)

    def _hide(self) -> None:
        self._candidates = []
        self._lists.hide()
