"""What waits to be sent, above the composer."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from hfs_core.tui.text import one_line

LONGEST = 1_000
"""Characters of a waiting message that are drawn."""

TAKE_BACK = Content("  · Up takes it back")


class Outbox(Static):
    """The messages that wait for the reply under way, or for HFS to have started."""

    DEFAULT_CSS = """
    Outbox {
        height: auto; max-height: 4; padding: 0 2; display: none;
        color: $text-muted; text-style: italic;
    }
    Outbox.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._told: list[str] = []

    def tell(self, waiting: list[str]) -> None:
        """Show the first lines of what waits, oldest first."""
        if waiting == self._told:
            return  # each update lays the whole screen out
        self._told = list(waiting)
        self.set_class(bool(waiting), "-shown")
        lines = [Content(f"queued: {one_line(text[:LONGEST])}") for text in waiting]
        if len(lines) > 4:
            lines = [*lines[:3], Content(f"queued: {len(lines) - 3} more")]
        if lines:
            room = max((self.content_size.width or self.app.size.width - 4) - TAKE_BACK.cell_length, 8)
            lines[-1] = lines[-1].truncate(room, ellipsis=True) + TAKE_BACK
        self.update(Content("\n").join(lines))
