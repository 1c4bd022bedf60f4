"""The keys, and the commands of what is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from hfs_core.api import CommandName


NARROW = 40
"""Columns below which what a key does stands under it."""


class Help(ModalScreen[None]):
    """Shows them in a list that scrolls."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll {
        width: 96%; max-width: 100; height: auto; max-height: 96%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $text-accent;
        scrollbar-size-vertical: 1;
    }
    Help .heading { color: $text-accent; text-style: bold; margin: 1 0 0 0; }
    Help.-short > VerticalScroll, Help.-tiny > VerticalScroll {
        width: 100%; height: 100%; max-height: 100%; border: none; padding: 0;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,ctrl+c,enter", "dismiss", "Close", show=False),
    ]

    def __init__(self, keys: Iterable[tuple[str, str]], commands: Iterable[CommandName]):
        super().__init__()
        self._told = list(keys)
        self._commands: dict[str, list[tuple[str, str]]] = {}
        for command in commands:
            rows = self._commands.setdefault(command.plugin, [])
            rows.append((f"/{command.name}", command.summary))

    def compose(self) -> Iterator[Widget]:
        """Draw the keys, then each plugin's commands."""
        with VerticalScroll() as scroll:
            scroll.border_title = Content("Help")
            scroll.border_subtitle = Content("Esc closes")
            yield from self._section("Keys", self._told)
            if not self._commands:
                yield Static(Content("No plugin with commands is installed; /exit ends HFS."), markup=False)
            for plugin, rows in sorted(self._commands.items()):
                yield from self._section(f"Commands of {one_line(plugin)}", rows)

    def _section(self, heading: str, rows: list[tuple[str, str]]) -> Iterator[Widget]:
        yield Static(Content(heading), classes="heading", markup=False)
        if self.app.size.width < NARROW:
            lines = [
                Content.assemble((one_line(name), "bold"), f"\n  {one_line(does)}") for name, does in rows
            ]
            yield Static(Content("\n").join(lines), markup=False)
        else:
            yield Static(_grid(rows))


def _grid(rows: list[tuple[str, str]]) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(max_width=24, overflow="fold")
    grid.add_column(overflow="fold")
    for name, does in rows:
        grid.add_row(Text(one_line(name), style="bold"), Text(one_line(does)))
    return grid
