"""`/theme`: the colours of the terminal interface."""

from __future__ import annotations

from typing import Annotated

from hfs_commands.remembering import remember
from hfs_core.api import Action, Column, CommandResult, Invocation, Notice, Param, Row, Table, UserConfig

KEY = "theme"
COLUMNS = (Column("theme", "Theme"), Column("current"))


async def theme(
    invocation: Invocation,
    name: Annotated[str, Param("a theme", complete=UserConfig.get_valid_values(KEY))] = "",
) -> CommandResult:
    """Put on a theme and remember it; without a name, say which there are."""
    host = invocation.host
    if name:
        kept = await remember(host, KEY, name)
        return CommandResult((Notice(f"Theme: {name}{kept.but}.", "warning" if kept.but else "info"),))
    current = host.settings.current.theme
    rows = tuple(
        Row(
            {"theme": each, "current": each == current},
            actions=(Action("enter", "Put on", f"theme {each}"),),
            is_current=each == current,
        )
        for each in host.settings.current.get_valid_values(KEY)
    )
    return CommandResult((Table(COLUMNS, rows, title="Themes", hint="Put one on: /theme NAME"),))
