"""`/resume`: go on with a kept session."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import CommandResult, Invocation, Notice, Param, SwitchTo
from hfs_sessions.wording import chosen


async def resume(
    invocation: Invocation,
    session: Annotated[str, Param("a session's number, its name or a part of it", complete="session")],
    *more: Annotated[str, Param("further words of its name")],
) -> CommandResult:
    """Make a session the current one."""
    found = await chosen(invocation, (session, *more))
    return CommandResult((Notice(f"Resumed session: {found.name}"),), (SwitchTo(found.id),))
