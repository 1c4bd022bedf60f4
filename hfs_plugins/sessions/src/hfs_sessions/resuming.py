"""`/resume`: go on with a kept session."""

from __future__ import annotations

from typing import Annotated

from hfs_core.api import CommandResult, Invocation, Notice, Param, SwitchTo


async def resume(
    invocation: Invocation,
    session: Annotated[str, Param("a session's number, its name or a part of it", complete="session")],
) -> CommandResult:
    """Make a session the current one."""
    found = await invocation.host.sessions.find(session)
    return CommandResult((Notice(f"Resumed session: {found.name}"),), (SwitchTo(found.id),))
