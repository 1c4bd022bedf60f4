"""`/exit`: end HFS."""

from __future__ import annotations

from hfs_core.api import CommandResult, Invocation, Quit


async def exit_hfs(invocation: Invocation) -> CommandResult:
    """End HFS; a reply under way is stopped and kept."""
    return CommandResult(effects=(Quit(),))
