"""A timeline that one moves along: any number of points, of which only those in view are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hfs_core.tui.text import display_width
from hfs_core.tui.timeline import Piece, TimelineRow, timeline_rows

if TYPE_CHECKING:
    from hfs_core.api import Point

BETWEEN = 1
"""Empty lines between two rows."""


class Track(ScrollView, can_focus=False):
    """Draws points row below row, the chosen one marked.

    Attributes:
        points: what is drawn.
        cursor: the place of the point that is chosen.
    """

    DEFAULT_CSS = """
    Track {
        height: auto; overflow-x: hidden; scrollbar-size: 0 1; scrollbar-gutter: stable;
        background: transparent;
        & > .track--head { color: $foreground; text-style: bold; }
        & > .track--arrow, & > .track--bar, & > .track--word { color: $text-muted; }
        & > .track--mark { color: $text-warning; }
        & > .track--cursor {
            color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
        }
        & > .track--chosen { color: $text-accent; text-style: bold; }
    }
    Track:nocolor > .track--cursor { text-style: reverse; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "track--head",
        "track--arrow",
        "track--bar",
        "track--word",
        "track--mark",
        "track--cursor",
        "track--chosen",
    }

    class Moved(Message):
        """Another point is chosen."""

    class Chosen(Message):
        """The chosen point was clicked twice."""

    def __init__(self, points: Sequence[Point]):
        super().__init__()
        self.points = points
        self.cursor = len(points) - 1
        self._width = 0
        self._rows: list[TimelineRow] = []
        self._tops: list[int] = []
        self._lines: list[tuple[Piece, ...]] = []

    @property
    def chosen(self) -> Point | None:
        """The point under the cursor."""
        return self.points[self.cursor] if 0 <= self.cursor < len(self.points) else None

    def show(self, points: Sequence[Point], cursor: int) -> None:
        """Draw other points, with the cursor on one of them."""
        self.points = points
        self.cursor = max(min(cursor, len(points) - 1), 0)
        self._fit(self._width)
        self.refresh(layout=True)
        self.call_after_refresh(self._into_view)
        self.post_message(self.Moved())

    def go(self, place: int) -> None:
        """Put the cursor on a point, and its row into view."""
        place = max(min(place, len(self.points) - 1), 0)
        if place != self.cursor:
            self.cursor = place
            self.post_message(self.Moved())
            self.refresh()
        self._into_view()

    def move(self, points: int) -> None:
        """Move the cursor along the points."""
        self.go(self.cursor + points)

    def move_rows(self, rows: int) -> None:
        """Move the cursor to the nearest point so many rows below; where there is no row, to the next point."""
        at = self._row_of(self.cursor)
        to = max(min(at + rows, len(self._rows) - 1), 0)
        if to == at:
            self.move(1 if rows > 0 else -1)
        else:
            self.go(_nearest(self._rows[to], self._rows[at].bars[self.cursor]))

    def move_pages(self, pages: int) -> None:
        """Move the cursor by as many rows as are in view; where there are not as many, to an end."""
        rows = max(self.size.height // (len(self._rows[0].lines) + BETWEEN), 1) if self._rows else 1
        at = self._row_of(self.cursor) + pages * rows
        if 0 <= at < len(self._rows):
            self.move_rows(pages * rows)
        else:
            self.go(0 if pages < 0 else len(self.points))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the points take beside the scrollbar, whose room is always left."""
        self._fit(width - self.styles.scrollbar_size_vertical)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width, at, plain = self.size.width, y + round(self.scroll_y), self.rich_style
        segments: list[Segment] = []
        used = 0
        for piece in self._lines[at] if at < len(self._lines) else ():
            segments += [Segment(" " * (piece.x - used), plain), Segment(piece.text, self._style(piece))]
            used = piece.x + display_width(piece.text)
        return Strip(segments).adjust_cell_length(width, plain)

    def on_resize(self) -> None:
        """Put the points side by side anew, and the chosen one into view."""
        self._fit(self.scrollable_content_region.width)
        self._into_view()

    def on_click(self, event: events.Click) -> None:
        """Choose what is clicked; the second click takes it."""
        line = event.y + round(self.scroll_y)
        for row, top in zip(self._rows, self._tops, strict=True):
            if top <= line < top + len(row.lines):
                self.go(_nearest(row, event.x))
                if event.chain > 1:
                    self.post_message(self.Chosen())

    def _fit(self, width: int) -> None:
        self._width = width
        self._rows = timeline_rows(self.points, max(width, 1))
        self._tops, self._lines = [], []
        for row in self._rows:
            self._lines += [()] * (BETWEEN if self._lines else 0)
            self._tops.append(len(self._lines))
            self._lines += row.lines
        self.virtual_size = Size(width, len(self._lines))

    def _into_view(self) -> None:
        if not self._rows:
            return
        row = self._row_of(self.cursor)
        first, last = self._tops[row], self._tops[row] + len(self._rows[row].lines) - 1
        top, height = round(self.scroll_y), self.size.height
        if first < top or last - first >= height:
            self.scroll_to(y=first, animate=False)
        elif last > top + height - 1:
            self.scroll_to(y=last - height + 1, animate=False)

    def _row_of(self, place: int) -> int:
        return next((at for at, row in enumerate(self._rows) if place in row.bars), 0)

    def _style(self, piece: Piece) -> Style:
        name: str = piece.kind
        if piece.point is not None and piece.point == self.cursor and piece.kind != "mark":
            name = "cursor" if piece.kind == "head" else "chosen"
        return self.get_component_rich_style(f"track--{name}")


def _nearest(row: TimelineRow, x: int) -> int:
    return min(row.bars, key=lambda place: abs(row.bars[place] - x))
