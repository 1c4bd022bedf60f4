"""What Emacs' keys do beyond those of any text area."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widgets import TextArea
    from textual.widgets.text_area import Location

_TO_BLANK = re.compile(r"\S*\s*$")
_WORD = re.compile(r"\W*\w+")


class Killed:
    """What was killed last; kills in a row are one.

    Attributes:
        text: what `yank` puts in.
    """

    def __init__(self) -> None:
        self.text = ""

    def kill(self, area: TextArea, what: str, *, is_more: bool) -> None:
        """Delete from the cursor to `what`: the `line`'s end or `start`, the `blank` or word to the `left`, or `right`.

        Args:
            is_more: what was killed just before belongs to it.
        """
        cursor = area.cursor_location
        if not area.selection.is_empty:
            start, end = sorted(area.selection)
        else:
            start, end = sorted((cursor, _target(area, cursor, what)))
        if start == end:
            return
        killed = area.replace("", start, end, maintain_selection_offset=False).replaced_text
        before = self.text if is_more else ""
        self.text = killed + before if what in ("start", "blank", "left") else before + killed


def transpose(area: TextArea) -> None:
    """Swap the characters around the cursor and go on; at the end of a line, the last two."""
    row, column = area.cursor_location
    line = area.document[row]
    column = min(max(column, 1), len(line) - 1)
    if len(line) > 1:
        swapped = line[column] + line[column - 1]
        area.replace(swapped, (row, column - 1), (row, column + 1), maintain_selection_offset=False)


def _target(area: TextArea, cursor: Location, what: str) -> Location:
    row, column = cursor
    line = area.document[row]
    if what == "line":
        return (row, len(line)) if column < len(line) else area.get_cursor_right_location()
    if what == "right":
        found = _WORD.match(line, column)
        if found is None and column == len(line):
            return area.get_cursor_right_location()
        return row, found.end() if found else len(line)
    if column == 0:
        return cursor if what == "start" else area.get_cursor_left_location()
    if what == "start":
        return row, 0
    if what == "left":
        return area.get_cursor_word_left_location()
    found = _TO_BLANK.search(line[:column])
    return row, found.start() if found else 0
