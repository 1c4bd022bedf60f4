"""A command's table or timeline in the transcript, in whatever width there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from hfs_core.tui.results import drawn
from hfs_core.tui.text import CURRENT, branch_mark, one_line
from hfs_core.tui.timeline import ROWS, timeline_lines

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from hfs_core.api import Row, Table, Timeline

NARROWEST = 12
"""Cells that a column needs, if what is in it is as wide."""

GAP = 3
"""Cells between two columns."""


class Listing:
    """Draws a table in columns, or where these would be too narrow, row under row; names are the last to be cut."""

    def __init__(self, table: Table):
        shown = [column for column in table.columns if column.title]
        self._stem = next((place for place, column in enumerate(shown) if column.kind == "text"), 0)
        self._titles = [one_line(column.title) for column in shown]
        self._is_number = [column.kind == "number" for column in shown]
        self._rows = [
            [
                _named(row, drawn(row, each), depth) if place == self._stem else drawn(row, each)
                for place, each in enumerate(shown)
            ]
            for depth, row in table.walk()
        ]
        columns = zip(self._titles, *self._rows, strict=True)
        self._widths = [max(map(cell_len, column)) for column in columns]

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Take the room that there is, up to what fits everything."""
        return Measurement(1, sum(self._widths) + GAP * len(self._widths)).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it in columns, or row under row."""
        least = sum(min(width, NARROWEST) for width in self._widths) + GAP * (len(self._widths) - 1)
        if least > options.max_width:
            yield from self._stacked()
        else:
            yield self._in_columns(options.max_width)

    def _in_columns(self, width: int) -> RichTable:
        grid = RichTable(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for place, title in enumerate(self._titles):
            justify: Literal["left", "right"] = "right" if self._is_number[place] else "left"
            is_whole = place == self._stem and self._widths[place] <= width // 2
            grid.add_column(Text(title), justify=justify, overflow="fold", no_wrap=is_whole)
        for row in self._rows:
            grid.add_row(*map(Text, row))
        return grid

    def _stacked(self) -> RenderResult:
        for row in self._rows:
            yield Text(row[self._stem], style="bold", overflow="fold")
            for place, text in enumerate(row):
                if text and place != self._stem:
                    yield Text(f"{self._titles[place]}: {text}", overflow="fold")


def _named(row: Row, name: str, depth: int) -> str:
    return f"{branch_mark(depth)}{name}{CURRENT if row.is_current else ''}"


class TimelineListing:
    """Draws the points of a timeline side by side, shortened where there are many."""

    def __init__(self, timeline: Timeline):
        self._points = timeline.points

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them in as many rows as they need."""
        for line in timeline_lines(self._points, options.max_width, ROWS):
            yield Text(line, no_wrap=True, overflow="crop")
        yield Text("")
