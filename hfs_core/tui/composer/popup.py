"""A list that floats above the composer, of which one row is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.text import one_line

ROWS = 8
"""How many rows are shown at once."""

MUTED = "$text-muted"

LONGEST = 300
"""Characters of a row that are drawn."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is, and what there is to say about it."""

    text: str
    note: str = ""


class Popup(Static):
    """Shows rows and which one is chosen; it never has the focus: keys stay where the person writes."""

    DEFAULT_CSS = """
    Popup {
        overlay: screen; offset-y: -100%; constrain: inside inside; display: none;
        width: auto; height: auto; max-width: 100%; margin: 0 1;
        background: $panel; color: $foreground; border-left: thick $primary;
    }
    Popup.-shown { display: block; }
    .-short Popup, .-tiny Popup { margin: 0; border: none; }
    .-tiny Popup.-shown { display: none; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._take: Callable[[int], None] | None = None
        self._top = 0
        self._count = 0

    def show(
        self,
        rows: Sequence[Row],
        chosen: int,
        take: Callable[[int], None],
        *,
        foot: Content | None = None,
        room: int,
        width: int,
    ) -> None:
        """Show the rows around the chosen one.

        Args:
            take: called with the row that is clicked on.
            foot: a line below them.
            room: how many lines there are at most.
            width: how many cells, the margin and the border among them.
        """
        self._take = take
        height = max(min(ROWS, room - (foot is not None)), 1)
        self._top = min(max(self._top, chosen - height + 1, 0), max(chosen, 0), max(len(rows) - height, 0))
        seen = rows[self._top : self._top + height]
        self._count = len(seen)
        lines = self._lines(seen, chosen - self._top, max(width - 3, 1), foot)
        self.update(Content("\n").join(lines))
        self.add_class("-shown")

    def hide(self) -> None:
        """Take the list away."""
        self._top = 0
        self.remove_class("-shown")

    def on_click(self, event: events.Click) -> None:
        """Tell which row was clicked."""
        event.stop()
        row = event.y - self.gutter.top
        if 0 <= row < self._count and self._take is not None:
            self._take(self._top + row)

    @staticmethod
    def _lines(rows: Sequence[Row], chosen: int, width: int, foot: Content | None) -> list[Content]:
        texts = [Content(one_line(row.text[:LONGEST])) for row in rows]
        notes = [Content(one_line(row.note[:LONGEST])) for row in rows]
        has_notes = any(note.cell_length for note in notes)
        widest = max((text.cell_length for text in texts), default=0)
        column = min(widest, width if not has_notes else max(width * 2 // 3, 8))
        lines = []
        for index, (text, note) in enumerate(zip(texts, notes, strict=True)):
            line = Content(" ") + text.truncate(column, ellipsis=True, pad=True)
            if has_notes:
                line = line + Content("  ") + note.stylize(MUTED if index != chosen else Style.null())
            lines.append(line)
        if foot is not None:
            lines.append(Content(" ") + foot)
        full = min(max((line.cell_length for line in lines), default=0) + 1, width)
        lines = [line.truncate(full, ellipsis=True, pad=True) for line in lines]
        if 0 <= chosen < len(rows):
            lines[chosen] = lines[chosen].stylize("$block-cursor-foreground on $block-cursor-background")
        return lines


class Lists:
    """The place above a widget for one list at a time; it is made when it is first needed."""

    def __init__(self, below: Widget):
        self._below = below
        self._popup: Popup | None = None

    def show(
        self, rows: Sequence[Row], chosen: int, take: Callable[[int], None], foot: Content | None = None
    ) -> None:
        """Show rows; `take` is called with the one that is clicked on."""
        if self._popup is None:
            self._popup = Popup()
            cast("Widget", self._below.parent).mount(self._popup, before=self._below)
        place = self._below.region
        self._popup.show(rows, chosen, take, foot=foot, room=place.y, width=place.width)

    def hide(self) -> None:
        """Take the list away."""
        if self._popup is not None:
            self._popup.hide()
