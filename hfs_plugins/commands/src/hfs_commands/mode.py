"""`/mode`: how much is shown beside the words."""

from __future__ import annotations

from typing import Annotated, Literal

from hfs_commands.remembering import remember
from hfs_core.api import CommandResult, Invocation, Notice, Param

KEY = "output_mode"


async def mode(
    invocation: Invocation,
    mode: Annotated[
        Literal["compact", "verbose"] | None, Param("the words alone, or also who, when and at what cost")
    ] = None,
) -> CommandResult:
    """Set how much is shown, and remember it; without a word, say how it is."""
    host = invocation.host
    if mode is None:
        allowed = " or ".join(host.settings.current.get_valid_values(KEY))
        text = f"Output mode: {host.settings.current.output_mode}. It can be {allowed}."
        return CommandResult((Notice(text),))
    kept = await remember(host, KEY, mode)
    return CommandResult((Notice(f"Output mode: {mode}{kept.but}.", "warning" if kept.but else "info"),))
