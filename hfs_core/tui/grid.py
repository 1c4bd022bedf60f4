"""A table of a model, which is scrolled sideways where its columns do not fit."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widgets._markdown import MarkdownTable, MarkdownTableContent

LEAST = 8
"""Cells that a column keeps, if what is in it is as wide."""

EDGES = 3
"""Cells that a column needs beside its words: a space on each side, and a line."""


class Grid(MarkdownTable):
    """A table whose columns stay wide enough to be read."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Grid {
        overflow-x: auto; scrollbar-size-horizontal: 1;
        scrollbar-color: $surface-lighten-2; scrollbar-background: $background;
    }
    """

    def on_mount(self) -> None:
        """Give the columns their room."""
        self.fit()

    def fit(self) -> None:
        """Keep the columns as wide as what is in them asks for, up to a limit."""
        rows = [self._headers, *self._rows]
        widths = [max(map(_width, column), default=0) for column in zip(*rows, strict=False)]
        least = sum(min(width, LEAST) + EDGES for width in widths) + 1
        self.query_one(MarkdownTableContent).styles.min_width = least


def _width(cell: Content) -> int:
    return max(map(cell_len, cell.plain.split()), default=0)
