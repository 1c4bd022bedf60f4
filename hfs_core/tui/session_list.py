"""The sessions of the sidebar, each branch below what it came from.

Imported late: what it needs of Textual is not needed for the first paint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from hfs_core.tui.text import branch_mark, cut_middle, one_line

if TYPE_CHECKING:
    from hfs_core.api import Session

DEPTH = 3
"""How far branches are indented at most: names need the room."""


class SessionList(OptionList):
    """Chooses among the latest sessions."""

    DEFAULT_CSS = """
    SessionList, SessionList:focus {
        height: auto; max-height: 1fr; border: none; padding: 0; background: $surface; background-tint: initial;
        scrollbar-size-vertical: 1;
    }
    SessionList > .option-list--option { padding: 0; }
    SessionList > .option-list--option-highlighted { background: $surface; color: $foreground; }
    """

    class Chosen(Message):
        """The person chose a session to go on with."""

        def __init__(self, session_id: int):
            super().__init__()
            self.session_id = session_id

    def __init__(self, is_running: Callable[[int], bool]):
        super().__init__(markup=False)
        self._is_running = is_running
        self._sessions: Sequence[Session] = ()
        self._current: int | None = None

    def show(self, sessions: Sequence[Session], current: int | None) -> None:
        """Draw the sessions, the last active first; what is highlighted stays so."""
        is_other = current != self._current
        self._sessions, self._current = sessions, current
        chosen = self.highlighted_option
        kept = str(current) if is_other or chosen is None else chosen.id
        self.set_options(
            Option(self._line(depth, session), id=str(session.id)) for depth, session in tree(sessions)
        )
        ids = [option.id for option in self.options]
        if ids:
            self.highlighted = ids.index(kept) if kept in ids else 0

    def redraw(self, current: int | None) -> None:
        """Draw the sessions that it knows: one of them runs, or runs no more, or another one is shown."""
        self.show(self._sessions, current)

    def on_resize(self, event: events.Resize) -> None:
        """Cut the names anew."""
        self.redraw(self._current)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which session was chosen."""
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(int(event.option_id)))

    def _line(self, depth: int, session: Session) -> Content:
        is_current = session.id == self._current
        mark = "●" if self._is_running(session.id) else "▸" if is_current else " "
        branch = branch_mark(min(depth, DEPTH))
        room = self.scrollable_content_region.width - 2 - len(branch)
        name = Content(cut_middle(one_line(session.name) or f"session {session.id}", max(room, 3)))
        if is_current:
            name = name.stylize("bold $text-accent")
        return Content.assemble(Content(f"{mark} ").stylize("$text-accent"), (branch, "$text-muted"), name)


def tree(sessions: Sequence[Session]) -> list[tuple[int, Session]]:
    """Return sessions with their depths: a branch below its origin, families by who was active last.

    Args:
        sessions: the last active first.
    """
    listed = {session.id for session in sessions}
    below: dict[int | None, list[Session]] = {}
    for session in sessions:
        parent = session.parent.session_id if session.parent else None
        below.setdefault(parent if parent in listed else None, []).append(session)
    places = {session.id: place for place, session in enumerate(sessions)}

    def latest(session: Session) -> int:
        return min([places[session.id], *map(latest, below.get(session.id, ()))])

    rows: list[tuple[int, Session]] = []

    def add(depth: int, session: Session) -> None:
        rows.append((depth, session))
        for branch in sorted(below.get(session.id, ()), key=latest):
            add(depth + 1, branch)

    for root in sorted(below.get(None, ()), key=latest):
        add(0, root)
    return rows
