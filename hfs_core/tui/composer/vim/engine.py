"""Vim's modes: what a key does to a text and its cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from hfs_core.tui.composer.vim.commands import REDO, Command, read
from hfs_core.tui.composer.vim.edits import LONGEST, Buffer, Changes, Edits
from hfs_core.tui.composer.vim.motions import first_letter, line_end, line_start, simple, up_or_down
from hfs_core.tui.composer.vim.objects import span
from hfs_core.tui.composer.vim.reaching import Reaching

ModeName = Literal["INSERT", "NORMAL", "VISUAL", "V-LINE"]


class Engine:
    """One vim over one text; it begins in INSERT.

    Attributes:
        mode: the mode it is in.
        pending: the keys of a command that has begun.
    """

    def __init__(self, buffer: Buffer):
        self.mode: ModeName = "INSERT"
        self.pending = ""
        self._buffer = buffer
        self._reaching = Reaching()
        self._edits = Edits(buffer)
        self._changes = Changes(buffer)
        self._changes.begin()
        self._anchor = 0
        self._at = 0
        self._last: tuple[Command, str] | None = None
        self._inserting: tuple[Command | None, str, int] | None = None

    def begin(self) -> None:
        """Begin with another text; nothing of the one before can be undone."""
        self.mode, self.pending, self._inserting = "INSERT", "", None
        self._changes.begin()

    def remember(self) -> None:
        """Take note of the text before something else than a key changes it."""
        self.pending = ""
        self._changes.keep()
        if self.mode != "INSERT":
            self.mode = "NORMAL"

    def escape(self) -> None:
        """Leave a command that has begun, a selection or the insert mode."""
        self.pending = ""
        if self.mode == "INSERT":
            self._end_insert()
        elif self.mode != "NORMAL":
            at, self.mode = self._at, "NORMAL"
            self._go(at)

    def settle(self) -> None:
        """Put the cursor on a letter, where vim's is outside the insert mode."""
        if self.mode == "NORMAL":
            self._go(self._buffer.cursor)

    def press(self, key: str) -> None:
        """Take a key of the normal or a visual mode; one that means nothing ends the command that has begun."""
        self.pending += key
        try:
            command = read(self.pending, is_visual=self.mode != "NORMAL")
        except ValueError:
            self.pending = ""
            return
        if command is not None:
            self.pending = ""
            self._do(command)

    def _do(self, command: Command, typed: str | None = None) -> None:
        """Carry out a command; `typed` is what is inserted where it is repeated."""
        if self.mode != "NORMAL":
            self._anchor = min(self._anchor, len(self._buffer.text))
            self._do_visual(command)
            return
        if command.motion and not command.operator:
            target = self._reaching.target(command, self._buffer.text, self._buffer.cursor)
            if target is not None:
                self._go(target.at)
            return
        self._reaching.forget_column()
        if command.action in ("u", REDO):
            (self._changes.undo if command.action == "u" else self._changes.redo)(command.times)
            self._go(self._buffer.cursor)
        elif command.action == ".":
            self._repeat(command)
        elif command.action in ("v", "V"):
            self._anchor = self._at = self._buffer.cursor
            self.mode = "VISUAL" if command.action == "v" else "V-LINE"
            self._show_selection()
        else:
            self._change(command, typed)

    def _change(self, command: Command, typed: str | None) -> None:
        is_yank = command.operator == "y" or command.action == "Y"
        if not is_yank:
            self._changes.keep()
        if command.operator:
            reach = self._reaching.reach(command, self._buffer.text, self._buffer.cursor)
            is_done = reach is not None
            if reach is not None:
                self._operate(command.operator, *reach)
        else:
            is_done = self._act(command)
        if not is_yank:
            if is_done and typed is None:
                self._last = (command, "")
            if self.mode == "INSERT":
                self._inserting = (command, self._buffer.text, self._buffer.cursor)
                if typed is not None:
                    self._buffer.replace(self._buffer.cursor, self._buffer.cursor, typed)
                    self._end_insert()
            else:
                self._changes.forget_unchanged()
        if self.mode == "NORMAL":
            self._go(self._buffer.cursor)

    def _act(self, command: Command) -> bool:
        """Carry out a command that is neither motion nor operator; False where it does nothing."""
        text, at, name = self._buffer.text, self._buffer.cursor, command.action
        start, end = line_start(text, at), line_end(text, at)
        below = min(at + command.times, end)
        if name in "iIaA":
            self._insert({"i": at, "I": first_letter(text, at), "a": min(at + 1, end), "A": end}[name])
        elif name in "oO":
            self._buffer.replace(end if name == "o" else start, end if name == "o" else start, "\n")
            self._insert(end + 1 if name == "o" else start)
        elif name in "xs":
            self._operate("d" if name == "x" else "c", at, below, False)
        elif name == "X":
            self._operate("d", max(at - command.times, start), at, False)
        elif name in "SY":
            return self._over_lines("c" if name == "S" else "y", command.times)
        elif name in "DC":
            target = simple(text, at, "$", command.times)
            self._operate(name.lower(), at, end if target is None else target.at, False)
        elif name in "r~":
            if at + command.times > end and name == "r":
                return False
            self._edits.recase(name, at, below, command.letter)
            self._go(below if name == "~" or command.letter == "\n" else max(below - 1, at))
        elif name == "J":
            self._edits.join(at, max(command.times - 1, 1))
        else:
            self._edits.put(command.times, before=name == "P")
        return True

    def _repeat(self, command: Command) -> None:
        if self._last is not None:
            last, typed = self._last
            again = replace(last, count=command.count or last.count)
            self._do(again, typed)

    def _over_lines(self, operator: str, times: int) -> bool:
        end = up_or_down(self._buffer.text, self._buffer.cursor, times - 1, 0)
        self._operate(operator, self._buffer.cursor, end.at if end else len(self._buffer.text), True)
        return True

    def _do_visual(self, command: Command) -> None:
        text, name = self._buffer.text, command.action
        if command.object:
            if found := span(text, min(self._at, len(text)), command.object, command.times):
                self._anchor, self._at = found[0], max(found[1] - 1, found[0])
        elif command.motion:
            target = self._reaching.target(command, text, min(self._at, len(text)))
            self._at = self._at if target is None else target.at
        elif name in "oO":
            self._anchor, self._at = self._at, self._anchor
        elif name in "vV":
            asked: ModeName = "VISUAL" if name == "v" else "V-LINE"
            if self.mode == asked:
                self.escape()
                return
            self.mode = asked
        else:
            self._do_selected(command)
            return
        self._show_selection()

    def _do_selected(self, command: Command) -> None:
        name, text = command.action, self._buffer.text
        lines = self.mode == "V-LINE" or name in "XSYDC"
        start, end = sorted((self._anchor, self._at))
        end = min(end + 1, len(text)) if not lines else end
        self.mode = "NORMAL"
        self._go(start)
        if name in "yY":
            self._operate("y", start, end, lines)
            return
        self._changes.keep()
        if name in "dxXD":
            self._operate("d", start, end, lines)
        elif name in "csSC":
            self._operate("c", start, end, lines)
            return
        elif name == "J":
            self._edits.join(start, max(text.count("\n", start, end), 1))
        elif name in "pP":
            self._edits.put_over(start, end, lines=lines)
        else:
            start, end = (line_start(text, start), line_end(text, end)) if lines else (start, end)
            self._edits.recase(name, start, end, command.letter)
        self._changes.forget_unchanged()
        self._go(self._buffer.cursor)

    def _show_selection(self) -> None:
        text = self._buffer.text
        self._at = min(self._at, max(len(text) - 1, 0))
        start, end = sorted((self._anchor, self._at))
        if self.mode == "V-LINE":
            start, end = line_start(text, start), line_end(text, end)
            self._buffer.select(*((start, end) if self._at >= self._anchor else (end, start)))
        elif self._at >= self._anchor:
            self._buffer.select(self._anchor, self._at)  # the cursor itself shows the last letter
        else:
            self._buffer.select(min(self._anchor + 1, len(text)), self._at)

    def _operate(self, operator: str, start: int, end: int, lines: bool) -> None:
        self._edits.operate(operator, start, end, lines=lines)
        if operator == "c":
            self._insert(self._buffer.cursor)

    def _insert(self, at: int) -> None:
        self.mode = "INSERT"
        self._buffer.select(at, at)

    def _end_insert(self) -> None:
        command, base, start = self._inserting or (None, "", 0)
        text = self._buffer.text
        self._inserting = None
        if command is not None:
            tail = base[start:]
            is_plain = text.startswith(base[:start]) and text.endswith(tail) and len(text) >= len(base)
            typed = text[start : len(text) - len(tail)] if is_plain else ""
            if command.action and command.action in "iIaAoO" and command.times > 1:
                more = (f"\n{typed}" if command.action in "oO" else typed) * (command.times - 1)
                self._buffer.replace(self._buffer.cursor, self._buffer.cursor, more[:LONGEST])
            self._last = (command, typed)
        self._changes.forget_unchanged()
        self.mode = "NORMAL"
        at = self._buffer.cursor
        self._go(max(at - 1, line_start(self._buffer.text, at)))

    def _go(self, at: int) -> None:
        """Put the cursor at an offset, or on the letter next to it."""
        text = self._buffer.text
        at = min(max(at, 0), len(text))
        if self.mode == "NORMAL":
            at = min(at, max(line_end(text, at) - 1, line_start(text, at)))
        self._buffer.select(at, at)
