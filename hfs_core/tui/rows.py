"""The list of a picker: any number of rows, of which only those in view are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hfs_core.tui.choices import GAP, Choice, Choices
from hfs_core.tui.matching import Fuzzy
from hfs_core.tui.results import brief
from hfs_core.tui.text import branch_mark, current_mark, ends, one_line

MARGIN = 2
"""Cells on the left in which the cursor is drawn."""

Piece = tuple[str, bool]
"""A text, and whether it is what the person looked for."""


class Rows(ScrollView, can_focus=False):
    """Draws rows under their headings, the chosen one marked.

    Attributes:
        choices: what is listed.
        cursor: the line that is chosen.
    """

    DEFAULT_CSS = """
    Rows {
        height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; background: transparent;
        & > .rows--heading { color: $text-muted; text-style: bold; }
        & > .rows--row { color: $foreground; }
        & > .rows--cursor {
            color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
        }
        & > .rows--mark { color: $text-accent; }
        & > .rows--match { text-style: bold underline; }
    }
    Rows:nocolor > .rows--cursor { text-style: reverse; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--heading",
        "rows--row",
        "rows--cursor",
        "rows--mark",
        "rows--match",
    }

    class Moved(Message):
        """Another row is chosen, or none."""

    class Chosen(Message):
        """The chosen row was clicked twice."""

    def __init__(self, choices: Choices):
        super().__init__()
        self.choices = choices
        self.cursor = 0
        self._columns: list[tuple[int, int]] = []
        self._fuzzy = Fuzzy("")

    @property
    def chosen(self) -> Choice | None:
        """The row under the cursor."""
        lines = self.choices.lines
        return lines[self.cursor] if self.cursor < len(lines) else None

    @property
    def page(self) -> int:
        """How many rows are in view."""
        return max(self.size.height - self._heading, 1)

    def list_again(self, at: Choice | None, otherwise: int = 0) -> None:
        """Draw the lines as they are now, with the cursor on a row, or where that is not listed on a line."""
        lines = self.choices.lines
        self._fuzzy = Fuzzy(self.choices.query)
        place = next((line for line, choice in enumerate(lines) if choice is at), otherwise)
        self._fit()
        self.go(place)
        self.post_message(self.Moved())
        self.refresh()

    def move(self, lines: int) -> None:
        """Move the cursor."""
        self.go(self.cursor + lines)

    def go(self, line: int) -> None:
        """Put the cursor on a line, and the line into view."""
        line = max(min(line, len(self.choices.lines) - 1), 0)
        if line != self.cursor:
            self.cursor = line
            self.post_message(self.Moved())
            self.refresh()
        top = round(self.scroll_y)
        if line < top:
            self.scroll_to(y=line, animate=False)
        elif line > top + self.page - 1:
            self.scroll_to(y=line - self.page + 1, animate=False)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.size.width
        at = y - self._heading + round(self.scroll_y)
        if y < self._heading:
            return self._heading_line().adjust_cell_length(width, self.rich_style)
        if at >= len(self.choices.lines):
            return Strip.blank(width, self.rich_style)
        name = "rows--cursor" if at == self.cursor else "rows--row"
        style = self.get_component_rich_style(name)
        return self._row_line(self.choices.lines[at], style, at).adjust_cell_length(width, style)

    def on_resize(self) -> None:
        """Give the columns their room."""
        self._fit()
        self.go(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Choose what is clicked; the second click takes it."""
        line = event.y - self._heading + round(self.scroll_y)
        if event.y >= self._heading and line < len(self.choices.lines):
            self.go(line)
            if event.chain > 1:
                self.post_message(self.Chosen())

    @property
    def _heading(self) -> int:
        return 1 if self.size.height > 2 else 0

    def _fit(self) -> None:
        size = self.scrollable_content_region.size
        self._columns = self.choices.fit(size.width - MARGIN)
        self.virtual_size = Size(size.width, len(self.choices.lines) + self._heading)

    def _heading_line(self) -> Strip:
        style = self.get_component_rich_style("rows--heading")
        cells = [
            _aligned([(one_line(self.choices.columns[at].title), False)], width, self._is_number(at))
            for at, width in self._columns
        ]
        return Strip(_joined([(" " * MARGIN, False)], cells, style, style))

    def _row_line(self, choice: Choice, style: Style, line: int) -> Strip:
        texts = self.choices.texts(choice)
        match = style + self.get_component_rich_style("rows--match", partial=True)
        cells: list[list[Piece]] = []
        for at, width in self._columns:
            if at == self.choices.stem:
                cells.append(self._name_cell(choice, texts[at], width))
            else:
                column = self.choices.columns[at]
                is_time = self.choices.is_brief and column.kind == "time"
                text = brief(choice.row, column) if is_time else texts[at]
                pieces = _cut_end(self._found(text, at), width)
                cells.append(_aligned(pieces, width, self._is_number(at)))
        cursor = "› " if line == self.cursor else "  "
        return Strip(_joined([(cursor, False)], cells, style, match))

    def _name_cell(self, choice: Choice, text: str, width: int) -> list[Piece]:
        branch = branch_mark(choice.depth)
        branch = branch[-(width // 2) :] if width > 1 else ""
        mark = self.choices.mark(choice)
        if choice.row.is_current:
            mark = current_mark(text, width - cell_len(branch) - cell_len(mark), cell_len) + mark
        room = max(width - cell_len(branch) - cell_len(mark), 0)
        head, tail = ends(text, room)
        pieces = self._found(text, self.choices.stem)
        if head + tail < len(text):
            end = _part(pieces, len(text) - tail, len(text))
            pieces = [*_part(pieces, 0, head), ("…", False), *end] if room > 1 else []
        return _aligned([(branch, False), *pieces, (mark, False)], width, False)

    def _found(self, text: str, at: int) -> list[Piece]:
        """Return a text in pieces, those marked that fit the query."""
        if not self._fuzzy.words or self.choices.columns[at].kind != "text":
            return [(text, False)]
        pieces: list[Piece] = []
        start = 0
        for place in self._fuzzy.positions(text):
            pieces += [(text[start:place], False), (text[place], True)]
            start = place + 1
        return [*pieces, (text[start:], False)]

    def _is_number(self, at: int) -> bool:
        return self.choices.columns[at].kind == "number"


def _part(pieces: Iterable[Piece], start: int, stop: int) -> list[Piece]:
    """Return the characters `[start:stop]`."""
    part: list[Piece] = []
    at = 0
    for text, is_match in pieces:
        part.append((text[max(start - at, 0) : max(stop - at, 0)], is_match))
        at += len(text)
    return part


def _cut_end(pieces: list[Piece], width: int) -> list[Piece]:
    text = "".join(piece for piece, _ in pieces)
    if len(text) <= width and cell_len(text) <= width:
        return pieces
    kept = set_cell_size(text[:width], max(width - 1, 0)).rstrip()
    return [*_part(pieces, 0, len(kept)), ("…", False)]


def _aligned(pieces: list[Piece], width: int, is_right: bool) -> list[Piece]:
    """Return pieces that fill `width` cells."""
    space = (" " * max(width - sum(cell_len(text) for text, _ in pieces), 0), False)
    return [space, *pieces] if is_right else [*pieces, space]


def _joined(margin: list[Piece], cells: list[list[Piece]], style: Style, match: Style) -> list[Segment]:
    gap = (" " * GAP, False)
    pieces = list(margin)
    for place, cell in enumerate(cells):
        pieces += [gap, *cell] if place else cell
    return [Segment(text, match if is_match else style) for text, is_match in pieces if text]
