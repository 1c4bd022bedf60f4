"""A table from which the person chooses a row."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.choices import Choices
from hfs_core.tui.chooser import Act, Chooser, is_key, told
from hfs_core.tui.preview import Preview
from hfs_core.tui.rows import Rows
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import Action, Row, Table
    from hfs_core.tui.choices import Choice

WIDE = 120
"""Columns from which on the preview stands beside the list."""


class Picker(Chooser["tuple[Row, Action]", "Table"]):
    """Lists the rows of a table; typing filters them, and what a row offers has a key.

    Dismissed with the row that was taken and its action of the key `enter`, or with None.
    """

    DEFAULT_CSS = """
    Picker { align: center middle; }
    Picker > #picker { background: $surface; border: round $primary; border-title-color: $text-accent; }
    Picker.-roomy > #picker { width: 96%; max-width: 180; height: 92%; padding: 0 1; }
    Picker.-low > #picker { border: none; }
    Picker #panes { height: 1fr; }
    Picker #filter, Picker #keys { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Picker #filter { padding: 0 0 0 2; }
    Picker #keys { color: $text-muted; padding: 0 0 0 2; }
    Picker Preview { display: none; }
    Picker.-previews Preview { display: block; height: 35%; border-top: solid $surface-lighten-2; }
    Picker.-previews.-wide #panes { layout: horizontal; }
    Picker.-previews.-wide Rows { width: 2fr; }
    Picker.-previews.-wide Preview {
        width: 1fr; height: 1fr; border-top: none; border-left: solid $surface-lighten-2;
    }
    Picker.-bare Preview, Picker.-previews.-bare Preview { display: none; }
    Picker.-tiny #filter, Picker.-tiny #keys { display: none; }
    """

    def __init__(
        self,
        table: Table,
        act: Act[Table] | None = None,
        *,
        placeholder: str = "type to filter",
    ):
        super().__init__(act)
        self._placeholder = placeholder
        self._query = ""
        self._is_in_list = True
        self._filtering: asyncio.Task[None] | None = None
        self._rows = Rows(Choices(table))
        self._preview = Preview()
        self._filter = Static(id="filter", markup=False)
        self._box = Vertical(self._filter, Container(self._rows, self._preview, id="panes"), self._keys)
        self._box.id = "picker"

    def compose(self) -> Iterator[Widget]:
        """Draw the filter above the list, and the keys below it."""
        yield self._box

    def on_mount(self) -> None:
        """Show the table."""
        self.set_class(any(row.preview for _, row in self._rows.choices.table.walk()), "-previews")
        self._tell()
        self._say_keys()
        if self._rows.choices.current is not None:
            self._rows.list_again(self._rows.choices.current, 0)
        self._preview.look_at(self._row)

    def on_resize(self, event: events.Resize) -> None:
        """Leave away what there is no room for."""
        width, height = event.size
        self.set_class(width >= 60 and height >= 16, "-roomy")
        self.set_class(height < 6, "-low")
        self.set_class(width >= WIDE, "-wide")
        self.set_class(width < 40 or height < (8 if width >= WIDE else 16), "-bare")

    async def show(self, table: Table) -> None:
        """Show the table as it is now, filtered and unfolded as before, the cursor where it was."""
        old, chosen, line = self._rows.choices, self._rows.chosen, self._rows.cursor
        name = old.identity(chosen) if chosen else None
        choices = Choices(table)
        choices.adopt(old)
        await choices.filter(self._query)
        at = next((choice for choice in choices.lines if choices.identity(choice) == name), None)
        self._rows.choices = choices
        self._rows.list_again(at, line)
        self._tell()

    def on_rows_moved(self) -> None:
        """Say what the row under the cursor offers."""
        self._armed = None
        self._say_keys()
        self._preview.look_at(self._row)

    def on_rows_chosen(self) -> None:
        """Take the row that was clicked twice."""
        self._take()

    def on_paste(self, event: events.Paste) -> None:
        """Look for what is pasted."""
        event.stop()
        self._look_for(self._query + one_line(event.text))

    async def on_key(self, event: events.Key) -> None:
        """Move, fold, take, act or filter; in the order of the keys, so not as bindings."""
        event.stop()
        event.prevent_default()
        key, armed = event.key, self._armed
        typed = event.character if event.is_printable and not key.startswith(("alt+", "ctrl+")) else None
        if key in ("escape", "ctrl+c"):
            self.dismiss(None)
        elif armed is not None and typed and not is_key(armed, event):
            self._look_for(self._query + (armed.key if len(armed.key) == 1 else "") + typed)
        elif typed and not (self._may_act and self._action(event)):
            self._look_for(self._query + typed)
        elif key in ("backspace", "ctrl+h"):
            self._look_for(self._query[:-1])
        elif key in ("ctrl+u", "ctrl+w"):
            self._look_for("")
        else:
            await self._filtered()  # what was typed before this key decides what it is about
            action = self._action(event)
            if action is None:
                self._move(key)
            elif action.key == "enter":
                self._take()
            else:
                self._offer(action)

    @property
    def _row(self) -> Row | None:
        chosen = self._rows.chosen
        return chosen.row if chosen else None

    @property
    def _may_act(self) -> bool:
        """Tell whether a letter is an action's key rather than a part of what is looked for."""
        return self._is_in_list or not self._query

    def _action(self, event: events.Key) -> Action | None:
        row = self._row
        return next((action for action in row.actions if is_key(action, event)), None) if row else None

    def _move(self, key: str) -> None:
        rows, page = self._rows, self._rows.page
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "ctrl+p": -1, "ctrl+n": 1}
        self._arm(None)
        if key in steps:
            rows.move(steps[key])
        elif key == "home":
            rows.go(0)
        elif key == "end":
            rows.go(len(rows.choices.lines))
        elif key == "right":
            self._unfold()
        elif key == "left":
            self._fold()
        else:
            return
        self._is_in_list = True
        self._say_filter()

    def _unfold(self) -> None:
        chosen = self._rows.chosen
        if chosen is None or not chosen.children:
            return
        if self._rows.choices.unfold(chosen):
            self._relist(chosen)
        else:
            self._rows.move(1)

    def _fold(self) -> None:
        chosen = self._rows.chosen
        if chosen is None:
            return
        if self._rows.choices.fold(chosen):
            self._relist(chosen)
        elif chosen.parent is not None:
            self._rows.go(self._rows.choices.lines.index(chosen.parent))

    def _relist(self, at: Choice | None) -> None:
        self._rows.list_again(at, self._rows.cursor if at is None else 0)
        self._tell()

    def _take(self) -> None:
        row = self._row
        action = next((action for action in row.actions if action.key == "enter"), None) if row else None
        if row is not None and action is not None:
            self.dismiss((row, action))

    def _look_for(self, query: str) -> None:
        self._query = query
        self._is_in_list = False
        self._arm(None)
        self._say_filter()
        if self._filtering is not None:
            self._filtering.cancel()
        self._filtering = asyncio.create_task(self._list_found(query), name="hfs:tui:filter")

    async def _filtered(self) -> None:
        if self._filtering is not None and not self._filtering.done():
            await asyncio.wait({self._filtering})

    async def _list_found(self, query: str) -> None:
        choices, chosen = self._rows.choices, self._rows.chosen
        await choices.filter(query)
        self._relist(choices.best if choices.query else chosen)

    def _tell(self) -> None:
        choices = self._rows.choices
        self._box.border_title = Content(one_line(choices.table.title))
        all_, some = len(choices), choices.matches
        count = f"{some:,} of {all_:,}" if choices.query else f"{all_:,}"
        hint = one_line(choices.table.hint)
        self._box.border_subtitle = Content(f"{hint} · {count}" if hint else count)
        self._say_filter()

    def _say_filter(self) -> None:
        if not self._query:
            said = Content.assemble("› ", (self._placeholder, "dim"))
        elif self._is_in_list:
            said = Content.assemble("› ", (self._query, "bold"))
        else:
            said = Content.assemble("› ", (self._query, "bold"), ("▏", "$text-accent"))
        self._filter.update(said)

    def _told_keys(self) -> Sequence[tuple[str, str]]:
        return [*told(self._row.actions if self._row else ()), ("Esc", "Close")]
