"""The line below the composer, and the banner that says that nothing is saved."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.text import cut_middle, one_line

LONGEST = 1_000
"""Characters of a waiting message that are drawn."""

TAKE_BACK = Content("  · Up takes it back")


class StatusLine(Widget):
    """The model, the session and what goes on; what matters most stays where there is little room."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 2; color: $text-muted; }
    """

    model: reactive[str] = reactive("")
    session: reactive[str] = reactive("")
    activity: reactive[str] = reactive("starting")
    progress: reactive[str] = reactive("")

    def render(self) -> Content:
        """Draw the line."""
        width = self.content_size.width
        right = Content(one_line(self.progress or self.activity)).truncate(width, ellipsis=True)
        left = Content(fitted(self.model, self.session, width - right.cell_length - 2))
        gap = " " * max(width - left.cell_length - right.cell_length, 0)
        return left + gap + (right.stylize("$text-accent") if self.progress else right)


def fitted(model: str, session: str, width: int) -> str:
    """Return the model and the session in at most `width` cells; a long session name is cut in its middle."""
    model, session = one_line(model), one_line(session)
    for name in (model, model.rpartition("/")[2]):
        room = width - _cells(name) - 3
        if session and room >= min(_cells(session), 9):
            return f"{name} · {cut_middle(session, room)}"
        if not session and room >= -3:
            return name
    return cut_middle(model.rpartition("/")[2], width)


def _cells(text: str) -> int:
    return Content(text).cell_length


class Banner(Static):
    """Says that what is written is not saved, and why."""

    DEFAULT_CSS = """
    Banner {
        height: auto; max-height: 3; padding: 0 2; display: none;
        color: $text-warning; background: $warning-muted;
    }
    Banner.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def tell(self, is_saved: bool, reason: str) -> None:
        """Show that nothing is saved; hide where it is."""
        self.set_class(not is_saved, "-shown")
        self.update(Content(f"not saved: {one_line(reason)}"))


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
