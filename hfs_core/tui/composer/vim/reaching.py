"""How far vim's motions, text objects and doubled operators reach."""

from __future__ import annotations

from hfs_core.tui.composer.vim.commands import Command
from hfs_core.tui.composer.vim.motions import (
    END,
    Reach,
    Target,
    find,
    kind,
    line_number,
    line_start,
    simple,
    up_or_down,
    word_end,
)
from hfs_core.tui.composer.vim.objects import span


class Reaching:
    """Knows the column that j and k keep, and the letter that ; and , look for."""

    def __init__(self) -> None:
        self._column: int | None = None
        self._found = ("f", "")

    def forget_column(self) -> None:
        """Let j and k start from the column where the cursor then is."""
        self._column = None

    def target(self, command: Command, text: str, at: int) -> Target | None:
        """Return where a motion goes; None where it goes nowhere."""
        name, times = command.motion, command.times
        column, self._column = self._column, None
        if name in "jk":
            self._column = column if column is not None else at - line_start(text, at)
            return up_or_down(text, at, times if name == "j" else -times, self._column)
        if name in ("G", "gg"):
            last = text.count("\n") + 1
            return line_number(text, command.count or (last if name == "G" else 1))
        if name in "fFtT":
            self._found = (name, command.letter)
            return find(text, at, name, command.letter, times)
        if name in ";,":
            how, letter = self._found
            how = how if name == ";" else how.swapcase()
            return find(text, at, how, letter, times, again=True) if letter else None
        if name == "$":
            self._column = END
        return simple(text, at, name, times)

    def reach(self, command: Command, text: str, at: int) -> tuple[int, int, bool] | None:
        """Return what an operator takes: from where, to where, and whether it is whole lines."""
        if command.object:
            found = span(text, at, command.object, command.times)
            return None if found is None else (*found, False)
        if command.lines:
            end = up_or_down(text, at, command.times - 1, 0)
            return at, end.at if end else len(text), True
        if command.motion in "wW" and command.operator == "c" and not text[at : at + 1].isspace():
            return at, _words_end(command, text, at), False
        target = self.target(command, text, at)
        self._column = None
        if target is None:
            return (at, at, False) if command.operator == "c" and command.motion in "hl" else None
        start, end_at = sorted((at, target.at))
        if command.motion in "wW":
            end_at = _not_past_line(text, start, end_at)
        is_inclusive = target.reach is Reach.INCLUSIVE
        return start, min(end_at + is_inclusive, len(text)), target.reach is Reach.LINES


def _words_end(command: Command, text: str, at: int) -> int:
    """Return where `cw` ends: with the word, not before the next one."""
    end, big = at, command.motion == "W"
    while end < len(text) and kind(text[end], big=big) == kind(text[at], big=big):
        end += 1
    for _ in range(command.times - 1):
        end = min(word_end(text, end - 1, big=big) + 1, len(text))
    return end


def _not_past_line(text: str, start: int, end: int) -> int:
    """Return where `dw` ends: a word that is the last of its line does not take the line break along."""
    blank = end
    while blank > start and text[blank - 1].isspace():
        blank -= 1
    line_break = text.find("\n", blank, end)
    return line_break if line_break > start else end
