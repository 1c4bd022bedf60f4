"""What vim's commands do to a text, and how it is undone."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from hfs_core.tui.composer.vim.motions import first_letter, line_end, line_start

CHANGES = 200
"""How many changes can be undone."""

LONGEST = 100_000
"""Characters that a count may add at once."""


class Buffer(Protocol):
    """The text that is edited; offsets count its characters."""

    @property
    def text(self) -> str:
        """The text, its lines ended by line feeds."""

    @property
    def cursor(self) -> int:
        """Where the cursor is."""

    def replace(self, start: int, end: int, text: str) -> None:
        """Put `text` in place of what is between two offsets; the cursor comes after it."""

    def select(self, start: int, end: int) -> None:
        """Select from one offset to the other, where the cursor then is."""


class Edits:
    """Changes a text and moves its cursor; keeps what was deleted or yanked last.

    Attributes:
        register: that text, and whether it is whole lines.
    """

    def __init__(self, buffer: Buffer):
        self.register = ("", False)
        self._buffer = buffer

    def go(self, at: int) -> None:
        """Put the cursor at an offset."""
        at = min(max(at, 0), len(self._buffer.text))
        self._buffer.select(at, at)

    def operate(self, operator: str, start: int, end: int, *, lines: bool) -> None:
        """Delete, change or yank what is between two offsets, or their lines; after a change one inserts there."""
        text, first = self._buffer.text, start
        if lines:
            start, end = line_start(text, start), line_end(text, end)
        if start < end or lines:
            self.register = (text[start:end], lines)
        if operator == "y":
            self.go(first)
        elif operator == "c" or not lines:
            self._buffer.replace(start, end, "")
            self.go(start)
        else:
            has_next = end < len(text)
            self._buffer.replace(start if has_next else max(start - 1, 0), end + has_next, "")
            self.go(first_letter(self._buffer.text, min(start, len(self._buffer.text))))

    def put(self, times: int, *, before: bool) -> None:
        """Put in what was deleted or yanked last."""
        put, lines = self.register
        text, at = self._buffer.text, self._buffer.cursor
        times = max(min(times, LONGEST // (len(put) + 1)), 1)
        if lines:
            place = line_start(text, at) if before else line_end(text, at)
            block = "\n".join([put] * times)
            self._buffer.replace(place, place, f"{block}\n" if before else f"\n{block}")
            self.go(first_letter(self._buffer.text, place if before else place + 1))
        elif put:
            place = at if before else min(at + 1, line_end(text, at))
            self._buffer.replace(place, place, put * times)
            self.go(place if "\n" in put else place + len(put) * times - 1)

    def put_over(self, start: int, end: int, *, lines: bool) -> None:
        """Put it in place of what is between two offsets, or their lines, which is then what was deleted last."""
        put, _ = self.register
        self.operate("c", start, end, lines=lines)
        start = self._buffer.cursor
        self._buffer.replace(start, start, put)
        self.go(start)

    def join(self, at: int, times: int) -> None:
        """Join a line with so many that follow it."""
        for _ in range(times):
            text = self._buffer.text
            end = line_end(text, at)
            if end == len(text):
                return
            after = end + 1
            while after < len(text) and text[after] in " \t":
                after += 1
            is_tight = text[max(end - 1, 0) : end].isspace() or text[after : after + 1] in ("", ")", "\n")
            self._buffer.replace(end, after, "" if is_tight or end == line_start(text, at) else " ")
            self.go(end)

    def recase(self, how: str, start: int, end: int, letter: str) -> None:
        """Change what is between two offsets: `~` swaps its case, `U` and `u` set it, `r` overwrites it."""
        text = self._buffer.text[start:end]
        if how == "r":
            changed = "".join(each if each == "\n" else letter for each in text)
        else:
            changed = {"~": str.swapcase, "U": str.upper, "u": str.lower}[how](text)
        self._buffer.replace(start, end, changed)
        self.go(start)


class Changes:
    """The text as it was before each change, and before each that was undone."""

    def __init__(self, buffer: Buffer):
        self._buffer = buffer
        self._undo: deque[tuple[str, int]] = deque(maxlen=CHANGES)
        self._redo: deque[tuple[str, int]] = deque(maxlen=CHANGES)

    def begin(self) -> None:
        """Begin with the text as it is."""
        self._undo.clear()
        self.keep()

    def keep(self) -> None:
        """Take note of the text before a change."""
        self._undo.append((self._buffer.text, self._buffer.cursor))
        self._redo.clear()

    def forget_unchanged(self) -> None:
        """Forget the last note, if nothing was changed after it."""
        if self._undo and self._undo[-1][0] == self._buffer.text:
            self._undo.pop()

    def undo(self, times: int) -> None:
        """Undo the last changes."""
        self._swap(self._undo, self._redo, times)

    def redo(self, times: int) -> None:
        """Do again what was undone last."""
        self._swap(self._redo, self._undo, times)

    def _swap(self, source: deque[tuple[str, int]], other: deque[tuple[str, int]], times: int) -> None:
        for _ in range(min(times, len(source))):
            text, cursor = source.pop()
            other.append((self._buffer.text, self._buffer.cursor))
            self._restore(text)
            self._buffer.select(cursor, cursor)

    def _restore(self, text: str) -> None:
        """Make the text what it was, changing no more of it than must be."""
        now = self._buffer.text
        same = 0
        most = min(len(now), len(text))
        while same < most and now[same] == text[same]:
            same += 1
        tail = 0
        while tail < most - same and now[len(now) - tail - 1] == text[len(text) - tail - 1]:
            tail += 1
        if now != text:
            self._buffer.replace(same, len(now) - tail, text[same : len(text) - tail])
